/*
 * audit.h - who did what to whom, in the transaction that did it
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;
struct user;
struct user_change;

/*
 * store_audit_write - one row of the running transaction
 *
 * Actor, request id and client address come from ctx. before and after are
 * JSON objects of what changed; NULL for none. No secret goes in.
 */
struct audit {
	const char *action;		/* "credit.grant" */
	const char *target_type;	/* "user" */
	const char *target_id;
	struct json_object *before, *after;
	bool by_system;			/* nobody asked for it */
};
enum status store_audit_write(struct ctx *ctx, const struct audit *audit);

/* Who really does it: ctx->user, or the admin who acts as him; NULL: the
 * command line or the system itself. */
const char *audit_actor(const struct ctx *ctx);

/* {key: text} for before or after. */
struct json_object *audit_text(struct ctx *ctx, const char *key,
    const char *text);

/* "user.update": what of user's row becomes what change says. */
enum status audit_user_change(struct ctx *ctx, const struct user *user,
    const struct user_change *change);

/* Newest first, at most limit, of one target: objects appended to out. */
enum status store_audit_list(struct ctx *ctx, const char *target_type,
    const char *target_id, int64_t limit, struct json_object *out);

/*
 * store_audit_search - entries into list out, newest first
 *
 * actor, target  exact e-mail or id; actor may be AUDIT_SYSTEM: nobody asked
 *                for it. NULL: all
 * action         "credit.grant"; NULL: all
 * from, to       instants: from <= created_at < to
 *
 * Each: "id", "createdAt", "action", "actorId" (null: AUDIT_SYSTEM),
 * "actorText", "targetType", "targetId", "targetText" (a user's e-mail),
 * "before", "after", "detailText" (both in words, or null), "requestId",
 * "address". One statement.
 */
#define AUDIT_SYSTEM "system"
struct audit_filter {
	const char *actor, *target, *action;
	int64_t from, to;
};
enum status store_audit_search(struct ctx *ctx,
    const struct audit_filter *filter, struct page *page,
    struct json_object *out);

#endif
