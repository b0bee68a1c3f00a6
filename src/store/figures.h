/*
 * figures.h - what the dashboard counts, by day (UTC)
 */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

#define FIGURES_DAYS 30
#define DAY_MS INT64_C(86400000)

/* Days up to and with the one of ctx->now. */
struct series {
	int64_t first;			/* instant the first day begins */
	int64_t day[FIGURES_DAYS];
	int64_t other[FIGURES_DAYS];	/* a second number a day, or zeros */
	int64_t total, other_total;
};

/* Users who signed up and are still there. */
enum status store_figures_signups(struct ctx *ctx, struct series *out);

/* Credits granted, and (other) spent. */
enum status store_figures_credits(struct ctx *ctx, struct series *out);

/*
 * Minor units of orders paid and not refunded, in the currency most of them
 * have; other counts those orders. currency is "" when there are none.
 */
enum status store_figures_revenue(struct ctx *ctx, struct series *out,
    const char **currency);

/* Whether the database answers and takes writes: ST_OK, ST_UNAVAILABLE. */
enum status store_health(struct ctx *ctx);

#endif
