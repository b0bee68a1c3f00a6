/*
 * order.h - orders of credits, and the ways they may go
 */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_order_list - orders into list out, newest first
 *
 * Each: "id", "createdAt", "userId" (null: gone), "email", "description",
 * "status", "credits", "amountMinor", "currency", "paidAt", "updatedAt",
 * "planId", "provider" (null: none), "receivedMinor", "refundedMinor",
 * "disputedMinor", "creditsGiven", "creditsShort", "checkoutStage".
 */
struct order_filter {
	const char *status;	/* created, paid, refunded, deleted; NULL: any */
	const char *user_id;	/* whose; NULL: everybody's */
	const char *search;	/* an e-mail address, the order's id, or one of
				 * the provider's; NULL: all */
	int64_t from, to;	/* instants: from <= created_at < to */
};
enum status store_order_list(struct ctx *ctx,
    const struct order_filter *filter, struct page *page,
    struct json_object *out);

/*
 * store_order_get - one order's members into object out
 *
 * user_id  whose it must be; NULL: anybody's
 *
 * Also "checkoutId". ST_ORDER_NOT_FOUND.
 */
enum status store_order_get(struct ctx *ctx, const char *id,
    const char *user_id, struct json_object *out);

/* What happened to it, oldest first: "createdAt", "action", "status" (null
 * where that is no change of it), "actorText", "detailText". */
enum status store_order_history(struct ctx *ctx, const char *id,
    struct json_object *out);

/* How many orders of a user wait to be paid. */
enum status store_order_unpaid(struct ctx *ctx, const char *user_id,
    int64_t *count);

/*
 * store_order_create - an order of status "created" at ctx->now
 *
 * Writes an audit row. ST_USER_NOT_FOUND; ST_INVALID: a value out of bounds.
 */
struct order_new {
	const char *id;
	const char *user_id;
	const char *description;
	int64_t credits;
	int64_t amount_minor;		/* of the currency, cents */
	const char *currency;		/* ISO 4217 */
	const char *plan_id;		/* NULL: none */
	int64_t expire_days;		/* of its credits; 0: never */
	int64_t expires_at;		/* in place of days; 0: as they say */
	const char *invoice_id;		/* it is the provider's; NULL: none */
};
enum status store_order_create(struct ctx *ctx, const struct order_new *new);

/* The order that is this invoice. ST_ORDER_NOT_FOUND. */
enum status store_order_invoiced(struct ctx *ctx, const char *invoice_id,
    const char **id);

/* Whether another invoice of the user's cost nothing and brought credits. */
enum status store_order_free_before(struct ctx *ctx, const char *user_id,
    const char *invoice_id, bool *out);

/*
 * store_order_move - to another status, along order_moves
 *
 * Moving to where it already stands changes nothing. Writes an audit row.
 *
 * ST_ORDER_NOT_FOUND
 * ST_CONFLICT         there is no such move from where it stands
 */
enum status store_order_move(struct ctx *ctx, const char *id,
    const char *status);

#endif
