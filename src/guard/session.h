/*
 * session.h - the session of a request, and its cookies
 *
 * contract/core-session.md, "get-session, step by step".
 */
#ifndef GUARD_SESSION_H
#define GUARD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct session;
struct user;

/*
 * session_find - ctx->session and ctx->user, when there is a live session
 *
 * Cookie first, then Authorization: Bearer. A token that is unknown or has
 * expired queues the deletion cookies; a session due for extension is
 * extended unless the request or the settings forbid it.
 *
 * ST_OK            found
 * ST_UNAUTHORIZED  no credentials, or wrong ones
 * ST_TOKEN_EXPIRED the session has ended
 * others           the database's
 */
enum status session_find(struct ctx *ctx);

/* For how long a cookie may outlive the browser, seconds. */
int64_t session_cookie_age(const struct ctx *ctx,
    const struct session *session);

/*
 * session_cookies - tells the client of a session: extended, or changed
 *
 * user      whose it is
 * remember  the cookie outlives the browser
 */
void session_cookies(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember);

/*
 * session_begin - the same of a session this client did not have before
 *
 * method  how the user proved who they are, as last_used_login_method has it
 *         ("email"); NULL for ways that are not told
 * Runs in the transaction that made the session; others are the database's.
 */
enum status session_begin(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember, const char *method);

/* Whether the user signed in within session.fresh_age. */
bool session_is_fresh(const struct ctx *ctx);
/* By the dont_remember cookie: the session ends with the browser. */
bool session_is_forgotten(struct ctx *ctx);

/* Queues the three deletion cookies. */
void session_forget(struct ctx *ctx);

#endif
