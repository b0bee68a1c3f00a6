/*
 * wallet.h - what a wallet shows of itself
 */
#ifndef STORE_WALLET_H
#define STORE_WALLET_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define WALLET_LOTS_MAX 20	/* of what store_wallet_show tells */

/*
 * SQL: whose a wallet is, as "userId" or "organizationId", the other one null,
 * and as "userText": the e-mail, or the id of an organization or of a user
 * who is gone.
 */
#define OWNER_COLUMNS(wallet)						\
	" (SELECT w.id FROM wallets w WHERE w.id = " wallet		\
	"   AND w.kind = 'user') AS \"userId\","			\
	" (SELECT w.id FROM wallets w WHERE w.id = " wallet		\
	"   AND w.kind = 'organization') AS \"organizationId\","	\
	" coalesce((SELECT u.email FROM users u WHERE u.id = " wallet "),"	\
	"   " wallet ") AS \"userText\""

/*
 * store_wallet_show - the wallet at ctx->now, in one statement, into out
 *
 * "balance", "monthlyCreditsQuota" (null: none), "monthlySpent", "held" (in
 * open holds) and "expiring", at most WALLET_LOTS_MAX of {"expiresAt",
 * "amount"}, what ends first before the others. A wallet that does not exist is
 * empty.
 */
enum status store_wallet_show(struct ctx *ctx, const char *wallet_id,
    struct json_object *out);

/* The id of whoever has this e-mail, else text itself, for a list's filter. */
enum status store_wallet_find(struct ctx *ctx, const char *text,
    const char **id);

#endif
