#include "store/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/entitlement.h"
#include "store/extra.h"
#include "trust/sign.h"
#include "view/view.h"

#define LIST_MAX 100
#define COUNT_EXACT 20000	/* above it an estimate will do */
#define PURGE_AFTER_MS HOUR_MS

int64_t
session_latest(const struct ctx *ctx, int64_t created_at)
{
	const int64_t seconds = ctx->config->session_absolute_lifetime;

	return seconds == 0 ? INT64_MAX : created_at + seconds * 1000;
}

/* When a session ends that is used now. */
static int64_t
end_of(const struct ctx *ctx, int64_t created_at, int64_t seconds)
{
	const int64_t end = ctx->now + seconds * 1000;
	const int64_t latest = session_latest(ctx, created_at);

	return end < latest ? end : latest;
}

void
session_row(struct ctx *ctx, const struct db_rows *rows, size_t row,
    const char *token, struct session *out)
{
	int64_t latest;

	*out = (struct session){
		.id = db_get_text(rows, row, 0),
		.token = token,
		.user_id = db_get_text(rows, row, 1),
		.expires_at = db_get_time(rows, row, 2),
		.created_at = db_get_time(rows, row, 3),
		.updated_at = db_get_time(rows, row, 4),
		.ip_address = db_get_text(rows, row, 5),
		.user_agent = db_get_text(rows, row, 6),
		.impersonated_by = db_get_text(rows, row, 7),
		.fields = db_get_text(rows, row, 8),
	};
	latest = session_latest(ctx, out->created_at);
	if (out->expires_at > latest)
		out->expires_at = latest;
}

void
session_view(struct ctx *ctx, struct json_object *out,
    const struct session *session, const char *token)
{
	view_time(out, "expiresAt", session->expires_at);
	view_text(out, "token", token);
	view_time(out, "createdAt", session->created_at);
	view_time(out, "updatedAt", session->updated_at);
	view_text(out, "ipAddress", session->ip_address);
	view_text(out, "userAgent", session->user_agent);
	view_text(out, "userId", session->user_id);
	view_text(out, "id", session->id);
	if (session->by_key)
		return;
	if (ctx->config->admin_enabled)
		view_text(out, "impersonatedBy", session->impersonated_by);
	extra_view(ctx, out, &ctx->config->session_extra, session->fields);
}

static struct db_arg
token_hash(struct ctx *ctx, const char *token)
{
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	sha256(hash, token, strlen(token));
	return db_bytes(hash, SHA256_BYTES);
}

#define FOUND_BY_TOKEN(more)						\
	"SELECT " SESSION_COLUMNS ", " USER_COLUMNS more		\
	" FROM sessions s JOIN users u ON u.id = s.user_id"		\
	" WHERE s.token_hash = $1"

enum status
store_session_find(struct ctx *ctx, const char *token,
    struct session *session, struct user *user)
{
	static const char plain[] = FOUND_BY_TOKEN("");
	static const char entitled[] = FOUND_BY_TOKEN(
	    ", " ENTITLEMENTS_TEXT("'user'", "u.id", "$2"));
	const bool more = ctx->config->entitlements_enabled &&
	    ctx->config->entitlements_in_session;
	const struct db_arg arg[] = { token_hash(ctx, token),
		db_time(ctx->now) };
	struct db_rows rows;

	TRY(db_one(ctx, &rows, more ? entitled : plain,
	    (struct db_args){ arg, more ? 2 : 1 }));
	session_row(ctx, &rows, 0, token, session);
	if (more)
		session->entitlements = db_get_text(&rows, 0,
		    SESSION_COLUMN_COUNT + USER_COLUMN_COUNT);
	user_row(ctx, &rows, 0, SESSION_COLUMN_COUNT, user);
	return user->banned ? ST_NOT_FOUND : ST_OK;
}

static const char *
token_new(struct ctx *ctx)
{
	char token[SESSION_TOKEN_LENGTH + 1];

	random_text(token, SESSION_TOKEN_LENGTH);
	return arena_text(ctx->arena, token);
}

/* It has run out, or there would be no session. Others who sign in as this
 * user share the lock on the row: who cannot have it alone leaves it. */
static enum status
forget_ban(struct ctx *ctx, const char *user_id)
{
	static const char sql[] =
	    "UPDATE users SET banned = false, ban_reason = NULL,"
	    "  ban_expires_at = NULL, updated_at = $2"
	    " WHERE id = (SELECT id FROM users WHERE id = $1"
	    "  FOR NO KEY UPDATE SKIP LOCKED)";

	return db_run(ctx, sql, DB_ARGS(db_text(user_id), db_time(ctx->now)),
	    NULL);
}

