/*
 * hold.h - reading holds, and taking credits out of them; store/credit.h makes
 *          and settles them
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

/*
 * store_hold_withdraw - see that a wallet has amount, if need be from its holds
 *
 * Before credits are taken back (store_credit_clawback), in its transaction.
 * Open holds are released, the largest first, and the reservations they were
 * for cancelled, until there is enough, at most HOLD_WITHDRAW_MAX of them. What
 * is released into a lot that has ended is gone: look again at what is left of
 * a grant.
 *
 * wanted  its wallet, amount and reason; ST_NOT_FOUND: it has no such wallet
 */
#define HOLD_WITHDRAW_MAX 500
struct credit;
enum status store_hold_withdraw(struct ctx *ctx, const struct credit *wanted);

#endif
