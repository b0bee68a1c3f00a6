#include "handle/dashboard.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/format.h"
#include "ctx.h"
#include "handle/chart.h"
#include "handle/words.h"
#include "view/view.h"

/* Beyond, a change is no percentage but another order. */
#define PERCENT_MAX 1000

static const struct choice_word ranges[] = {
	{ "7", "7 days" }, { "30", "30 days" }, { "90", "90 days" },
	{ "365", "365 days" }, { NULL, NULL }
};

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

/* Beside as many days before. */
static const char *
trend_text(struct ctx *ctx, const struct series *series)
{
	const int64_t more = series->total - series->before;
	double percent;

	if (more == 0)
		return series->total == 0 ? "as before" : "as much as before";
	if (series->before <= 0)
		return "nothing before";
	percent = (double)more / (double)series->before * 100;
	if (percent > PERCENT_MAX)
		return arena_printf(ctx->arena, "%.0f times as much",
		    percent / 100 + 1);
	return arena_printf(ctx->arena, "%.0f%% %s",
	    percent < 0 ? -percent : percent, more > 0 ? "more" : "less");
}

static void
feedback_view(struct ctx *ctx, struct json_object *figures,
    const struct feedback_figures *feedback)
{
	const char *note = arena_printf(ctx->arena, "nobody rated in %d days",
	    FEEDBACK_FIGURE_DAYS);

	if (feedback->rated > 0)
		note = arena_printf(ctx->arena,
		    "rated %lld.%lld of %d in %d days",
		    (long long)feedback->tenths / 10,
		    (long long)feedback->tenths % 10, FEEDBACK_RATING_MAX,
		    FEEDBACK_FIGURE_DAYS);
	words_figure(figures, "Open feedback",
	    number_text(ctx, feedback->open), note);
}

static void
figures_view(struct ctx *ctx, const struct dashboard *dashboard)
{
	static const struct {
		enum figure figure;
		const char *label;
	} cards[] = {
		{ FIGURE_ISSUED, "Credits issued" },
		{ FIGURE_SPENT, "Credits spent" },
		{ FIGURE_EXPIRED, "Credits expired" },
		{ FIGURE_REVENUE, "Revenue" }, { FIGURE_RETURNED, "Refunded" },
	};
	struct json_object *out = view_list(ctx->view, "figures");
	const struct figures *figures = &dashboard->figures;

	words_figure(out, "Users", number_text(ctx, dashboard->users),
	    arena_printf(ctx->arena, "%s new, %s", number_text(ctx,
	    figures->of[FIGURE_SIGN_UPS].total), trend_text(ctx,
	    &figures->of[FIGURE_SIGN_UPS])));
	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		const struct series *series = &figures->of[cards[i].figure];

		words_figure(out, cards[i].label,
		    cards[i].figure < FIGURE_REVENUE ?
		    number_text(ctx, series->total) :
		    money_text(ctx, series->total, figures->currency),
		    trend_text(ctx, series));
	}
	if (dashboard->has_feedback)
		feedback_view(ctx, out, &dashboard->feedback);
}

static struct chart
chart_of(const struct figures *figures, const char *id, const char *title)
{
	return (struct chart){ .id = id, .title = title,
	    .first = figures->first, .days = figures->days };
}

static struct chart_line
line_of(const struct figures *figures, enum figure figure, const char *head)
{
	return (struct chart_line){ head, figures->of[figure].day };
}

static void
credits_chart(struct ctx *ctx, struct json_object *charts,
    const struct figures *figures)
{
	struct chart chart = chart_of(figures, "credits", "Credits");

	chart.line[0] = line_of(figures, FIGURE_ISSUED, "Issued");
	chart.line[1] = line_of(figures, FIGURE_SPENT, "Spent");
	chart.line[2] = line_of(figures, FIGURE_EXPIRED, "Expired");
	chart.total = arena_printf(ctx->arena,
	    "%s issued, %s spent, %s expired",
	    number_text(ctx, figures->of[FIGURE_ISSUED].total),
	    number_text(ctx, figures->of[FIGURE_SPENT].total),
	    number_text(ctx, figures->of[FIGURE_EXPIRED].total));
	chart_view(charts, &chart);
}

static void
revenue_chart(struct ctx *ctx, struct json_object *charts,
    const struct figures *figures)
{
	const int64_t orders = figures->of[FIGURE_ORDERS].total;
	struct chart chart = chart_of(figures, "revenue", "Revenue");

	chart.currency = figures->currency[0] == '\0' ? NULL :
	    figures->currency;
	chart.line[0] = line_of(figures, FIGURE_REVENUE, "Paid");
	chart.line[1] = line_of(figures, FIGURE_RETURNED, "Refunded");
	chart.total = arena_printf(ctx->arena, "%s for %s %s, %s refunded",
	    money_text(ctx, figures->of[FIGURE_REVENUE].total,
	    figures->currency), number_text(ctx, orders),
	    orders == 1 ? "order" : "orders", money_text(ctx,
	    figures->of[FIGURE_RETURNED].total, figures->currency));
	chart_view(charts, &chart);
}

static void
charts_view(struct ctx *ctx, const struct figures *figures)
{
	struct json_object *charts = view_list(ctx->view, "charts");
	struct chart signups = chart_of(figures, "signups", "Sign-ups");

	credits_chart(ctx, charts, figures);
	revenue_chart(ctx, charts, figures);
	signups.line[0] = line_of(figures, FIGURE_SIGN_UPS, "Sign-ups");
	signups.total = arena_printf(ctx->arena, "%s in all",
	    number_text(ctx, figures->of[FIGURE_SIGN_UPS].total));
	chart_view(charts, &signups);
}

static void
outlook_view(struct ctx *ctx, struct json_object *list, const char *label,
    const struct outlook *outlook, const char *one, const char *many)
{
	const char *more = outlook->more ? "more than " : "";

	words_figure(list, label, arena_printf(ctx->arena, "%s%s", more,
	    number_text(ctx, outlook->credits)), arena_printf(ctx->arena,
	    "credits in %s%s %s", more, number_text(ctx, outlook->count),
	    outlook->count == 1 ? one : many));
}

static void
outlooks_view(struct ctx *ctx, const struct dashboard *dashboard)
{
	struct json_object *list = view_list(ctx->view, "outlook");

	outlook_view(ctx, list, "Expire within 7 days", &dashboard->week,
	    "lot", "lots");
	outlook_view(ctx, list, "Expire within 30 days", &dashboard->month,
	    "lot", "lots");
	outlook_view(ctx, list, "Held", &dashboard->holds, "open hold",
	    "open holds");
}

static void
period_view(struct ctx *ctx, const struct figures *figures)
{
	char first[FORMAT_MOMENT_SIZE], last[FORMAT_MOMENT_SIZE];

	format_date(first, figures->first);
	format_date(last, ctx->now);
	view_text(ctx->view, "periodText", arena_printf(ctx->arena,
	    "%s to %s, in UTC, beside the %s days before", first, last,
	    number_text(ctx, figures->days)));
}

static void
spender_words(struct ctx *ctx, struct json_object *spender)
{
	(void)ctx;
	words_number(spender, "spentText", view_get_int(spender, "spent"));
}

void
dashboard_words(struct ctx *ctx, const struct dashboard *dashboard)
{
	const struct figures *figures = &dashboard->figures;

	period_view(ctx, figures);
	words_tabs(ctx->view, ranges, number_text(ctx, figures->days));
	figures_view(ctx, dashboard);
	charts_view(ctx, figures);
	outlooks_view(ctx, dashboard);
	words_each(ctx, view_get(ctx->view, "topSpenders"), spender_words);
}
