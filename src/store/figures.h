/*
 * figures.h - what the dashboard counts, by day (UTC)
 *
 * Hours that are over are added up once (store_figures_close) and read from
 * there; an hour for which that has not happened, the running one among them,
 * is counted from the tables by the same statement. So reading costs the same
 * however long the ledger is, and never waits for the janitor.
 *
 * What an hour has said stays: an order counts in the hour it was paid, though
 * it be refunded later, which counts in the hour of the refund; a user in the
 * hour they signed up, though they be deleted later (those who were gone
 * before it was closed are not counted). A row added more than five minutes
 * late, by an import, opens its hour again: it is counted at once, and the
 * hour anew.
 */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

#define FIGURES_DAYS 30			/* unless somebody asks for others */
#define FIGURES_DAYS_MAX 365
#define FIGURES_CLOSED_DAYS 740		/* as many again to compare with */
#define SPENDING_DAYS 30		/* of store/spender.h */

enum figure {
	FIGURE_SIGN_UPS,	/* users */
	FIGURE_ISSUED,		/* credits granted, */
	FIGURE_SPENT,		/* spent or captured, */
	FIGURE_EXPIRED,		/* and booked as expired */
	FIGURE_ORDERS,		/* paid */
	FIGURE_REVENUE,		/* minor units that were paid for them, */
	FIGURE_RETURNED,	/* and that went back, of whatever orders */
	FIGURES
};

struct series {
	int64_t day[FIGURES_DAYS_MAX];
	int64_t total;		/* of the days, */
	int64_t before;		/* of as many days before them */
};

/* Days up to and with the one of ctx->now. Money, and the orders it was paid
 * for, is in the currency most orders have; "" when there are none. */
struct figures {
	int64_t days;
	int64_t first;		/* instant the first day begins */
	const char *currency;
	struct series of[FIGURES];
};

/* days: 1 .. FIGURES_DAYS_MAX. Two statements. */
enum status store_figures(struct ctx *ctx, int64_t days,
    struct figures *out);

/*
 * store_figures_close - add up hours that are over, the latest first
 *
 * At most limit hours of the last FIGURES_CLOSED_DAYS, none of them before the
 * oldest row or less than a quarter of an hour ago. Inside db_transact, at any
 * time, by any number at once. closed receives how many: fewer than limit when
 * no more are left, 0 while somebody else closes or imports.
 */
enum status store_figures_close(struct ctx *ctx, int64_t limit,
    int64_t *closed);

#endif
