/*
 * multi_session.h - the sessions of several users in one browser
 *
 * Beside the session's cookie, each has a device cookie, signed alike and
 * named after its token in lower case (contract/multi-session-one-time-token-
 * api-key.md). A name only selects; authority comes from the signature, and
 * from the row behind the token. The functions do nothing while
 * multi_session.enabled is off.
 */
#ifndef GUARD_MULTI_SESSION_H
#define GUARD_MULTI_SESSION_H

#include <stddef.h>

#include "base/status.h"
#include "store/device_session.h"

struct ctx;

/* Of the request's device cookies, in the order sent; COOKIES_MAX bounds it. */
struct device_sessions {
	const char **cookie;		/* full names */
	const char **token;
	struct session_found *found;	/* by the same index */
	size_t count;
};

/* The cookies with a valid signature; nothing is found out of them yet. */
void multi_session_cookies(struct ctx *ctx, struct device_sessions *out);

/*
 * multi_session_find - the same, and what is behind them
 *
 * No statement when there is none, else one.
 */
enum status multi_session_find(struct ctx *ctx, struct device_sessions *out);

/*
 * multi_session_begin - a device cookie for a session that is new here
 *
 * One statement when there are others: those of the same user end, and
 * cookies without a session are taken back. From multi_session.maximum on
 * there is no further cookie; what has one already keeps it. An administrator
 * who acts as a user does not join the users of this browser.
 */
enum status multi_session_begin(struct ctx *ctx,
    const struct session *session);

/* A device cookie for a session of this browser that has none yet. */
void multi_session_keep(struct ctx *ctx, const struct session *session);

/* Takes the cookie of a session of this browser back, if it has one. */
void multi_session_drop(struct ctx *ctx, const struct session *session);

/* Takes a device cookie back. */
void multi_session_forget(struct ctx *ctx, const char *cookie);

#endif
