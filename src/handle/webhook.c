/*
 * What Stripe tells us. An event is stored and has its effect in one
 * transaction; what must be asked at Stripe first is asked before it.
 */
#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/invoice.h"
#include "handle/payment.h"
#include "handle/stripe.h"
#include "handle/stripe_read.h"
#include "store/db.h"
#include "store/provider_event.h"
#include "store/subscription_news.h"
#include "trust/stripe_signature.h"
#include "view/view.h"

struct effect;

struct stripe_event {
	struct provider_event event;
	const struct json_object *object;	/* what it is about */
	const struct effect *effect;	/* NULL: nothing of ours */
	struct json_object *asked;	/* that, or its subscription, as
					 * Stripe has it now; NULL: nobody
					 * asked, or it is not shown */
	struct json_object *lines;	/* of an invoice that has more than
					 * fit in; NULL as asked */
};

/* A type without a row is stored and acknowledged. */
struct effect {
	const char *type;
	const char *name;
	enum status (*ask)(struct ctx *ctx, struct stripe_event *event);
	enum status (*make)(struct ctx *ctx, const struct stripe_event *event);
	enum status (*pay)(struct ctx *ctx, const struct json_object *object);
};

/* ---- what it comes to -------------------------------------------------- */

/* What Stripe refuses to show, NULL, is settled without. */
static enum status
ask(struct ctx *ctx, const char *path, const struct buf *query,
    struct json_object **out)
{
	const enum status status = stripe_get(ctx, path, query, out);

	if (!refusal_is(ctx, status, ST_STRIPE_REFUSED))
		return status;
	*out = NULL;
	return ST_OK;
}

static enum status
ask_subscription(struct ctx *ctx, struct stripe_event *event, const char *id)
{
	return ask(ctx, arena_printf(ctx->arena, "/v1/subscriptions/%s", id),
	    NULL, &event->asked);
}

static bool
is_subscription_checkout(const struct stripe_event *event)
{
	return text_is(json_text(event->object, "mode"), "subscription");
}

/* A checkout names its subscription and shows nothing of it. */
static enum status
ask_bought(struct ctx *ctx, struct stripe_event *event)
{
	const char *id = stripe_id_in(event->object, "subscription", "sub_");

	return !is_subscription_checkout(event) || id == NULL ? ST_OK :
	    ask_subscription(ctx, event, id);
}

/* Of two events of one second neither says that it is the later one. */
static enum status
ask_if_tied(struct ctx *ctx, struct stripe_event *event)
{
	const char *id = stripe_id_in(event->object, "id", "sub_"), *by;
	int64_t at;

	if (id == NULL)
		return ST_OK;
	TRY(store_subscription_told(ctx, id, &at, &by));
	return at != event->event.created_at || text_is(by, event->event.id) ?
	    ST_OK : ask_subscription(ctx, event, id);
}

static enum status
hear(struct ctx *ctx, const struct stripe_event *event,
    const struct json_object *subscription)
{
	struct subscription_news news;

	TRY(subscription_read(ctx, subscription, &news));
	news.at = event->event.created_at;
	news.by = event->event.id;
	news.asked = event->asked != NULL;
	return store_subscription_hear(ctx, &news);
}

static enum status
make_bought(struct ctx *ctx, const struct stripe_event *event)
{
	if (!is_subscription_checkout(event))
		return ST_OK;
	if (event->asked == NULL)
		return refuse(ctx, ST_STRIPE_WEBHOOK_ERROR,
		    "Stripe does not show the subscription");
	return hear(ctx, event, event->asked);
}

static enum status
make_subscription(struct ctx *ctx, const struct stripe_event *event)
{
	return hear(ctx, event, event->asked != NULL ? event->asked :
	    event->object);
}

/* An event may leave out how the invoice was paid. */
static enum status
ask_payments(struct ctx *ctx, struct stripe_event *event)
{
	struct buf query;

	if (!invoice_hides(event->object))
		return ST_OK;
	stripe_form(ctx->arena, &query);
	stripe_text(&query, "expand[]", "payments");
	return ask(ctx, arena_printf(ctx->arena, "/v1/invoices/%s",
	    stripe_id_in(event->object, "id", "in_")), &query,
	    &event->asked);
}

