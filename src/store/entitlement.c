#include "store/entitlement.h"

#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "view/view.h"

#define OF_SOURCE							\
	"owner_kind = $1 AND owner_id = $2 AND source = $3 AND source_id = $4"
#define SOURCE_ARGS(by)							\
	db_text((by)->owner_kind), db_text((by)->owner_id),		\
	db_text((by)->source), db_text((by)->source_id)

bool
entitlement_key_is_sound(const char *key)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._:-";
	const size_t size = strlen(key);

	return size >= 1 && size <= ENTITLEMENT_KEY_MAX &&
	    strspn(key, first) > 0 && strspn(key, rest) == size;
}

/* ---- changes ----------------------------------------------------------- */

/* Columns of a row that changed, or is gone: what, and what it was. */
enum { COLUMN_KEY, COLUMN_SOURCE, COLUMN_VALUE, COLUMN_OLD };

static struct json_object *
shown(struct ctx *ctx, const struct db_rows *rows, size_t row)
{
	struct json_object *out = view_root(ctx->arena);

	view_text(out, "key", db_get_text(rows, row, COLUMN_KEY));
	view_text(out, "source", db_get_text(rows, row, COLUMN_SOURCE));
	view_json(out, "value", db_get_text(rows, row, COLUMN_VALUE));
	return out;
}

static enum status
audit_set(struct ctx *ctx, const struct grantor *by,
    const struct db_rows *rows)
{
	struct json_object *before = NULL;

	if (!db_is_null(rows, 0, COLUMN_OLD)) {
		before = view_root(ctx->arena);
		view_json(before, "value", db_get_text(rows, 0, COLUMN_OLD));
	}
	return store_audit_write(ctx, &(struct audit){
	    .action = "entitlement.set", .target_type = by->owner_kind,
	    .target_id = by->owner_id, .before = before,
	    .after = shown(ctx, rows, 0) });
}

static enum status
audit_dropped(struct ctx *ctx, const char *owner_kind, const char *owner_id,
    const struct db_rows *rows)
{
	for (size_t row = 0; row < rows->count; row++)
		TRY(store_audit_write(ctx, &(struct audit){
		    .action = "entitlement.drop", .target_type = owner_kind,
		    .target_id = owner_id,
		    .before = shown(ctx, rows, row) }));
	return ST_OK;
}

/* Nothing comes back when all is as it should be already. */
static enum status
put(struct ctx *ctx, const struct grantor *by, const char *key,
    const char *value, int64_t expires_at, struct db_rows *rows)
{
	static const char sql[] =
	    "INSERT INTO entitlements AS e (owner_kind, owner_id, source,"
	    "  source_id, key, value, expires_at, granted_at, granted_by, id)"
	    " VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10)"
	    " ON CONFLICT ON CONSTRAINT entitlements_source_key DO UPDATE"
	    "  SET value = excluded.value, expires_at = excluded.expires_at,"
	    "   granted_at = excluded.granted_at,"
	    "   granted_by = excluded.granted_by"
	    "  WHERE (e.value, e.expires_at)"
	    "   IS DISTINCT FROM (excluded.value, excluded.expires_at)"
	    " RETURNING key, source, value,"
	    "  (SELECT o.value FROM entitlements o WHERE " OF_SOURCE
	    "    AND key = $5)";
	char id[ID_SIZE];

	id_new(id, ctx->now);
	return db_all(ctx, rows, sql, DB_ARGS(SOURCE_ARGS(by), db_text(key),
	    db_text(value), db_time_or_null(expires_at),
	    db_time(ctx->now), db_text(audit_actor(ctx)), db_text(id)));
}

static enum status
view_one(struct ctx *ctx, const struct grantor *by, const char *key,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, key, value, source, source_id AS \"sourceId\","
	    "  granted_at AS \"grantedAt\", expires_at AS \"expiresAt\""
	    " FROM entitlements WHERE " OF_SOURCE " AND key = $5";

	return db_view_one(ctx, out, sql, DB_ARGS(SOURCE_ARGS(by),
	    db_text(key)));
}

