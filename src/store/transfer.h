/*
 * transfer.h - how the store's own calls move credits (store/credit.h)
 *
 * Each locks its wallet, comes to a verdict, and lets transfer_make insert the
 * one row from which the triggers of sql/0015_lot.sql draw the consequences.
 */
#ifndef STORE_TRANSFER_H
#define STORE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/credit.h"

struct ctx;
struct json_object;

/* One transfer to be made. */
struct transfer {
	const char *kind;
	const char *from, *to;		/* wallets */
	int64_t amount;			/* 1 .. CREDIT_MAX */
	const struct credit *credit;	/* as it was asked for */
	bool last;			/* nothing follows in the transaction */
};

/*
 * wallet_lock - the wallet, after what has run out in it was booked
 *
 * Whoever changes it next waits until we are done. ST_NOT_FOUND: its owner,
 * who is or is not an organization, has none.
 */
enum status wallet_lock(struct ctx *ctx, const struct credit *credit,
    struct wallet *out);

/* As wallet_lock; makes the wallet of a user or organization who has none yet.
 * ST_USER_NOT_FOUND; ST_ORGANIZATION_NOT_FOUND: it is a user's. */
enum status wallet_open(struct ctx *ctx, const struct credit *credit,
    struct wallet *out);

/* ST_OK, ST_INSUFFICIENT_CREDITS or ST_BALANCE_LIMIT_EXCEEDED. */
enum status judge_change(const struct wallet *wallet, int64_t change);
/* As judge_change of -amount, or ST_QUOTA_EXCEEDED. */
enum status judge_spend(const struct wallet *wallet, int64_t amount);
/* ST_OK or ST_EXPIRY_PASSED. */
enum status judge_expiry(const struct ctx *ctx, const struct credit *credit);

/*
 * transfer_make - unless its key has been used, and verdict is ST_OK
 *
 * The wallet is locked: nobody else is between the look at the key and the
 * insertion, and verdict, reached from the locked row, still holds. Only a
 * key that has been used is answered in spite of it.
 *
 * out receives what store/credit.h says; made, whether it was made now.
 */
enum status transfer_make(struct ctx *ctx, const struct transfer *t,
    enum status verdict, struct json_object *out, bool *made);

/* The audit row of a change of credits, "credit.grant" and so on; transfer is
 * what was made. */
enum status transfer_audit(struct ctx *ctx, const struct credit *credit,
    const struct wallet *before, const struct json_object *transfer);

#endif