/* It has ten lines at most, and those of a period come last. */
static enum status
ask_lines(struct ctx *ctx, struct stripe_event *event)
{
	struct buf query;

	if (!invoice_is_long(event->object))
		return ST_OK;
	stripe_form(ctx->arena, &query);
	stripe_int(&query, "limit", INVOICE_LINES_MAX);
	return ask(ctx, arena_printf(ctx->arena, "/v1/invoices/%s/lines",
	    stripe_id_in(event->object, "id", "in_")), &query,
	    &event->lines);
}

static enum status
ask_invoice(struct ctx *ctx, struct stripe_event *event)
{
	TRY(ask_payments(ctx, event));
	return ask_lines(ctx, event);
}

static enum status
make_invoice(struct ctx *ctx, const struct stripe_event *event)
{
	if ((event->asked == NULL && invoice_hides(event->object)) ||
	    (event->lines == NULL && invoice_is_long(event->object)))
		return refuse(ctx, ST_STRIPE_WEBHOOK_ERROR,
		    "Stripe does not show the invoice");
	return invoice_paid(ctx, &(struct invoice){
	    .object = event->object,
	    .payments = event->asked != NULL ? event->asked : event->object,
	    .lines = event->lines != NULL ? event->lines :
	    view_get(event->object, "lines"),
	    .paid_at = event->event.created_at });
}

#define ORDER(type, name, pay) { type, name, NULL, NULL, pay }
#define SUBSCRIPTION(type) { "customer.subscription." type, "subscription", \
	ask_if_tied, make_subscription, NULL }

static const struct effect effects[] = {
	{ "checkout.session.completed", "checkout", ask_bought, make_bought,
	    payment_checkout },
	ORDER("checkout.session.async_payment_succeeded", "checkout",
	    payment_checkout),
	ORDER("checkout.session.async_payment_failed", "checkout",
	    payment_checkout_failed),
	ORDER("checkout.session.expired", "checkout", payment_checkout),
	ORDER("payment_intent.succeeded", "payment", payment_intent),
	ORDER("charge.succeeded", "payment", payment_charge),
	ORDER("charge.refunded", "refund", payment_charge),
	ORDER("charge.refund.updated", "refund", payment_refund),
	ORDER("refund.created", "refund", payment_refund),
	ORDER("refund.updated", "refund", payment_refund),
	ORDER("refund.failed", "refund", payment_refund),
	ORDER("charge.dispute.created", "dispute", payment_dispute),
	ORDER("charge.dispute.updated", "dispute", payment_dispute),
	ORDER("charge.dispute.closed", "dispute", payment_dispute),
	ORDER("charge.dispute.funds_withdrawn", "dispute", payment_dispute),
	ORDER("charge.dispute.funds_reinstated", "dispute", payment_dispute),
	SUBSCRIPTION("created"),
	SUBSCRIPTION("updated"),
	SUBSCRIPTION("deleted"),
	SUBSCRIPTION("paused"),
	SUBSCRIPTION("resumed"),
	{ "invoice.paid", "invoice", ask_invoice, make_invoice, NULL },
};

static const struct effect *
effect_of(const char *type)
{
	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]); i++)
		if (text_is(effects[i].type, type))
			return &effects[i];
	return NULL;
}

/* ---- from bytes to an event -------------------------------------------- */

/* Before anything of it is read. */
static enum status
check_signature(struct ctx *ctx)
{
	const struct request *request = &ctx->request;
	const char *signature = request_param(request,
	    "HTTP_STRIPE_SIGNATURE");

	if (request->body_size == 0)
		return refuse(ctx, ST_INVALID_REQUEST_BODY, "no body");
	if (signature == NULL || signature[0] == '\0')
		return refuse(ctx, ST_STRIPE_SIGNATURE_NOT_FOUND,
		    "no signature");
	if (ctx->config->stripe_webhook_secret[0] == '\0')
		return refuse(ctx, ST_STRIPE_WEBHOOK_SECRET_NOT_FOUND,
		    "stripe.webhook_secret is not set");
	return stripe_signed(ctx->arena, ctx->config->stripe_webhook_secret,
	    signature, request->body, request->body_size, ctx->now / 1000) ?
	    ST_OK : refuse(ctx, ST_FAILED_TO_CONSTRUCT_STRIPE_EVENT,
	    "the signature is wrong or old");
}

