/*
 * entitlement.h - what somebody may use
 *
 * An owner is given keys with a value, by a source: a plan that is paid for,
 * an admin, a promotion. A licence (store/licence.h) gives its features and
 * limits without rows of its own. Which of several grants of a key counts is
 * decided in one place, the SQL function entitlements_of: the source decides,
 * admin before licence before promo before plan; then the latest end; then the
 * newest. What has expired, or was revoked, never counts.
 */
#ifndef STORE_ENTITLEMENT_H
#define STORE_ENTITLEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define ENTITLEMENT_KEY_MAX 64		/* bytes */
#define ENTITLEMENT_VALUE_MAX 1000	/* bytes of JSON */
#define ENTITLEMENT_SOURCE_MAX 255	/* bytes of a source's id */
#define ENTITLEMENT_LIST_MAX 500

/* 1 .. ENTITLEMENT_KEY_MAX of a-z 0-9 . _ : -, a letter or digit first. */
bool entitlement_key_is_sound(const char *key);

/*
 * ENTITLEMENTS_TEXT - {key: value, ...} as the text of a column
 *
 * kind, owner and at are SQL: 'user' or 'organization', an id, an instant.
 */
#define ENTITLEMENTS_TEXT(kind, owner, at)				\
	"(SELECT coalesce(jsonb_object_agg(n.key, n.value), '{}')::text" \
	"  FROM entitlements_of(" kind ", " owner ", " at ") n)"

/* Who gave what to whom: a grant of a source. */
struct grantor {
	const char *owner_kind;		/* "user", "organization" */
	const char *owner_id;
	const char *source;		/* "plan", "admin", "promo" */
	const char *source_id;		/* "": there is only one */
};

/*
 * store_entitlement_set - the source gives the owner this key, until then
 *
 * What it gave under the key before is replaced. Writes an audit row when
 * anything changes; out, unless NULL, receives "id", "key", "value",
 * "source", "sourceId", "grantedAt", "expiresAt".
 *
 * value       JSON, no null, of ENTITLEMENT_VALUE_MAX bytes at most
 * expires_at  ms UTC; 0: no end
 *
 * ST_INVALID   key, value, source or source_id out of bounds
 * ST_CONFLICT  no such user
 */
enum status store_entitlement_set(struct ctx *ctx, const struct grantor *by,
    const char *key, const char *value, int64_t expires_at,
    struct json_object *out);

/*
 * store_entitlement_replace - what the source gives is this and nothing else
 *
 * values  JSON object, key: value; what it gave beside these keys is dropped
 *
 * Doing it again changes nothing. As above, and ST_INVALID when values is no
 * object.
 */
enum status store_entitlement_replace(struct ctx *ctx,
    const struct grantor *by, const char *values, int64_t expires_at);

/* All that the source gave is gone; an audit row for each. */
enum status store_entitlement_drop_source(struct ctx *ctx,
    const struct grantor *by);

/* One grant of the owner's, with an audit row. ST_ENTITLEMENT_NOT_FOUND. */
enum status store_entitlement_drop(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, const char *id);

/* What counts now, as JSON text {key: value, ...}. One statement. */
enum status store_entitlement_text(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, const char **out);

/*
 * store_entitlement_now - what counts now, into list out, by key
 *
 * Each: "key", "value", "source" ("licence" too), "sourceId", "expiresAt".
 */
enum status store_entitlement_now(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, struct json_object *out);

/*
 * store_entitlement_list - every grant to the owner, into list out, by key
 *
 * Each: as above, and "id" (null: it comes of a licence), "grantedAt" (null
 * with it), "state": "active", "overruled" by another grant, or "expired". At
 * most ENTITLEMENT_LIST_MAX.
 */
enum status store_entitlement_list(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, struct json_object *out);

#endif
