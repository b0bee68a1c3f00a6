#include "store/limit.h"

#include "ctx.h"
#include "store/db.h"

/* A row of this very moment, which the refused statement cannot see yet. */
#define UNSEEN_WAIT_MS 1000

#define MS(number) "(" number ") * interval '1 ms'"
/* As pause_ms in guard/limit.c; t is "table." */
#define NEXT_AT(t) t "last_at + " MS("least($6::float8"			\
    " * 2 ^ least(" t "count - $2::int, 30), $7::float8)")

enum status
store_limit_take(struct ctx *ctx, const uint8_t key[SHA256_BYTES],
    const struct limit *limit, int64_t *wait_ms)
{
	static const char sql[] =
	    "WITH taken AS (INSERT INTO limits AS l"
	    "   (key, count, last_at, forget_at)"
	    "  VALUES ($1, 1, now(), now() + " MS("$4::float8") ")"
	    "  ON CONFLICT (key) DO UPDATE SET last_at = now(),"
	    "   count = CASE WHEN l.forget_at <= now() THEN 1"
	    "    ELSE l.count + 1 END,"
	    "   forget_at = CASE WHEN $5 AND l.forget_at > now()"
	    "    THEN l.forget_at ELSE now() + " MS("$4::float8") " END"
	    "  WHERE l.forget_at <= now() OR l.count < $2::int"
	    "   OR (l.count < $3::int AND " NEXT_AT("l.") " <= now())"
	    "  RETURNING 0 AS ms)"
	    " SELECT ms FROM taken UNION ALL"
	    " SELECT greatest(1, ceil(1000 * extract(epoch FROM"
	    "   CASE WHEN count >= $3::int THEN forget_at"
	    "    ELSE " NEXT_AT("") " END - now()))::int)"
	    "  FROM limits WHERE key = $1 AND NOT EXISTS (SELECT FROM taken)";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_bytes(key, SHA256_BYTES),
	    db_int(limit->free), db_int(limit->most), db_int(limit->forget_ms),
	    db_bool(limit->fixed), db_int(LIMIT_PAUSE_MS),
	    db_int(LIMIT_PAUSE_MAX_MS))));
	*wait_ms = rows.count == 0 ? UNSEEN_WAIT_MS : db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_limit_undo(struct ctx *ctx, const uint8_t key[SHA256_BYTES])
{
	static const char sql[] =
	    "UPDATE limits SET count = count - 1 WHERE key = $1 AND count > 0";

	return db_run(ctx, sql, DB_ARGS(db_bytes(key, SHA256_BYTES)), NULL);
}

enum status
store_limit_clear(struct ctx *ctx, const uint8_t key[SHA256_BYTES])
{
	static const char sql[] = "DELETE FROM limits WHERE key = $1";

	return db_run(ctx, sql, DB_ARGS(db_bytes(key, SHA256_BYTES)), NULL);
}

enum status
store_limit_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	/* As a join the inner SELECT could run again for the next row, and
	 * find others each time. */
	static const char sql[] =
	    "DELETE FROM limits WHERE key = ANY (ARRAY("
	    "  SELECT key FROM limits WHERE forget_at < now()"
	    "  LIMIT $1 FOR UPDATE SKIP LOCKED))";

	return db_run(ctx, sql, DB_ARGS(db_int(limit)), count);
}