static bool
is_type(const char *type)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";
	const size_t size = type == NULL ? 0 : strlen(type);

	return size > 0 && size <= EVENT_TYPE_MAX &&
	    strspn(type, allowed) == size;
}

/* What came without a time is of now. */
static enum status
read_event(struct ctx *ctx, struct stripe_event *event)
{
	struct json_object *body = NULL;
	const char *reason = "";
	int64_t created;

	if (!json_read(ctx->arena, ctx->request.body, ctx->request.body_size,
	    &body, &reason))
		return refuse(ctx, ST_FAILED_TO_CONSTRUCT_STRIPE_EVENT,
		    "JSON: %s", reason);
	created = stripe_time_in(body, "created");
	*event = (struct stripe_event){ .event = {
	    .id = stripe_id_in(body, "id", "evt_"),
	    .type = json_text(body, "type"),
	    .created_at = created != 0 ? created :
	    ctx->now / 1000 * 1000,
	    .body = ctx->request.body },
	    .object = view_get(view_get(body, "data"), "object") };
	if (!text_is(json_text(body, "object"), "event") ||
	    event->event.id == NULL || !is_type(event->event.type) ||
	    !view_is_object(event->object))
		return refuse(ctx, ST_FAILED_TO_CONSTRUCT_STRIPE_EVENT,
		    "this is no event");
	event->effect = effect_of(event->event.type);
	return ST_OK;
}

enum status
webhook_prepare(struct ctx *ctx)
{
	struct stripe_event *event = arena_alloc(ctx->arena, sizeof(*event));
	bool done = false;

	TRY(check_signature(ctx));
	TRY(read_event(ctx, event));
	ctx->prepared = event;
	if (event->effect == NULL || event->effect->ask == NULL)
		return ST_OK;
	TRY(store_event_done(ctx, &event->event, &done));
	return done ? ST_OK : event->effect->ask(ctx, event);
}

/* Whether it is the event that is wrong, and not the moment. */
static bool
is_final(enum status status)
{
	return status != ST_OK && status_http(status) / 100 == 4;
}

/* What it did is undone, why stays: Stripe tries again for three days, and
 * people can look. */
static enum status
keep_failure(struct ctx *ctx, const char *key, enum status status)
{
	const char *reason = ctx->refusal.reason;
	const char *why = arena_printf(ctx->arena, "%s: %s",
	    status_text(status), reason != NULL ? reason : "");

	TRY(db_undo(ctx));
	TRY(store_event_failed(ctx, key, why));
	refusal_drop(ctx);
	return refuse(ctx, ST_STRIPE_WEBHOOK_ERROR, "%s", why);
}

static enum status
make(struct ctx *ctx, const struct stripe_event *event)
{
	if (event->effect->make != NULL)
		TRY(event->effect->make(ctx, event));
	return event->effect->pay == NULL ? ST_OK :
	    event->effect->pay(ctx, event->object);
}

enum status
webhook(struct ctx *ctx)
{
	const struct stripe_event *event = ctx->prepared;
	const struct effect *effect = event->effect;
	const char *key;
	enum status status = ST_OK;
	bool done;

	view_bool(ctx->view, "success", true);
	TRY(store_event_take(ctx, &event->event, &key, &done));
	if (done)
		return ST_OK;
	if (effect != NULL) {
		TRY(db_savepoint(ctx));
		status = make(ctx, event);
	}
	if (is_final(status))
		return keep_failure(ctx, key, status);
	TRY(status);
	return store_event_applied(ctx, key, effect != NULL ? effect->name :
	    "none");
}
