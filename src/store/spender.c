#include "store/spender.h"

#include "ctx.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/page.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define LIST_OF(condition)						\
	"SELECT s.wallet_id AS \"userId\", s.spent,"			\
	"  coalesce(u.email, s.wallet_id) AS \"userText\","		\
	"  " BALANCE_AT("w", "$2") " AS balance"			\
	" FROM (SELECT wallet_id, spent FROM spenders"			\
	"   WHERE spent > 0 " condition					\
	"   ORDER BY spent DESC, wallet_id DESC LIMIT $1) s"		\
	" LEFT JOIN users u ON u.id = s.wallet_id"			\
	" LEFT JOIN wallets w ON w.id = s.wallet_id"			\
	" ORDER BY s.spent DESC, s.wallet_id DESC"

enum status
store_spender_list(struct ctx *ctx, struct page *page,
    struct json_object *out)
{
	/* No number is above all sums, as an instant is above all others. */
	static const char first[] = LIST_OF("");
	static const char further[] =
	    LIST_OF("AND (spent, wallet_id) < ($3, $4)");
	const struct db_arg arg[] = { db_int(page->limit + 1),
	    db_time(ctx->now), db_int(page->at), db_text(page->id) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, page->further ? further : first,
	    (struct db_args){ arg, page->further ? 4 : 2 }));
	page_rows(ctx, page, false, &rows, out);
	return ST_OK;
}
