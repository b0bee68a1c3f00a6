#include "store/import.h"

#include "base/arena.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

static struct db_arg
rows_arg(struct ctx *ctx, struct json_object *rows)
{
	return db_text(view_as_text(ctx->arena, rows));
}

enum status
import_known(struct ctx *ctx, struct json_object *users,
    struct json_object *known)
{
	/* A wallet outlives its owner. */
	static const char sql[] =
	    "SELECT w.id, '' FROM jsonb_to_recordset($1::jsonb) AS g (id text)"
	    " JOIN wallets w ON w.id = g.id";

	return db_view_pairs(ctx, known, sql, DB_ARGS(rows_arg(ctx, users)));
}

enum status
import_taken_users(struct ctx *ctx, struct json_object *users,
    struct json_object *taken)
{
	static const char sql[] =
	    "WITH given AS (SELECT g.id, lower(email) COLLATE \"C\" AS email,"
	    "  lower(username) COLLATE \"C\" AS username"
	    "  FROM jsonb_to_recordset($1::jsonb)"
	    "   AS g (id text, email text, username text))"
	    " SELECT g.id, 'the e-mail address is taken here'"
	    "  FROM given g JOIN users u ON u.email = g.email"
	    " UNION ALL"
	    " SELECT g.id, 'the username is taken here'"
	    "  FROM given g JOIN users u ON u.username = g.username";

	return db_view_pairs(ctx, taken, sql, DB_ARGS(rows_arg(ctx, users)));
}

enum status
import_taken_accounts(struct ctx *ctx, struct json_object *accounts,
    struct json_object *taken)
{
	static const char sql[] =
	    "SELECT g.id, concat('the account at ', a.provider_id,"
	    "  ' is taken here')"
	    " FROM jsonb_to_recordset($1::jsonb)"
	    "  AS g (id text, \"providerId\" text, \"accountId\" text)"
	    " JOIN accounts a ON a.provider_id = g.\"providerId\""
	    "  AND a.account_id = g.\"accountId\"";

	return db_view_pairs(ctx, taken,
	    sql, DB_ARGS(rows_arg(ctx, accounts)));
}

enum status
import_taken_passkeys(struct ctx *ctx, struct json_object *passkeys,
    struct json_object *taken)
{
	static const char sql[] =
	    "SELECT g.id, 'a passkey is somebody''s here'"
	    " FROM jsonb_to_recordset($1::jsonb)"
	    "  AS g (id text, \"credentialID\" text)"
	    " JOIN passkeys p ON p.credential_id = g.\"credentialID\"";

	return db_view_pairs(ctx, taken,
	    sql, DB_ARGS(rows_arg(ctx, passkeys)));
}

enum status
import_users(struct ctx *ctx, struct json_object *users, const char **made,
    int64_t *count)
{
	static const char sql[] =
	    "WITH given AS (SELECT g.*, coalesce(banned, false) AS barred"
	    "  FROM jsonb_to_recordset($1::jsonb) AS g (id text, name text,"
	    "   email text, \"emailVerified\" boolean, image text, role text,"
	    "   banned boolean, \"banReason\" text,"
	    "   \"banExpires\" timestamptz, username text,"
	    "   \"displayUsername\" text, fields jsonb,"
	    "   \"createdAt\" timestamptz, \"updatedAt\" timestamptz)),"
	    " made AS (INSERT INTO users (id, name, email, email_verified,"
	    "   image, role, banned, ban_reason, ban_expires_at, username,"
	    "   display_username, fields, created_at, updated_at)"
	    "  SELECT g.id, g.name, lower(email),"
	    "   coalesce(\"emailVerified\", false), nullif(image, ''),"
	    "   coalesce(nullif(role, ''), 'user'), barred,"
	    "   CASE WHEN barred THEN \"banReason\" END,"
	    "   CASE WHEN barred THEN \"banExpires\" END,"
	    "   lower(nullif(username, '')), CASE WHEN username <> '' THEN"
	    "    coalesce(\"displayUsername\", username) END,"
	    "   coalesce(fields, '{}'), coalesce(\"createdAt\", $2),"
	    "   coalesce(\"updatedAt\", \"createdAt\", $2)"
	    "  FROM given g"
	    "  WHERE NOT EXISTS (SELECT FROM wallets w WHERE w.id = g.id)"
	    "  ON CONFLICT DO NOTHING RETURNING id),"
	    " purse AS (INSERT INTO wallets (id, kind, balance)"
	    "  SELECT id, 'user', 0 FROM made)"
	    " SELECT coalesce(jsonb_agg(id), '[]'), count(*) FROM made";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(rows_arg(ctx, users),
	    db_time(ctx->now))));
	*made = db_get_text(&rows, 0, 0);
	*count = db_get_int(&rows, 0, 1);
	return ST_OK;
}

#define OF_MADE								\
	" WHERE g.\"userId\" IN"					\
	"  (SELECT jsonb_array_elements_text($2::jsonb))"		\
	" ON CONFLICT DO NOTHING"

