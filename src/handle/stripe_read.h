/*
 * stripe_read.h - Stripe's objects in our words
 *
 * They come from Stripe, in answers and in events it has signed; what is not
 * as it should be is refused all the same.
 */
#ifndef HANDLE_STRIPE_READ_H
#define HANDLE_STRIPE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct subscription_news;

/* The id a member is, or whose object it is; NULL: there is none. */
const char *stripe_id_in(const struct json_object *object, const char *name,
    const char *prefix);

/* A member of seconds as ms; 0: there is none, or it is null. */
int64_t stripe_time_in(const struct json_object *object, const char *name);

/* Money, in minor units; 0: none, or less. */
int64_t stripe_amount_in(const struct json_object *object, const char *name);

/* The member "currency" in ISO 4217's capitals; NULL: not said. */
const char *stripe_currency_in(struct ctx *ctx,
    const struct json_object *object);

/*
 * subscription_read - a subscription's members into news
 *
 * at, by and asked are left to the caller. Texts are borrowed.
 * ST_STRIPE_WEBHOOK_ERROR  it is no subscription
 */
enum status subscription_read(struct ctx *ctx,
    const struct json_object *object, struct subscription_news *news);

/*
 * invoice_next - what an invoice is for, a line a call, from *at 0 on
 *
 * Lines that name no price are left out, and those that give money back: for
 * what is left of a plan that was changed. False after the last.
 */
struct invoice_line {
	const char *price_id;
	int64_t period_start, period_end;	/* ms UTC; 0: not said */
	bool proration;			/* for a part of a period only */
};
bool invoice_next(const struct json_object *lines, size_t *at,
    struct invoice_line *out);

#endif
