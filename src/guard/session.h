/*
 * session.h - the session of a request, and its cookies
 *
 * contract/core-session.md, "get-session, step by step".
 */
#ifndef GUARD_SESSION_H
#define GUARD_SESSION_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct session;

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

/* Queues the cookies of a session that has just been made or extended. */
void session_cookies(struct ctx *ctx, const struct session *session,
    bool remember);

/* Queues the three deletion cookies. */
void session_forget(struct ctx *ctx);

#endif
