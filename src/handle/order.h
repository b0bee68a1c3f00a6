/*
 * order.h - what the handlers of orders share
 */
#ifndef HANDLE_ORDER_H
#define HANDLE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "handle/words.h"

struct ctx;
struct json_object;

/*
 * order_settle - store_order_settle, and the letters it is a reason for
 *
 * "receipt" when the order was paid by this, "refunded" when money went back.
 */
enum status order_settle(struct ctx *ctx, const char *id);

/* What an order says on a page, beside its values. */
void order_words(struct ctx *ctx, struct json_object *order);
extern const struct choice_word order_statuses[];

/* The money under key, in the object's "currency", as text_key; none: null. */
void money_words(struct json_object *order, const char *key,
    const char *text_key);

/* Whether what is sold can be paid for here. */
bool payments_on(const struct ctx *ctx);

/* ---- checkout.c: before the transaction -------------------------------- */

/*
 * checkout_close - see that an unpaid order cannot be paid at Stripe any more
 *
 * user_id  whose it must be; NULL: anybody's
 *
 * ST_ORDER_NOT_FOUND
 * ST_ORDER_CLOSED     it is paid, or deleted
 * ST_PAYMENT_PENDING  it has been paid there
 * ST_BUSY, ST_STRIPE_UNAVAILABLE
 */
enum status checkout_close(struct ctx *ctx, const char *id,
    const char *user_id);

#endif
