/*
 * settlement.h - what the known payments of an order come to
 *
 * An order is paid when as much came as it costs, refunded when nothing of it
 * is left, and its credits are those of the part that is left: of the rest,
 * rounded down, they are taken back. Taken is what is there; what is not, for
 * it was spent or has expired, is kept as the order's shortfall.
 */
#ifndef STORE_SETTLEMENT_H
#define STORE_SETTLEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;

struct settlement {
	const char *user_id;		/* NULL: that user is gone */
	bool first_paid;		/* it was paid by this, and not before */
	int64_t refunded_minor;		/* given back, in all */
	int64_t refunded_now;		/* of that, since the last time */
};

/*
 * store_order_settle - bring status and credits of an order to its facts
 *
 * Locks the wallets of the buyer and of who brought him, and then the order;
 * does nothing where all is as it should be already. A reward for bringing
 * the buyer comes with the payment and goes when nothing of it is left. Grants
 * have the key "tollgate:order:ID", later ones a number behind it.
 *
 * ST_ORDER_NOT_FOUND
 * ST_BALANCE_LIMIT_EXCEEDED  the wallet cannot hold the credits
 */
enum status store_order_settle(struct ctx *ctx, const char *id,
    struct settlement *out);

/*
 * store_order_takeable - what refunding amount_minor more would come to
 *
 * wanted  receives the credits that would be taken back
 * there   how many of them the wallet has now, set aside or not
 */
enum status store_order_takeable(struct ctx *ctx, const char *id,
    int64_t amount_minor, int64_t *wanted, int64_t *there);

#endif
