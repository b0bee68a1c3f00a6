#include "handle/invoice.h"

#include "base/arena.h"
#include "base/format.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/payment.h"
#include "handle/stripe_read.h"
#include "store/figures.h"
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

/* Whatever else is invoiced, a change of plan in mid-period above all, would
 * bring the credits of a period a second time. */
static bool
begins_period(const struct json_object *invoice)
{
	const char *reason = json_text(invoice, "billing_reason");

	return text_is(reason, "subscription_create") ||
	    text_is(reason, "subscription_cycle");
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

/* The plan of the first line that has one. ST_PLAN_NOT_FOUND. */
static enum status
find_plan(struct ctx *ctx, const struct json_object *invoice,
    struct plan *plan, struct invoice_line *line)
{
	size_t at = 0;

	while (invoice_next(invoice, &at, line)) {
		enum status status = store_plan_priced(ctx, line->price_id,
		    plan);

		if (status != ST_PLAN_NOT_FOUND)
			return status;
	}
	return ST_PLAN_NOT_FOUND;
}

/* ---- as an order ------------------------------------------------------- */

static const char *
description_of(struct ctx *ctx, const struct plan *plan,
    const struct invoice_line *line)
{
	char from[FORMAT_MOMENT_SIZE], to[FORMAT_MOMENT_SIZE];

	if (line->period_start == 0 || line->period_end == 0)
		return plan->title;
	format_date(from, line->period_start);
	format_date(to, line->period_end);
	return arena_printf(ctx->arena, "%s, %s to %s", plan->title, from,
	    to);
}

/* Not before what was paid for is over. */
static int64_t
expiry_of(const struct plan *plan, const struct invoice_line *line,
    int64_t at)
{
	const int64_t end = at + plan->credits_expire_days * DAY_MS;

	if (plan->credits_expire_days == 0)
		return 0;
	return end > line->period_end ? end : line->period_end;
}

/* Nobody else writes one of this customer's, who is locked. */
static enum status
take_order(struct ctx *ctx, struct order_new *order)
{
	char id[ID_SIZE];
	const enum status status = store_order_invoiced(ctx,
	    order->invoice_id, &order->id);

	if (status != ST_ORDER_NOT_FOUND)
		return status;
	ctx->reason = NULL;
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

enum status
invoice_paid(struct ctx *ctx, const struct json_object *invoice,
    const struct json_object *payments, int64_t at)
{
	const char *customer = stripe_id_in(invoice, "customer", "cus_");
	const char *currency = stripe_currency_in(ctx, invoice);
	struct order_new order = {
	    .invoice_id = stripe_id_in(invoice, "id", "in_"),
	    .amount_minor = stripe_amount_in(invoice, "amount_paid") };
	struct invoice_line line;
	struct plan plan;
	enum status status;

	if (customer == NULL || order.invoice_id == NULL ||
	    !is_of_subscription(invoice))
		return ST_OK;
	status = store_customer_lock(ctx, customer, &order.user_id);
	if (status == ST_OK)
		status = find_plan(ctx, invoice, &plan, &line);
	if (status == ST_USER_NOT_FOUND || status == ST_PLAN_NOT_FOUND)
		return ST_OK;
	TRY(status);
	order.plan_id = plan.id;
	order.description = description_of(ctx, &plan, &line);
	order.currency = currency != NULL ? currency : plan.currency;
	order.credits = begins_period(invoice) ? plan.credits : 0;
	order.expires_at = expiry_of(&plan, &line, at);
	if (order.amount_minor == 0 && order.credits == 0)
		return ST_OK;
	TRY(take_order(ctx, &order));
	return pay(ctx, &order, intent_of(payments));
}
