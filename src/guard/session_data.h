/*
 * session_data.h - a copy of session and user in a cookie
 *
 * contract/core-session.md, "Cookie cache". Clients and their servers read it;
 * we write it, and never answer from it: a session is what its row says now.
 * Whether the cookie of a request is still good decides about nothing but
 * whether a new one is sent.
 */
#ifndef GUARD_SESSION_DATA_H
#define GUARD_SESSION_DATA_H

#include <stdbool.h>

struct ctx;
struct session;
struct user;

/* Beyond this many bytes there is none: web servers refuse requests whose
 * Cookie line has more than 8 KiB. */
#define SESSION_DATA_BYTES_MAX 6144

/*
 * session_data_wanted - should this request's answer bring a new copy?
 *
 * A copy that is not of this session, was changed or is out of time is
 * deleted; without session.cookie_cache, any.
 */
bool session_data_wanted(struct ctx *ctx, const struct session *session);

/* Queues it, in one cookie or in chunks; nothing without cookie_cache. */
void session_data_put(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember);

/* Queues the deletion of it, and of what the request brought of it. */
void session_data_forget(struct ctx *ctx);

#endif
