/*
 * key.h - the pairs that sign tokens (table signing_keys)
 *
 * A key signs until its expires_at and verifies for jwt.grace_seconds more. It
 * is public for KEY_NOTICE_SECONDS before it signs, as long as an older one
 * can, so that verifiers who keep the list that long never miss one. A retired
 * key does neither from that moment on.
 */
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "trust/jwk.h"

struct ctx;
struct json_object;
struct user;

#define KEY_NOTICE_SECONDS 300

/* The id of the key that signs now, or NULL; due: a next one should be made. */
struct key_current {
	const char *id;
	bool due;
};
enum status store_key_current(struct ctx *ctx, enum jwk_alg alg,
    struct key_current *out);

/*
 * store_key_add - a new key, which the older ones of its algorithm make room
 *
 * Writes its kid. One transaction, its audit row in it.
 * when_due  only while no other key outlasts the notice
 * ST_CONFLICT  somebody else made the next one at the same time, or had
 */
enum status store_key_add(struct ctx *ctx, struct jwk *key, bool when_due);

/*
 * store_key_private - the key that id names, with its private half
 * store_key_public  - the same, to verify with; no retired one
 *
 * The caller frees it. ST_NOT_FOUND; ST_INTERNAL, logged, when the row cannot
 * be read: server.secret is not the one it was sealed with.
 */
enum status store_key_private(struct ctx *ctx, const char *id,
    struct jwk **out);
enum status store_key_public(struct ctx *ctx, const char *id,
    struct jwk **out);

/*
 * store_key_user - the user a token of this key names, as the row is now
 *
 * kid  NULL: a shared secret of the configuration, which has no row
 * ST_NOT_FOUND  no such user, banned, or the key verifies nothing any more
 */
enum status store_key_user(struct ctx *ctx, const char *kid,
    const char *user_id, struct user *out);

/* The JWK of each key that verifies, newest first, appended to list out. */
enum status store_key_publish(struct ctx *ctx, struct json_object *out);

/*
 * store_key_list - every key there was, newest first, appended to list out
 *
 * "id", "alg", "createdAt", "expiresAt", "retiredAt", "state": "next",
 * "signing", "verifying", "expired" or "retired".
 */
enum status store_key_list(struct ctx *ctx, struct json_object *out);

/* Withdraws it, with an audit row. ST_SIGNING_KEY_NOT_FOUND: no such key, or
 * it is retired already. */
enum status store_key_retire(struct ctx *ctx, const char *id);

/* Deletes private halves that sign nothing any more, at most limit. */
enum status store_key_purge(struct ctx *ctx, int64_t limit, int64_t *count);

#endif
