#include "store/user_admin.h"

#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"
#include "view/view.h"

#define SESSIONS_MAX 100

/* ---- one user ---------------------------------------------------------- */

enum status
store_user_show(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT u.id, u.name, u.email,"
	    "  u.email_verified AS \"emailVerified\", u.image, u.role,"
	    "  CASE WHEN b.now THEN 'banned' WHEN u.email_verified"
	    "    THEN 'active' ELSE 'unverified' END AS state,"
	    "  b.now AS banned,"
	    "  CASE WHEN b.now THEN u.ban_reason END AS \"banReason\","
	    "  CASE WHEN b.now THEN u.ban_expires_at END AS \"banExpires\","
	    "  u.created_at AS \"createdAt\", u.updated_at AS \"updatedAt\","
	    "  coalesce(" BALANCE_AT("w", "$2") ", 0) AS balance,"
	    "  w.monthly_quota AS \"monthlyCreditsQuota\","
	    "  " SPENT_AT("w", "$2") " AS \"monthlySpent\""
	    " FROM users u LEFT JOIN wallets w ON w.id = u.id,"
	    "  LATERAL (SELECT " USER_BANNED("$2") ") b (now)"
	    " WHERE u.id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_time(ctx->now))), ST_USER_NOT_FOUND, id);
}

enum status
store_user_sessions(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, user_agent AS \"userAgent\","
	    "  nullif(ip_address, '') AS \"ipAddress\","
	    "  impersonated_by AS \"impersonatedBy\","
	    "  created_at AS \"createdAt\", updated_at AS \"updatedAt\","
	    "  expires_at AS \"expiresAt\""
	    " FROM sessions WHERE user_id = $1 AND expires_at > $2"
	    " ORDER BY created_at DESC, id DESC LIMIT $3";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(id),
	    db_time(ctx->now), db_int(SESSIONS_MAX)));
}

/* ---- changes ----------------------------------------------------------- */

enum status
store_actor_hold(struct ctx *ctx)
{
	/* Shared, for one admin may act on many users at once. */
	static const char sql[] =
	    "SELECT role FROM users WHERE id = $1"
	    "  AND NOT " USER_BANNED("$2")
	    " FOR SHARE";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(ctx->user->id),
	    db_time(ctx->now))));
	if (rows.count == 0 ||
	    !text_is(db_get_text(&rows, 0, 0), ctx->user->role))
		return refuse(ctx, ST_FORBIDDEN,
		    "the caller lost the role meanwhile");
	return ST_OK;
}

static enum status
audit_subject(struct ctx *ctx, const char *action,
    const struct user *subject, struct json_object *before,
    struct json_object *after)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = subject->id,
	    .before = before, .after = after });
}

/* Sessions of others that the user borrowed end with the power to do so. */
static enum status
end_impersonations(struct ctx *ctx, const struct user *subject)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE impersonated_by = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(subject->id)), NULL);
}

enum status
store_role_set(struct ctx *ctx, struct user *subject, const char *role)
{
	static const char sql[] =
	    "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1";
	const char *before = subject->role;

	if (text_is(before, role))
		return ST_OK;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(subject->id), db_text(role),
	    db_time(ctx->now)), NULL));
	TRY(end_impersonations(ctx, subject));
	subject->role = role;
	subject->updated_at = ctx->now;
	return audit_subject(ctx, "user.set-role", subject,
	    audit_text(ctx, "role", before), audit_text(ctx, "role", role));
}

static struct json_object *
ban_object(struct ctx *ctx, const struct user *subject)
{
	struct json_object *object = view_root(ctx->arena);

	view_bool(object, "banned", subject->banned);
	if (!subject->banned)
		return object;
	view_text(object, "reason", subject->ban_reason);
	view_time(object, "until", subject->ban_expires_at);
	return object;
}

/* Of the subject as it is from now on; until as in store_ban. */
static void
set_ban(struct ctx *ctx, struct user *subject, bool banned,
    const char *reason, int64_t until)
{
	subject->banned = banned && (until == 0 || until > ctx->now);
	subject->ban_stored = banned;
	subject->ban_reason = reason;
	subject->ban_expires_at = until;
	subject->updated_at = ctx->now;
}

enum status
store_ban(struct ctx *ctx, struct user *subject, const char *reason,
    int64_t until)
{
	static const char ban[] =
	    "UPDATE users SET banned = true, ban_reason = $2,"
	    "  ban_expires_at = $3, updated_at = $4 WHERE id = $1";
	struct json_object *before = ban_object(ctx, subject);

	TRY(db_run(ctx, ban, DB_ARGS(db_text(subject->id), db_text(reason),
	    db_time_or_null(until), db_time(ctx->now)), NULL));
	TRY(store_session_revoke_all(ctx, subject->id, NULL, NULL));
	set_ban(ctx, subject, true, reason, until);
	return audit_subject(ctx, "user.ban", subject, before,
	    ban_object(ctx, subject));
}

enum status
store_unban(struct ctx *ctx, struct user *subject)
{
	static const char sql[] =
	    "UPDATE users SET banned = false, ban_reason = NULL,"
	    "  ban_expires_at = NULL, updated_at = $2 WHERE id = $1";
	struct json_object *before = ban_object(ctx, subject);
	const bool banned = subject->banned;

	if (!subject->ban_stored)
		return ST_OK;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(subject->id),
	    db_time(ctx->now)), NULL));
	set_ban(ctx, subject, false, NULL, 0);
	if (!banned)
		return ST_OK;
	return audit_subject(ctx, "user.unban", subject, before,
	    ban_object(ctx, subject));
}

enum status
store_session_end_one(struct ctx *ctx, const struct user *subject,
    const char *session_id)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE id = $1 AND user_id = $2"
	    " RETURNING id AS session, user_agent AS \"userAgent\"";
	struct json_object *before = view_root(ctx->arena);

	TRY(db_named(ctx, db_view_one(ctx, before, sql,
	    DB_ARGS(db_text(session_id), db_text(subject->id))),
	    ST_SESSION_NOT_FOUND, session_id));
	return audit_subject(ctx, "session.revoke", subject, before, NULL);
}

enum status
store_session_end_all(struct ctx *ctx, const struct user *subject)
{
	struct json_object *before = view_root(ctx->arena);
	int64_t count;

	TRY(store_session_revoke_all(ctx, subject->id, NULL, &count));
	if (count == 0)
		return ST_OK;
	view_int(before, "sessions", count);
	return audit_subject(ctx, "session.revoke-all", subject, before,
	    NULL);
}

enum status
store_subject_password(struct ctx *ctx, const struct user *subject,
    const char *hash)
{
	TRY(store_password_replace(ctx, subject->id, hash));
	TRY(store_verification_end(ctx, subject->id));
	return audit_subject(ctx, "password.set", subject, NULL, NULL);
}

enum status
store_subject_remove(struct ctx *ctx, const struct user *subject)
{
	/* Nobody could delete name and address from the audit again. */
	TRY(store_user_delete(ctx, subject->id));
	return audit_subject(ctx, "user.remove", subject,
	    audit_text(ctx, "role", subject->role), NULL);
}
