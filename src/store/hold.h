/*
 * hold.h - reading holds; store/credit.h makes and settles them
 */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

enum hold_state { HOLD_ANY, HOLD_OPEN, HOLD_CLOSED };

/*
 * store_hold_list - holds into list out, newest first
 *
 * Each: "id", "createdAt", "amount", "captured", "released", "state" ("open" or
 * "closed"), "expiresAt", "closedAt" and "reason" (or null); with owners, what
 * OWNER_COLUMNS (store/wallet.h) says, too. One that has run out is closed and
 * released, whether that has been booked or not.
 */
struct hold_filter {
	const char *wallet_id;	/* NULL: everybody's, with owners */
	enum hold_state state;
	bool owners;
};
enum status store_hold_list(struct ctx *ctx,
    const struct hold_filter *filter, struct page *page,
    struct json_object *out);

/* One of wallet_id's, or of anybody's (NULL) with its owner, into out.
 * ST_HOLD_NOT_FOUND. */
enum status store_hold_get(struct ctx *ctx, const char *wallet_id,
    const char *id, struct json_object *out);

#endif
