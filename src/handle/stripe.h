/*
 * stripe.h - a worker's question to Stripe
 */
#ifndef HANDLE_STRIPE_H
#define HANDLE_STRIPE_H

#include "base/status.h"
#include "send/stripe.h"

struct buf;
struct ctx;
struct json_object;

/*
 * stripe_get, stripe_post - stripe_call in a slot; of a prepare function
 *
 * key  of struct stripe_call
 * ST_BUSY  as many workers ask as may
 */
enum status stripe_get(struct ctx *ctx, const char *path,
    const struct buf *query, struct json_object **out);
enum status stripe_post(struct ctx *ctx, const char *path,
    const struct buf *form, const char *key, struct json_object **out);

/*
 * stripe_key - an idempotency key of what is asked
 *
 * The same form is the same request until the clock next passes a multiple of
 * STRIPE_KEY_MS: Stripe repeats its answer to a key for a day, failures and
 * sessions that are over included.
 */
#define STRIPE_KEY_MS INT64_C(600000)
const char *stripe_key(struct ctx *ctx, const char *what,
    const struct buf *form);

/*
 * stripe_refused_as - status, but as where Stripe refused
 *
 * Its sentence and code are not shown then; the reason stays, for the log.
 */
enum status stripe_refused_as(struct ctx *ctx, enum status status,
    enum status as);

/*
 * stripe_url - where a browser goes on, of a session
 *
 * ST_STRIPE_UNAVAILABLE  it does not say
 * ST_PAYMENTS_OFF        it is at none of shop.checkout_origins
 */
enum status stripe_url(struct ctx *ctx, const struct json_object *session,
    const char **out);

#endif
