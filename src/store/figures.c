#include "store/figures.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"

/* Whoever wrote into an hour has committed by then (sql/0005_figure.sql). */
#define SETTLE_MS INT64_C(900000)

/*
 * What an hour holds, from the tables themselves. "begins" is its instant; the
 * names of the columns are those of the tables of closed hours.
 */
#define IN_HOUR(column)							\
	column " >= begins AND " column " < begins + interval '1 hour'"
#define CREDITS_OF(kinds)						\
	"coalesce(sum(amount) FILTER (WHERE kind IN (" kinds ")), 0)::bigint"
#define COUNTS								\
	"SELECT (SELECT count(*) FROM users"				\
	"   WHERE " IN_HOUR("created_at") ") AS sign_ups,"		\
	"  " CREDITS_OF("'grant'") " AS issued,"			\
	"  " CREDITS_OF("'spend', 'capture'") " AS spent,"		\
	"  " CREDITS_OF("'expire'") " AS expired"			\
	" FROM transfers"						\
	" WHERE kind IN ('grant', 'spend', 'capture', 'expire')"	\
	"  AND " IN_HOUR("created_at")
#define REVENUE								\
	"SELECT currency, sum(orders)::bigint AS orders,"		\
	"  sum(amount_minor)::bigint AS amount_minor,"			\
	"  sum(returned_minor)::bigint AS returned_minor"		\
	" FROM (SELECT currency, 1 AS orders, amount_minor,"		\
	"   0 AS returned_minor FROM orders"				\
	"   WHERE " IN_HOUR("paid_at")					\
	"  UNION ALL SELECT currency, 0, 0, amount_minor"		\
	"   FROM order_returns WHERE " IN_HOUR("created_at") ") AS moved"	\
	" GROUP BY currency"
#define SPENDING							\
	"SELECT wallet_id, sum(amount)::bigint AS spent FROM transfers"	\
	" WHERE kind IN ('spend', 'capture')"				\
	"  AND " IN_HOUR("created_at") " GROUP BY wallet_id"

/*
 * From the hour that begins at $1 to the one that begins at $2. Before the
 * oldest row nothing happened: a young database has no two years to count. Most
 * often those that are closed have no gap, and then none of them is looked for
 * again: two years have 17,520.
 */
#define BETWEEN "hour BETWEEN $1 AND $2"
#define OLDEST								\
	"(SELECT greatest($1::timestamptz, least($2::timestamptz"	\
	"    + interval '1 hour', date_trunc('hour', min(at), 'UTC')))"	\
	"  FROM (SELECT min(created_at) FROM users"			\
	"   UNION ALL SELECT min(created_at) FROM transfers"		\
	"   UNION ALL SELECT min(paid_at) FROM orders"			\
	"   UNION ALL SELECT min(created_at) FROM order_returns)"	\
	"  AS rows (at)) AS oldest (oldest)"
#define OPEN_FROM							\
	"(SELECT CASE WHEN held = 1"					\
	"     + date_part('epoch', newest - oldest) / 3600"		\
	"   THEN newest + interval '1 hour' ELSE oldest END"		\
	"  FROM " OLDEST ", LATERAL (SELECT count(*) AS held,"		\
	"    max(hour) AS newest FROM hourly_figures"			\
	"   WHERE hour BETWEEN oldest AND $2) AS closed)"
#define OPEN_HOURS							\
	"(SELECT begins FROM generate_series(" OPEN_FROM ","		\
	"   $2::timestamptz, interval '1 hour') AS begins"		\
	"  WHERE (SELECT true FROM hourly_figures WHERE hour = begins)"	\
	"   IS NULL) AS open"
#define HOURS(table, columns, live)					\
	"(SELECT hour, " columns " FROM " table " WHERE " BETWEEN	\
	" UNION ALL SELECT begins, " columns " FROM " OPEN_HOURS ","	\
	"  LATERAL (" live ") AS live) AS hours"
/* Numbered from $1 on; summed before that, for there are fewer then. */
#define DAY "date_bin('1 day', hour, $1::timestamptz) AS day"
#define DAY_NUMBER "(date_part('epoch', day - $1) / 86400)::bigint"
#define SUM(column) " sum(" column ")::bigint AS " column

/* Day 0 is the first of the days that the others are compared with. */
static void
series_add(struct figures *out, enum figure figure, int64_t day,
    int64_t number)
{
	struct series *series = &out->of[figure];

	if (day < out->days) {
		series->before += number;
		return;
	}
	series->day[day - out->days] += number;
	series->total += number;
}

static enum status
figures_rows(struct ctx *ctx, const struct figures *out, const char *sql,
    struct db_rows *rows)
{
	const int64_t first = out->first - out->days * DAY_MS;

	return db_all(ctx, rows, sql, DB_ARGS(db_time(first),
	    db_time(first + 2 * out->days * DAY_MS - HOUR_MS)));
}

/* Rows of a day and one number for each of count figures from first on. */
static void
rows_add(struct figures *out, const struct db_rows *rows, size_t row,
    enum figure first, int count)
{
	const int64_t day = db_get_int(rows, row, 0);

