#include "store/hold.h"

#include "ctx.h"
#include "store/db.h"
#include "store/page.h"
#include "store/wallet.h"

#define RUN_OUT "(closed_at IS NULL AND expires_at <= $1)"
/* Column 0 is the id, column 1 the order (store/page.h). $1 is now. */
#define HOLD_COLUMNS							\
	"id, created_at AS \"createdAt\", amount, captured,"		\
	" CASE WHEN " RUN_OUT " THEN amount ELSE released END"		\
	"   AS released,"						\
	" CASE WHEN closed_at IS NULL AND expires_at > $1"		\
	"   THEN 'open' ELSE 'closed' END AS state,"			\
	" expires_at AS \"expiresAt\","					\
	" least(closed_at, CASE WHEN expires_at <= $1"			\
	"   THEN expires_at END) AS \"closedAt\","			\
	" (SELECT nullif(t.reason, '') FROM transfers t"		\
	"   WHERE t.id = holds.id) AS reason"
#define OWNED_COLUMNS HOLD_COLUMNS "," OWNER_COLUMNS("wallet_id")

#define LIST_OF(columns, condition)					\
	"SELECT " columns " FROM holds WHERE " condition		\
	" (created_at, id) < ($2::timestamptz, $3)"			\
	" ORDER BY created_at DESC, id DESC LIMIT $4"
#define LISTS(columns, condition) {					\
	[HOLD_ANY] = LIST_OF(columns, condition),			\
	[HOLD_OPEN] = LIST_OF(columns, condition			\
	    " closed_at IS NULL AND expires_at > $1 AND"),		\
	[HOLD_CLOSED] = LIST_OF(columns, condition			\
	    " (closed_at IS NOT NULL OR expires_at <= $1) AND") }

enum status
store_hold_list(struct ctx *ctx, const struct hold_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char *const all[] = LISTS(OWNED_COLUMNS, "");
	static const char *const of[] = LISTS(OWNED_COLUMNS,
	    "wallet_id = $5 AND");
	static const char *const own[] = LISTS(HOLD_COLUMNS,
	    "wallet_id = $5 AND");
	const struct db_arg arg[] = { db_time(ctx->now), db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1),
	    db_text(filter->wallet_id) };
	const bool everybody = filter->wallet_id == NULL;
	const char *const *sql = everybody ? all : filter->owners ? of : own;
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql[filter->state],
	    (struct db_args){ arg, everybody ? 4 : 5 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_hold_get(struct ctx *ctx, const char *wallet_id, const char *id,
    struct json_object *out)
{
	static const char any[] =
	    "SELECT " OWNED_COLUMNS " FROM holds WHERE id = $2";
	static const char own[] =
	    "SELECT " HOLD_COLUMNS " FROM holds WHERE id = $2"
	    " AND wallet_id = $3";
	const struct db_arg arg[] = { db_time(ctx->now), db_text(id),
	    db_text(wallet_id) };

	return db_named(ctx, db_view_one(ctx, out, wallet_id == NULL ? any :
	    own, (struct db_args){ arg, wallet_id == NULL ? 2 : 3 }),
	    ST_HOLD_NOT_FOUND, id);
}
