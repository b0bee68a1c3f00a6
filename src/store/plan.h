/*
 * plan.h - what is sold: packs, paid once, and subscriptions
 *
 * Nothing is deleted: a plan that is not active any more is retired. Orders
 * keep what they were made of, so a plan may change after it was sold.
 */
#ifndef STORE_PLAN_H
#define STORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define PLAN_NAME_MAX 64		/* bytes */
#define PLAN_TITLE_MAX 100		/* characters */
#define PLAN_DESCRIPTION_MAX 500
#define PLAN_PRICE_MAX INT64_C(1000000000000000)
#define PLAN_EXPIRE_DAYS_MAX 36500
#define PLAN_TRIAL_DAYS_MAX 730
#define PLAN_POSITION_MAX 1000000
#define PLAN_OFFERS_MAX 100		/* shown at once to who may buy */

/* A row; texts live in the request's arena. */
struct plan {
	const char *id;
	const char *kind;		/* "pack" or "subscription" */
	const char *name;		/* what programs call it */
	const char *title;		/* what people call it */
	const char *description;	/* "" for none */
	int64_t price_minor;		/* of the currency; of one interval */
	const char *currency;		/* ISO 4217 */
	const char *interval;		/* "month", "year"; NULL: a pack */
	int64_t credits;		/* with each payment */
	int64_t credits_expire_days;	/* 0: never */
	const char *limits;		/* JSON objects */
	const char *entitlements;
	const char *stripe_price_id;	/* NULL: the price above is sent */
	const char *stripe_annual_price_id; /* NULL: none */
	int64_t trial_days;		/* 0: none */
	int64_t position;		/* the least first */
	bool active;			/* it can be bought */
};

/*
 * store_plan_offers - what can be bought, into list out, in its order
 *
 * kind  "pack", "subscription"; NULL: both
 *
 * At most PLAN_OFFERS_MAX, each: "id", "kind", "name", "title", "description",
 * "priceMinor", "currency", "interval", "credits", "creditsExpireDays",
 * "limits", "entitlements", "trialDays".
 */
enum status store_plan_offers(struct ctx *ctx, const char *kind,
    struct json_object *out);

/*
 * store_plan_list - all plans into list out, the newest first
 *
 * Each: as above, and "createdAt", "updatedAt", "active", "position",
 * "stripePriceId", "stripeAnnualPriceId".
 */
enum status store_plan_list(struct ctx *ctx, struct page *page,
    struct json_object *out);

/* One plan's members into object out. ST_PLAN_NOT_FOUND. */
enum status store_plan_show(struct ctx *ctx, const char *id,
    struct json_object *out);

/* One plan, active or not. ST_PLAN_NOT_FOUND. */
enum status store_plan_get(struct ctx *ctx, const char *id,
    struct plan *out);

/*
 * store_plan_named - the active subscription of that name, without case
 * store_plan_priced - whose Stripe price, or annual price, this is
 *
 * ST_PLAN_NOT_FOUND
 */
enum status store_plan_named(struct ctx *ctx, const char *name,
    struct plan *out);
enum status store_plan_priced(struct ctx *ctx, const char *price_id,
    struct plan *out);

/*
 * store_plan_create - a new plan, under plan->id
 * store_plan_update - all of it but kind, which stays
 *
 * Each writes an audit row.
 *
 * ST_PLAN_NAME_TAKEN
 * ST_PLAN_NOT_FOUND   (update) no such plan of that kind
 * ST_INVALID          a value out of the bounds above
 */
enum status store_plan_create(struct ctx *ctx, const struct plan *plan);
enum status store_plan_update(struct ctx *ctx, const struct plan *plan);

#endif
