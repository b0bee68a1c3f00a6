/*
 * Subscribing, and changing to another plan (contract/stripe.md).
 */
#include "handle/subscription.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/guard.h"
#include "handle/customer.h"
#include "handle/handle.h"
#include "handle/link.h"
#include "handle/stripe.h"
#include "store/customer.h"
#include "store/plan.h"
#include "store/subscription.h"
#include "store/user.h"
#include "view/view.h"

#define SEATS_MAX 1000000

struct upgrade {
	const char *plan;
	const char *reference_id, *subscription_id, *customer_type;
	const char *success_url, *cancel_url, *return_url, *locale;
	struct json_object *metadata;
	int64_t seats;
	enum choice annual, schedule, disable_redirect;
};

static const struct form_field upgrade_fields[] = {
	FIELD_ANY(struct upgrade, plan, "plan"),
	FIELD_BOOL(struct upgrade, annual, "annual", .optional = true),
	FIELD_ANY(struct upgrade, reference_id, "referenceId",
	    .optional = true),
	FIELD_TEXT(struct upgrade, subscription_id, "subscriptionId", 0,
	    INT32_MAX, .optional = true),
	FIELD_ENUM(struct upgrade, customer_type, "customerType",
	    customer_types, .optional = true),
	FIELD_OBJECT(struct upgrade, metadata, "metadata", .optional = true),
	FIELD_INT(struct upgrade, seats, "seats", 1, SEATS_MAX,
	    .optional = true),
	FIELD_TEXT(struct upgrade, locale, "locale", 0, 35, .optional = true),
	FIELD_ANY(struct upgrade, success_url, "successUrl", .optional = true),
	FIELD_ANY(struct upgrade, cancel_url, "cancelUrl", .optional = true),
	FIELD_ANY(struct upgrade, return_url, "returnUrl", .optional = true),
	FIELD_BOOL(struct upgrade, schedule, "scheduleAtPeriodEnd",
	    .optional = true),
	FIELD_BOOL(struct upgrade, disable_redirect, "disableRedirect",
	    .optional = true),
};
const struct form upgrade_form = FORM(upgrade_fields, struct upgrade);

/* What is known once Stripe was asked; the handler keeps it. */
struct upgrading {
	struct stripe_answer answer;
	struct plan plan;
	struct subscription mine;	/* id NULL: none is live */
	struct subscription_new new;	/* id NULL: mine is to be changed */
	const char *price_id;
	const char *item_id;		/* of the live one at Stripe; or NULL */
};

/* ---- what was sent ----------------------------------------------------- */

static enum status
check(struct ctx *ctx, const struct upgrade *input)
{
	TRY(reference_check(ctx, input->reference_id, input->customer_type));
	TRY(callback_pass(ctx, input->success_url));
	TRY(callback_pass(ctx, input->cancel_url));
	TRY(callback_pass(ctx, input->return_url));
	if (input->schedule == CHOICE_YES)
		return refuse(ctx, ST_SCHEDULE_NOT_SUPPORTED,
		    "scheduleAtPeriodEnd");
	return metadata_check(ctx, input->metadata);
}

/* ---- which plan, and what there is ------------------------------------- */

static enum status
find_plan(struct ctx *ctx, const struct upgrade *input,
    struct upgrading *out)
{
	const enum status status = store_plan_named(ctx, input->plan,
	    &out->plan);

	if (status == ST_PLAN_NOT_FOUND)
		return ST_SUBSCRIPTION_PLAN_NOT_FOUND;
	TRY(status);
	out->price_id = input->annual == CHOICE_YES ?
	    out->plan.stripe_annual_price_id : out->plan.stripe_price_id;
	return ST_OK;
}

static enum status
find_mine(struct ctx *ctx, const struct upgrade *input,
    struct upgrading *out)
{
	const enum status status = store_subscription_find(ctx,
	    ctx->user->id, input->subscription_id, &out->mine);

	return input->subscription_id == NULL &&
	    refusal_is(ctx, status, ST_SUBSCRIPTION_NOT_FOUND) ? ST_OK :
	    status;
}

