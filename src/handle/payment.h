/*
 * payment.h - what a payment provider says about payments of orders
 *
 * Each takes "data.object" of an event, within the transaction that stores
 * the event. What it says is kept as a fact, and the order settled from all
 * facts there are (store/settlement.h): events may come twice, late and in
 * any order. What is about no order of ours changes nothing, and is ST_OK.
 */
#ifndef HANDLE_PAYMENT_H
#define HANDLE_PAYMENT_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct payment;
struct reversal;

/* Any fact of a payment, and what its order comes to by it. */
enum status payment_hear(struct ctx *ctx, const struct payment *heard);

/*
 * Of a checkout session; other modes than "payment" are left alone.
 *
 * payment_checkout         checkout.session.completed, .expired,
 *                          .async_payment_succeeded
 * payment_checkout_failed  checkout.session.async_payment_failed
 */
enum status payment_checkout(struct ctx *ctx,
    const struct json_object *session);
enum status payment_checkout_failed(struct ctx *ctx,
    const struct json_object *session);

/* Of a payment intent: payment_intent.succeeded. */
enum status payment_intent(struct ctx *ctx, const struct json_object *intent);

/* Of a charge: charge.succeeded, charge.refunded. */
enum status payment_charge(struct ctx *ctx, const struct json_object *charge);

/* Of a refund: refund.created, .updated, .failed, charge.refund.updated. */
enum status payment_refund(struct ctx *ctx, const struct json_object *refund);

/* Of a dispute: charge.dispute.created, .updated, .closed,
 * .funds_withdrawn, .funds_reinstated. */
enum status payment_dispute(struct ctx *ctx,
    const struct json_object *dispute);

/*
 * What an object of Stripe's says as a fact; false: nothing of an order.
 *
 * payment_of_intent    of a payment intent that has succeeded
 * reversal_of_refund, reversal_of_dispute
 */
bool payment_of_intent(struct ctx *ctx, const struct json_object *intent,
    struct payment *out);
bool reversal_of_refund(const struct json_object *refund,
    struct reversal *out);
bool reversal_of_dispute(const struct json_object *dispute,
    struct reversal *out);

#endif
