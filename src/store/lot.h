/*
 * lot.h - credits that will run out, and credits set aside, of everybody
 *
 * What changes them is store/credit.h.
 */
#ifndef STORE_LOT_H
#define STORE_LOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/* So many are looked at; beyond, sums are told as "more than". */
#define LOT_COUNT_MAX 10000

struct outlook {
	int64_t count;		/* lots or holds: 0 .. LOT_COUNT_MAX */
	int64_t credits;	/* in those */
	bool more;		/* there are more than were looked at */
};

/* Lots with something left that expire from ctx->now until an instant: soon,
 * and later, which is no sooner. */
enum status store_lot_outlook(struct ctx *ctx, int64_t soon, int64_t later,
    struct outlook *by_soon, struct outlook *by_later);
/* Holds that are open. */
enum status store_hold_outlook(struct ctx *ctx, struct outlook *out);

/*
 * store_lot_expiring - such lots into list out, the next to expire first
 *
 * user   exact e-mail or id; NULL: everybody's
 * until  instant; PAGE_START: all
 *
 * Each: "id" (the grant), "expiresAt", "remaining", "amount", "userId",
 * "userText" (the e-mail, or the id of who is gone).
 */
struct lot_filter {
	const char *user;
	int64_t until;
};
enum status store_lot_expiring(struct ctx *ctx,
    const struct lot_filter *filter, struct page *page,
    struct json_object *out);

#endif
