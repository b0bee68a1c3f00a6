/*
 * device_session.h - the sessions that one browser has the tokens of
 *
 * Each function is one statement, whatever count is, and fills found by the
 * index of tokens; what it leaves out of found is to be zero before.
 */
#ifndef STORE_DEVICE_SESSION_H
#define STORE_DEVICE_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "store/session.h"

struct session_found {
	bool live;
	struct session session;
	struct user user;
};

/*
 * store_device_sessions - sessions and users
 *
 * live: it is there, has not expired, and its user is not banned.
 */
enum status store_device_sessions(struct ctx *ctx, const char *const *tokens,
    size_t count, struct session_found *found);

/*
 * store_device_sessions_replace - end those that are user_id's
 *
 * live: it is left, another user's. The rest of found is not filled.
 */
enum status store_device_sessions_replace(struct ctx *ctx,
    const char *const *tokens, size_t count, const char *user_id,
    struct session_found *found);

/*
 * store_device_sessions_end - end all of them
 *
 * live: there was one; session.user_id is filled, and no more.
 */
enum status store_device_sessions_end(struct ctx *ctx,
    const char *const *tokens, size_t count, struct session_found *found);

#endif
