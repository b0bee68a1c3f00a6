#include "handle/order.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/shop.h"
#include "handle/stripe.h"
#include "http/form.h"
#include "store/checkout.h"
#include "store/db.h"
#include "store/order.h"
#include "store/plan.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

#define LEAST_TIME_MS 60000	/* to pay in a session that is used again */

bool
payments_on(const struct ctx *ctx)
{
	return ctx->config->stripe_enabled;
}

/* ---- ordering ---------------------------------------------------------- */

struct purchase {
	const char *plan;
};

static const struct form_field purchase_fields[] = {
	FIELD_TEXT(struct purchase, plan, "planId", 1, 64, .label = "Pack"),
};
const struct form purchase_form = FORM(purchase_fields, struct purchase);

/* An order of the plan at its price of now. id: ID_SIZE bytes, for its own. */
static enum status
order_make(struct ctx *ctx, void *id)
{
	const struct purchase *input = ctx->input;
	struct plan plan;
	int64_t unpaid;

	TRY(store_order_unpaid(ctx, ctx->user->id, &unpaid));
	if (unpaid >= ctx->config->shop_unpaid_orders)
		return refuse(ctx, ST_TOO_MANY_ORDERS, "%lld are not paid",
		    (long long)unpaid);
	TRY(store_plan_get(ctx, input->plan, &plan));
	if (!plan.active || !text_is(plan.kind, "pack"))
		return refuse(ctx, ST_PLAN_NOT_AVAILABLE, "%s", plan.id);
	id_new(id, ctx->now);
	return store_order_create(ctx, &(struct order_new){ .id = id,
	    .user_id = ctx->user->id, .description = plan.title,
	    .credits = plan.credits, .amount_minor = plan.price_minor,
	    .currency = plan.currency, .plan_id = plan.id,
	    .expire_days = plan.credits_expire_days });
}

enum status
order_add(struct ctx *ctx)
{
	char id[ID_SIZE];

	if (!payments_on(ctx))
		return refuse(ctx, ST_PAYMENTS_OFF, "stripe.enabled is off");
	TRY(order_make(ctx, id));
	return store_order_get(ctx, id, ctx->user->id,
	    view_object(ctx->view, "order"));
}

/* ---- a session at Stripe ----------------------------------------------- */

static const char *
lower(struct ctx *ctx, const char *text)
{
	return text_lower(ctx->arena, text);
}

/* The price of the plan at Stripe, or the order's own. */
static void
put_item(struct ctx *ctx, struct buf *form, const struct checkout *checkout)
{
	stripe_int(form, "line_items[0][quantity]", 1);
	if (checkout->price_id != NULL) {
		stripe_text(form, "line_items[0][price]", checkout->price_id);
		return;
	}
	stripe_text(form, "line_items[0][price_data][currency]",
	    lower(ctx, checkout->currency));
	stripe_int(form, "line_items[0][price_data][unit_amount]",
	    checkout->amount_minor);
	stripe_text(form, "line_items[0][price_data][product_data][name]",
	    checkout->description);
}

/* What is said of the order comes back with every event about it. */
static void
put_session(struct ctx *ctx, struct buf *form,
    const struct checkout *checkout)
{
	const char *page = arena_printf(ctx->arena, "%s/account/orders/%s",
	    ctx->config->origin, checkout->order_id);

	stripe_text(form, "mode", "payment");
	stripe_text(form, "client_reference_id", checkout->order_id);
	stripe_text(form, "metadata[orderId]", checkout->order_id);
	stripe_text(form, "payment_intent_data[metadata][orderId]",
	    checkout->order_id);
	stripe_text(form, "customer_email", checkout->email);
	stripe_text(form, "success_url", arena_printf(ctx->arena,
	    "%s?paid=1", page));
	stripe_text(form, "cancel_url", page);
	put_item(ctx, form, checkout);
}

/* A price at Stripe that is not the order's would be paid and buy nothing. */
static enum status
read_session(struct ctx *ctx, const struct json_object *answer,
    struct checkout *out)
{
	int64_t total, expires;

	out->session_id = json_text(answer, "id");
	if (out->session_id == NULL ||
	    !json_integer(answer, "expires_at", &expires) ||
	    !stripe_is_id(out->session_id, "cs_"))
		return refuse(ctx, ST_STRIPE_UNAVAILABLE,
		    "the session has no id or end");
	TRY(stripe_url(ctx, answer, &out->url));
	out->expires_at = expires * 1000;
	if (json_integer(answer, "amount_total", &total) &&
	    total == out->amount_minor && text_is(json_text(answer,
	    "currency"), lower(ctx, out->currency)))
		return ST_OK;
	log_error("checkout", "%s does not have the price of its plan",
	    out->price_id == NULL ? "the session" : out->price_id);
	return refuse(ctx, ST_PAYMENTS_OFF, "the price at Stripe differs");
}

