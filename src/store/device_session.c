#include "store/device_session.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "trust/sign.h"

/* A bytea[]: {"\\x01","\\x02"} */
static struct db_arg
token_hashes(struct ctx *ctx, const char *const *tokens, size_t count)
{
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];
	uint8_t hash[SHA256_BYTES];
	struct buf buf;

	buf_init(&buf, ctx->arena, count * (sizeof(hex) + 8) + 3);
	for (size_t i = 0; i < count; i++) {
		sha256(hash, tokens[i], strlen(tokens[i]));
		text_hex(hex, hash, sizeof(hash));
		buf_printf(&buf, "%c\"\\\\x%s\"", i == 0 ? '{' : ',', hex);
	}
	buf_text(&buf, count == 0 ? "{}" : "}");
	return db_text(buf.data);
}

#define TOKENS "unnest($1::bytea[]) WITH ORDINALITY AS t(hash, place)"
#define SESSIONS_OF_TOKENS						\
	TOKENS " JOIN sessions s ON s.token_hash = t.hash"		\
	" JOIN users u ON u.id = s.user_id"

enum status
store_device_sessions(struct ctx *ctx, const char *const *tokens,
    size_t count, struct session_found *found)
{
	static const char sql[] =
	    "SELECT " SESSION_COLUMNS ", " USER_COLUMNS ", t.place"
	    " FROM " SESSIONS_OF_TOKENS
	    " WHERE s.expires_at > $2 AND NOT " USER_BANNED("$2");
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(token_hashes(ctx, tokens, count),
	    db_time(ctx->now))));
	for (size_t row = 0; row < rows.count; row++) {
		const size_t i = (size_t)db_get_int(&rows, row,
		    SESSION_COLUMN_COUNT + USER_COLUMN_COUNT) - 1;

		found[i].live = true;
		session_row(ctx, &rows, row, tokens[i], &found[i].session);
		user_row(ctx, &rows, row, SESSION_COLUMN_COUNT,
		    &found[i].user);
	}
	return ST_OK;
}

enum status
store_device_sessions_replace(struct ctx *ctx, const char *const *tokens,
    size_t count, const char *user_id, struct session_found *found)
{
	static const char sql[] =
	    "WITH old AS (SELECT s.id, t.place, s.user_id = $3 AS own"
	    "   FROM " SESSIONS_OF_TOKENS
	    "   WHERE s.expires_at > $2 AND NOT " USER_BANNED("$2") "),"
	    " ended AS (DELETE FROM sessions WHERE id IN"
	    "   (SELECT id FROM old WHERE own))"
	    " SELECT place FROM old WHERE NOT own";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(token_hashes(ctx, tokens, count),
	    db_time(ctx->now), db_text(user_id))));
	for (size_t row = 0; row < rows.count; row++)
		found[db_get_int(&rows, row, 0) - 1].live = true;
	return ST_OK;
}

enum status
store_device_sessions_end(struct ctx *ctx, const char *const *tokens,
    size_t count, struct session_found *found)
{
	static const char sql[] =
	    "DELETE FROM sessions s USING " TOKENS
	    " WHERE s.token_hash = t.hash RETURNING t.place, s.user_id";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(token_hashes(ctx, tokens,
	    count))));
	for (size_t row = 0; row < rows.count; row++) {
		const size_t i = (size_t)db_get_int(&rows, row, 0) - 1;

		found[i].live = true;
		found[i].session.user_id = db_get_text(&rows, row, 1);
	}
	return ST_OK;
}