static enum status
check_change(struct ctx *ctx, const struct upgrade *input,
    const struct upgrading *up)
{
	const struct subscription *mine = &up->mine;
	const char *interval = input->annual == CHOICE_YES ? "year" :
	    up->plan.interval;

	if (mine->id != NULL && subscription_is_live(mine->status) &&
	    strcasecmp(mine->plan, up->plan.name) == 0 &&
	    mine->seats == up->new.seats &&
	    (mine->interval == NULL || text_is(mine->interval, interval)) &&
	    (mine->period_end == 0 || mine->period_end > ctx->now))
		return refuse(ctx, ST_ALREADY_SUBSCRIBED_PLAN, "%s",
		    mine->plan);
	return up->price_id != NULL ? ST_OK :
	    refuse(ctx, ST_PRICE_NOT_FOUND, "%s", up->plan.name);
}

/* ---- what Stripe is asked for ------------------------------------------ */

/* The item to change of the one we know of, if it is live there, too. */
static enum status
find_live(struct ctx *ctx, struct upgrading *up)
{
	struct json_object *answer;
	const struct json_object *list, *items;
	struct buf query;

	stripe_form(ctx->arena, &query);
	stripe_text(&query, "customer", up->new.customer_id);
	stripe_int(&query, "limit", STRIPE_LIST_MAX);
	TRY(stripe_get(ctx, "/v1/subscriptions", &query, &answer));
	list = view_get(answer, "data");
	for (size_t i = 0; i < view_count(list); i++) {
		const struct json_object *one = view_at(list, i);

		items = view_get(view_get(one, "items"), "data");
		if (text_is(json_text(one, "id"), up->mine.stripe_id) &&
		    subscription_is_live(json_text(one, "status")) &&
		    view_count(items) > 0)
			up->item_id = json_text(view_at(items, 0), "id");
	}
	return ST_OK;
}

/* What is metered has no quantity before it is used. */
static enum status
price_counts(struct ctx *ctx, const char *price_id, bool *out)
{
	struct json_object *price;

	if (!stripe_is_id(price_id, "price_"))
		return refuse(ctx, ST_PRICE_NOT_FOUND, "%s is no price",
		    price_id);
	TRY(stripe_get(ctx, arena_printf(ctx->arena, "/v1/prices/%s",
	    price_id), NULL, &price));
	*out = !text_is(json_text(view_get(price, "recurring"),
	    "usage_type"), "metered");
	return ST_OK;
}

static enum status
ask_portal(struct ctx *ctx, const struct upgrade *input,
    struct upgrading *up)
{
#define CONFIRM "flow_data[subscription_update_confirm]"
	const char *back = link_absolute(ctx, link_or_root(input->return_url));
	struct buf form;
	bool counts;

	TRY(price_counts(ctx, up->price_id, &counts));
	portal_form_begin(ctx, &form, up->new.customer_id, back,
	    input->locale);
	stripe_text(&form, "flow_data[type]", "subscription_update_confirm");
	stripe_text(&form, "flow_data[after_completion][type]", "redirect");
	stripe_text(&form, "flow_data[after_completion][redirect]"
	    "[return_url]", link_absolute(ctx,
	    link_or_root(input->success_url)));
	stripe_text(&form, CONFIRM "[subscription]", up->mine.stripe_id);
	stripe_text(&form, CONFIRM "[items][0][id]", up->item_id);
	if (counts)
		stripe_int(&form, CONFIRM "[items][0][quantity]",
		    up->new.seats);
	stripe_text(&form, CONFIRM "[items][0][price]", up->price_id);
	return portal_ask(ctx, &form, input->disable_redirect, &up->answer);
#undef CONFIRM
}

static void
put_ids(struct ctx *ctx, struct buf *form, const char *prefix,
    const struct upgrade *input, const struct upgrading *up)
{
	const struct {
		const char *name, *value;
	} ids[] = {
		{ "userId", ctx->user->id },
		{ "subscriptionId", up->new.id },
		{ "referenceId", ctx->user->id },
	};

	metadata_put(ctx, form, prefix, input->metadata);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		stripe_text(form, arena_printf(ctx->arena, "%s[%s]", prefix,
		    ids[i].name), ids[i].value);
}

/* Nobody has a second trial. */
static enum status
put_trial(struct ctx *ctx, struct buf *form, const struct plan *plan)
{
	bool tried;

	if (plan->trial_days == 0)
		return ST_OK;
	TRY(store_subscription_tried(ctx, ctx->user->id, &tried));
	if (!tried)
		stripe_int(form, "subscription_data[trial_period_days]",
		    plan->trial_days);
	return ST_OK;
}

