#include "handle/payment.h"

#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/order.h"
#include "handle/stripe_read.h"
#include "store/checkout.h"
#include "store/payment.h"
#include "view/view.h"

/* ---- what it says ------------------------------------------------------ */

/* An id, or an object that stands in its place and has it. */
static const char *
id_of(const struct json_object *object, const char *name)
{
	const char *id = json_text(object, name);

	return id != NULL ? id : json_text(view_get(object, name), "id");
}

/* Which of our orders, as we have told Stripe when it was to be paid. */
static const char *
order_of(const struct json_object *object)
{
	return json_text(view_get(object, "metadata"), "orderId");
}

/* ---- facts ------------------------------------------------------------- */

enum status
payment_hear(struct ctx *ctx, const struct payment *heard)
{
	const char *order_id;

	TRY(store_payment_note(ctx, heard, &order_id));
	return order_id == NULL ? ST_OK : order_settle(ctx, order_id);
}

static enum status
note_reversal(struct ctx *ctx, const struct reversal *heard)
{
	const char *order_id;

	TRY(store_reversal_note(ctx, heard, &order_id));
	return order_id == NULL ? ST_OK : order_settle(ctx, order_id);
}

/* ---- checkout sessions ------------------------------------------------- */

static bool
is_ours(const struct json_object *session)
{
	return text_is(json_text(session, "mode"), "payment") &&
	    json_text(session, "id") != NULL;
}

static bool
is_paid(const struct json_object *session)
{
	const char *status = json_text(session, "payment_status");

	return text_is(status, "paid") ||
	    text_is(status, "no_payment_required");
}

static enum checkout_stage
stage_of(const struct json_object *session)
{
	const char *status = json_text(session, "status");

	if (text_is(status, "expired") || is_paid(session))
		return CHECKOUT_OVER;
	return text_is(status, "complete") ? CHECKOUT_PENDING : CHECKOUT_OPEN;
}

enum status
payment_checkout(struct ctx *ctx, const struct json_object *session)
{
	const char *id = json_text(session, "id");
	const char *intent = id_of(session, "payment_intent");

	if (!is_ours(session))
		return ST_OK;
	TRY(store_checkout_note(ctx, id, stage_of(session)));
	if (!is_paid(session))
		return ST_OK;
	return payment_hear(ctx, &(struct payment){
	    .id = intent != NULL ? intent : id,
	    .order_id = order_of(session), .provider = PROVIDER_STRIPE,
	    .currency = stripe_currency_in(ctx, session),
	    .received_minor = stripe_amount_in(session, "amount_total") });
}

enum status
payment_checkout_failed(struct ctx *ctx, const struct json_object *session)
{
	return is_ours(session) ? store_checkout_note(ctx,
	    json_text(session, "id"), CHECKOUT_OVER) : ST_OK;
}

/* ---- payments ---------------------------------------------------------- */

bool
payment_of_intent(struct ctx *ctx, const struct json_object *intent,
    struct payment *out)
{
	*out = (struct payment){ .id = json_text(intent, "id"),
	    .order_id = order_of(intent), .provider = PROVIDER_STRIPE,
	    .currency = stripe_currency_in(ctx, intent),
	    .received_minor = stripe_amount_in(intent, "amount_received") };
	return out->id != NULL && out->order_id != NULL &&
	    text_is(json_text(intent, "status"), "succeeded");
}

enum status
payment_intent(struct ctx *ctx, const struct json_object *intent)
{
	struct payment heard;

	return payment_of_intent(ctx, intent, &heard) ?
	    payment_hear(ctx, &heard) : ST_OK;
}

enum status
payment_charge(struct ctx *ctx, const struct json_object *charge)
{
	const char *intent = id_of(charge, "payment_intent");

	if (intent == NULL ||
	    !text_is(json_text(charge, "status"), "succeeded"))
		return ST_OK;
	return payment_hear(ctx, &(struct payment){ .id = intent,
	    .order_id = order_of(charge), .provider = PROVIDER_STRIPE,
	    .currency = stripe_currency_in(ctx, charge),
	    .received_minor = stripe_amount_in(charge, "amount_captured"),
	    .refunded_minor = stripe_amount_in(charge, "amount_refunded") });
}

/* ---- money that goes back ---------------------------------------------- */

struct word_stage {
	const char *word;
	enum reversal_stage stage;
};

/* A word we do not know moves no money. */
static enum reversal_stage
stage_named(const struct word_stage *words, const char *word)
{
	for (; words->word != NULL; words++)
		if (text_is(words->word, word))
			return words->stage;
	return REVERSAL_ANNOUNCED;
}

static bool
read_reversal(const struct json_object *object, const char *kind,
    const struct word_stage *words, struct reversal *out)
{
	const char *state = json_text(object, "status");

	*out = (struct reversal){ .id = json_text(object, "id"),
	    .payment_id = id_of(object, "payment_intent"),
	    .provider = PROVIDER_STRIPE, .kind = kind,
	    .amount_minor = stripe_amount_in(object, "amount"),
	    .stage = stage_named(words, state), .state = state,
	    .reason = json_text(object, "reason") };
	return out->id != NULL && out->payment_id != NULL && state != NULL;
}

bool
reversal_of_refund(const struct json_object *refund, struct reversal *out)
{
	static const struct word_stage words[] = {
		{ "pending", REVERSAL_OPEN },
		{ "requires_action", REVERSAL_OPEN },
		{ "succeeded", REVERSAL_FINAL },
		{ "failed", REVERSAL_UNDONE },
		{ "canceled", REVERSAL_UNDONE },
		{ NULL, REVERSAL_ANNOUNCED }
	};

	return read_reversal(refund, "refund", words, out);
}

bool
reversal_of_dispute(const struct json_object *dispute, struct reversal *out)
{
	static const struct word_stage words[] = {
		{ "needs_response", REVERSAL_OPEN },
		{ "under_review", REVERSAL_OPEN },
		{ "lost", REVERSAL_FINAL },
		{ "won", REVERSAL_UNDONE },
		{ "prevented", REVERSAL_UNDONE },
		{ NULL, REVERSAL_ANNOUNCED }	/* warning_...: a question */
	};

	return read_reversal(dispute, "dispute", words, out);
}

enum status
payment_refund(struct ctx *ctx, const struct json_object *refund)
{
	struct reversal heard;

	return reversal_of_refund(refund, &heard) ?
	    note_reversal(ctx, &heard) : ST_OK;
}

enum status
payment_dispute(struct ctx *ctx, const struct json_object *dispute)
{
	struct reversal heard;

	return reversal_of_dispute(dispute, &heard) ?
	    note_reversal(ctx, &heard) : ST_OK;
}
