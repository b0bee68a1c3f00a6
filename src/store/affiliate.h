/*
 * affiliate.h - who brought whom, and what it earns
 *
 * A user's code stands in a link. Whoever signs up by it is the referral of
 * that user, once and for good; the first order the referral pays for earns
 * a reward, which goes and comes with the money. All of it runs inside
 * db_transact.
 */
#ifndef STORE_AFFILIATE_H
#define STORE_AFFILIATE_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

#define AFFILIATE_CODE_LENGTH 10	/* characters (base/code.h) */

/*
 * store_affiliate_open - the user's affiliate, made when there is none
 *
 * out receives "id", "code", "disabled", "referred" (users), "rewarded" (of
 * these), "credits" (earned by them).
 * ST_USER_NOT_FOUND
 */
enum status store_affiliate_open(struct ctx *ctx, const char *user_id,
    struct json_object *out);

/*
 * store_referral_add - user, who is signing up in this transaction, came by a
 * code
 *
 * visitor  id of the user who sits at the browser; NULL: nobody known
 *
 * Never a reason not to sign up. ST_OK whatever *outcome is; only REFERRAL_MADE
 * changed something.
 */
enum referral_outcome {
	REFERRAL_MADE,
	REFERRAL_UNKNOWN,	/* nobody has that code */
	REFERRAL_DISABLED,	/* the code, or its user is banned */
	REFERRAL_OWN		/* of the visitor, or of the same mailbox */
};
enum status store_referral_add(struct ctx *ctx, const struct user *user,
    const char *code, const char *visitor, enum referral_outcome *outcome);

/*
 * store_affiliate_order_paid - the reward for an order that has been paid
 * store_affiliate_order_refunded - as much of it back as there is
 *
 * For an order of status paid; and for one whose money is gone, refunded or
 * disputed. In the transaction that found that out, again as often as it does.
 * When the money is back, so is what was taken. Locks the wallets of buyer and
 * affiliate, in the order of their ids; who calls may have done so before.
 *
 * Nothing happens without a referral; and there is no reward for what is not
 * the first order that cost money, while code or affiliate are barred, into a
 * wallet that is full, or when the switch is off (reward.c).
 */
enum status store_affiliate_order_paid(struct ctx *ctx, const char *order_id);
enum status store_affiliate_order_refunded(struct ctx *ctx,
    const char *order_id);

/*
 * store_affiliate_switch - no code for anybody any more, or one again
 *
 * Writes an audit row when that is news.
 * ST_AFFILIATE_NOT_FOUND
 */
enum status store_affiliate_switch(struct ctx *ctx, const char *id,
    bool disabled);

#endif
