#include "store/item.h"

#include "base/random.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"
#include "view/view.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define ITEM_COLUMNS							\
	"id, created_at AS \"createdAt\", name, description, price, unit," \
	" active, updated_at AS \"updatedAt\""

enum status
store_item_offers(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, name, description, price, unit FROM items"
	    " WHERE active ORDER BY lower(name) LIMIT $1";

	return db_view_all(ctx, out, sql, DB_ARGS(db_int(ITEM_OFFERS_MAX)));
}

enum status
store_item_list(struct ctx *ctx, struct page *page, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " ITEM_COLUMNS " FROM items"
	    " WHERE (created_at, id) < ($1::timestamptz, $2)"
	    " ORDER BY created_at DESC, id DESC LIMIT $3";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_item_get(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " ITEM_COLUMNS " FROM items WHERE id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id))),
	    ST_ITEM_NOT_FOUND, id);
}

/* What a change of an item says before and after. */
static struct json_object *
audit_item(struct ctx *ctx, const struct json_object *item)
{
	static const char *const members[] = { "name", "description",
		"price", "unit", "active" };
	struct json_object *out = view_root(ctx->arena);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(out, members[i], view_get(item, members[i]));
	return out;
}

static enum status
item_write(struct ctx *ctx, const char *sql, const char *id,
    const struct item *item, struct json_object *out)
{
	enum status status = db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(item->name), db_text(item->description),
	    db_int(item->price), db_text(item->unit), db_bool(item->active),
	    db_time(ctx->now)));

	return status == ST_CONFLICT ?
	    refuse(ctx, ST_ITEM_NAME_TAKEN, "the name is taken") : status;
}

enum status
store_item_add(struct ctx *ctx, const struct item *item,
    struct json_object *out)
{
	static const char sql[] =
	    "INSERT INTO items (id, name, description, price, unit, active,"
	    "  created_at, updated_at)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $7)"
	    " RETURNING " ITEM_COLUMNS;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	TRY(item_write(ctx, sql, id, item, out));
	return store_audit_write(ctx, &(struct audit){
	    .action = "item.create", .target_type = "item", .target_id = id,
	    .after = audit_item(ctx, out) });
}

enum status
store_item_change(struct ctx *ctx, const char *id, const struct item *item,
    struct json_object *out)
{
	static const char lock[] =
	    "SELECT " ITEM_COLUMNS " FROM items WHERE id = $1"
	    " FOR NO KEY UPDATE";
	static const char sql[] =
	    "UPDATE items SET name = $2, description = $3, price = $4,"
	    "  unit = $5, active = $6, updated_at = $7"
	    " WHERE id = $1 RETURNING " ITEM_COLUMNS;
	struct json_object *before = view_root(ctx->arena);

	TRY(db_named(ctx, db_view_one(ctx, before, lock, DB_ARGS(
	    db_text(id))), ST_ITEM_NOT_FOUND, id));
	TRY(item_write(ctx, sql, id, item, out));
	return store_audit_write(ctx, &(struct audit){
	    .action = "item.update", .target_type = "item", .target_id = id,
	    .before = audit_item(ctx, before),
	    .after = audit_item(ctx, out) });
}
