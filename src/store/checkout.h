/*
 * checkout.h - where an order stands with the provider that takes its money
 */
#ifndef STORE_CHECKOUT_H
#define STORE_CHECKOUT_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

/*
 * store_checkout_note - how far the checkout session of that id has come
 *
 * It never goes back; a session that is no order's, or not the last one of an
 * order, changes nothing.
 */
enum checkout_stage {
	CHECKOUT_OPEN,		/* can be paid */
	CHECKOUT_PENDING,	/* was paid, the money has not come yet */
	CHECKOUT_OVER		/* expired, failed, or the money came */
};
enum status store_checkout_note(struct ctx *ctx, const char *session_id,
    enum checkout_stage stage);

/* What is needed to pay an order, or to end that. */
struct checkout {
	const char *order_id;
	const char *status;		/* of the order */
	const char *email;
	const char *description;
	int64_t amount_minor;
	const char *currency;		/* ISO 4217 */
	const char *price_id;		/* Stripe's, of its plan; or NULL */
	const char *session_id;		/* the last session; NULL: none */
	const char *url;		/* of that */
	int64_t expires_at;
	enum checkout_stage stage;
	int64_t attempts;		/* sessions made so far */
};

/*
 * store_checkout_get - the above
 *
 * user_id  whose the order must be; NULL: anybody's
 *
 * ST_ORDER_NOT_FOUND
 */
enum status store_checkout_get(struct ctx *ctx, const char *order_id,
    const char *user_id, struct checkout *out);

/*
 * store_checkout_keep - session_id, url, expires_at as the attempts-th session
 *
 * Of two that come at once both have the same session; a later attempt's
 * stays. ST_ORDER_CLOSED: it has been paid, or deleted, meanwhile.
 */
enum status store_checkout_keep(struct ctx *ctx,
    const struct checkout *checkout);

#endif
