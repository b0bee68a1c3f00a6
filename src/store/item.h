/*
 * item.h - what users may reserve, and what it costs
 *
 * Nothing is deleted: an item that is not active any more keeps the
 * reservations it has and takes no further ones.
 */
#ifndef STORE_ITEM_H
#define STORE_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define ITEM_NAME_MAX 100			/* characters */
#define ITEM_DESCRIPTION_MAX 1000
#define ITEM_PRICE_MAX INT64_C(1000000000000)	/* credits a unit */
#define ITEM_OFFERS_MAX 200			/* shown at once */

struct item {
	const char *name;
	const char *description;	/* "" for none */
	int64_t price;			/* 1 .. ITEM_PRICE_MAX */
	const char *unit;		/* "hour", begun, or "reservation" */
	bool active;
};

/*
 * store_item_offers - those that can be reserved into list out, by name
 *
 * The first ITEM_OFFERS_MAX. Each: "id", "name", "description", "price",
 * "unit".
 */
enum status store_item_offers(struct ctx *ctx, struct json_object *out);

/* All, newest first: as above and "createdAt", "active", "updatedAt". */
enum status store_item_list(struct ctx *ctx, struct page *page,
    struct json_object *out);

/* One of them into object out. ST_ITEM_NOT_FOUND. */
enum status store_item_get(struct ctx *ctx, const char *id,
    struct json_object *out);

/*
 * store_item_add, store_item_change - with an audit row
 *
 * out receives its members. Reservations there are keep their price.
 *
 * ST_ITEM_NAME_TAKEN
 * ST_ITEM_NOT_FOUND   (change)
 * ST_INVALID          a value out of bounds
 */
enum status store_item_add(struct ctx *ctx, const struct item *item,
    struct json_object *out);
enum status store_item_change(struct ctx *ctx, const char *id,
    const struct item *item, struct json_object *out);

#endif
