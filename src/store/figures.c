#include "store/figures.h"

#include "base/text.h"
#include "ctx.h"
#include "store/db.h"

#define HOUR_MS INT64_C(3600000)
/* Whoever wrote into an hour has committed by then (sql/0005_figure.sql). */
#define SETTLE_MS INT64_C(900000)

static void
series_start(const struct ctx *ctx, struct series *out)
{
	*out = (struct series){ .first = ctx->now - ctx->now % DAY_MS -
	    (FIGURES_DAYS - 1) * DAY_MS };
}

/* Rows of (days since the first one, number, other number). */
static void
series_add(struct series *out, const struct db_rows *rows, size_t row)
{
	const int64_t day = db_get_int(rows, row, 0);
	const int64_t number = db_get_int(rows, row, 1);
	const int64_t other = db_get_int(rows, row, 2);

	if (day < 0 || day >= FIGURES_DAYS)
		return;
	out->day[day] += number;
	out->other[day] += other;
	out->total += number;
	out->other_total += other;
}

/*
 * What an hour holds, from the tables themselves. "begins" is its instant; the
 * names of the columns are those of the tables of closed hours.
 */
#define IN_HOUR(column)							\
	column " >= begins AND " column " < begins + interval '1 hour'"
#define SIGN_UPS							\
	"SELECT count(*) AS sign_ups FROM users"			\
	" WHERE " IN_HOUR("created_at")
#define CREDITS								\
	"SELECT coalesce(sum(amount) FILTER (WHERE kind = 'grant'),"	\
	"   0)::bigint AS issued,"					\
	"  coalesce(sum(amount) FILTER (WHERE kind <> 'grant'),"	\
	"   0)::bigint AS spent"					\
	" FROM transfers WHERE kind IN ('grant', 'spend', 'capture')"	\
	"  AND " IN_HOUR("created_at")
#define REVENUE								\
	"SELECT currency, count(*) AS orders,"				\
	"  sum(amount_minor)::bigint AS amount_minor"			\
	" FROM orders WHERE " IN_HOUR("paid_at") " GROUP BY currency"

/*
 * From the hour that begins at $1 to the one that begins at $2. Both bounds are
 * said twice, or the planner reads all hours there ever were.
 */
#define BETWEEN "hour BETWEEN $1 AND $2"
#define OPEN_HOURS							\
	"(SELECT begins FROM generate_series($1::timestamptz, $2,"	\
	"   interval '1 hour') AS begins"				\
	"  WHERE NOT EXISTS (SELECT FROM hourly_figures"		\
	"   WHERE hour = begins AND " BETWEEN ")) AS open"
#define HOURS(table, columns, live)					\
	"(SELECT hour, " columns " FROM " table " WHERE " BETWEEN	\
	" UNION ALL SELECT begins, " columns " FROM " OPEN_HOURS ","	\
	"  LATERAL (" live ") AS live) AS hours"
#define DAY								\
	"(hour AT TIME ZONE 'UTC')::date"				\
	" - ($1::timestamptz AT TIME ZONE 'UTC')::date"

static enum status
series_rows(struct ctx *ctx, struct series *out, struct db_rows *rows,
    const char *sql)
{
	series_start(ctx, out);
	return db_all(ctx, rows, sql, DB_ARGS(db_time(out->first),
	    db_time(out->first + FIGURES_DAYS * DAY_MS - HOUR_MS)));
}

static enum status
series_read(struct ctx *ctx, const char *sql, struct series *out)
{
	struct db_rows rows;

	TRY(series_rows(ctx, out, &rows, sql));
	for (size_t row = 0; row < rows.count; row++)
		series_add(out, &rows, row);
	return ST_OK;
}

enum status
store_figures_signups(struct ctx *ctx, struct series *out)
{
	static const char sql[] =
	    "SELECT " DAY ", sum(sign_ups)::bigint, 0"
	    " FROM " HOURS("hourly_figures", "sign_ups", SIGN_UPS)
	    " GROUP BY 1";

	return series_read(ctx, sql, out);
}

enum status
store_figures_credits(struct ctx *ctx, struct series *out)
{
	static const char sql[] =
	    "SELECT " DAY ", sum(issued)::bigint, sum(spent)::bigint"
	    " FROM " HOURS("hourly_figures", "issued, spent", CREDITS)
	    " GROUP BY 1";

	return series_read(ctx, sql, out);
}

enum status
store_figures_revenue(struct ctx *ctx, struct series *out,
    const char **currency)
{
	static const char sql[] =
	    "SELECT " DAY ", sum(amount_minor)::bigint, sum(orders)::bigint,"
	    "  currency,"
	    "  sum(sum(orders)) OVER (PARTITION BY currency) AS in_all"
	    " FROM " HOURS("hourly_revenue", "currency, orders, amount_minor",
	    REVENUE)
	    " GROUP BY 1, currency ORDER BY in_all DESC, currency";
	enum { COLUMN_CURRENCY = 3 };
	struct db_rows rows;

	*currency = "";
	TRY(series_rows(ctx, out, &rows, sql));
	if (rows.count > 0)
		*currency = db_get_text(&rows, 0, COLUMN_CURRENCY);
	for (size_t row = 0; row < rows.count; row++)
		if (text_is(*currency,
		    db_get_text(&rows, row, COLUMN_CURRENCY)))
			series_add(out, &rows, row);
	return ST_OK;
}

/* The last hour that may be closed. */
static int64_t
last_over(const struct ctx *ctx)
{
	const int64_t settled = ctx->now - SETTLE_MS;

	return settled - settled % HOUR_MS - HOUR_MS;
}

static enum status
open_hours(struct ctx *ctx, int64_t limit, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT begins FROM " OPEN_HOURS
	    " ORDER BY begins DESC LIMIT $3";
	const int64_t last = last_over(ctx);

	return db_all(ctx, rows, sql, DB_ARGS(
	    db_time(last + HOUR_MS - FIGURES_CLOSED_DAYS * DAY_MS),
	    db_time(last), db_int(limit)));
}

static enum status
close_hour(struct ctx *ctx, int64_t begins)
{
	static const char sql[] =
	    "WITH closed AS ("
	    "  INSERT INTO hourly_figures"
	    "    (hour, sign_ups, issued, spent, closed_at)"
	    "  SELECT begins, sign_ups, issued, spent, $2"
	    "  FROM (SELECT $1::timestamptz AS begins) AS this,"
	    "    LATERAL (" SIGN_UPS ") AS people,"
	    "    LATERAL (" CREDITS ") AS credits"
	    "  ON CONFLICT DO NOTHING RETURNING hour AS begins)"
	    " INSERT INTO hourly_revenue"
	    "   (hour, currency, orders, amount_minor)"
	    " SELECT begins, currency, orders, amount_minor"
	    " FROM closed, LATERAL (" REVENUE ") AS revenue";

	return db_run(ctx, sql, DB_ARGS(db_time(begins), db_time(ctx->now)),
	    NULL);
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
	struct db_rows rows;

	*closed = 0;
	TRY(db_one(ctx, &rows, lock, DB_NONE));
	if (!db_get_bool(&rows, 0, 0))
		return ST_OK;
	TRY(open_hours(ctx, limit, &rows));
	for (size_t row = 0; row < rows.count; row++)
		TRY(close_hour(ctx, db_get_time(ctx, &rows, row, 0)));
	*closed = (int64_t)rows.count;
	return ST_OK;
}
