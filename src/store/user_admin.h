/*
 * user_admin.h - one user as an admin sees them, and what an admin does
 *
 * Who may do what to whom is the handler's to decide, from the locked subject;
 * every change here writes its audit row, and tells the subject, the row that
 * store_user_lock gave, what has become of it. All of it runs inside
 * db_transact.
 */
#ifndef STORE_USER_ADMIN_H
#define STORE_USER_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

#define BAN_REASON_MAX 200	/* characters */

/*
 * store_user_show - one user into object out: "id", "name", "email",
 * "emailVerified", "image", "role", "state", "banned" (now), "banReason",
 * "banExpires", "createdAt", "updatedAt", "balance", "monthlyCreditsQuota",
 * "monthlySpent"
 *
 * ST_USER_NOT_FOUND
 */
enum status store_user_show(struct ctx *ctx, const char *id,
    struct json_object *out);

/* The user's live sessions, newest first, at most 100: "id", "userAgent",
 * "ipAddress" (null when unknown), "impersonatedBy" (an admin's id, or null),
 * "createdAt", "updatedAt", "expiresAt". */
enum status store_user_sessions(struct ctx *ctx, const char *id,
    struct json_object *out);

/*
 * store_actor_hold - ctx->user is still who the guard saw, and stays so until
 * the commit
 *
 * ST_FORBIDDEN  banned, deleted, or of another role by now
 */
enum status store_actor_hold(struct ctx *ctx);

/*
 * store_role_set - another role, from the user's next request on
 *
 * Ends the sessions in which the user acts as somebody else.
 */
enum status store_role_set(struct ctx *ctx, struct user *subject,
    const char *role);

/*
 * store_ban - no way in until the instant until (0: for ever)
 *
 * Ends all sessions, also those in which the user acts as somebody else.
 */
enum status store_ban(struct ctx *ctx, struct user *subject,
    const char *reason, int64_t until);
enum status store_unban(struct ctx *ctx, struct user *subject);

/*
 * store_session_end_one, store_session_end_all - of that user
 *
 * All are those in which he acts as others, too.
 * ST_SESSION_NOT_FOUND  (one) it is not there, or somebody else's
 */
enum status store_session_end_one(struct ctx *ctx,
    const struct user *subject, const char *session_id);
enum status store_session_end_all(struct ctx *ctx,
    const struct user *subject);

/*
 * store_subject_password - a new hash whatever the old one was
 *
 * Makes the way to sign in when there is none. Sessions go on; links that
 * were sent before open nothing any more.
 */
enum status store_subject_password(struct ctx *ctx,
    const struct user *subject, const char *hash);

/*
 * store_subject_remove - the user and all that hangs on the row
 *
 * Sessions, ways to sign in and proofs go along; wallet, ledger and audit
 * stay, and so do orders, without their user.
 *
 * ST_USER_HAS_ACTIVE_SUBSCRIPTION  as store_user_delete
 */
enum status store_subject_remove(struct ctx *ctx,
    const struct user *subject);

#endif
