/*
 * figures.h - what the dashboard counts, by day (UTC)
 *
 * Hours that are over are added up once (store_figures_close) and read from
 * there; an hour for which that has not happened, the running one among them,
 * is counted from the tables by the same statement. So reading costs the same
 * however long the ledger is, and never waits for the janitor.
 *
 * What an hour has said stays: an order counts in the hour it was paid, though
 * it be refunded later; a user in the hour they signed up, though they be
 * deleted later (those who were gone before it was closed are not counted). A
 * row added more than five minutes late, by an import, opens its hour again:
 * it is counted at once, and the hour anew.
 */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

#define FIGURES_DAYS 30
#define FIGURES_CLOSED_DAYS 400
#define DAY_MS INT64_C(86400000)

/* Days up to and with the one of ctx->now. */
struct series {
	int64_t first;			/* instant the first day begins */
	int64_t day[FIGURES_DAYS];
	int64_t other[FIGURES_DAYS];	/* a second number a day, or zeros */
	int64_t total, other_total;
};

/* Users who signed up. */
enum status store_figures_signups(struct ctx *ctx, struct series *out);

/* Credits granted, and (other) spent. */
enum status store_figures_credits(struct ctx *ctx, struct series *out);

/*
 * Minor units of orders paid, refunded since or not, in the currency most of
 * them have; other counts those orders. currency is "" when there are none.
 */
enum status store_figures_revenue(struct ctx *ctx, struct series *out,
    const char **currency);

/*
 * store_figures_close - add up hours that are over, the latest first
 *
 * At most limit hours of the last FIGURES_CLOSED_DAYS, none of them less than
 * a quarter of an hour ago. Inside db_transact, at any time, by any number at
 * once. closed receives how many: fewer than limit when no more are left, 0
 * while somebody else closes or imports.
 */
enum status store_figures_close(struct ctx *ctx, int64_t limit,
    int64_t *closed);

#endif
