#include "handle/shop.h"

#include "base/format.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/order.h"
#include "handle/plan_form.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/page.h"
#include "store/plan.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on a plan's page */

/* ---- words ------------------------------------------------------------- */

static const struct choice_word kinds[] = {
	{ "pack", "Pack, paid once" }, { "subscription", "Subscription" },
	{ NULL, NULL }
};
static const struct choice_word intervals[] = {
	{ "", "Once" }, { "month", "Every month" }, { "year", "Every year" },
	{ NULL, NULL }
};

void
plan_words(struct ctx *ctx, struct json_object *plan)
{
	const char *interval = view_get_text(plan, "interval");
	const int64_t days = view_get_int(plan, "creditsExpireDays");
	char money[FORMAT_MONEY_SIZE];

	format_money(money, view_get_int(plan, "priceMinor"),
	    view_get_text(plan, "currency"), false);
	view_text(plan, "priceText", money);
	view_text(plan, "kindText", interval == NULL ? "Pack" :
	    text_is(interval, "year") ? "Every year" : "Every month");
	words_number(plan, "creditsText", view_get_int(plan, "credits"));
	view_text(plan, "expiryText", days == 0 ? NULL :
	    words_plural(ctx, days, "day"));
}

/* ---- for buyers -------------------------------------------------------- */

struct offers_query {
	const char *kind;
};

static const struct form_field offers_fields[] = {
	FIELD_ENUM(struct offers_query, kind, "kind", plan_kinds,
	    .optional = true, .label = "Kind"),
};
const struct form offers_form = FORM(offers_fields, struct offers_query);

enum status
plan_offers(struct ctx *ctx)
{
	const struct offers_query *query = ctx->input;

	return store_plan_offers(ctx, query->kind,
	    view_list(ctx->view, "plans"));
}

enum status
shop_view(struct ctx *ctx)
{
	struct json_object *offers = view_list(ctx->view, "offers");

	view_bool(ctx->view, "shop", ctx->config->shop_enabled);
	view_bool(ctx->view, "paymentsOn", payments_on(ctx));
	if (!ctx->config->shop_enabled)
		return ST_OK;
	TRY(store_plan_offers(ctx, "pack", offers));
	words_each(ctx, offers, plan_words);
	return ST_OK;
}

/* ---- lists of administrators ------------------------------------------- */

enum status
admin_plans(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;
	struct json_object *plans = view_list(ctx->view, "plans");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_plan_list(ctx, &page, plans));
	if (is_page(ctx))
		words_each(ctx, plans, plan_words);
	words_next(ctx, &page, NULL);
	return ST_OK;
}

/* ---- the editor -------------------------------------------------------- */

/* What stands in the fields, unless a refused form says something else. */
static void
form_words(struct ctx *ctx, const struct json_object *plan)
{
	static const char *const same[] = { "kind", "name", "title",
		"description", "currency", "credits", "creditsExpireDays",
		"stripePriceId", "stripeAnnualPriceId", "trialDays",
		"position" };
	struct json_object *form = view_object(ctx->view, "form");
	char price[FORMAT_MONEY_SIZE];

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		view_copy(form, same[i], view_get(plan, same[i]));
	format_decimal(price, view_get_int(plan, "priceMinor"),
	    view_get_text(plan, "currency"));
	view_text(form, "price", price);
	view_text(form, "limits", view_as_text(ctx->arena,
	    view_get(plan, "limits")));
	view_text(form, "entitlements", view_as_text(ctx->arena,
	    view_get(plan, "entitlements")));
}

static const char *
typed(const struct ctx *ctx, const char *name, const char *otherwise)
{
	const char *value = view_get_text(ctx->body, name);

	return value != NULL ? value : otherwise;
}

static void
choice_words(struct ctx *ctx, const struct json_object *plan)
{
	const bool again = ctx->body != NULL;

	words_choices(ctx->view, "kinds", kinds, typed(ctx, "kind",
	    view_get_text(plan, "kind")));
	words_choices(ctx->view, "intervals", intervals, typed(ctx,
	    "interval", again ? "" : view_get_text(plan, "interval")));
	view_bool(ctx->view, "onSale", again ?
	    view_has(ctx->body, "active") : plan == NULL ||
	    view_is_true(plan, "active"));
}

enum status
admin_plan_new(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");

	view_null(ctx->view, "plan");
	if (ctx->body == NULL) {
		for (size_t i = 0; i < plan_form.count; i++)
			view_null(form, plan_form.fields[i].name);
		view_text(form, "position", "0");
	}
	choice_words(ctx, NULL);
	return ST_OK;
}

enum status
admin_plan(struct ctx *ctx)
{
	struct json_object *plan = view_object(ctx->view, "plan");

	TRY(store_plan_show(ctx, ctx->param[0], plan));
	if (!is_page(ctx))
		return ST_OK;
	plan_words(ctx, plan);
	ctx->response.title = view_get_text(plan, "title");
	TRY(words_trail(ctx, "plan", ctx->param[0], LATEST));
	if (ctx->body == NULL)
		form_words(ctx, plan);
	choice_words(ctx, plan);
	return ST_OK;
}

static enum status
plan_done(struct ctx *ctx, const char *id, const char *flash)
{
	ctx->response.flash = flash;
	if (!is_page(ctx))
		return store_plan_show(ctx, id,
		    view_object(ctx->view, "plan"));
	return respond_next(ctx, "/admin/plans/%s", id);
}

enum status
plan_create(struct ctx *ctx)
{
	struct plan_input *input = ctx->input;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	input->plan.id = id;
	TRY(store_plan_create(ctx, &input->plan));
	return plan_done(ctx, id, "The plan is created.");
}

enum status
plan_update(struct ctx *ctx)
{
	struct plan_input *input = ctx->input;

	input->plan.id = ctx->param[0];
	TRY(store_plan_update(ctx, &input->plan));
	return plan_done(ctx, ctx->param[0], input->plan.active ?
	    "The plan is saved." : "The plan is saved, and not on sale.");
}
