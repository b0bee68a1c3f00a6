#include "store/api_key.h"

#include <string.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/user.h"
#include "trust/sign.h"

#define USE_TRIES 3

/* There is one configuration of keys, "default". */
#define SHOWN								\
	"'default' AS \"configId\", name, start,"			\
	" user_id AS \"referenceId\", prefix,"				\
	" refill_interval_ms AS \"refillInterval\","			\
	" refill_amount AS \"refillAmount\","				\
	" last_refill_at AS \"lastRefillAt\", enabled,"			\
	" rate_limit_enabled AS \"rateLimitEnabled\","			\
	" rate_limit_window_ms AS \"rateLimitTimeWindow\","		\
	" rate_limit_max AS \"rateLimitMax\","				\
	" request_count AS \"requestCount\", remaining,"		\
	" last_request_at AS \"lastRequest\","				\
	" expires_at AS \"expiresAt\", created_at AS \"createdAt\","	\
	" updated_at AS \"updatedAt\", permissions, metadata, id"

static struct db_arg
hash_of(struct ctx *ctx, const char *key)
{
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	sha256(hash, key, strlen(key));
	return db_bytes(hash, SHA256_BYTES);
}

static struct db_arg
positive_or_null(int64_t number)
{
	return number > 0 ? db_int(number) : db_null();
}

enum status
store_api_key_create(struct ctx *ctx, const struct api_key_new *new,
    struct json_object *out)
{
	static const char sql[] =
	    "INSERT INTO api_keys (id, user_id, key_hash, start, prefix, name,"
	    "   expires_at, remaining, refill_amount, refill_interval_ms,"
	    "   permissions, metadata, rate_limit_enabled,"
	    "   rate_limit_window_ms, rate_limit_max, created_at, updated_at)"
	    " SELECT $1, $2, $3, $4, $5, $6, $7, $8::bigint, $9::bigint,"
	    "   $10::bigint, $11::jsonb, $12::jsonb, $13, $14, $15, $16, $16"
	    " WHERE (SELECT count(*) FROM api_keys WHERE user_id = $2) < $17"
	    " RETURNING " SHOWN;
	const struct config *config = ctx->config;
	enum status status;

	status = db_view_one(ctx, out, sql, DB_ARGS(db_text(new->id),
	    db_text(new->user_id), hash_of(ctx, new->key),
	    db_text(arena_copy(ctx->arena, new->key, API_KEY_START)),
	    db_text(new->prefix), db_text(new->name),
	    db_time_or_null(new->expires_at),
	    new->remaining < 0 ? db_null() : db_int(new->remaining),
	    positive_or_null(new->refill_amount),
	    positive_or_null(new->refill_interval_ms),
	    db_text(new->permissions), db_text(new->metadata),
	    db_bool(config->api_key_rate_limit),
	    db_int(config->api_key_window_ms),
	    db_int(config->api_key_max_requests), db_time(ctx->now),
	    db_int(config->api_key_maximum)));
	return status != ST_NOT_FOUND ? status : refuse(ctx,
	    ST_TOO_MANY_API_KEYS, "%lld", (long long)config->api_key_maximum);
}

enum status
store_api_key_get(struct ctx *ctx, const char *user_id, const char *id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " SHOWN " FROM api_keys WHERE id = $1 AND user_id = $2";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id))), ST_KEY_NOT_FOUND, id);
}