enum status
store_entitlement_set(struct ctx *ctx, const struct grantor *by,
    const char *key, const char *value, int64_t expires_at,
    struct json_object *out)
{
	struct db_rows rows;

	TRY(put(ctx, by, key, value, expires_at, &rows));
	if (rows.count > 0)
		TRY(audit_set(ctx, by, &rows));
	return out == NULL ? ST_OK : view_one(ctx, by, key, out);
}

static enum status
drop_others(struct ctx *ctx, const struct grantor *by, const char *values)
{
	static const char sql[] =
	    "DELETE FROM entitlements WHERE " OF_SOURCE
	    "  AND NOT $5::jsonb ? key"
	    " RETURNING key, source, value";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(SOURCE_ARGS(by),
	    db_text(values))));
	return audit_dropped(ctx, by->owner_kind, by->owner_id, &rows);
}

enum status
store_entitlement_replace(struct ctx *ctx, const struct grantor *by,
    const char *values, int64_t expires_at)
{
	struct view_member member = { 0 };
	struct json_object *object;
	const char *reason;

	if (!json_read(ctx->arena, values, strlen(values), &object, &reason) ||
	    !view_is_object(object))
		return refuse(ctx, ST_INVALID, "entitlements are no object");
	TRY(drop_others(ctx, by, values));
	while (view_next(object, &member))
		TRY(store_entitlement_set(ctx, by, member.name,
		    member.value == NULL ? "null" :
		    view_as_text(ctx->arena, member.value), expires_at, NULL));
	return ST_OK;
}

enum status
store_entitlement_drop_source(struct ctx *ctx, const struct grantor *by)
{
	return drop_others(ctx, by, "{}");
}

enum status
store_entitlement_drop(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, const char *id)
{
	static const char sql[] =
	    "DELETE FROM entitlements"
	    " WHERE id = $1 AND owner_kind = $2 AND owner_id = $3"
	    " RETURNING key, source, value";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_text(owner_kind), db_text(owner_id))),
	    ST_ENTITLEMENT_NOT_FOUND, id));
	return audit_dropped(ctx, owner_kind, owner_id, &rows);
}

/* ---- what counts ------------------------------------------------------- */

enum status
store_entitlement_text(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, const char **out)
{
	static const char sql[] =
	    "SELECT " ENTITLEMENTS_TEXT("$1", "$2", "$3");
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(owner_kind),
	    db_text(owner_id), db_time(ctx->now))));
	*out = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_entitlement_now(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT key, value, source, source_id AS \"sourceId\","
	    "  expires_at AS \"expiresAt\""
	    " FROM entitlements_of($1, $2, $3) ORDER BY key";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(owner_kind),
	    db_text(owner_id), db_time(ctx->now)));
}

enum status
store_entitlement_list(struct ctx *ctx, const char *owner_kind,
    const char *owner_id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT e.id, key, coalesce(n.value, e.value) AS value, source,"
	    "  source_id AS \"sourceId\", e.granted_at AS \"grantedAt\","
	    "  coalesce(n.expires_at, e.expires_at) AS \"expiresAt\","
	    "  CASE WHEN n.value IS NOT NULL THEN 'active'"
	    "   WHEN e.expires_at <= $3 THEN 'expired'"
	    "   ELSE 'overruled' END AS state"
	    " FROM (SELECT id, key, value, source, source_id, granted_at,"
	    "    expires_at FROM entitlements"
	    "   WHERE owner_kind = $1 AND owner_id = $2) e"
	    " FULL JOIN entitlements_of($1, $2, $3) n"
	    "  USING (key, source, source_id)"
	    " ORDER BY key, n.value IS NULL, e.granted_at DESC, e.id"
	    " LIMIT $4";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(owner_kind),
	    db_text(owner_id), db_time(ctx->now),
	    db_int(ENTITLEMENT_LIST_MAX)));
}
