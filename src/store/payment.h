/*
 * payment.h - what is known of payments, and of money that went back
 *
 * Facts: each call merges what was heard into what is known, by the greatest,
 * so the same facts in any order, any number of times, end in the same rows.
 * A payment's row is locked from the call to the commit, so that of two
 * transactions that hear of one payment the later one sees what the earlier
 * one did. All of it runs inside db_transact.
 */
#ifndef STORE_PAYMENT_H
#define STORE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define PROVIDER_STRIPE "stripe"
#define PROVIDER_MANUAL "manual"

/*
 * store_payment_note - merge what was heard of a payment
 *
 * order_id  receives the order it is known to pay by now; NULL: none
 *
 * ST_INVALID  a value out of bounds
 */
struct payment {
	const char *id;			/* the provider's payment intent */
	const char *order_id;		/* said to pay it; NULL: not said. An
					 * id that is none of ours is none */
	const char *provider;
	const char *currency;		/* ISO 4217; NULL: not said */
	int64_t received_minor;		/* 0: not said */
	int64_t refunded_minor;		/* in all; 0: not said */
};
enum status store_payment_note(struct ctx *ctx, const struct payment *heard,
    const char **order_id);

/*
 * store_reversal_note - merge what was heard of a refund or a dispute
 *
 * The payment may be one that nothing was heard of so far. order_id as above.
 */
enum reversal_stage {
	REVERSAL_ANNOUNCED,		/* no money has moved */
	REVERSAL_OPEN,			/* the money is gone */
	REVERSAL_FINAL,			/* for good */
	REVERSAL_UNDONE			/* it is back: the refund failed, the
					 * dispute is won */
};
struct reversal {
	const char *id;			/* the provider's */
	const char *payment_id;
	const char *provider;
	const char *kind;		/* "refund" or "dispute" */
	int64_t amount_minor;
	enum reversal_stage stage;
	const char *state;		/* the provider's word */
	const char *reason;		/* NULL: nothing said */
	const char *key;		/* of who asked for it here; or NULL */
};
enum status store_reversal_note(struct ctx *ctx,
    const struct reversal *heard, const char **order_id);

/*
 * store_refund_known - the amount of the order's refund under that key
 *
 * ST_NOT_FOUND: there is none.
 */
enum status store_refund_known(struct ctx *ctx, const char *order_id,
    const char *key, int64_t *amount_minor);

/*
 * store_payment_refundable - the payment of an order that has most left
 *
 * locked  as by store_payment_note, within db_transact
 *
 * ST_ORDER_NOT_REFUNDABLE: nothing is left of any.
 */
struct refundable {
	const char *payment_id;
	const char *provider;
	int64_t left_minor;
};
enum status store_payment_refundable(struct ctx *ctx, const char *order_id,
    bool locked, struct refundable *out);

/* Payments of an order, the oldest first, into list out: "id", "provider",
 * "currency", "receivedMinor", "refundedMinor", "createdAt". */
enum status store_payment_list(struct ctx *ctx, const char *order_id,
    struct json_object *out);

/* Its refunds and disputes, the oldest first, into list out: "id",
 * "paymentId", "kind", "amountMinor", "currency" (null: not known), "stage" (a
 * number, as above), "state", "reason", "createdAt". */
enum status store_reversal_list(struct ctx *ctx, const char *order_id,
    struct json_object *out);

#endif