static enum status
count_keys(struct ctx *ctx, const char *user_id, int64_t *total)
{
	static const char sql[] =
	    "SELECT count(*) FROM api_keys WHERE user_id = $1";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id))));
	*total = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_api_key_list(struct ctx *ctx, const char *user_id,
    const struct api_key_range *range, struct json_object *out,
    int64_t *total)
{
	/* One kind of key for every column: texts that sort like the values. */
	static const char sql[] =
	    "SELECT " SHOWN " FROM (SELECT *, CASE $2"
	    "   WHEN 'name' THEN name WHEN 'start' THEN start"
	    "   WHEN 'prefix' THEN prefix WHEN 'id' THEN id"
	    "   WHEN 'enabled' THEN enabled::text"
	    "   WHEN 'requestCount' THEN lpad(request_count::text, 20, '0')"
	    "   WHEN 'remaining' THEN lpad(remaining::text, 20, '0')"
	    "   WHEN 'expiresAt' THEN to_char(expires_at, 'YYYYMMDDHH24MISSMS')"
	    "   WHEN 'lastRequest' THEN"
	    "     to_char(last_request_at, 'YYYYMMDDHH24MISSMS')"
	    "   WHEN 'updatedAt' THEN to_char(updated_at, 'YYYYMMDDHH24MISSMS')"
	    "   ELSE to_char(created_at, 'YYYYMMDDHH24MISSMS')"
	    "   END COLLATE \"C\" AS place FROM api_keys WHERE user_id = $1) k"
	    " ORDER BY CASE WHEN $3::boolean THEN place END DESC NULLS LAST,"
	    "   CASE WHEN $3::boolean THEN id END DESC, place, id"
	    " LIMIT $4 OFFSET $5";

	TRY(db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id),
	    db_text(range->sort_by), db_bool(range->descending),
	    db_int(range->limit), db_int(range->offset))));
	return total == NULL ? ST_OK : count_keys(ctx, user_id, total);
}

enum status
store_api_key_update(struct ctx *ctx, const char *user_id, const char *id,
    const struct api_key_change *change, struct json_object *out)
{
	static const char sql[] =
	    "UPDATE api_keys SET name = coalesce($3, name),"
	    "  enabled = CASE WHEN $4::boolean THEN $5 ELSE enabled END,"
	    "  expires_at = CASE WHEN $6::boolean THEN $7"
	    "   ELSE expires_at END,"
	    "  metadata = coalesce($8::jsonb, metadata), updated_at = $9"
	    " WHERE id = $1 AND user_id = $2 RETURNING " SHOWN;

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id), db_text(change->name),
	    db_bool(change->set_enabled), db_bool(change->enabled),
	    db_bool(change->set_expires_at),
	    db_time_or_null(change->expires_at),
	    db_text(change->metadata), db_time(ctx->now))),
	    ST_KEY_NOT_FOUND, id);
}

enum status
store_api_key_delete(struct ctx *ctx, const char *user_id, const char *id,
    struct json_object *out)
{
	static const char sql[] =
	    "DELETE FROM api_keys WHERE id = $1 AND user_id = $2"
	    " RETURNING " SHOWN;

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id))), ST_KEY_NOT_FOUND, id);
}

/* ---- use --------------------------------------------------------------- */

/* In SQL of a row k, at the instant $2. */
#define AFTER(column, ms)						\
	"(" column " + " ms " * interval '1 ms' < $2)"
#define EXPIRED "coalesce(k.expires_at <= $2, false)"
#define REFILLED							\
	"(k.remaining IS NOT NULL AND coalesce("			\
	AFTER("coalesce(k.last_refill_at, k.created_at)",		\
	"k.refill_interval_ms") ", false))"
#define USED_UP "(coalesce(k.remaining = 0, false) AND NOT " REFILLED ")"
#define NEW_WINDOW							\
	"coalesce(" AFTER("k.last_request_at", "k.rate_limit_window_ms") \
	", true)"
#define LIMITED								\
	"($3::boolean AND k.rate_limit_enabled AND NOT " NEW_WINDOW	\
	" AND k.request_count >= k.rate_limit_max)"

/*
 * A row that others change meanwhile is waited for and looked at again, so
 * that the conditions and the counting are about the same state of it.
 *
 * Nobody waits for the disk to count towards a limit: a crash of the database
 * may forget the last moments of it. Uses that are numbered are kept.
 */
