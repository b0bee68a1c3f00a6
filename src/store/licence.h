/*
 * licence.h - licences: who may use what, until when, as a signed file
 *
 * A licence gives its owner features and limits, which count as entitlements
 * (store/entitlement.h) while it is neither expired nor revoked. Its file
 * (trust/licence.h) is signed when it is issued, and kept; it cannot know that
 * the licence was revoked.
 */
#ifndef STORE_LICENCE_H
#define STORE_LICENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define LICENCE_REASON_MAX 200		/* characters */
#define LICENCE_JSON_MAX 2000		/* bytes of features, and of limits */
#define LICENCE_LIMIT_MAX INT64_C(1000000000000000)
#define LICENCE_OWN_MAX 100		/* of one owner that are shown */
#define LICENCE_EXPIRING_DAYS 30

extern const char *const licence_types[];	/* "free", ..., NULL */

/*
 * store_licence_issue - a licence of a user's from ctx->now on, and its file
 *
 * features  JSON list of keys (entitlement_key_is_sound)
 * limits    JSON object: such keys, each 0 .. LICENCE_LIMIT_MAX
 * out       receives what store_licence_get gives
 *
 * Makes the key that signs if there is none; writes an audit row.
 *
 * ST_USER_NOT_FOUND
 * ST_INVALID    type, features or limits out of bounds
 * ST_INTERNAL   logged: the key cannot be opened
 */
struct licence_new {
	const char *user_id;
	const char *type;
	const char *features;
	const char *limits;
	int64_t expires_at;		/* ms UTC, cut to seconds; 0: no end */
};
enum status store_licence_issue(struct ctx *ctx,
    const struct licence_new *new, struct json_object *out);

/*
 * store_licence_revoke - from now on it gives nothing; with an audit row
 *
 * user_id  whose it must be; NULL: anybody's
 * reason   1 .. LICENCE_REASON_MAX characters
 *
 * ST_LICENCE_NOT_FOUND
 * ST_LICENCE_REVOKED    it was before
 */
enum status store_licence_revoke(struct ctx *ctx, const char *user_id,
    const char *id, const char *reason);

/*
 * store_licence_list - licences into list out, newest first
 *
 * Each: "id", "issuedAt", "ownerKind", "ownerId", "holder", "type",
 * "features", "limits", "expiresAt", "revokedAt", "reason", "issuedBy",
 * "state": "active", "expired" or "revoked".
 *
 * q      part of a holder's address, or the id of a licence or an owner
 * state  as above, or "expiring": active, for LICENCE_EXPIRING_DAYS at most
 * NULL, or q "": any
 */
struct licence_filter {
	const char *q;
	const char *type;
	const char *state;
};
enum status store_licence_list(struct ctx *ctx,
    const struct licence_filter *filter, struct page *page,
    struct json_object *out);

/* The newest LICENCE_OWN_MAX of a user's, the same members. */
enum status store_licence_of(struct ctx *ctx, const char *user_id,
    struct json_object *out);

/*
 * store_licence_get - one licence's members into object out
 * store_licence_file - its file
 *
 * user_id  whose it must be; NULL: anybody's
 * ST_LICENCE_NOT_FOUND
 */
enum status store_licence_get(struct ctx *ctx, const char *user_id,
    const char *id, struct json_object *out);
enum status store_licence_file(struct ctx *ctx, const char *user_id,
    const char *id, const char **out);

#endif
