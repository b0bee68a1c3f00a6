/*
 * one_time_token.h - hand a session on by a token that works once
 *
 * Whoever comes with the token goes on in the very same session. It is sealed
 * behind the token's hash, and ends with the session (contract/multi-session-
 * one-time-token-api-key.md).
 */
#ifndef GUARD_ONE_TIME_TOKEN_H
#define GUARD_ONE_TIME_TOKEN_H

#include "base/status.h"

struct ctx;
struct session;

/* A token for one_time_token.expires_in seconds, into the arena. */
enum status one_time_token_new(struct ctx *ctx, const struct session *session,
    const char **token);

/*
 * one_time_token_take - the session token behind it, and an end to it
 *
 * Outside of a transaction, so that a refusal behind it does not give it back.
 * ST_NOT_FOUND: unknown, used or expired.
 */
enum status one_time_token_take(struct ctx *ctx, const char *token,
    const char **session_token);

#endif
