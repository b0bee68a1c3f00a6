#include "store/licence_key.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "trust/jwk.h"
#include "trust/seal.h"

static void
drop_key(void *key)
{
	jwk_free(key);
}

/* Ends with the request, whatever happens until then. */
static struct jwk *
owned(struct ctx *ctx, struct jwk *key)
{
	arena_defer(ctx->arena, drop_key, key);
	return key;
}

static const char *
purpose(struct ctx *ctx, const char *id)
{
	return arena_printf(ctx->arena, "licence-key:%s", id);
}

/* Of all who find that there is no key, one makes it. */
static enum status
add(struct ctx *ctx, const char **id)
{
	static const char sql[] =
	    "INSERT INTO licence_keys (id, public_key, private_key,"
	    "  created_at) VALUES ($1, $2, $3, $4)"
	    " ON CONFLICT ((true)) WHERE replaced_at IS NULL DO NOTHING";
	struct jwk *key = owned(ctx, jwk_generate(JWK_EDDSA, 0));
	uint8_t *bytes, *sealed;
	int64_t made = 0;
	size_t size;

	id_new(key->kid, ctx->now);
	bytes = jwk_private(ctx->arena, key, &size);
	sealed = seal(ctx->arena, ctx->config->server_secret,
	    purpose(ctx, key->kid), bytes, size, &size);
	TRY(db_run(ctx, sql, DB_ARGS(db_text(key->kid),
	    db_text(jwk_public(ctx->arena, key)), db_bytes(sealed, size),
	    db_time(ctx->now)), &made));
	if (id != NULL)
		*id = key->kid;
	return made == 0 ? ST_OK : store_audit_write(ctx, &(struct audit){
	    .action = "licence.key", .target_type = "licence-key",
	    .target_id = key->kid, .by_system = id == NULL });
}

/* The one that signs, of the columns that sql has; there may be none yet. */
static enum status
find_signing(struct ctx *ctx, const char *sql, struct db_rows *rows)
{
	enum status status = db_one(ctx, rows, sql, DB_NONE);

	if (status != ST_NOT_FOUND)
		return status;
	TRY(add(ctx, NULL));
	return db_one(ctx, rows, sql, DB_NONE);
}

static enum status
unreadable(const char *id)
{
	log_error("licence", "key %s cannot be read: has server.secret "
	    "changed? \"tollgate licence rotate\" makes another", id);
	return ST_INTERNAL;
}

enum status
store_licence_key_signing(struct ctx *ctx, const struct jwk **out)
{
	static const char sql[] =
	    "SELECT id, private_key FROM licence_keys"
	    " WHERE replaced_at IS NULL";
	struct db_rows rows;
	const uint8_t *sealed;
	const char *id, *bytes;
	struct jwk *key;
	size_t size;

	TRY(find_signing(ctx, sql, &rows));
	id = db_get_text(&rows, 0, 0);
	sealed = db_get_bytes(ctx, &rows, 0, 1, &size);
	bytes = unseal(ctx->arena, ctx->config->server_secret,
	    purpose(ctx, id), sealed, size, &size);
	key = bytes == NULL ? NULL :
	    jwk_of_private(JWK_EDDSA, id, bytes, size);
	if (key == NULL)
		return unreadable(id);
	*out = owned(ctx, key);
	return ST_OK;
}

enum status
store_licence_key_public(struct ctx *ctx, const char *id,
    const struct jwk **out)
{
	static const char signing[] =
	    "SELECT id, public_key FROM licence_keys"
	    " WHERE replaced_at IS NULL";
	static const char named[] =
	    "SELECT id, public_key FROM licence_keys WHERE id = $1";
	struct db_rows rows;
	struct jwk *key;

	TRY(id == NULL ? find_signing(ctx, signing, &rows) :
	    db_named(ctx, db_one(ctx, &rows, named, DB_ARGS(db_text(id))),
	    ST_SIGNING_KEY_NOT_FOUND, id));
	key = jwk_of_public(ctx->arena, JWK_EDDSA, db_get_text(&rows, 0, 0),
	    db_get_text(&rows, 0, 1));
	if (key == NULL)
		return unreadable(db_get_text(&rows, 0, 0));
	*out = owned(ctx, key);
	return ST_OK;
}

enum status
store_licence_key_replace(struct ctx *ctx, const char **id)
{
	static const char sql[] =
	    "UPDATE licence_keys SET replaced_at = $1, private_key = NULL"
	    " WHERE replaced_at IS NULL";

	TRY(db_run(ctx, sql, DB_ARGS(db_time(ctx->now)), NULL));
	return add(ctx, id);
}
