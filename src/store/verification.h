/*
 * verification.h - proofs that are handed out and come back once
 *
 * identifier  purpose and secret in one text, as the wire contract's schema.md
 *             has it: "reset-password:<token>". The table keeps its SHA-256,
 *             and the value sealed with a key that needs it: who steals the
 *             database can neither show a proof nor read what one stands for.
 */
#ifndef STORE_VERIFICATION_H
#define STORE_VERIFICATION_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

struct verification {
	const char *identifier;
	const char *value;	/* what it stands for, text */
	const char *user_id;	/* ends with this user; NULL: nobody's */
	int64_t seconds;	/* of life from ctx->now */
};

/* ST_CONFLICT: the identifier is taken: a token is too short. */
enum status store_verification_add(struct ctx *ctx,
    const struct verification *verification);

/* The value, which stays usable. ST_NOT_FOUND: unknown, used or expired. */
enum status store_verification_find(struct ctx *ctx, const char *identifier,
    const char **value);

/*
 * store_verification_take - the value, and an end to it
 *
 * However many ask at once, one gets it. ST_NOT_FOUND as above.
 */
enum status store_verification_take(struct ctx *ctx, const char *identifier,
    const char **value);

/* An end to all of a user's: what was handed out before stands for nothing. */
enum status store_verification_end(struct ctx *ctx, const char *user_id);

/* Removes at most limit expired ones. */
enum status store_verification_purge(struct ctx *ctx, int64_t limit,
    int64_t *count);

#endif
