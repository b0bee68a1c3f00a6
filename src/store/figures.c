#include "store/figures.h"

#include "base/text.h"
#include "ctx.h"
#include "store/db.h"

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

static enum status
series_read(struct ctx *ctx, const char *sql, struct series *out)
{
	struct db_rows rows;

	series_start(ctx, out);
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(out->first))));
	for (size_t row = 0; row < rows.count; row++)
		series_add(out, &rows, row);
	return ST_OK;
}

#define DAY_OF(column)							\
	"floor(extract(epoch FROM " column " - $1::timestamptz) / 86400)::int"

enum status
store_figures_signups(struct ctx *ctx, struct series *out)
{
	static const char sql[] =
	    "SELECT " DAY_OF("created_at") ", count(*), 0"
	    " FROM users WHERE created_at >= $1 GROUP BY 1";

	return series_read(ctx, sql, out);
}

enum status
store_figures_credits(struct ctx *ctx, struct series *out)
{
	static const char sql[] =
	    "SELECT " DAY_OF("created_at") ","
	    "  coalesce(sum(amount) FILTER (WHERE kind = 'grant'),"
	    "    0)::bigint,"
	    "  coalesce(sum(amount) FILTER (WHERE kind <> 'grant'),"
	    "    0)::bigint"
	    " FROM transfers WHERE kind IN ('grant', 'spend', 'capture')"
	    "  AND created_at >= $1 GROUP BY 1";

	return series_read(ctx, sql, out);
}

enum status
store_figures_revenue(struct ctx *ctx, struct series *out,
    const char **currency)
{
	static const char sql[] =
	    "SELECT " DAY_OF("paid_at") ", sum(amount_minor)::bigint,"
	    "  count(*), currency,"
	    "  sum(count(*)) OVER (PARTITION BY currency) AS orders"
	    " FROM orders WHERE paid_at >= $1 AND status = 'paid'"
	    " GROUP BY 1, currency ORDER BY orders DESC, currency";
	enum { COLUMN_CURRENCY = 3 };
	struct db_rows rows;

	*currency = "";
	series_start(ctx, out);
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(out->first))));
	if (rows.count > 0)
		*currency = db_get_text(&rows, 0, COLUMN_CURRENCY);
	for (size_t row = 0; row < rows.count; row++)
		if (text_is(*currency,
		    db_get_text(&rows, row, COLUMN_CURRENCY)))
			series_add(out, &rows, row);
	return ST_OK;
}

enum status
store_health(struct ctx *ctx)
{
	static const char sql[] = "SELECT pg_is_in_recovery()";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_NONE));
	return db_get_bool(&rows, 0, 0) ? ST_UNAVAILABLE : ST_OK;
}
