/*
 * access.h - tokens that name a user to programs (contract jwt-bearer-jwks.md)
 *
 * A token says who somebody was when it was made. What they may do is asked of
 * their row, now.
 */
#ifndef GUARD_ACCESS_H
#define GUARD_ACCESS_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;

/*
 * access_token - a token for ctx->user
 *
 * With entitlements.in_token it claims what the user is entitled to, for one
 * statement more unless the session has brought it.
 * Outside a transaction, as key_signer. *out is NULL when it would be too long
 * (TOKEN_BYTES_MAX), and for an admin who acts as the user: it would not tell
 * of that, and outlive it.
 */
enum status access_token(struct ctx *ctx, const char **out);

/* Does the Authorization header hold what may be such a token? */
bool access_claimed(struct ctx *ctx);

/*
 * access_find - ctx->user by the token in the Authorization header
 *
 * ctx->session stays NULL. One statement, two for a key not met before. A token
 * for another audience than server.url, which jwt.audience may ask for, is for
 * others: whom it was sent may not act here with it.
 *
 * ST_INVALID_TOKEN  not ours, not for us, of a key that verifies nothing any
 *                   more, or its user is gone or banned
 * ST_TOKEN_EXPIRED
 */
enum status access_find(struct ctx *ctx);

#endif
