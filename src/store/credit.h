/*
 * credit.h - wallets and what moves in and out of them
 *
 * All of it runs inside db_transact. A change locks its wallet first, so the
 * changes of one wallet queue up and every refusal is exact. A wallet's id is
 * its owner's: a user's.
 */
#ifndef STORE_CREDIT_H
#define STORE_CREDIT_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define CREDIT_MAX INT64_C(1000000000000000)	/* of an amount, of a balance */
#define CREDIT_KEY_MAX 64			/* bytes */
#define CREDIT_REASON_MAX 200			/* characters */
#define QUOTA_NONE INT64_C(-1)

struct wallet {
	int64_t balance;	/* credits */
	int64_t quota;		/* credits a month, or QUOTA_NONE */
	int64_t spent;		/* credits, in this calendar month (UTC) */
};

/* The wallet as it is; one that does not exist is empty. */
enum status store_wallet_get(struct ctx *ctx, const char *wallet_id,
    struct wallet *out);

struct credit {
	const char *wallet_id;
	int64_t amount;		/* 1 .. CREDIT_MAX; adjust: or negative */
	const char *reason;	/* "" for none */
	const char *key;	/* the caller's, 1 .. CREDIT_KEY_MAX bytes */
};

/*
 * store_credit_grant, store_credit_adjust, store_credit_spend
 *
 * grant gives, adjust corrects in either direction, spend takes. Grant and
 * adjust make the wallet of a user who has none yet, and write an audit row.
 *
 * out receives "id", "kind", "amount" (positive), "change" (signed), "balance"
 * (with it), "reason" and "createdAt": of the transfer made now, or under this
 * key before, in which case nothing else happens.
 *
 * ST_IDEMPOTENCY_KEY_REUSED  the key belongs to another request
 * ST_INSUFFICIENT_CREDITS    the balance would fall below zero
 * ST_QUOTA_EXCEEDED          (spend) the monthly quota would be passed
 * ST_BALANCE_LIMIT_EXCEEDED  the balance would pass CREDIT_MAX
 * ST_USER_NOT_FOUND          (grant, adjust) no wallet, and no such user
 * Nothing has changed after any of these.
 */
enum status store_credit_grant(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_adjust(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_spend(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);

/*
 * store_quota_set - most credits spent in a calendar month, or QUOTA_NONE
 *
 * Writes an audit row. ST_USER_NOT_FOUND: no wallet, and no such user.
 */
enum status store_quota_set(struct ctx *ctx, const char *wallet_id,
    int64_t quota);

#endif
