/*
 * credit.h - wallets and what moves in and out of them
 *
 * All of it runs inside db_transact. A change locks its wallet first, so the
 * changes of one wallet queue up and every refusal is exact; whoever changes
 * two takes the smaller id first. A wallet's id is its owner's: a user's or an
 * organization's.
 *
 * Credits that were granted with an end are a lot (sql/0015_lot.sql). Spends
 * and holds take from the lot that ends first. What has ended is not there,
 * whether that has been booked or not.
 *
 * Organizations have wallets before they have rows of their own: the first
 * grant or adjustment of one makes its wallet.
 */
#ifndef STORE_CREDIT_H
#define STORE_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define CREDIT_MAX INT64_C(1000000000000000)	/* of an amount, of a balance */
#define CREDIT_ALL INT64_C(0)			/* whatever is left of it */
#define CREDIT_KEY_MAX 64			/* bytes */
#define CREDIT_REASON_MAX 200			/* characters */
/* Begins the keys that the program makes itself; callers may not choose one. */
#define CREDIT_KEY_OWN "tollgate:"
#define QUOTA_NONE INT64_C(-1)

/* SQL: what a row of wallets holds at an instant, or null without a row. */
#define BALANCE_AT(wallet, instant)					\
	"CASE WHEN " wallet ".due_at <= " instant			\
	" THEN wallet_balance(" wallet ".id, " instant ")"		\
	" ELSE " wallet ".balance END"

/* SQL: what it has spent in an instant's calendar month (UTC); a timestamptz,
 * and 0 without a row. */
#define SPENT_AT(wallet, instant)					\
	"CASE WHEN " wallet ".period = date_trunc('month',"		\
	"   " instant "::timestamptz AT TIME ZONE 'UTC')::date"		\
	" THEN " wallet ".period_spent ELSE 0 END"

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
	int64_t expires_at;	/* grant, hold: instant; grant: or 0, never */
	int64_t lifetime;	/* grant, hold: ms from now instead, which is
				 * the same whenever it is asked again; or 0 */
	const char *origin_id;	/* of what is settled or taken back; or NULL */
	bool organization;	/* whose wallet it has to be, not a user's */
	bool audited;		/* an admin's doing: has an audit row */
	const uint8_t *hash;	/* SHA-256 of all the key stands for, where
				 * that is more than this; or NULL */
};

/*
 * store_credit_grant, store_credit_adjust, store_credit_spend
 *
 * grant gives, adjust corrects in either direction, spend takes. Grant and
 * adjust make the wallet of an owner who has none yet, and always write an
 * audit row. spend is the last statement of its transaction (db_all_last);
 * store_credit_take is the same for whoever has more to do in it, and for what
 * is audited.
 *
 * out receives "id", "number" (in the wallet's ledger), "kind", "amount"
 * (positive), "change" (signed), "balance" (with it), "reason", "originId",
 * "expiresAt" and "createdAt": of the transfer made now, or under this key
 * before, in which case nothing else happens.
 *
 * ST_IDEMPOTENCY_KEY_REUSED  the key belongs to another request
 * ST_INSUFFICIENT_CREDITS    the balance would fall below zero
 * ST_QUOTA_EXCEEDED          (spend) the monthly quota would be passed
 * ST_BALANCE_LIMIT_EXCEEDED  the balance would pass CREDIT_MAX
 * ST_USER_NOT_FOUND          (grant, adjust) no wallet, and no such user; or
 *                            the wallet is an organization's
 * ST_ORGANIZATION_NOT_FOUND  (grant, adjust) the wallet is a user's
 * ST_EXPIRY_PASSED           expires_at is not in the future
 * Nothing has changed after any of these.
 */
enum status store_credit_grant(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_adjust(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_spend(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_take(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);

/*
 * store_credit_hold - set credits aside until expires_at
 *
 * They leave the balance and count against the monthly quota, as if spent. The
 * transfer's id is the hold's. As store_credit_spend otherwise.
 */
enum status store_credit_hold(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);

/*
 * store_credit_capture - spend amount of hold origin_id, or CREDIT_ALL of it
 * store_credit_release - give all of it back, where it was taken from
 *
 * Either closes the hold: what is not captured is released with it. out is as
 * above, of the capture or release; a capture's "change" is 0.
 *
 * ST_HOLD_NOT_FOUND          this wallet has no such hold
 * ST_SETTLED_ELSEWHERE       the hold's key is CREDIT_KEY_OWN, and this is not;
 *                            or it is not audited, and somebody else than the
 *                            wallet's owner made the hold
 * ST_HOLD_CLOSED             captured or released before, or expired
 * ST_HOLD_EXCEEDED           amount is more than it holds
 * ST_IDEMPOTENCY_KEY_REUSED  the key belongs to another request
 */
enum status store_credit_capture(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);
enum status store_credit_release(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);

/*
 * store_credit_refund - give amount of spend or capture origin_id back
 *
 * Or CREDIT_ALL of it; into the lots it came from, even where they have ended
 * since. Writes an audit row.
 *
 * ST_TRANSFER_NOT_FOUND      this wallet has no such spend or capture
 * ST_SETTLED_ELSEWHERE       its key is CREDIT_KEY_OWN, and this is not
 * ST_TRANSFER_REVERSED       all of it came back before
 * ST_TRANSFER_EXCEEDED       less is left of it than amount
 * ST_BALANCE_LIMIT_EXCEEDED, ST_IDEMPOTENCY_KEY_REUSED
 */
enum status store_credit_refund(struct ctx *ctx, const struct credit *credit,
    struct json_object *out);

/*
 * store_credit_clawback - take amount of grant origin_id back
 *
 * Or CREDIT_ALL of it. What of it has expired is not taken; what has been
 * spent is taken from whatever else the wallet has, and what that is short of
 * is left. out as above and "missing", the credits that were not there (0 when
 * answered again); when none were, nothing is transferred, and out has only
 * that. The key stands for any amount. Writes an audit row.
 *
 * ST_TRANSFER_NOT_FOUND      this wallet has no such grant
 * ST_SETTLED_ELSEWHERE       its key is CREDIT_KEY_OWN, and this is not
 * ST_TRANSFER_REVERSED       all of it was taken back or has expired
 * ST_TRANSFER_EXCEEDED       less is left of it than amount
 * ST_IDEMPOTENCY_KEY_REUSED
 */
enum status store_credit_clawback(struct ctx *ctx,
    const struct credit *credit, struct json_object *out);

/*
 * store_credit_due - book what has run out in at most limit wallets
 *
 * For the janitor, outside of db_transact. count receives the wallets.
 */
enum status store_credit_due(struct ctx *ctx, int64_t limit, int64_t *count);

/*
 * store_quota_set - most credits spent in a calendar month, or QUOTA_NONE
 *
 * Writes an audit row. ST_USER_NOT_FOUND: no wallet, and no such user.
 */
enum status store_quota_set(struct ctx *ctx, const char *wallet_id,
    int64_t quota);

#endif
