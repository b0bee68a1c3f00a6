/*
 * user_list.h - users as an admin looks for them, a page at a time
 *
 * Each list is a statement of its own, so that an index can answer it in its
 * order: none may cost more when there are a million users.
 */
#ifndef STORE_USER_LIST_H
#define STORE_USER_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_user_list - users into list out, newest first
 *
 * q      an exact e-mail or id (then only that one is shown), else a part of
 *        the e-mail or the name. Without three letters or digits in a row it
 *        is the beginning of the e-mail, and the list is in that order. NULL:
 *        all users.
 * role   one role they have; NULL: any
 * state  "active", "unverified" (and not banned) or "banned"; NULL: any
 *
 * Each: "id", "createdAt", "name", "email", "emailVerified", "role", "state",
 * "balance". At most two statements.
 */
struct user_filter {
	const char *q;
	const char *role;
	const char *state;
};
enum status store_user_list(struct ctx *ctx,
    const struct user_filter *filter, struct page *page,
    struct json_object *out);

/* What LIKE takes for term between two wildcards; nothing in it is one. */
const char *like_pattern(struct ctx *ctx, const char *before,
    const char *term, const char *after);

/* How many there are. */
enum status store_user_count(struct ctx *ctx, int64_t *count);

/* All with a role above "user", oldest first: "id", "email", "role", "name". */
enum status store_admin_list(struct ctx *ctx, struct json_object *out);

#endif