	for (int i = 0; i < count; i++)
		series_add(out, first + (enum figure)i, day,
		    db_get_int(rows, row, i + 1));
}

static enum status
counts_read(struct ctx *ctx, struct figures *out)
{
	static const char sql[] =
	    "SELECT " DAY_NUMBER ", sign_ups, issued, spent, expired"
	    " FROM (SELECT " DAY "," SUM("sign_ups") "," SUM("issued") ","
	    SUM("spent") "," SUM("expired")
	    "  FROM " HOURS("hourly_figures",
	    "sign_ups, issued, spent, expired", COUNTS)
	    "  GROUP BY 1) AS days";
	struct db_rows rows;

	TRY(figures_rows(ctx, out, sql, &rows));
	for (size_t row = 0; row < rows.count; row++)
		rows_add(out, &rows, row, FIGURE_SIGN_UPS, 4);
	return ST_OK;
}

static enum status
revenue_read(struct ctx *ctx, struct figures *out)
{
	static const char sql[] =
	    "SELECT " DAY_NUMBER ", orders, amount_minor, returned_minor,"
	    "  currency, sum(orders) OVER (PARTITION BY currency) AS in_all"
	    " FROM (SELECT currency, " DAY "," SUM("orders") ","
	    SUM("amount_minor") "," SUM("returned_minor")
	    "  FROM " HOURS("hourly_revenue",
	    "currency, orders, amount_minor, returned_minor", REVENUE)
	    "  GROUP BY 1, 2) AS days ORDER BY in_all DESC, currency";
	enum { COLUMN_CURRENCY = 4 };
	struct db_rows rows;

	TRY(figures_rows(ctx, out, sql, &rows));
	out->currency = rows.count == 0 ? "" :
	    db_get_text(&rows, 0, COLUMN_CURRENCY);
	for (size_t row = 0; row < rows.count; row++)
		if (text_is(out->currency,
		    db_get_text(&rows, row, COLUMN_CURRENCY)))
			rows_add(out, &rows, row, FIGURE_ORDERS, 3);
	return ST_OK;
}

enum status
store_figures(struct ctx *ctx, int64_t days, struct figures *out)
{
	*out = (struct figures){ .days = days, .first = ctx->now -
	    ctx->now % DAY_MS - (days - 1) * DAY_MS };
	TRY(counts_read(ctx, out));
	return revenue_read(ctx, out);
}

/* The last hour that may be closed. */
static int64_t
last_over(const struct ctx *ctx)
{
	const int64_t settled = ctx->now - SETTLE_MS;

	return settled - settled % HOUR_MS - HOUR_MS;
}

static enum status
hours_close(struct ctx *ctx, int64_t limit, int64_t *closed)
{
	static const char sql[] =
	    "WITH this AS MATERIALIZED (SELECT begins FROM " OPEN_HOURS
	    "  ORDER BY begins DESC LIMIT $3),"
	    " closed AS ("
	    "  INSERT INTO hourly_figures"
	    "    (hour, sign_ups, issued, spent, expired, closed_at)"
	    "  SELECT begins, sign_ups, issued, spent, expired, $4"
	    "  FROM this, LATERAL (" COUNTS ") AS counts"
	    "  ON CONFLICT DO NOTHING RETURNING hour AS begins),"
	    " money AS ("
	    "  INSERT INTO hourly_revenue"
	    "    (hour, currency, orders, amount_minor, returned_minor)"
	    "  SELECT begins, currency, orders, amount_minor, returned_minor"
	    "  FROM closed, LATERAL (" REVENUE ") AS revenue),"
	    " people AS ("
	    "  INSERT INTO hourly_spending (hour, wallet_id, spent)"
	    "  SELECT begins, wallet_id, spent"
	    "  FROM closed, LATERAL (" SPENDING ") AS spending"
	    "  WHERE begins >= $5)"
	    " SELECT count(*) FROM closed";
	const int64_t end = last_over(ctx) + HOUR_MS;
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(
	    db_time(end - FIGURES_CLOSED_DAYS * DAY_MS),
	    db_time(end - HOUR_MS), db_int(limit), db_time(ctx->now),
	    db_time(end - SPENDING_DAYS * DAY_MS))));
	*closed = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_figures_close(struct ctx *ctx, int64_t limit, int64_t *closed)
{
	/*
	 * Shared by those who add rows late, whom we could not see. A statement
	 * of its own: the next ones must see all who had it before us.
	 */
	static const char lock[] =
	    "SELECT pg_try_advisory_xact_lock("
	    "hashtextextended('tollgate hourly_figures', 0))";
	static const char forget[] =
	    "DELETE FROM hourly_spending WHERE hour < $1";
	const int64_t end = last_over(ctx) + HOUR_MS;
	struct db_rows rows;

	*closed = 0;
	TRY(db_one(ctx, &rows, lock, DB_NONE));
	if (!db_get_bool(&rows, 0, 0))
		return ST_OK;
	TRY(hours_close(ctx, limit, closed));
	return db_run(ctx, forget,
	    DB_ARGS(db_time(end - SPENDING_DAYS * DAY_MS)), NULL);
}
