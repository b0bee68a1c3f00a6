#include "store/lot.h"

#include "ctx.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"

static void
outlook_read(const struct db_rows *rows, int column, struct outlook *out)
{
	out->count = db_get_int(rows, 0, column);
	out->credits = db_get_int(rows, 0, column + 1);
	out->more = db_get_bool(rows, 0, column + 2);
}

enum status
store_lot_outlook(struct ctx *ctx, int64_t soon, int64_t later,
    struct outlook *by_soon, struct outlook *by_later)
{
	static const char sql[] =
	    "SELECT least(count(*) FILTER (WHERE is_soon), $4),"
	    "  coalesce(sum(remaining) FILTER (WHERE is_soon), 0)::bigint,"
	    "  count(*) FILTER (WHERE is_soon) > $4,"
	    "  least(count(*), $4), coalesce(sum(remaining), 0)::bigint,"
	    "  count(*) > $4"
	    " FROM (SELECT remaining, expires_at <= $2 AS is_soon FROM lots"
	    "   WHERE NOT empty AND expires_at > $1 AND expires_at <= $3"
	    "   ORDER BY expires_at, id LIMIT $4::bigint + 1) l";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_time(soon), db_time(later), db_int(LOT_COUNT_MAX))));
	outlook_read(&rows, 0, by_soon);
	outlook_read(&rows, 3, by_later);
	return ST_OK;
}

enum status
store_hold_outlook(struct ctx *ctx, struct outlook *out)
{
	static const char sql[] =
	    "SELECT least(count(*), $2), coalesce(sum(amount), 0)::bigint,"
	    "  count(*) > $2"
	    " FROM (SELECT amount FROM holds WHERE closed_at IS NULL"
	    "   AND expires_at > $1"
	    "   ORDER BY created_at DESC, id DESC LIMIT $2::bigint + 1) h";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_int(LOT_COUNT_MAX))));
	outlook_read(&rows, 0, out);
	return ST_OK;
}

/* Column 0 is the id, column 1 the order (store/page.h). */
#define LOTS_OF(condition)						\
	"SELECT l.id, l.expires_at AS \"expiresAt\", l.remaining,"	\
	"  l.amount, l.wallet_id AS \"userId\","			\
	"  coalesce(u.email, l.wallet_id) AS \"userText\""		\
	" FROM (SELECT id, expires_at, remaining, amount, wallet_id"	\
	"   FROM lots WHERE NOT empty AND " condition		\
	"    (expires_at, id) > ($1, $2) AND expires_at <= $4"		\
	"   ORDER BY expires_at, id LIMIT $3) l"			\
	" LEFT JOIN users u ON u.id = l.wallet_id"			\
	" ORDER BY l.expires_at, l.id"

enum status
store_lot_expiring(struct ctx *ctx, const struct lot_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LOTS_OF("");
	static const char of_user[] = LOTS_OF("wallet_id = "
	    USER_NAMED("$5") " AND");
	const struct db_arg arg[] = {
	    db_time(page->further ? page->at : ctx->now),
	    db_text(page->id), db_int(page->limit + 1),
	    db_time(filter->until), db_text(filter->user) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, filter->user == NULL ? all : of_user,
	    (struct db_args){ arg, filter->user == NULL ? 4 : 5 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}
