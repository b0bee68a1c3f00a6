/*
 * order.h - orders of credits, and the ways they may go
 */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_order_list - orders into list out, newest first
 *
 * status   one of created, paid, refunded, deleted; NULL: any
 * user_id  whose; NULL: everybody's
 *
 * Each: "id", "createdAt", "userId" (null: gone), "email", "description",
 * "status", "credits", "amountMinor", "currency", "paidAt", "updatedAt".
 */
struct order_filter {
	const char *status;
	const char *user_id;
};
enum status store_order_list(struct ctx *ctx,
    const struct order_filter *filter, struct page *page,
    struct json_object *out);

/* One order's members into object out. ST_ORDER_NOT_FOUND. */
enum status store_order_get(struct ctx *ctx, const char *id,
    struct json_object *out);

/* What happened to it, oldest first: "createdAt", "status", "actorText",
 * "detailText". */
enum status store_order_history(struct ctx *ctx, const char *id,
    struct json_object *out);

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
};
enum status store_order_create(struct ctx *ctx, const struct order_new *new);

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
