#include "store/verification.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "trust/seal.h"
#include "trust/sign.h"

static struct db_arg
hash_of(struct ctx *ctx, const char *identifier)
{
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	sha256(hash, identifier, strlen(identifier));
	return db_bytes(hash, SHA256_BYTES);
}

/* Not the hash that the table shows: this one opens the value. */
static const char *
purpose_of(struct ctx *ctx, const char *identifier)
{
	const char *text = arena_printf(ctx->arena, "seal %s", identifier);
	uint8_t hash[SHA256_BYTES];
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];

	sha256(hash, text, strlen(text));
	text_hex(hex, hash, sizeof(hash));
	return arena_printf(ctx->arena, "verification:%s", hex);
}

enum status
store_verification_add(struct ctx *ctx, const struct verification *new)
{
	static const char sql[] =
	    "INSERT INTO verifications (id, identifier_hash, value, user_id,"
	    "   expires_at, created_at)"
	    " VALUES ($1, $2, $3, $4, $5, $6)";
	char id[ID_SIZE];
	uint8_t *value;
	size_t size;

	id_new(id, ctx->now);
	value = seal(ctx->arena, ctx->config->server_secret,
	    purpose_of(ctx, new->identifier), new->value, strlen(new->value),
	    &size);
	return db_run(ctx, sql, DB_ARGS(db_text(id),
	    hash_of(ctx, new->identifier), db_bytes(value, size),
	    db_text(new->user_id),
	    db_time(ctx->now + new->seconds * 1000), db_time(ctx->now)), NULL);
}

static enum status
open_value(struct ctx *ctx, const struct db_rows *rows,
    const char *identifier, const char **value)
{
	size_t size;
	const uint8_t *sealed = db_get_bytes(ctx, rows, 0, 0, &size);

	if (db_get_time(rows, 0, 1) <= ctx->now)
		return ST_NOT_FOUND;
	*value = unseal(ctx->arena, ctx->config->server_secret,
	    purpose_of(ctx, identifier), sealed, size, &size);
	return *value != NULL ? ST_OK : ST_NOT_FOUND;
}

enum status
store_verification_find(struct ctx *ctx, const char *identifier,
    const char **value)
{
	static const char sql[] =
	    "SELECT value, expires_at FROM verifications"
	    " WHERE identifier_hash = $1";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(hash_of(ctx, identifier))));
	return open_value(ctx, &rows, identifier, value);
}

enum status
store_verification_take(struct ctx *ctx, const char *identifier,
    const char **value)
{
	static const char sql[] =
	    "DELETE FROM verifications WHERE identifier_hash = $1"
	    " RETURNING value, expires_at";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(hash_of(ctx, identifier))));
	return open_value(ctx, &rows, identifier, value);
}

enum status
store_verification_end(struct ctx *ctx, const char *user_id)
{
	static const char sql[] =
	    "DELETE FROM verifications WHERE user_id = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(user_id)), NULL);
}

enum status
store_verification_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	static const char sql[] =
	    "DELETE FROM verifications WHERE id IN ("
	    "  SELECT id FROM verifications WHERE expires_at < $1"
	    "  ORDER BY expires_at LIMIT $2)";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now), db_int(limit)),
	    count);
}
