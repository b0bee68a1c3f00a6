#include "handle/dashboard.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/admin.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/figures.h"
#include "store/lot.h"
#include "store/page.h"
#include "store/spender.h"
#include "store/user_list.h"
#include "view/view.h"

#define SPENDERS_SHOWN 10
#define ISO_DAY_SIZE 11

struct figures_query {
	const char *days;
};

static const char *const days_options[] = { "7", "30", "90", "365", NULL };
static const struct form_field figures_fields[] = {
	FIELD_ENUM(struct figures_query, days, "days", days_options,
	    .optional = true, .label = "Days"),
};
const struct form figures_form = FORM(figures_fields, struct figures_query);

static enum status
dashboard_read(struct ctx *ctx, struct dashboard *out)
{
	const struct figures_query *query = ctx->input;
	struct page page = page_first(SPENDERS_SHOWN);
	int64_t days = FIGURES_DAYS;

	if (query->days != NULL)
		(void)text_int(query->days, 1, FIGURES_DAYS_MAX, &days);
	TRY(store_user_count(ctx, &out->users));
	TRY(store_figures(ctx, days, &out->figures));
	TRY(store_lot_outlook(ctx, ctx->now + 7 * DAY_MS,
	    ctx->now + 30 * DAY_MS, &out->week, &out->month));
	TRY(store_hold_outlook(ctx, &out->holds));
	out->has_feedback = ctx->config->feedback_enabled &&
	    may(ctx, PERMISSION_FEEDBACK_LIST);
	if (out->has_feedback)
		TRY(store_feedback_figures(ctx, &out->feedback));
	return store_spender_list(ctx, &page,
	    view_list(ctx->view, "topSpenders"));
}

static const struct {
	enum figure figure;
	const char *key;
} members[] = {
	{ FIGURE_SIGN_UPS, "signUps" }, { FIGURE_ISSUED, "creditsIssued" },
	{ FIGURE_SPENT, "creditsSpent" }, { FIGURE_EXPIRED, "creditsExpired" },
	{ FIGURE_ORDERS, "ordersPaid" }, { FIGURE_REVENUE, "revenueMinor" },
	{ FIGURE_RETURNED, "returnedMinor" },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static void
totals_view(struct ctx *ctx, const struct figures *figures)
{
	struct json_object *totals = view_object(ctx->view, "totals");

	for (size_t i = 0; i < MEMBERS; i++) {
		const struct series *series = &figures->of[members[i].figure];
		struct json_object *out = view_object(totals, members[i].key);

		view_int(out, "now", series->total);
		view_int(out, "before", series->before);
	}
}

static void
days_view(struct ctx *ctx, const struct figures *figures)
{
	struct json_object *list = view_list(ctx->view, "byDay");

	for (int64_t day = 0; day < figures->days; day++) {
		struct json_object *out = view_object(list, NULL);
		char iso[CLOCK_ISO_SIZE];

		clock_iso(iso, figures->first + day * DAY_MS);
		view_text(out, "day", arena_copy(ctx->arena, iso,
		    ISO_DAY_SIZE - 1));
		for (size_t i = 0; i < MEMBERS; i++)
			view_int(out, members[i].key,
			    figures->of[members[i].figure].day[day]);
	}
}

static void
outlook_view(struct json_object *parent, const char *key,
    const struct outlook *outlook)
{
	struct json_object *out = view_object(parent, key);

	view_int(out, "count", outlook->count);
	view_int(out, "credits", outlook->credits);
	view_bool(out, "more", outlook->more);
}

static void
dashboard_view(struct ctx *ctx, const struct dashboard *dashboard)
{
	const struct figures *figures = &dashboard->figures;
	struct json_object *expiring;

	view_int(ctx->view, "days", figures->days);
	view_time(ctx->view, "from", figures->first);
	view_time(ctx->view, "to", ctx->now);
	view_int(ctx->view, "users", dashboard->users);
	view_text(ctx->view, "currency", figures->currency[0] == '\0' ? NULL :
	    figures->currency);
	totals_view(ctx, figures);
	days_view(ctx, figures);
	expiring = view_object(ctx->view, "expiring");
	outlook_view(expiring, "in7Days", &dashboard->week);
	outlook_view(expiring, "in30Days", &dashboard->month);
	outlook_view(ctx->view, "openHolds", &dashboard->holds);
}

enum status
dashboard_page(struct ctx *ctx)
{
	struct dashboard *dashboard = arena_alloc(ctx->arena,
	    sizeof(*dashboard));

	TRY(dashboard_read(ctx, dashboard));
	if (is_page(ctx))
		dashboard_words(ctx, dashboard);
	else
		dashboard_view(ctx, dashboard);
	return ST_OK;
}
