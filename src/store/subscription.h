/*
 * subscription.h - who subscribes to which plan
 *
 * What Stripe tells of it is subscription_news.h's.
 */
#ifndef STORE_SUBSCRIPTION_H
#define STORE_SUBSCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

/* A row that C decides upon. Texts live in the request's arena. */
struct subscription {
	const char *id;
	const char *plan;		/* lower case */
	const char *customer_id;	/* Stripe's; NULL: none */
	const char *stripe_id;		/* NULL: nobody has paid yet */
	const char *status;		/* Stripe's word */
	const char *interval;		/* "day", "week", "month" or "year";
					 * NULL: not known yet */
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
 * store_subscription_offers - the plans a user can subscribe to, into list out
 *
 * Each: "name", "title", "description", "priceMinor", "currency", "interval",
 * "credits", "creditsExpireDays", "trialDays" (null for who had a trial
 * before), "current", whether it is the user's, and "payable" and "annual":
 * whether it can be chosen now, paid as "interval" says, and by the year.
 */
enum status store_subscription_offers(struct ctx *ctx, const char *user_id,
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

/* An audit row of a new status; from NULL: the row is new. */
enum status store_subscription_audit(struct ctx *ctx, const char *id,
    const char *from, const char *to);

/* It ends no more, as Stripe has just agreed. The user must be locked. Writes
 * an audit row. */
enum status store_subscription_restore(struct ctx *ctx, const char *id);

#endif
