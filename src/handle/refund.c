#include "handle/shop.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/format.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/idempotency.h"
#include "handle/order.h"
#include "handle/payment.h"
#include "handle/stripe.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/order.h"
#include "store/payment.h"
#include "store/settlement.h"
#include "view/view.h"

#define REFERENCE_MAX 200	/* characters */

struct refund_input {
	const char *amount;		/* of a page, "4.50"; NULL: all */
	int64_t amount_minor;		/* of a program; FIELD_NONE: all */
	const char *reason;
	const char *key;
};

#define REASON								\
	FIELD_TEXT(struct refund_input, reason, "reason", 1,		\
	    CREDIT_REASON_MAX, .label = "Reason")
#define KEY								\
	FIELD_TEXT(struct refund_input, key, "key", 1, CREDIT_KEY_MAX,	\
	    .optional = true, .secret = true, .label = "Key")
static const struct form_field refund_fields[] = {
	FIELD_TEXT(struct refund_input, amount, "amount", 0, 20,
	    .optional = true, .label = "Amount"),
	REASON, KEY
};
static const struct form_field refund_json_fields[] = {
	FIELD_INT(struct refund_input, amount_minor, "amountMinor", 1,
	    INT64_C(1000000000000000), .optional = true, .label = "Amount"),
	REASON, KEY
};
const struct form refund_form = FORM(refund_fields, struct refund_input);
const struct form refund_json_form = FORM(refund_json_fields,
    struct refund_input);

/* What is asked for, and what came of it. */
struct refund {
	const char *key;
	int64_t amount_minor;
	struct refundable from;
	struct json_object *answer;	/* Stripe's refund; NULL: by hand */
	bool known;			/* it was made before, under this key */
};

/* ---- before the transaction -------------------------------------------- */

/* 0: all of it. */
static enum status
read_amount(struct ctx *ctx, const char *currency, int64_t *amount)
{
	const struct refund_input *input = ctx->input;

	*amount = 0;
	if (input->amount == NULL) {
		if (input->amount_minor > 0)
			*amount = input->amount_minor;
		return ST_OK;
	}
	if (format_read_money(input->amount, currency, amount) && *amount > 0)
		return ST_OK;
	return invalid(ctx, "body", "amount", "Invalid input",
	    "Amount must be an amount in that currency, for example 4.50.");
}

static enum status
check_left(struct ctx *ctx, struct refund *refund)
{
	if (refund->amount_minor == 0)
		refund->amount_minor = refund->from.left_minor;
	return refund->amount_minor <= refund->from.left_minor ? ST_OK :
	    refuse(ctx, ST_REFUND_EXCEEDED, "%lld of %lld",
	    (long long)refund->amount_minor,
	    (long long)refund->from.left_minor);
}

static enum status
check_spent(struct ctx *ctx, const struct refund *refund)
{
	int64_t wanted, there;

	if (text_is(ctx->config->shop_refund_spent, "partial"))
		return ST_OK;
	TRY(store_order_takeable(ctx, ctx->param[0], refund->amount_minor,
	    &wanted, &there));
	return there >= wanted ? ST_OK : refuse(ctx, ST_CREDITS_SPENT,
	    "%lld of %lld credits are there", (long long)there,
	    (long long)wanted);
}

/* Stripe's keys have fewer characters than ours. */
static enum status
ask_stripe(struct ctx *ctx, struct refund *refund)
{
	const char *key = text_to_base64url(ctx->arena, refund->key,
	    strlen(refund->key));
	struct buf form;

	stripe_form(ctx->arena, &form);
	stripe_text(&form, "payment_intent", refund->from.payment_id);
	stripe_int(&form, "amount", refund->amount_minor);
	stripe_text(&form, "metadata[orderId]", ctx->param[0]);
	return stripe_post(ctx, "/v1/refunds", &form,
	    arena_printf(ctx->arena, "refund-%s-%s", ctx->param[0], key),
	    &refund->answer);
}

static enum status
find_known(struct ctx *ctx, struct refund *refund)
{
	const int64_t asked = refund->amount_minor;
	enum status status = store_refund_known(ctx, ctx->param[0],
	    refund->key, &refund->amount_minor);

	if (status == ST_NOT_FOUND)
		return ST_OK;
	TRY(status);
	refund->known = true;
	return asked == 0 || asked == refund->amount_minor ? ST_OK :
	    refuse(ctx, ST_IDEMPOTENCY_KEY_REUSED, "it refunds another amount");
}

enum status
refund_prepare(struct ctx *ctx)
{
	const struct refund_input *input = ctx->input;
	struct refund *refund = arena_alloc(ctx->arena, sizeof(*refund));
	struct json_object *order = view_root(ctx->arena);

	ctx->prepared = refund;
	TRY(idempotency_key(ctx, input->key, &refund->key));
	TRY(store_order_get(ctx, ctx->param[0], NULL, order));
	TRY(read_amount(ctx, view_get_text(order, "currency"),
	    &refund->amount_minor));
	TRY(find_known(ctx, refund));
	if (refund->known)
		return ST_OK;
	TRY(store_payment_refundable(ctx, ctx->param[0], false,
	    &refund->from));
	TRY(check_left(ctx, refund));
	TRY(check_spent(ctx, refund));
	if (text_is(refund->from.provider, PROVIDER_MANUAL))
		return ST_OK;
	return payments_on(ctx) ? ask_stripe(ctx, refund) :
	    refuse(ctx, ST_PAYMENTS_OFF, "stripe.enabled is off");
}

