#include "handle/invoice.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/payment.h"
#include "handle/stripe_read.h"
#include "store/order.h"
#include "store/payment.h"
#include "store/plan.h"
#include "store/customer.h"
#include "view/view.h"

/* ---- what it says ------------------------------------------------------ */

static bool
is_of_subscription(const struct json_object *invoice)
{
	const char *reason = json_text(invoice, "billing_reason");

	return reason != NULL && text_starts(reason, "subscription");
}

/* A change that is paid by another interval begins one, too. */
static bool
begins_period(const struct json_object *invoice)
{
	const char *reason = json_text(invoice, "billing_reason");

	return text_is(reason, "subscription_create") ||
	    text_is(reason, "subscription_cycle") ||
	    text_is(reason, "subscription_update");
}

bool
invoice_hides(const struct json_object *invoice)
{
	return is_of_subscription(invoice) &&
	    stripe_id_in(invoice, "id", "in_") != NULL &&
	    stripe_amount_in(invoice, "amount_paid") > 0 &&
	    !json_has(invoice, "payment_intent") &&
	    !json_has(invoice, "payments");
}

bool
invoice_is_long(const struct json_object *invoice)
{
	return is_of_subscription(invoice) &&
	    stripe_id_in(invoice, "id", "in_") != NULL &&
	    view_is_true(view_get(invoice, "lines"), "has_more");
}

/* NULL: none paid it. Attempts that did not succeed are listed as well. */
static const char *
intent_of(const struct json_object *invoice)
{
	const struct json_object *list = view_get(view_get(invoice,
	    "payments"), "data");
	const char *id = stripe_id_in(invoice, "payment_intent", "pi_");

	for (size_t i = 0; id == NULL && i < view_count(list); i++) {
		const struct json_object *one = view_at(list, i);

		if (text_is(json_text(one, "status"), "paid"))
			id = stripe_id_in(view_get(one, "payment"),
			    "payment_intent", "pi_");
	}
	return id;
}

/* What is paid for: a plan, and the line that says so. */
struct bought {
	struct plan plan;
	struct invoice_line line;
};

/* The first line of a whole period, or of a part, that has a plan. */
static enum status
find_line(struct ctx *ctx, const struct json_object *lines, bool proration,
    struct bought *out)
{
	size_t at = 0;

	while (invoice_next(lines, &at, &out->line)) {
		enum status status;

		if (out->line.proration != proration)
			continue;
		status = store_plan_priced(ctx, out->line.price_id,
		    &out->plan);
		if (!refusal_is(ctx, status, ST_PLAN_NOT_FOUND))
			return status;
	}
	return ST_PLAN_NOT_FOUND;
}

/* Parts stand first, and are of plans that the user has no more or not yet:
 * what he pays for is the whole, if there is one. ST_PLAN_NOT_FOUND. */
static enum status
find_bought(struct ctx *ctx, const struct json_object *lines,
    struct bought *out)
{
	const enum status status = find_line(ctx, lines, false, out);

	return status != ST_PLAN_NOT_FOUND ? status :
	    find_line(ctx, lines, true, out);
}

/* ---- credits ----------------------------------------------------------- */

/* Of money that lay with Stripe the credits came when it was paid; they are
 * no part of what is due. Below 0 more of it comes back than is due. */
static int64_t
share_due(const struct json_object *invoice, int64_t credits)
{
	int64_t total, due;

	if (!json_integer(invoice, "total", &total) || !json_integer(invoice,
	    "amount_due", &due) || (total >= 0 && due >= total))
		return credits;
	return due <= 0 || total <= 0 ? 0 : (int64_t)((long double)credits *
	    (long double)due / (long double)total + 0.5L);
}

/*
 * Those of a period, once. A part of one, for a plan that was changed, brings
 * none; a beginning that costs nothing brings them one time only, for
 * subscriptions can be begun, tried and cancelled without end.
 */
