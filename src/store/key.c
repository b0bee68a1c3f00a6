#include "store/key.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/user.h"
#include "trust/seal.h"
#include "view/view.h"

/*
 * $1 the algorithm, $2 now, $3 since when a key has been public long enough:
 * the newest of those that have, or the oldest if none has.
 */
#define CURRENT								\
	"SELECT id FROM signing_keys"					\
	" WHERE alg = $1 AND private_key IS NOT NULL"			\
	"  AND (expires_at IS NULL OR expires_at > $2)"			\
	" ORDER BY created_at <= $3 DESC,"				\
	"  CASE WHEN created_at <= $3 THEN -number ELSE number END LIMIT 1"
/* Is there a key that is not retired and lasts beyond an instant? */
#define LASTING(alg, instant)						\
	"EXISTS (SELECT 1 FROM signing_keys WHERE alg = " alg		\
	"  AND retired_at IS NULL"					\
	"  AND (expires_at IS NULL OR expires_at > " instant "))"

static int64_t
after_notice(const struct ctx *ctx)
{
	return ctx->now + (int64_t)KEY_NOTICE_SECONDS * 1000;
}

static int64_t
before_notice(const struct ctx *ctx)
{
	return ctx->now - (int64_t)KEY_NOTICE_SECONDS * 1000;
}

/* A key that expired earlier verifies nothing any more. */
static int64_t
before_grace(const struct ctx *ctx)
{
	return ctx->now - ctx->config->jwt_grace_seconds * 1000;
}

static const char *
purpose(struct ctx *ctx, const char *id)
{
	return arena_printf(ctx->arena, "signing-key:%s", id);
}

enum status
store_key_current(struct ctx *ctx, enum jwk_alg alg, struct key_current *out)
{
	static const char sql[] =
	    "SELECT (" CURRENT "), NOT " LASTING("$1", "$4");
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(jwk_alg_name(alg)),
	    db_time(ctx->now), db_time(before_notice(ctx)),
	    db_time(after_notice(ctx)))));
	out->id = db_get_text(&rows, 0, 0);
	out->due = db_get_bool(&rows, 0, 1);
	return ST_OK;
}

/* ---- births and deaths ------------------------------------------------- */

static enum status
insert(struct ctx *ctx, const struct jwk *key, bool when_due)
{
	static const char sql[] =
	    "INSERT INTO signing_keys (id, alg, number, public_key,"
	    "  private_key, created_at, expires_at)"
	    " SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6"
	    " FROM signing_keys WHERE alg = $2"
	    " HAVING $7::timestamptz IS NULL OR NOT " LASTING("$2", "$7");
	int64_t rotation = ctx->config->jwt_rotation_seconds, made = 0;
	uint8_t *bytes, *sealed;
	size_t size;

	bytes = jwk_private(ctx->arena, key, &size);
	sealed = seal(ctx->arena, ctx->config->server_secret,
	    purpose(ctx, key->kid), bytes, size, &size);
	TRY(db_run(ctx, sql, DB_ARGS(db_text(key->kid),
	    db_text(jwk_alg_name(key->alg)),
	    db_text(jwk_public(ctx->arena, key)), db_bytes(sealed, size),
	    db_time(ctx->now), rotation == 0 ? db_null() :
	    db_time(ctx->now + rotation * 1000),
	    when_due ? db_time(after_notice(ctx)) : db_null()), &made));
	return made == 1 ? ST_OK :
	    refuse(ctx, ST_CONFLICT, "there is a next key already");
}

/* The older ones sign until the new one has been public long enough. */
static enum status
end_older(struct ctx *ctx, const struct jwk *key)
{
	static const char sql[] =
	    "UPDATE signing_keys SET expires_at = $3"
	    " WHERE alg = $2 AND id <> $1 AND retired_at IS NULL"
	    "  AND (expires_at IS NULL OR expires_at > $3)";

	return db_run(ctx, sql, DB_ARGS(db_text(key->kid),
	    db_text(jwk_alg_name(key->alg)), db_time(after_notice(ctx))),
	    NULL);
}

enum status
store_key_add(struct ctx *ctx, struct jwk *key, bool when_due)
{
	_Static_assert(ID_SIZE <= sizeof(key->kid), "an id is a kid");

	id_new(key->kid, ctx->now);
	TRY(insert(ctx, key, when_due));
	TRY(end_older(ctx, key));
	return store_audit_write(ctx, &(struct audit){ .action = "key.create",
	    .target_type = "key", .target_id = key->kid,
	    .after = audit_text(ctx, "alg", jwk_alg_name(key->alg)),
	    .by_system = when_due });
}