static enum status
count_use(struct ctx *ctx, const char *key, const char *scope,
    struct api_key_used *used, struct user *user)
{
	static const char sql[] =
	    "UPDATE api_keys k SET"
	    "  last_request_at = greatest(k.last_request_at, $2),"
	    "  request_count = CASE WHEN " NEW_WINDOW " THEN 1"
	    "   ELSE k.request_count + 1 END,"
	    "  remaining = CASE WHEN " REFILLED " THEN k.refill_amount"
	    "   ELSE k.remaining END - 1,"
	    "  last_refill_at = CASE WHEN " REFILLED " THEN $2"
	    "   ELSE k.last_refill_at END"
	    " FROM users u WHERE u.id = k.user_id AND k.key_hash = $1"
	    "  AND k.enabled AND NOT " EXPIRED " AND NOT " USED_UP
	    "  AND NOT " LIMITED " AND NOT " USER_BANNED("$2")
	    " RETURNING " USER_COLUMNS ", k.id, k.expires_at,"
	    "  $4::jsonb = '{}' OR coalesce(k.permissions @> $4, false),"
	    "  set_config('synchronous_commit', CASE WHEN k.remaining IS NULL"
	    "   THEN 'off' ELSE current_setting('synchronous_commit') END,"
	    "   true)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(hash_of(ctx, key),
	    db_time(ctx->now), db_bool(ctx->config->api_key_rate_limit),
	    db_text(scope))));
	user_row(ctx, &rows, 0, 0, user);
	used->id = db_get_text(&rows, 0, USER_COLUMN_COUNT);
	used->expires_at = db_get_time(&rows, 0, USER_COLUMN_COUNT + 1);
	used->allowed = db_get_bool(&rows, 0, USER_COLUMN_COUNT + 2);
	return ST_OK;
}

/* Unless its owner has changed it meanwhile. */
static enum status
end_key(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "DELETE FROM api_keys k WHERE k.id = $1 AND (" EXPIRED
	    "  OR (" USED_UP " AND k.refill_amount IS NULL))";

	return db_run(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now)),
	    NULL);
}

/* ST_RETRY: there is no reason any more. */
static enum status
why_not(struct ctx *ctx, const char *key, int64_t *wait_ms)
{
	static const char sql[] =
	    "SELECT CASE WHEN NOT k.enabled THEN 1 WHEN " EXPIRED " THEN 2"
	    "   WHEN " USED_UP " THEN 3 WHEN " LIMITED " THEN 4"
	    "   WHEN " USER_BANNED("$2") " THEN 5 ELSE 0 END, k.id,"
	    "  k.rate_limit_window_ms - floor(1000 *"
	    "   extract(epoch FROM $2 - k.last_request_at))::bigint"
	    " FROM api_keys k JOIN users u ON u.id = k.user_id"
	    " WHERE k.key_hash = $1";
	static const enum status verdicts[] = { ST_RETRY, ST_KEY_DISABLED,
		ST_KEY_EXPIRED, ST_USAGE_EXCEEDED, ST_RATE_LIMITED,
		ST_USER_BANNED };
	struct db_rows rows;
	const char *id;
	enum status status = db_one(ctx, &rows, sql, DB_ARGS(hash_of(ctx,
	    key), db_time(ctx->now), db_bool(ctx->config->api_key_rate_limit)));

	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_INVALID_API_KEY, "unknown key");
	TRY(status);
	status = verdicts[db_get_int(&rows, 0, 0)];
	id = db_get_text(&rows, 0, 1);
	*wait_ms = db_get_int(&rows, 0, 2);
	if (status == ST_KEY_EXPIRED || status == ST_USAGE_EXCEEDED)
		TRY(end_key(ctx, id));
	return refuse(ctx, status, "key %s", id);
}

enum status
store_api_key_use(struct ctx *ctx, const char *key, const char *scope,
    struct api_key_used *used, struct user *user, int64_t *wait_ms)
{
	for (int i = 0; i < USE_TRIES; i++) {
		enum status status = count_use(ctx, key, scope, used, user);

		if (status == ST_NOT_FOUND)
			status = why_not(ctx, key, wait_ms);
		if (status != ST_RETRY)
			return status;
	}
	return refuse(ctx, ST_BUSY, "the key changed again and again");
}
