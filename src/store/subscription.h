/*
 * subscription.h - who subscribes to which plan, as Stripe has told
 *
 * News of a subscription come twice, late and out of order. Each says how all
 * of it was at a moment of Stripe's clock; what is older than what is known
 * changes nothing, so that all orders end in the same row.
 */
#ifndef STORE_SUBSCRIPTION_H
#define STORE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

/* A row that C decides upon. Texts live in the request's arena. */
struct subscription {
	const char *id;
	const char *plan;		/* lower case */
	const char *customer_id;	/* Stripe's; NULL: none */
	const char *stripe_id;		/* NULL: nobody has paid yet */
	const char *status;		/* Stripe's word */
	const char *interval;		/* "month"; NULL: not known yet */
	int64_t period_end;		/* ms UTC; 0: none */
	int64_t cancel_at;
	int64_t seats;
	bool cancel_at_period_end;
	bool scheduled;			/* a change of plan is */
};

/* Of a status: "active" and "trialing". */
bool subscription_is_live(const char *status);

/*
 * store_subscription_find - one of the user's
 *
 * id   its own, or Stripe's; NULL: the newest that is live
 * ST_SUBSCRIPTION_NOT_FOUND
 */
enum status store_subscription_find(struct ctx *ctx, const char *user_id,
    const char *id, struct subscription *out);

/* The newest that waits for its first payment. ST_SUBSCRIPTION_NOT_FOUND. */
enum status store_subscription_waiting(struct ctx *ctx, const char *user_id,
    struct subscription *out);

/*
 * store_subscription_lasting - the newest that Stripe would bill again: late,
 * unpaid or paused ones too, but none that is to end by itself
 *
 * out  its id NULL: there is none, or stripe.enabled is off, where nobody
 *      could end it
 */
enum status store_subscription_lasting(struct ctx *ctx, const char *user_id,
    struct subscription *out);

/*
 * store_subscription_none_lasts - nobody leaves who would be billed again
 *
 * Locks the user: it stays so until the commit.
 * ST_USER_HAS_ACTIVE_SUBSCRIPTION
 */
enum status store_subscription_none_lasts(struct ctx *ctx,
    const char *user_id);

/* Whether the user ever had a trial. */
enum status store_subscription_tried(struct ctx *ctx, const char *user_id,
    bool *tried);

/* list of the contract: the live ones, with "limits" and "priceId" of the
 * plan, into list out. */
enum status store_subscription_list(struct ctx *ctx, const char *user_id,
    struct json_object *out);

/*
 * store_subscription_begin - wait for the first payment of row id
 *
 * The row may be there, waiting for another plan's. Writes an audit row.
 * ST_CONFLICT  it has been paid meanwhile, or is another's
 */
struct subscription_new {
	const char *id;
	const char *user_id;
	const char *plan;
	const char *customer_id;
	int64_t seats;
};
enum status store_subscription_begin(struct ctx *ctx,
    const struct subscription_new *new);

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

/* It ends no more, as Stripe has just agreed. The user must be locked. Writes
 * an audit row. */
enum status store_subscription_restore(struct ctx *ctx, const char *id);

/*
 * store_customer_set - the customer at Stripe who is this user
 *
 * out  receives that, or another one that somebody set before
 * ST_CONFLICT  the customer is another user
 */
enum status store_customer_set(struct ctx *ctx, const char *user_id,
    const char *customer_id, const char **out);

/*
 * store_customer_user - whose customer it is
 * store_customer_lock - the same, within db_transact: only one at a time hears
 *                       of a customer
 *
 * ST_USER_NOT_FOUND
 */
enum status store_customer_lock(struct ctx *ctx, const char *customer_id,
    const char **user_id);
enum status store_customer_user(struct ctx *ctx, const char *customer_id,
    const char **user_id);

#endif