/* ---- within it --------------------------------------------------------- */

/* By hand nobody else has looked whether so much was left. */
static enum status
note_manual(struct ctx *ctx, struct refund *refund)
{
	const char *order_id;

	TRY(store_payment_refundable(ctx, ctx->param[0], true,
	    &refund->from));
	if (!text_is(refund->from.provider, PROVIDER_MANUAL))
		return refuse(ctx, ST_CONFLICT,
		    "what is left was not paid by hand");
	TRY(check_left(ctx, refund));
	return store_reversal_note(ctx, &(struct reversal){
	    .id = arena_printf(ctx->arena, "%s:%s:%s", PROVIDER_MANUAL,
	    ctx->param[0], refund->key),
	    .payment_id = refund->from.payment_id,
	    .provider = PROVIDER_MANUAL, .kind = "refund",
	    .amount_minor = refund->amount_minor, .stage = REVERSAL_FINAL,
	    .state = "succeeded", .key = refund->key,
	    .reason = ((const struct refund_input *)ctx->input)->reason },
	    &order_id);
}

/* Under our key and with our reason; its event will add what it knows. */
static enum status
note_stripe(struct ctx *ctx, const struct refund *refund)
{
	const char *id = json_text(refund->answer, "id"), *order_id;

	if (id == NULL)
		return refuse(ctx, ST_STRIPE_UNAVAILABLE,
		    "the refund has no id");
	TRY(store_reversal_note(ctx, &(struct reversal){ .id = id,
	    .payment_id = refund->from.payment_id,
	    .provider = PROVIDER_STRIPE, .kind = "refund",
	    .amount_minor = refund->amount_minor, .stage = REVERSAL_OPEN,
	    .state = "pending", .key = refund->key,
	    .reason = ((const struct refund_input *)ctx->input)->reason },
	    &order_id));
	return payment_refund(ctx, refund->answer);
}

static enum status
audit_money(struct ctx *ctx, const char *action, int64_t amount_minor,
    const char *reason)
{
	struct json_object *after = view_root(ctx->arena);

	view_int(after, "amountMinor", amount_minor);
	view_text(after, "reason", reason);
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "order", .target_id = ctx->param[0],
	    .after = after });
}

static enum status
order_done(struct ctx *ctx, const char *flash)
{
	ctx->response.flash = flash;
	TRY(store_order_get(ctx, ctx->param[0], NULL,
	    view_object(ctx->view, "order")));
	return respond_next(ctx, "/admin/orders/%s", ctx->param[0]);
}

enum status
order_refund(struct ctx *ctx)
{
	const struct refund_input *input = ctx->input;
	struct refund *refund = ctx->prepared;

	if (refund->known)
		return order_done(ctx, "This refund was made before.");
	TRY(audit_money(ctx, "order.refund", refund->amount_minor,
	    input->reason));
	if (refund->answer != NULL)
		TRY(note_stripe(ctx, refund));
	else
		TRY(note_manual(ctx, refund));
	TRY(order_settle(ctx, ctx->param[0]));
	return order_done(ctx, "The refund is made.");
}

/* ---- paid another way -------------------------------------------------- */

struct mark_input {
	const char *reference;
};

static const struct form_field mark_paid_fields[] = {
	FIELD_TEXT(struct mark_input, reference, "reference", 1,
	    REFERENCE_MAX, .label = "Reference"),
};
const struct form mark_paid_form = FORM(mark_paid_fields,
    struct mark_input);

enum status
mark_paid_prepare(struct ctx *ctx)
{
	return checkout_close(ctx, ctx->param[0], NULL);
}

enum status
order_mark_paid(struct ctx *ctx)
{
	const struct mark_input *input = ctx->input;
	struct json_object *order = view_root(ctx->arena);
	const char *order_id;

	TRY(store_order_get(ctx, ctx->param[0], NULL, order));
	if (!text_is(view_get_text(order, "status"), "created"))
		return refuse(ctx, ST_ORDER_CLOSED, "the order is %s",
		    view_get_text(order, "status"));
	TRY(audit_money(ctx, "order.mark-paid",
	    view_get_int(order, "amountMinor"), input->reference));
	TRY(store_payment_note(ctx, &(struct payment){
	    .id = arena_printf(ctx->arena, "%s:%s", PROVIDER_MANUAL,
	    ctx->param[0]), .order_id = ctx->param[0],
	    .provider = PROVIDER_MANUAL,
	    .currency = view_get_text(order, "currency"),
	    .received_minor = view_get_int(order, "amountMinor") },
	    &order_id));
	TRY(order_settle(ctx, ctx->param[0]));
	return order_done(ctx, "The order is paid.");
}