/* Stripe puts the session's id in place of the braces, which therefore stay as
 * they are. */
static const char *
success_url(struct ctx *ctx, const char *callback)
{
	return arena_printf(ctx->arena, "%s&checkoutSessionId="
	    "{CHECKOUT_SESSION_ID}", link_make(ctx,
	    "/subscription/success?callbackURL=", link_or_root(callback)));
}

static enum status
ask_checkout(struct ctx *ctx, const struct upgrade *input,
    struct upgrading *up)
{
	struct buf form;
	bool counts;

	TRY(price_counts(ctx, up->price_id, &counts));
	stripe_form(ctx->arena, &form);
	stripe_text(&form, "mode", "subscription");
	stripe_text(&form, "customer", up->new.customer_id);
	stripe_text(&form, "customer_update[name]", "auto");
	stripe_text(&form, "customer_update[address]", "auto");
	if (input->locale != NULL && input->locale[0] != '\0')
		stripe_text(&form, "locale", input->locale);
	stripe_text(&form, "success_url", success_url(ctx,
	    input->success_url));
	stripe_text(&form, "cancel_url", link_absolute(ctx,
	    link_or_root(input->cancel_url)));
	stripe_text(&form, "line_items[0][price]", up->price_id);
	if (counts)
		stripe_int(&form, "line_items[0][quantity]", up->new.seats);
	stripe_text(&form, "client_reference_id", ctx->user->id);
	TRY(put_trial(ctx, &form, &up->plan));
	put_ids(ctx, &form, "subscription_data[metadata]", input, up);
	put_ids(ctx, &form, "metadata", input, up);
	up->answer.redirect = input->disable_redirect != CHOICE_YES;
	/* Who asks again at once pays in one session. */
	return stripe_post(ctx, "/v1/checkout/sessions", &form,
	    stripe_key(ctx, "subscription", &form), &up->answer.object);
}

/* The row that waits, or a new one. */
static enum status
choose_row(struct ctx *ctx, struct upgrading *up)
{
	char id[ID_SIZE];
	struct subscription waiting;
	const enum status status = store_subscription_waiting(ctx,
	    ctx->user->id, &waiting);

	if (status == ST_OK) {
		up->new.id = waiting.id;
		return ST_OK;
	}
	if (!refusal_is(ctx, status, ST_SUBSCRIPTION_NOT_FOUND))
		return status;
	id_new(id, ctx->now);
	up->new.id = arena_text(ctx->arena, id);
	return ST_OK;
}

enum status
subscription_upgrade_prepare(struct ctx *ctx)
{
	const struct upgrade *input = ctx->input;
	struct upgrading *up = arena_alloc(ctx->arena, sizeof(*up));

	TRY(check(ctx, input));
	TRY(find_plan(ctx, input, up));
	up->new = (struct subscription_new){ .user_id = ctx->user->id,
	    .plan = text_lower(ctx->arena, up->plan.name),
	    .seats = input->seats != FIELD_NONE ? input->seats : 1 };
	TRY(find_mine(ctx, input, up));
	TRY(check_change(ctx, input, up));
	TRY(customer_find(ctx, input->metadata, &up->new.customer_id));
	TRY(find_live(ctx, up));
	ctx->prepared = up;
	if (up->item_id != NULL)
		return ask_portal(ctx, input, up);
	TRY(choose_row(ctx, up));
	return ask_checkout(ctx, input, up);
}

/* The customer, too, is kept together with what was begun for him. */
enum status
subscription_upgrade(struct ctx *ctx)
{
	const struct upgrading *up = ctx->prepared;
	const char *customer;

	TRY(store_customer_set(ctx, ctx->user->id, up->new.customer_id,
	    &customer));
	if (!text_is(customer, up->new.customer_id))
		return refuse(ctx, ST_CONFLICT, "another customer was first");
	if (up->new.id == NULL)
		return portal_view(ctx, &up->answer);
	TRY(store_subscription_begin(ctx, &up->new));
	answer_view(ctx, up->answer.object);
	view_bool(ctx->view, "redirect", up->answer.redirect);
	return session_follow(ctx, up->answer.object);
}
