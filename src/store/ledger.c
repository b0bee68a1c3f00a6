#include "store/ledger.h"

#include "ctx.h"
#include "store/db.h"
#include "store/page.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define TRANSFER_COLUMNS						\
	" t.kind, t.amount,"						\
	" CASE t.wallet_id WHEN t.to_id THEN t.amount"			\
	"   WHEN t.from_id THEN -t.amount ELSE 0 END AS change,"	\
	" t.balance_after AS balance, nullif(t.reason, '') AS reason"
#define ACTOR_COLUMNS							\
	" t.actor_id AS \"actorId\","					\
	" CASE WHEN t.actor_id IS NULL THEN 'System'"			\
	"   ELSE coalesce(a.name, t.actor_id) END AS \"actorText\""

enum status
store_ledger_of(struct ctx *ctx, const char *wallet_id, bool actors,
    struct page *page, struct json_object *out)
{
	static const char with[] =
	    "SELECT t.id, t.number," TRANSFER_COLUMNS "," ACTOR_COLUMNS ","
	    "  t.created_at AS \"createdAt\""
	    " FROM transfers t LEFT JOIN users a ON a.id = t.actor_id"
	    " WHERE t.wallet_id = $1 AND t.number < $2"
	    " ORDER BY t.number DESC LIMIT $3";
	static const char without[] =
	    "SELECT t.id, t.number," TRANSFER_COLUMNS ","
	    "  NULL AS \"actorId\", NULL AS \"actorText\","
	    "  t.created_at AS \"createdAt\""
	    " FROM transfers t"
	    " WHERE t.wallet_id = $1 AND t.number < $2"
	    " ORDER BY t.number DESC LIMIT $3";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, actors ? with : without,
	    DB_ARGS(db_text(wallet_id), db_int(page->at),
	    db_int(page->limit + 1))));
	page_rows(ctx, page, false, &rows, out);
	return ST_OK;
}

#define LIST_COLUMNS							\
	TRANSFER_COLUMNS "," ACTOR_COLUMNS ","				\
	" t.wallet_id AS \"userId\","					\
	" coalesce(u.email, t.wallet_id) AS \"userText\""
#define LIST_FROM							\
	" FROM (SELECT id, wallet_id, number, kind, from_id, to_id,"	\
	"     amount, balance_after, reason, actor_id, created_at"	\
	"   FROM transfers WHERE "
#define LIST_JOINS							\
	" LEFT JOIN users u ON u.id = t.wallet_id"			\
	" LEFT JOIN users a ON a.id = t.actor_id"

/* One wallet's are ordered by number: an index has them in that order. */
static enum status
list_of_user(struct ctx *ctx, const struct ledger_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char sql[] =
	    "SELECT t.id, t.number," LIST_COLUMNS ","
	    "  t.created_at AS \"createdAt\""
	    LIST_FROM "wallet_id = coalesce("
	    "    (SELECT id FROM users WHERE email COLLATE \"C\" = lower($1)),"
	    "    $1)"
	    "   AND number < $2 AND created_at >= $4 AND created_at < $5"
	    "   AND ($6::text IS NULL OR kind = $6)"
	    "   ORDER BY number DESC LIMIT $3) t" LIST_JOINS
	    " ORDER BY t.number DESC";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(filter->user),
	    db_int(page->at), db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(filter->kind))));
	page_rows(ctx, page, false, &rows, out);
	return ST_OK;
}

#define LIST_OF(condition)						\
	"SELECT t.id, t.created_at AS \"createdAt\"," LIST_COLUMNS	\
	LIST_FROM condition						\
	"   (created_at, id) < ($1, $2)"				\
	"   AND created_at >= $4 AND created_at < $5"			\
	"   ORDER BY created_at DESC, id DESC LIMIT $3) t" LIST_JOINS	\
	" ORDER BY t.created_at DESC, t.id DESC"

enum status
store_ledger_list(struct ctx *ctx, const struct ledger_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char of_kind[] = LIST_OF("kind = $6 AND ");
	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(filter->kind) };
	struct db_rows rows;

	if (filter->user != NULL)
		return list_of_user(ctx, filter, page, out);
	TRY(db_all(ctx, &rows, filter->kind == NULL ? all : of_kind,
	    (struct db_args){ arg, filter->kind == NULL ? 5 : 6 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
ledger_verify(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "WITH link AS ("
	    "  SELECT t.wallet_id, t.number, t.kind, t.from_id, t.to_id,"
	    "    t.amount, t.balance_after, t.created_at,"
	    "    CASE t.wallet_id WHEN t.to_id THEN t.amount"
	    "      WHEN t.from_id THEN -t.amount ELSE 0 END AS change,"
	    "    lag(t.balance_after, 1, 0::bigint) OVER w AS balance_before,"
	    "    lag(t.number, 1, 0::bigint) OVER w AS number_before,"
	    "    t.key_hash = sha256(convert_to(concat_ws(E'\\n', t.kind,"
	    "      t.from_id, t.to_id, t.amount, t.reason), 'UTF8'))"
	    "      AS hash_fits"
	    "  FROM transfers t"
	    "  WINDOW w AS (PARTITION BY t.wallet_id ORDER BY t.number)),"
	    " told AS MATERIALIZED ("
	    "  SELECT l.wallet_id AS id, count(*) AS count,"
	    "    sum(l.change) AS balance,"
	    "    coalesce(sum(l.amount) FILTER (WHERE l.kind = 'spend'"
	    "      AND l.created_at >= w.period::timestamp AT TIME ZONE 'UTC'"
	    "      AND l.created_at < (w.period + interval '1 month')"
	    "        AT TIME ZONE 'UTC'), 0) AS period_spent,"
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
	    " side AS ("
	    "  SELECT coalesce(w.id, t.id) AS id, w.id IS NULL AS orphan,"
	    "    w.balance AS has_balance, w.last_number AS has_count,"
	    "    w.period_spent AS has_period,"
	    "    coalesce(t.balance, 0) AS balance,"
	    "    coalesce(t.count, 0) AS count,"
	    "    coalesce(t.period_spent, 0) AS period_spent,"
	    "    t.broken, t.unfit"
	    "  FROM (SELECT id, balance, last_number, period_spent"
	    "    FROM wallets WHERE kind <> 'system') w"
	    "  FULL JOIN told t ON t.id = w.id),"
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
	    "    ('hash', s.unfit IS NOT NULL, NULL, s.unfit)"
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