/*
 * What addresses of the same network begin with: a provider gives its customer
 * another last number now and then. IPv6 is stored as its network already, and
 * an unknown address is as good as any.
 */
static const char *
network_of(struct ctx *ctx, const char *address)
{
	const char *dot = strrchr(address, '.');

	return dot == NULL ? address : arena_copy(ctx->arena, address,
	    (size_t)(dot + 1 - address));
}

enum status
store_session_create(struct ctx *ctx, const char *user_id,
    const char *password, int64_t lifetime_seconds, struct session *out)
{
	/* The locks keep a ban, a deletion or a new password from passing
	 * between the check of the password and the session. The row of the
	 * password has its own: only what is locked is looked at again when
	 * its change was waited for. */
	static const char sql[] =
	    "WITH owner AS ("
	    "  SELECT u.id, u.banned FROM users u"
	    "  WHERE u.id = $2 AND NOT " USER_BANNED("$5")
	    "  FOR SHARE OF u),"
	    " proof AS ("
	    "  SELECT FROM owner o JOIN accounts a ON a.account_id = o.id"
	    "   AND a.provider_id = 'credential'"
	    "  WHERE a.password = $8 FOR SHARE OF a)"
	    " INSERT INTO sessions AS s (id, token_hash, user_id, expires_at,"
	    "   created_at, updated_at, ip_address, user_agent, fields)"
	    " SELECT $1, $3, id, $4, $5, $5, $6, $7, $9 FROM owner"
	    " WHERE $8::text IS NULL OR EXISTS (SELECT FROM proof)"
	    " RETURNING " SESSION_COLUMNS ", (SELECT banned FROM owner),"
	    "  EXISTS (SELECT FROM sessions WHERE user_id = $2"
	    "   AND impersonated_by IS NULL)"
	    "  AND NOT EXISTS (SELECT FROM sessions WHERE user_id = $2"
	    "   AND impersonated_by IS NULL AND user_agent = $7"
	    "   AND starts_with(ip_address, $10))";
	const char *token;
	char id[ID_SIZE];
	struct db_rows rows;
	enum status status;

	id_new(id, ctx->now);
	token = token_new(ctx);
	status = db_one(ctx, &rows, sql, DB_ARGS(db_text(id), db_text(user_id),
	    token_hash(ctx, token),
	    db_time(end_of(ctx, ctx->now, lifetime_seconds)),
	    db_time(ctx->now), db_text(ctx->request.address),
	    db_text(ctx->request.user_agent), db_text(password),
	    db_text(extra_defaults(ctx, &ctx->config->session_extra)),
	    db_text(network_of(ctx, ctx->request.address))));
	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_FAILED_TO_CREATE_SESSION,
		    "user gone, banned, or password changed meanwhile");
	TRY(status);
	session_row(ctx, &rows, 0, token, out);
	out->new_device = db_get_bool(&rows, 0, SESSION_COLUMN_COUNT + 1);
	return db_get_bool(&rows, 0, SESSION_COLUMN_COUNT) ?
	    forget_ban(ctx, user_id) : ST_OK;
}

enum status
store_session_impersonate(struct ctx *ctx, const struct user *user,
    int64_t lifetime_seconds, struct session *out)
{
	static const char sql[] =
	    "INSERT INTO sessions AS s (id, token_hash, user_id, expires_at,"
	    "   created_at, updated_at, ip_address, user_agent,"
	    "   impersonated_by, fields, began_in)"
	    " VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10)"
	    " RETURNING " SESSION_COLUMNS;
	const char *token;
	char id[ID_SIZE];
	struct db_rows rows;
	enum status status;

	id_new(id, ctx->now);
	token = token_new(ctx);
	status = db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    token_hash(ctx, token), db_text(user->id),
	    db_time(end_of(ctx, ctx->now, lifetime_seconds)),
	    db_time(ctx->now), db_text(ctx->request.address),
	    db_text(ctx->request.user_agent), db_text(ctx->user->id),
	    db_text(extra_defaults(ctx, &ctx->config->session_extra)),
	    db_text(ctx->session->id)));
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_UNAUTHORIZED,
		    "the session ended meanwhile");
	TRY(status);
	session_row(ctx, &rows, 0, token, out);
	return ST_OK;
}

