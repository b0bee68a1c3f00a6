/*
 * subscription_news.h - what Stripe tells of a subscription
 *
 * News come twice, late and out of order. Each says how all of it was at a
 * moment of Stripe's clock; what is older than what is known changes nothing,
 * so that all orders end in the same row.
 */
#ifndef STORE_SUBSCRIPTION_NEWS_H
#define STORE_SUBSCRIPTION_NEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;

/* All of a subscription, as it was at a moment. */
struct subscription_news {
	const char *stripe_id;
	const char *customer_id;
	const char *row_id;		/* which it was begun as; NULL */
	const char *status;
	const char *price_id;		/* NULL: not said */
	const char *interval;		/* NULL: not said */
	const char *schedule_id;	/* NULL: none */
	int64_t period_start, period_end;	/* ms UTC; 0: not said */
	int64_t trial_start, trial_end;
	int64_t cancel_at, canceled_at, ended_at;
	int64_t seats;
	bool cancel_at_period_end;

	int64_t at;			/* ms, by Stripe's clock */
	const char *by;			/* event that tells it */
	bool asked;			/* it is newer than the event: Stripe
					 * was asked after that came */
};

/*
 * store_subscription_told - when and by what the row knows what it knows
 *
 * *at 0: there is no such row, or nothing was told
 */
enum status store_subscription_told(struct ctx *ctx, const char *stripe_id,
    int64_t *at, const char **by);

/*
 * store_subscription_hear - news, in the transaction of their event
 *
 * Locks the user, then the row. A subscription that was made elsewhere, of a
 * customer and a plan we know, gets a row; of one we do not know nothing is
 * kept, which is ST_OK. While it is live the user has what the plan entitles
 * to. Writes an audit row where the status changes.
 */
enum status store_subscription_hear(struct ctx *ctx,
    const struct subscription_news *news);

/*
 * store_subscription_activate - the same before Stripe has told anything: the
 * buyer came back from paying before the event did
 *
 * Only of a row of this user's that waits; else nothing changes, ST_OK.
 */
enum status store_subscription_activate(struct ctx *ctx, const char *user_id,
    const struct subscription_news *news);

#endif
