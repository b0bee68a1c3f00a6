/*
 * ledger.h - reading the transfers, and checking them
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define LEDGER_DIFFERENCES 20	/* most that ledger_verify describes */

struct ledger_filter {
	const char *user;	/* exact e-mail or id; NULL: all */
	const char *kind;	/* NULL: all */
	const char *transfer;	/* id of one, and of those that settle it or
				 * take it back; NULL: all */
	int64_t from, to;	/* instants: from <= created_at < to */
	int64_t least;		/* credits that moved; 0: any */
};

/*
 * store_ledger_of - the transfers of one wallet into list out, newest first
 *
 * Each: "id", "number", "kind", "amount" (positive), "change" (signed),
 * "balance" (with it), "reason" (or null), "originId", "expiresAt",
 * "createdAt", "actorId" and "actorText", which are null without actors: a
 * user does not learn which admin it was.
 *
 * filter->user is the wallet's id; transfer and least do not count.
 */
enum status store_ledger_of(struct ctx *ctx,
    const struct ledger_filter *filter, bool actors, struct page *page,
    struct json_object *out);

/* One of them, without actor, into out. ST_TRANSFER_NOT_FOUND. */
enum status store_ledger_get(struct ctx *ctx, const char *wallet_id,
    const char *id, struct json_object *out);

/*
 * store_ledger_list - the transfers of everybody, newest first
 *
 * As above, and "userId" and "userText" (the e-mail, or the id of a user who
 * is gone).
 */
enum status store_ledger_list(struct ctx *ctx,
    const struct ledger_filter *filter, struct page *page,
    struct json_object *out);

/*
 * ledger_verify - recompute every wallet from its transfers
 *
 * In one statement, so in one snapshot: it may run while others spend. It
 * reads all of the ledger, about 10 s a million transfers on a slow disk, so
 * open the database with a deadline to match.
 *
 * out receives "clean", "transfers", "wallets", what the system wallets hold
 * ("issued" is negative), "balances" (of all others), "sum" (of all; zero),
 * "differences" (how many) and "first": at most LEDGER_DIFFERENCES of
 * {wallet, problem, expected, found}. Problems:
 *   balance     is not the sum of the wallet's transfers
 *   count       is not the number of the last transfer (one is missing)
 *   period      this month's spending is not the sum of its spends and holds
 *   chain       balance_after or number does not follow from the one before;
 *               found is the first such number
 *   hash        key_hash does not fit the row; found is the first such number
 *   origin      transfers of which more came back than they moved (found)
 *   holds       holds that are not what their transfers say (found)
 *   lots        lots that are not what their moves say (found)
 *   rest        its lots hold more (found) than its balance
 *   due         a lot or hold runs out before the wallet knows
 *   usage       usage events that are not what their transfers say (found)
 *   orphan      transfers of a wallet that does not exist
 *
 * ST_OK even when there are differences: look at "clean".
 */
enum status ledger_verify(struct ctx *ctx, struct json_object *out);

#endif