static enum status
open_session(struct ctx *ctx, struct checkout *checkout)
{
	struct json_object *answer;
	struct buf form;

	if (!payments_on(ctx))
		return refuse(ctx, ST_PAYMENTS_OFF, "stripe.enabled is off");
	checkout->attempts++;
	stripe_form(ctx->arena, &form);
	put_session(ctx, &form, checkout);
	TRY(stripe_post(ctx, "/v1/checkout/sessions", &form,
	    arena_printf(ctx->arena, "%s-%lld", checkout->order_id,
	    (long long)checkout->attempts), &answer));
	return read_session(ctx, answer, checkout);
}

static enum status
check_open(struct ctx *ctx, const struct checkout *checkout)
{
	if (!text_is(checkout->status, "created"))
		return refuse(ctx, ST_ORDER_CLOSED, "the order is %s",
		    checkout->status);
	return checkout->stage != CHECKOUT_PENDING ? ST_OK :
	    refuse(ctx, ST_PAYMENT_PENDING, "it was paid in %s",
	    checkout->session_id);
}

static bool
is_open(const struct ctx *ctx, const struct checkout *checkout)
{
	return checkout->session_id != NULL &&
	    checkout->stage == CHECKOUT_OPEN &&
	    checkout->expires_at > ctx->now;
}

/*
 * A session of the caller's order, for checkout_keep. One that is open is used
 * again; a new one has an idempotency key of the order's, so that the buyer
 * never pays twice.
 */
static enum status
ask_session(struct ctx *ctx, const char *id, struct checkout *checkout)
{
	TRY(store_checkout_get(ctx, id, ctx->user->id, checkout));
	TRY(check_open(ctx, checkout));
	if (is_open(ctx, checkout) &&
	    checkout->expires_at > ctx->now + LEAST_TIME_MS)
		return ST_OK;
	return open_session(ctx, checkout);
}

enum status
checkout_close(struct ctx *ctx, const char *id, const char *user_id)
{
	struct json_object *answer;
	struct checkout checkout;

	TRY(store_checkout_get(ctx, id, user_id, &checkout));
	TRY(check_open(ctx, &checkout));
	if (!is_open(ctx, &checkout) || !payments_on(ctx))
		return ST_OK;
	/* Only a session that is open can be ended. */
	return stripe_refused_as(ctx, stripe_post(ctx, arena_printf(ctx->arena,
	    "/v1/checkout/sessions/%s/expire", checkout.session_id), NULL,
	    arena_printf(ctx->arena, "expire-%s-%lld", id,
	    (long long)checkout.attempts), &answer), ST_PAYMENT_PENDING);
}

/* ---- paying ------------------------------------------------------------ */

/* Whether the buyer should rather see his order than a refusal. */
static bool
is_passing(enum status status)
{
	return status == ST_BUSY || status == ST_STRIPE_REFUSED ||
	    status == ST_STRIPE_UNAVAILABLE;
}

/* The order is made before anybody is asked about it, and stays. */
enum status
buy_prepare(struct ctx *ctx)
{
	struct checkout *checkout = arena_alloc(ctx->arena,
	    sizeof(*checkout));
	char *id = arena_alloc(ctx->arena, ID_SIZE);
	enum status status;

	if (!payments_on(ctx))
		return refuse(ctx, ST_PAYMENTS_OFF, "stripe.enabled is off");
	TRY(db_transact_with(ctx, order_make, id));
	ctx->prepared = checkout;
	status = ask_session(ctx, id, checkout);
	if (!is_passing(status))
		return status;
	refusal_drop(ctx);
	*checkout = (struct checkout){ .order_id = id };
	return ST_OK;
}

enum status
pay_prepare(struct ctx *ctx)
{
	struct checkout *checkout = arena_alloc(ctx->arena,
	    sizeof(*checkout));

	ctx->prepared = checkout;
	return ask_session(ctx, ctx->param[0], checkout);
}

enum status
checkout_keep(struct ctx *ctx)
{
	const struct checkout *checkout = ctx->prepared;

	if (checkout->url == NULL) {
		ctx->response.flash = "Your order is kept, but it cannot be "
		    "paid at this moment. Please try again a little later.";
		return respond_next(ctx, "/account/orders/%s",
		    checkout->order_id);
	}
	TRY(store_checkout_keep(ctx, checkout));
	view_text(ctx->view, "url", checkout->url);
	return respond_next(ctx, "%s", checkout->url);
}

/* ---- giving it up ------------------------------------------------------ */

enum status
cancel_prepare(struct ctx *ctx)
{
	return checkout_close(ctx, ctx->param[0], ctx->user->id);
}

enum status
order_cancel(struct ctx *ctx)
{
	TRY(store_order_move(ctx, ctx->param[0], "deleted"));
	ctx->response.flash = "The order is cancelled.";
	return respond_next(ctx, "/account/orders/%s", ctx->param[0]);
}
