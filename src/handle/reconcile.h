/*
 * reconcile.h - compare with the payment provider
 */
#ifndef HANDLE_RECONCILE_H
#define HANDLE_RECONCILE_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

#define RECONCILE_DAYS_MAX 365

struct reconciled {
	int64_t payments, refunds, disputes;	/* that were looked at */
	int64_t differences;			/* that are open */
};

/*
 * reconcile - every payment, refund and dispute that Stripe has had since
 *
 * What it has had in the last minutes is left out: events are on their way.
 * Outside of transactions, with ctx->stripe open; ctx's arena is emptied on
 * the way.
 *
 * since  instant, ms
 *
 * ST_STRIPE_REFUSED, ST_STRIPE_UNAVAILABLE: nothing is known of the rest.
 */
enum status reconcile(struct ctx *ctx, int64_t since,
    struct reconciled *out);

#endif