enum status
import_owned(struct ctx *ctx, enum owned kind, struct json_object *rows,
    const char *made, int64_t *count)
{
	static const char *const sql[OWNED_KINDS] = {
	    [OWNED_ACCOUNT] =
	    "INSERT INTO accounts (id, user_id, provider_id, account_id,"
	    "  password, created_at, updated_at)"
	    " SELECT g.id, \"userId\", \"providerId\", \"accountId\","
	    "  password, coalesce(\"createdAt\", $3),"
	    "  coalesce(\"updatedAt\", \"createdAt\", $3)"
	    " FROM jsonb_to_recordset($1::jsonb) AS g (id text,"
	    "  \"userId\" text, \"providerId\" text, \"accountId\" text,"
	    "  password text, \"createdAt\" timestamptz,"
	    "  \"updatedAt\" timestamptz)" OF_MADE,
	    [OWNED_SESSION] =
	    "INSERT INTO sessions (id, user_id, token_hash, expires_at,"
	    "  ip_address, user_agent, fields, created_at, updated_at)"
	    " SELECT g.id, \"userId\", decode(\"tokenHash\", 'hex'),"
	    "  \"expiresAt\", coalesce(\"ipAddress\", ''),"
	    "  coalesce(\"userAgent\", ''), coalesce(fields, '{}'),"
	    "  coalesce(\"createdAt\", $3),"
	    "  coalesce(\"updatedAt\", \"createdAt\", $3)"
	    " FROM jsonb_to_recordset($1::jsonb) AS g (id text,"
	    "  \"userId\" text, \"tokenHash\" text,"
	    "  \"expiresAt\" timestamptz, \"ipAddress\" text,"
	    "  \"userAgent\" text, fields jsonb, \"createdAt\" timestamptz,"
	    "  \"updatedAt\" timestamptz)" OF_MADE,
	    [OWNED_PASSKEY] =
	    "INSERT INTO passkeys (id, user_id, name, credential_id,"
	    "  public_key, counter, device_type, backed_up, transports,"
	    "  aaguid, created_at)"
	    " SELECT g.id, \"userId\", name, \"credentialID\","
	    "  decode(\"publicKey\", 'base64'), coalesce(counter, 0),"
	    "  \"deviceType\", coalesce(\"backedUp\", false),"
	    "  coalesce(transports, ''), aaguid, coalesce(\"createdAt\", $3)"
	    " FROM jsonb_to_recordset($1::jsonb) AS g (id text,"
	    "  \"userId\" text, name text, \"credentialID\" text,"
	    "  \"publicKey\" text, counter bigint, \"deviceType\" text,"
	    "  \"backedUp\" boolean, transports text, aaguid text,"
	    "  \"createdAt\" timestamptz)" OF_MADE,
	    [OWNED_API_KEY] =
	    "INSERT INTO api_keys (id, user_id, key_hash, start, prefix, name,"
	    "  enabled, expires_at, remaining, refill_amount,"
	    "  refill_interval_ms, last_refill_at, rate_limit_enabled,"
	    "  rate_limit_window_ms, rate_limit_max, request_count,"
	    "  last_request_at, permissions, metadata, created_at, updated_at)"
	    " SELECT g.id, \"userId\", decode(\"keyHash\", 'hex'),"
	    "  coalesce(start, ''), prefix, name, coalesce(enabled, true),"
	    "  \"expiresAt\", CASE WHEN remaining < 0 THEN 0"
	    "   ELSE remaining END,"
	    "  CASE WHEN \"refillInterval\" > 0 AND \"refillAmount\" > 0"
	    "   THEN \"refillAmount\" END,"
	    "  CASE WHEN \"refillInterval\" > 0 AND \"refillAmount\" > 0"
	    "   THEN \"refillInterval\" END, \"lastRefillAt\","
	    "  coalesce(\"rateLimitEnabled\", true),"
	    "  greatest(coalesce(\"rateLimitTimeWindow\", 86400000), 1),"
	    "  greatest(coalesce(\"rateLimitMax\", 10), 1),"
	    "  coalesce(\"requestCount\", 0),"
	    "  \"lastRequest\", permissions, metadata,"
	    "  coalesce(\"createdAt\", $3),"
	    "  coalesce(\"updatedAt\", \"createdAt\", $3)"
	    " FROM jsonb_to_recordset($1::jsonb) AS g (id text,"
	    "  \"userId\" text, \"keyHash\" text, start text, prefix text,"
	    "  name text, enabled boolean, \"expiresAt\" timestamptz,"
	    "  remaining bigint, \"refillAmount\" bigint,"
	    "  \"refillInterval\" bigint, \"lastRefillAt\" timestamptz,"
	    "  \"rateLimitEnabled\" boolean, \"rateLimitTimeWindow\" bigint,"
	    "  \"rateLimitMax\" bigint, \"requestCount\" bigint,"
	    "  \"lastRequest\" timestamptz, permissions jsonb,"
	    "  metadata jsonb, \"createdAt\" timestamptz,"
	    "  \"updatedAt\" timestamptz)" OF_MADE,
	};

	return db_run(ctx, sql[kind], DB_ARGS(rows_arg(ctx, rows),
	    db_text(made), db_time(ctx->now)), count);
}
