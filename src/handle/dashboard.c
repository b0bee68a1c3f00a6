#include "base/arena.h"
#include "base/format.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/admin.h"
#include "handle/chart.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "store/db.h"
#include "store/feedback.h"
#include "store/figures.h"
#include "store/user_list.h"
#include "view/view.h"

static const char *
number_text(struct ctx *ctx, int64_t number)
{
	char text[FORMAT_NUMBER_SIZE];

	format_number(text, number);
	return arena_text(ctx->arena, text);
}

static const char *
money_text(struct ctx *ctx, int64_t minor, const char *currency)
{
	char text[FORMAT_MONEY_SIZE];

	/* Before the first order there is no currency to name. */
	if (currency[0] == '\0')
		return "0";
	format_money(text, minor, currency, false);
	return arena_text(ctx->arena, text);
}

static void
period_view(struct ctx *ctx, const struct series *series)
{
	char first[FORMAT_MOMENT_SIZE], last[FORMAT_MOMENT_SIZE];

	format_date(first, series->first);
	format_date(last, ctx->now);
	view_text(ctx->view, "periodText", arena_printf(ctx->arena,
	    "%s to %s, in UTC", first, last));
}

static enum status
signups_view(struct ctx *ctx, struct json_object *figures,
    struct json_object *charts)
{
	struct series series;
	int64_t users;

	TRY(store_user_count(ctx, &users));
	TRY(store_figures_signups(ctx, &series));
	period_view(ctx, &series);
	words_figure(figures, "Users", number_text(ctx, users),
	    arena_printf(ctx->arena, "+%s in %d days",
	    number_text(ctx, series.total), FIGURES_DAYS));
	chart_view(charts, &(struct chart){ .id = "signups",
	    .title = "Sign-ups per day", .value_head = "Sign-ups",
	    .total = arena_printf(ctx->arena, "%s in all",
	    number_text(ctx, series.total)), .series = &series });
	return ST_OK;
}

static enum status
credits_view(struct ctx *ctx, struct json_object *figures,
    struct json_object *charts)
{
	const char *days = arena_printf(ctx->arena, "in %d days",
	    FIGURES_DAYS);
	struct series series;
	const char *issued, *spent;

	TRY(store_figures_credits(ctx, &series));
	issued = number_text(ctx, series.total);
	spent = number_text(ctx, series.other_total);
	words_figure(figures, "Credits issued", issued, days);
	words_figure(figures, "Credits spent", spent, days);
	chart_view(charts, &(struct chart){ .id = "credits",
	    .title = "Credits per day", .value_head = "Issued",
	    .other_head = "Spent", .total = arena_printf(ctx->arena,
	    "%s issued, %s spent", issued, spent), .series = &series });
	return ST_OK;
}

static enum status
revenue_view(struct ctx *ctx, struct json_object *figures,
    struct json_object *charts)
{
	struct series series;
	const char *currency, *total;

	TRY(store_figures_revenue(ctx, &series, &currency));
	total = money_text(ctx, series.total, currency);
	words_figure(figures, "Revenue", total, arena_printf(ctx->arena,
	    "%s %s paid in %d days, before refunds",
	    number_text(ctx, series.other_total),
	    series.other_total == 1 ? "order" : "orders", FIGURES_DAYS));
	chart_view(charts, &(struct chart){ .id = "revenue",
	    .title = "Revenue per day", .value_head = "Revenue",
	    .currency = currency[0] == '\0' ? NULL : currency,
	    .total = arena_printf(ctx->arena, "%s in all", total),
	    .series = &series });
	return ST_OK;
}

static enum status
feedback_view(struct ctx *ctx, struct json_object *figures)
{
	struct feedback_figures feedback;
	const char *note = arena_printf(ctx->arena, "Nobody rated in %d days",
	    FEEDBACK_FIGURE_DAYS);

	if (!ctx->config->feedback_enabled ||
	    !may(ctx, PERMISSION_FEEDBACK_LIST))
		return ST_OK;
	TRY(store_feedback_figures(ctx, &feedback));
	if (feedback.rated > 0)
		note = arena_printf(ctx->arena,
		    "Rated %lld.%lld of %d in %d days",
		    (long long)feedback.tenths / 10,
		    (long long)feedback.tenths % 10, FEEDBACK_RATING_MAX,
		    FEEDBACK_FIGURE_DAYS);
	words_figure(figures, "Open feedback",
	    number_text(ctx, feedback.open), note);
	return ST_OK;
}

enum status
dashboard_page(struct ctx *ctx)
{
	struct json_object *figures = view_list(ctx->view, "figures");
	struct json_object *charts = view_list(ctx->view, "charts");

	TRY(signups_view(ctx, figures, charts));
	TRY(credits_view(ctx, figures, charts));
	TRY(revenue_view(ctx, figures, charts));
	return feedback_view(ctx, figures);
}