enum status
store_session_extend(struct ctx *ctx, struct session *session,
    int64_t seconds)
{
	static const char sql[] =
	    "UPDATE sessions SET expires_at = $2, updated_at = $3"
	    " WHERE id = $1";
	int64_t changed = 0;

	session->expires_at = end_of(ctx, session->created_at, seconds);
	session->updated_at = ctx->now;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(session->id),
	    db_time(session->expires_at), db_time(ctx->now)), &changed));
	return changed == 1 ? ST_OK : ST_NOT_FOUND;
}

enum status
store_session_known(struct ctx *ctx, const char *user_id,
    const char *address, bool *known)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1"
	    "  AND ip_address = $2 AND impersonated_by IS NULL)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(address))));
	*known = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

enum status
store_session_update(struct ctx *ctx, struct session *session,
    const char *fields)
{
	static const char sql[] =
	    "UPDATE sessions AS s SET fields = s.fields || $2::jsonb,"
	    "  updated_at = $3 WHERE s.id = $1 RETURNING " SESSION_COLUMNS;
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(session->id),
	    db_text(fields), db_time(ctx->now))));
	session_row(ctx, &rows, 0, session->token, session);
	return ST_OK;
}

enum status
store_session_end(struct ctx *ctx, const char *session_id)
{
	static const char sql[] = "DELETE FROM sessions WHERE id = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(session_id)), NULL);
}

enum status
store_session_revoke(struct ctx *ctx, const char *user_id,
    const char *handle, int64_t *count)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE user_id = $1"
	    " AND (id = $2 OR token_hash = $3)";

	return db_run(ctx, sql, DB_ARGS(db_text(user_id), db_text(handle),
	    token_hash(ctx, handle)), count);
}

enum status
store_session_named(struct ctx *ctx, const char *handle,
    const char **session_id, const char **user_id)
{
	static const char sql[] =
	    "SELECT id, user_id FROM sessions WHERE id = $1 OR token_hash = $2";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(handle),
	    token_hash(ctx, handle))));
	*session_id = db_get_text(&rows, 0, 0);
	*user_id = db_get_text(&rows, 0, 1);
	return ST_OK;
}

enum status
store_session_revoke_all(struct ctx *ctx, const char *user_id,
    const char *except_id, int64_t *count)
{
	static const char sql[] =
	    "DELETE FROM sessions WHERE (user_id = $1 OR impersonated_by = $1)"
	    " AND id IS DISTINCT FROM $2::text";

	return db_run(ctx, sql, DB_ARGS(db_text(user_id), db_text(except_id)),
	    count);
}

enum status
store_session_count(struct ctx *ctx, int64_t *count)
{
	static const char sql[] =
	    "SELECT CASE WHEN reltuples > $1 THEN reltuples::bigint"
	    "   ELSE (SELECT count(*) FROM sessions WHERE expires_at > $2) END"
	    " FROM pg_class WHERE oid = 'sessions'::regclass";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_int(COUNT_EXACT),
	    db_time(ctx->now))));
	*count = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_session_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	/* As a join the inner SELECT could run again for the next row, and
	 * find others each time. */
	static const char sql[] =
	    "DELETE FROM sessions WHERE id = ANY (ARRAY("
	    "  SELECT id FROM sessions WHERE expires_at < $1"
	    "  ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now - PURGE_AFTER_MS),
	    db_int(limit)), count);
}

static enum status
list(struct ctx *ctx, const char *user_id, bool borrowed,
    const struct session *own, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " SESSION_COLUMNS " FROM sessions s WHERE s.id IN ("
	    "  SELECT id FROM sessions WHERE user_id = $1"
	    "   AND expires_at > $2 AND ($4 OR impersonated_by IS NULL)"
	    "  ORDER BY created_at DESC, id DESC LIMIT $3)"
	    " ORDER BY s.created_at, s.id";
	struct session session;
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_time(ctx->now), db_int(LIST_MAX), db_bool(borrowed))));
	for (size_t i = 0; i < rows.count; i++) {
		bool mine;

		session_row(ctx, &rows, i, NULL, &session);
		/* Its age ended it, and that of all older ones. */
		if (session.expires_at <= ctx->now)
			continue;
		mine = own != NULL && strcmp(own->id, session.id) == 0;
		session_view(ctx, view_object(out, NULL), &session,
		    mine ? own->token : session.id);
	}
	return ST_OK;
}

enum status
store_session_list(struct ctx *ctx, const char *user_id,
    const struct session *own, struct json_object *out)
{
	return list(ctx, user_id, false, own, out);
}

enum status
store_session_list_all(struct ctx *ctx, const char *user_id,
    const struct session *own, struct json_object *out)
{
	return list(ctx, user_id, true, own, out);
}