enum status
store_key_retire(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "UPDATE signing_keys SET retired_at = $2, private_key = NULL"
	    " WHERE id = $1 AND retired_at IS NULL";
	int64_t count = 0;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now)), &count));
	if (count == 0)
		return refuse(ctx, ST_SIGNING_KEY_NOT_FOUND,
		    "no key %s that is not retired", id);
	return store_audit_write(ctx, &(struct audit){ .action = "key.retire",
	    .target_type = "key", .target_id = id });
}

enum status
store_key_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	static const char sql[] =
	    "UPDATE signing_keys SET private_key = NULL WHERE id IN ("
	    "  SELECT id FROM signing_keys"
	    "  WHERE private_key IS NOT NULL AND expires_at <= $1 LIMIT $2)";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now), db_int(limit)),
	    count);
}

/* ---- reading ----------------------------------------------------------- */

static enum status
unreadable(const char *id)
{
	log_error("key", "key %s cannot be read: has server.secret changed? "
	    "\"tollgate key retire %s\" makes room for another", id, id);
	return ST_INTERNAL;
}

enum status
store_key_private(struct ctx *ctx, const char *id, struct jwk **out)
{
	static const char sql[] =
	    "SELECT alg, private_key FROM signing_keys"
	    " WHERE id = $1 AND private_key IS NOT NULL";
	struct db_rows rows;
	const uint8_t *sealed;
	const char *bytes;
	size_t size;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(id))));
	sealed = db_get_bytes(ctx, &rows, 0, 1, &size);
	bytes = unseal(ctx->arena, ctx->config->server_secret,
	    purpose(ctx, id), sealed, size, &size);
	*out = bytes == NULL ? NULL : jwk_of_private(
	    jwk_alg_of(db_get_text(&rows, 0, 0)), id, bytes, size);
	return *out != NULL ? ST_OK : unreadable(id);
}

enum status
store_key_public(struct ctx *ctx, const char *id, struct jwk **out)
{
	static const char sql[] =
	    "SELECT alg, public_key FROM signing_keys"
	    " WHERE id = $1 AND retired_at IS NULL";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(id))));
	*out = jwk_of_public(ctx->arena, jwk_alg_of(db_get_text(&rows, 0, 0)),
	    id, db_get_text(&rows, 0, 1));
	return *out != NULL ? ST_OK : unreadable(id);
}

enum status
store_key_user(struct ctx *ctx, const char *kid, const char *user_id,
    struct user *out)
{
	static const char sql[] =
	    "SELECT " USER_COLUMNS " FROM users u WHERE u.id = $1"
	    " AND ($2::text IS NULL OR EXISTS ("
	    "  SELECT 1 FROM signing_keys k"
	    "  WHERE k.id = $2 AND k.retired_at IS NULL"
	    "   AND (k.expires_at IS NULL OR k.expires_at > $3)))";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id), db_text(kid),
	    db_time(before_grace(ctx)))));
	user_row(ctx, &rows, 0, 0, out);
	return out->banned ? ST_NOT_FOUND : ST_OK;
}

/* ---- lists ------------------------------------------------------------- */

enum status
store_key_publish(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, alg, public_key FROM signing_keys"
	    " WHERE retired_at IS NULL"
	    "  AND (expires_at IS NULL OR expires_at > $1)"
	    " ORDER BY created_at DESC, id DESC";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(before_grace(ctx)))));
	for (size_t i = 0; i < rows.count; i++) {
		const char *jwk = db_get_text(&rows, i, 2);

		/* The wire contract has alg in front and kid at the end. */
		view_json(out, NULL, arena_printf(ctx->arena,
		    "{\"alg\":\"%s\",%.*s,\"kid\":\"%s\"}",
		    db_get_text(&rows, i, 1), (int)strlen(jwk) - 2, jwk + 1,
		    db_get_text(&rows, i, 0)));
	}
	return ST_OK;
}

enum status
store_key_list(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "WITH current AS (SELECT id, number FROM signing_keys"
	    "   WHERE id = (" CURRENT "))"
	    " SELECT k.id, alg, created_at AS \"createdAt\","
	    "  expires_at AS \"expiresAt\", retired_at AS \"retiredAt\","
	    "  CASE WHEN retired_at IS NOT NULL THEN 'retired'"
	    "   WHEN expires_at <= $4 THEN 'expired'"
	    "   WHEN k.id = c.id THEN 'signing'"
	    "   WHEN alg = $1 AND k.number > c.number THEN 'next'"
	    "   ELSE 'verifying' END AS state"
	    " FROM signing_keys k LEFT JOIN current c ON true"
	    " ORDER BY created_at DESC, k.id DESC";

	return db_view_all(ctx, out, sql, DB_ARGS(
	    db_text(ctx->config->jwt_algorithm), db_time(ctx->now),
	    db_time(before_notice(ctx)), db_time(before_grace(ctx))));
}