static enum status
count_credits(struct ctx *ctx, const struct json_object *invoice,
    const struct bought *bought, struct order_new *order)
{
	bool before = false;

	if (bought->line.proration || !begins_period(invoice))
		return ST_OK;
	if (order->amount_minor == 0 && !text_is(json_text(invoice,
	    "billing_reason"), "subscription_cycle"))
		TRY(store_order_free_before(ctx, order->user_id,
		    order->invoice_id, &before));
	if (!before)
		order->credits = share_due(invoice, bought->plan.credits);
	return ST_OK;
}

/* ---- as an order ------------------------------------------------------- */

static const char *
description_of(struct ctx *ctx, const struct bought *bought)
{
	const struct invoice_line *line = &bought->line;
	char from[FORMAT_MOMENT_SIZE], to[FORMAT_MOMENT_SIZE];

	if (line->period_start == 0 || line->period_end == 0)
		return bought->plan.title;
	format_date(from, line->period_start);
	format_date(to, line->period_end);
	return arena_printf(ctx->arena, "%s, %s to %s",
	    bought->plan.title, from, to);
}

/* Not before what was paid for is over. */
static int64_t
expiry_of(const struct bought *bought, int64_t at)
{
	const int64_t days = bought->plan.credits_expire_days;
	const int64_t end = at + days * DAY_MS;

	if (days == 0)
		return 0;
	return end > bought->line.period_end ? end : bought->line.period_end;
}

/* Nobody else writes one of this customer's, who is locked. */
static enum status
take_order(struct ctx *ctx, struct order_new *order)
{
	char id[ID_SIZE];
	const enum status status = store_order_invoiced(ctx,
	    order->invoice_id, &order->id);

	if (!refusal_is(ctx, status, ST_ORDER_NOT_FOUND))
		return status;
	id_new(id, ctx->now);
	order->id = arena_text(ctx->arena, id);
	return store_order_create(ctx, order);
}

static enum status
pay(struct ctx *ctx, const struct order_new *order, const char *intent)
{
	return payment_hear(ctx, &(struct payment){
	    .id = intent != NULL ? intent : order->invoice_id,
	    .order_id = order->id, .currency = order->currency,
	    .provider = intent != NULL ? PROVIDER_STRIPE : PROVIDER_MANUAL,
	    .received_minor = order->amount_minor });
}

static enum status
keep(struct ctx *ctx, const struct invoice *invoice,
    const struct bought *bought, struct order_new *order)
{
	const char *currency = stripe_currency_in(ctx, invoice->object);

	order->plan_id = bought->plan.id;
	order->description = description_of(ctx, bought);
	order->currency = currency != NULL ? currency : bought->plan.currency;
	order->expires_at = expiry_of(bought, invoice->paid_at);
	TRY(count_credits(ctx, invoice->object, bought, order));
	if (order->amount_minor == 0 && order->credits == 0)
		return ST_OK;
	TRY(take_order(ctx, order));
	return pay(ctx, order, intent_of(invoice->payments));
}

enum status
invoice_paid(struct ctx *ctx, const struct invoice *invoice)
{
	const struct json_object *object = invoice->object;
	const char *customer = stripe_id_in(object, "customer", "cus_");
	struct order_new order = {
	    .invoice_id = stripe_id_in(object, "id", "in_"),
	    .amount_minor = stripe_amount_in(object, "amount_paid") };
	struct bought bought;
	enum status status;

	if (customer == NULL || order.invoice_id == NULL ||
	    !is_of_subscription(object))
		return ST_OK;
	status = store_customer_lock(ctx, customer, &order.user_id);
	if (status == ST_OK)
		status = find_bought(ctx, invoice->lines, &bought);
	if (refusal_is(ctx, status, ST_USER_NOT_FOUND) ||
	    refusal_is(ctx, status, ST_PLAN_NOT_FOUND))
		return ST_OK;
	TRY(status);
	return keep(ctx, invoice, &bought, &order);
}
