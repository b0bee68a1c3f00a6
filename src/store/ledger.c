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

enum status
ledger_verify(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "WITH link AS ("
	    "  SELECT t.wallet_id, t.number, t.kind, t.from_id, t.to_id,"
	    "    t.amount, t.balance_after, t.created_at, t.quota_month,"
	    "    CASE t.wallet_id WHEN t.to_id THEN t.amount"
	    "      WHEN t.from_id THEN -t.amount ELSE 0 END AS change,"
	    "    lag(t.balance_after, 1, 0::bigint) OVER w AS balance_before,"
	    "    lag(t.number, 1, 0::bigint) OVER w AS number_before,"
	    /* An amount may be all there is, an end so long from then; a
	     * spend that was usage has the hash of that. */
	    "    EXISTS (SELECT FROM (VALUES (t.amount::text), ('all')) a (a),"
	    "      (VALUES ((extract(epoch FROM t.expires_at)"
	    "        * 1000)::bigint::text), ('+' || (extract(epoch"
	    "        FROM t.expires_at - t.created_at) * 1000)::bigint)) e (e)"
	    "      WHERE t.key_hash = sha256(convert_to(concat_ws(E'\\n',"
	    "        t.kind, t.from_id, t.to_id, a.a, t.reason, t.origin_id,"
	    "        e.e), 'UTF8'))) OR EXISTS (SELECT FROM usage_events e"
	    "      WHERE e.transfer_id = t.id AND e.key_hash = t.key_hash)"
	    "      AS hash_fits"
	    "  FROM transfers t"
	    "  WINDOW w AS (PARTITION BY t.wallet_id ORDER BY t.number)),"
	    " told AS MATERIALIZED ("
	    "  SELECT l.wallet_id AS id, count(*) AS count,"
	    "    sum(l.change) AS balance,"
	    "    coalesce(sum(CASE WHEN l.kind IN ('spend', 'hold')"
	    "        THEN l.amount"
	    "      WHEN l.kind IN ('release', 'refund') THEN -l.amount"
	    "      ELSE 0 END) FILTER (WHERE w.period = coalesce("
	    "      l.quota_month, date_trunc('month',"
	    "      l.created_at AT TIME ZONE 'UTC')::date)), 0)"
	    "      AS period_spent,"
	    "    min(l.number) FILTER (WHERE l.number <> l.number_before + 1"
	    "      OR l.balance_after <> l.balance_before + l.change)"
	    "      AS broken,"
	    "    min(l.number) FILTER (WHERE l.hash_fits IS NOT TRUE)"
	    "      AS unfit,"
	    "    sum(CASE 'issued' WHEN l.to_id THEN l.amount"
	    "      WHEN l.from_id THEN -l.amount ELSE 0 END) AS issued,"
	    "    sum(CASE 'spent' WHEN l.to_id THEN l.amount"
	    "      WHEN l.from_id THEN -l.amount ELSE 0 END) AS spent,"
	    "    sum(CASE 'expired' WHEN l.to_id THEN l.amount"
	    "      WHEN l.from_id THEN -l.amount ELSE 0 END) AS expired,"
	    "    sum(CASE 'held' WHEN l.to_id THEN l.amount"
	    "      WHEN l.from_id THEN -l.amount ELSE 0 END) AS held"
	    "  FROM link l LEFT JOIN wallets w ON w.id = l.wallet_id"
	    "  GROUP BY l.wallet_id),"
	    /* What each origin lost again, and what is noted of lots, holds. */
	    " settled AS MATERIALIZED ("
	    "  SELECT o.id, o.wallet_id, o.kind, o.amount,"
	    "    coalesce(sum(s.amount) FILTER (WHERE s.kind <> 'expire'), 0)"
	    "      AS settled,"
	    "    coalesce(sum(s.amount) FILTER (WHERE s.kind = 'capture'), 0)"
	    "      AS captured"
	    "  FROM transfers o LEFT JOIN transfers s ON s.origin_id = o.id"
	    "  WHERE s.id IS NOT NULL OR o.kind = 'hold'"
	    "  GROUP BY o.id),"
	    " lot AS ("
	    "  SELECT l.wallet_id, l.remaining, l.expires_at,"
	    "    l.remaining <> l.amount + coalesce(m.change, 0)"
	    "      OR g.id IS NULL OR g.amount <> l.amount"
	    "      OR g.expires_at <> l.expires_at AS wrong"
	    "  FROM lots l LEFT JOIN (SELECT lot_id, sum(change) AS change"
	    "      FROM lot_moves GROUP BY lot_id) m ON m.lot_id = l.id"
	    "    LEFT JOIN transfers g ON g.id = l.id AND g.kind = 'grant'"
	    "      AND g.wallet_id = l.wallet_id),"
	    " lots_told AS ("
	    "  SELECT wallet_id, sum(remaining) AS remaining,"
	    "    count(*) FILTER (WHERE wrong) AS wrong,"
	    "    min(expires_at) FILTER (WHERE remaining > 0) AS due_at"
	    "  FROM lot GROUP BY wallet_id),"
	    " settled_told AS ("
	    "  SELECT wallet_id,"
	    "    count(*) FILTER (WHERE s.settled > s.amount) AS exceeded,"
	    "    count(*) FILTER (WHERE s.kind = 'hold' AND ("
	    "      h.id IS NULL OR h.amount <> s.amount"
	    "      OR h.captured <> s.captured"
	    "      OR h.captured + h.released <> s.settled)) AS wrong,"
	    "    min(h.expires_at) FILTER (WHERE h.closed_at IS NULL)"
	    "      AS due_at"
	    "  FROM settled s LEFT JOIN (SELECT id, amount, captured,"
	    "      released, expires_at, closed_at FROM holds) h ON h.id = s.id"
	    "  GROUP BY wallet_id),"
	    " used AS (SELECT e.wallet_id, count(*) AS wrong"
	    "  FROM usage_events e LEFT JOIN transfers t"
	    "    ON t.id = e.transfer_id AND t.wallet_id = e.wallet_id"
	    "      AND t.kind = 'spend' AND t.amount = e.cost"
	    "      AND t.balance_after = e.balance_after AND t.key = e.key"
	    "      AND t.key_hash = e.key_hash"
	    "  WHERE e.cost > 0 AND t.id IS NULL GROUP BY e.wallet_id),"
	    " side AS ("
	    "  SELECT coalesce(w.id, t.id) AS id, w.id IS NULL AS orphan,"
	    "    w.balance AS has_balance, w.last_number AS has_count,"
	    "    w.period_spent AS has_period,"
	    "    coalesce(t.balance, 0) AS balance,"
	    "    coalesce(t.count, 0) AS count,"
	    "    coalesce(t.period_spent, 0) AS period_spent,"
	    "    t.broken, t.unfit, o.exceeded, o.wrong AS holds_wrong,"
	    "    l.wrong AS lots_wrong, l.remaining,"
	    "    e.wrong AS usage_wrong,"
	    "    least(l.due_at, o.due_at)"
	    "      < coalesce(w.due_at, 'infinity') AS late"
	    "  FROM (SELECT id, balance, last_number, period_spent, due_at"
	    "    FROM wallets WHERE kind <> 'system') w"
	    "  FULL JOIN told t ON t.id = w.id"
	    "  LEFT JOIN lots_told l ON l.wallet_id = coalesce(w.id, t.id)"
	    "  LEFT JOIN settled_told o"
	    "    ON o.wallet_id = coalesce(w.id, t.id)"
	    "  LEFT JOIN used e ON e.wallet_id = coalesce(w.id, t.id)),"
	    " difference AS MATERIALIZED ("
	    "  SELECT s.id AS wallet, d.problem, d.expected, d.found"
	    "  FROM side s, LATERAL (VALUES"
	    "    ('orphan', s.orphan, NULL, s.count),"
	    "    ('balance', s.has_balance <> s.balance, s.balance,"
	    "      s.has_balance),"
	    "    ('count', s.has_count <> s.count, s.count, s.has_count),"
	    "    ('period', s.has_period <> s.period_spent, s.period_spent,"
	    "      s.has_period),"
	    "    ('chain', s.broken IS NOT NULL, NULL, s.broken),"
	    "    ('hash', s.unfit IS NOT NULL, NULL, s.unfit),"
	    "    ('origin', s.exceeded > 0, 0, s.exceeded),"
	    "    ('holds', s.holds_wrong > 0, 0, s.holds_wrong),"
	    "    ('lots', s.lots_wrong > 0, 0, s.lots_wrong),"
	    "    ('rest', s.remaining > s.has_balance, s.has_balance,"
	    "      s.remaining),"
	    "    ('due', s.late, NULL, NULL),"
	    "    ('usage', s.usage_wrong > 0, 0, s.usage_wrong)"
	    "  ) AS d (problem, wrong, expected, found)"
	    "  WHERE d.wrong),"
	    " total AS ("
	    "  SELECT coalesce(sum(count), 0) AS transfers,"
	    "    coalesce(sum(issued), 0) AS issued,"
	    "    coalesce(sum(spent), 0) AS spent,"
	    "    coalesce(sum(expired), 0) AS expired,"
	    "    coalesce(sum(held), 0) AS held FROM told),"
	    " held_by AS ("
	    "  SELECT count(*) FILTER (WHERE kind <> 'system') AS wallets,"
	    "    coalesce(sum(balance), 0) AS balances FROM wallets)"
	    " SELECT NOT EXISTS (SELECT FROM difference) AND issued + spent"
	    "   + expired + held + balances = 0 AND issued <= 0"
	    "   AND spent >= 0 AND expired >= 0 AND held >= 0 AS clean,"
	    "  transfers::bigint, wallets, issued::bigint, spent::bigint,"
	    "  expired::bigint, held::bigint, balances::bigint,"
	    "  (issued + spent + expired + held + balances)::bigint AS sum,"
	    "  (SELECT count(*) FROM difference) AS differences,"
	    "  (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]') FROM ("
	    "    TABLE difference ORDER BY wallet, problem LIMIT $1"
	    "   ) d) AS first"
	    " FROM total, held_by";

	return db_view_one(ctx, out, sql,
	    DB_ARGS(db_int(LEDGER_DIFFERENCES)));
}
