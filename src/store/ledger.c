#include "store/ledger.h"

#include "ctx.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define TRANSFER_COLUMNS						\
	" t.kind, t.amount,"						\
	" CASE t.wallet_id WHEN t.to_id THEN t.amount"			\
	"   WHEN t.from_id THEN -t.amount ELSE 0 END AS change,"	\
	" t.balance_after AS balance, nullif(t.reason, '') AS reason,"	\
	" t.origin_id AS \"originId\", t.expires_at AS \"expiresAt\""
#define ACTOR_COLUMNS							\
	" t.actor_id AS \"actorId\","					\
	" CASE WHEN t.actor_id IS NULL THEN 'System'"			\
	"   ELSE coalesce(a.name, t.actor_id) END AS \"actorText\""
#define NO_ACTOR_COLUMNS						\
	" NULL AS \"actorId\", NULL AS \"actorText\""

/*
 * One wallet's are ordered by number: an index has them in that order. A span
 * has an index of its own. PostgreSQL takes any span for a short one and would
 * read that index for all time, too; what coalesce holds no index answers.
 */
#define SPAN(column) column " >= $4 AND " column " < $5"
#define ALL_TIME(column) "coalesce(" SPAN(column) ", false)"
#define OF_WALLET(actor, time)						\
	"SELECT t.id, t.number," TRANSFER_COLUMNS "," actor ","		\
	"  t.created_at AS \"createdAt\""				\
	" FROM transfers t LEFT JOIN users a ON a.id = t.actor_id"	\
	" WHERE t.wallet_id = $1 AND t.number < $2"			\
	"  AND " time("t.created_at")					\
	"  AND ($6::text IS NULL OR t.kind = $6)"			\
	" ORDER BY t.number DESC LIMIT $3"

static bool
spans(const struct ledger_filter *filter)
{
	return filter->from > 0 || filter->to < PAGE_START;
}

enum status
store_ledger_of(struct ctx *ctx, const struct ledger_filter *filter,
    bool actors, struct page *page, struct json_object *out)
{
	static const char *const sql[2][2] = {
		{ OF_WALLET(NO_ACTOR_COLUMNS, ALL_TIME),
		    OF_WALLET(NO_ACTOR_COLUMNS, SPAN) },
		{ OF_WALLET(ACTOR_COLUMNS, ALL_TIME),
		    OF_WALLET(ACTOR_COLUMNS, SPAN) } };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql[actors][spans(filter)],
	    DB_ARGS(db_text(filter->user), db_int(page->at),
	    db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(filter->kind))));
	page_rows(ctx, page, false, &rows, out);
	return ST_OK;
}

enum status
store_ledger_get(struct ctx *ctx, const char *wallet_id, const char *id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT t.id, t.number," TRANSFER_COLUMNS ","
	    "  t.created_at AS \"createdAt\""
	    " FROM transfers t WHERE t.id = $1 AND t.wallet_id = $2";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(wallet_id))), ST_TRANSFER_NOT_FOUND, id);
}

#define LIST_COLUMNS							\
	TRANSFER_COLUMNS "," ACTOR_COLUMNS ","				\
	" t.wallet_id AS \"userId\","					\
	" coalesce(u.email, t.wallet_id) AS \"userText\""
#define LIST_FROM							\
	" FROM (SELECT id, wallet_id, number, kind, from_id, to_id,"	\
	"     amount, balance_after, reason, actor_id, origin_id,"	\
	"     expires_at, created_at"					\
	"   FROM transfers WHERE "
#define LIST_JOINS							\
	" LEFT JOIN users u ON u.id = t.wallet_id"			\
	" LEFT JOIN users a ON a.id = t.actor_id"

#define LIST_OF_USER(time)						\
	"SELECT t.id, t.number," LIST_COLUMNS ","			\
	"  t.created_at AS \"createdAt\""				\
	LIST_FROM "wallet_id = " USER_NAMED("$1")			\
	"   AND number < $2 AND " time("created_at")			\
	"   AND ($6::text IS NULL OR kind = $6) AND amount >= $7"	\
	"   ORDER BY number DESC LIMIT $3) t" LIST_JOINS		\
	" ORDER BY t.number DESC"

static enum status
list_of_user(struct ctx *ctx, const struct ledger_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char *const sql[] = { LIST_OF_USER(ALL_TIME),
		LIST_OF_USER(SPAN) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql[spans(filter)], DB_ARGS(db_text(filter->user),
	    db_int(page->at), db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(filter->kind),
	    db_int(filter->least))));
	page_rows(ctx, page, false, &rows, out);
	return ST_OK;
}

/*
 * Of everybody: $1, $2 key of the page, $3 rows, $4 since when, $5 kind,
 * $6 least amount, $7 a transfer. The condition chosen is one an index can
 * answer in the list's order.
 */
#define KEYED "(created_at, id) < ($1::timestamptz, $2)"
#define NEWEST " ORDER BY created_at DESC, id DESC LIMIT $3"
#define IN_TIME "created_at >= $4"
#define OF_KIND "($5::text IS NULL OR kind = $5)"
#define SHOWN								\
	"SELECT t.id, t.created_at AS \"createdAt\"," LIST_COLUMNS
#define LIST_OF(condition)						\
	SHOWN LIST_FROM condition KEYED " AND " IN_TIME NEWEST ") t"	\
	LIST_JOINS " ORDER BY t.created_at DESC, t.id DESC"

static enum status
list_newest(struct ctx *ctx, const struct db_arg *arg, bool any,
    struct db_rows *rows)
{
	static const char all[] = LIST_OF("");
	static const char of_kind[] = LIST_OF("kind = $5 AND ");

	return db_all(ctx, rows, any ? all : of_kind,
	    (struct db_args){ arg, any ? 4 : 5 });
}

/*
 * Amounts that many have are found among the newest; such as few have, by
 * their index, which would have to read everybody for the former. So the
 * second runs when the first fell short. It is planned anew each time, or
 * PostgreSQL would take any amount for one that a third have.
 */
#define LOOK_FIRST "6000"

static enum status
list_large(struct ctx *ctx, const struct db_arg *arg, struct db_rows *rows)
{
	static const char sql[] =
	    "WITH near AS MATERIALIZED ("
	    "  SELECT id FROM (SELECT id, created_at, kind, amount"
	    "    FROM transfers WHERE " KEYED " AND " IN_TIME
	    "    ORDER BY created_at DESC, id DESC LIMIT " LOOK_FIRST ") n"
	    "  WHERE amount >= $6 AND " OF_KIND NEWEST "),"
	    " far AS MATERIALIZED ("
	    "  SELECT id, created_at FROM transfers"
	    "  WHERE (SELECT count(*) FROM near) < $3"
	    "   AND amount >= $6 AND " IN_TIME " AND " OF_KIND "),"
	    " found AS ("
	    "  SELECT id FROM near WHERE (SELECT count(*) FROM near) >= $3"
	    "  UNION ALL"
	    "  (SELECT id FROM far WHERE " KEYED NEWEST "))"
	    " " SHOWN " FROM transfers t" LIST_JOINS
	    " WHERE t.id IN (SELECT id FROM found)"
	    " ORDER BY t.created_at DESC, t.id DESC";

	return db_all_once(ctx, rows, sql, (struct db_args){ arg, 6 });
}

/* One transfer and what it led to are few. */
static enum status
list_around(struct ctx *ctx, const struct db_arg *arg, struct db_rows *rows)
{
	static const char sql[] =
	    LIST_OF("id IN (SELECT $7 UNION ALL SELECT id FROM transfers"
	    " WHERE origin_id = $7) AND " OF_KIND " AND amount >= $6 AND ");

	return db_all(ctx, rows, sql, (struct db_args){ arg, 7 });
}

enum status
store_ledger_list(struct ctx *ctx, const struct ledger_filter *filter,
    struct page *page, struct json_object *out)
{
	struct db_rows rows;

	if (filter->transfer == NULL && filter->user != NULL)
		return list_of_user(ctx, filter, page, out);
	page_before(page, filter->to);

	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_time(filter->from),
	    db_text(filter->kind), db_int(filter->least),
	    db_text(filter->transfer) };

	if (filter->transfer != NULL)
		TRY(list_around(ctx, arg, &rows));
	else if (filter->least > 0)
		TRY(list_large(ctx, arg, &rows));
	else
		TRY(list_newest(ctx, arg, filter->kind == NULL, &rows));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}
