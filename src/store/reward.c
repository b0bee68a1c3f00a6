#include "store/affiliate.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/hold.h"
#include "store/user.h"
#include "view/view.h"

/* A referral, locked, and what is to become of its reward. */
struct step {
	const char *referral, *order;
	const char *wallet;
	const char *grant;	/* transfer that is taken back */
	int64_t reward;		/* credits, in all */
	int64_t amount;		/* of them, to be given now */
	int64_t number;		/* of the steps before */
};

/* The affiliate of one order may be the buyer of another: both wallets at once,
 * in the order of their ids. */
static enum status
hold_wallets(struct ctx *ctx, const char *order_id)
{
	static const char sql[] =
	    "SELECT w.id FROM wallets w WHERE w.id IN ("
	    "  SELECT unnest(ARRAY[o.user_id, a.user_id, t.wallet_id])"
	    "  FROM orders o JOIN referrals r"
	    "    ON r.user_id = o.user_id OR r.order_id = o.id"
	    "  JOIN affiliates a ON a.id = r.affiliate_id"
	    "  LEFT JOIN transfers t ON t.id = r.transfer_id"
	    "  WHERE o.id = $1)"
	    " ORDER BY w.id FOR NO KEY UPDATE";

	return db_run(ctx, sql, DB_ARGS(db_text(order_id)), NULL);
}

static const char *
key_of(struct ctx *ctx, const struct step *step)
{
	return step->number == 0 ?
	    arena_printf(ctx->arena, CREDIT_KEY_OWN "affiliate:%s",
	    step->order) :
	    arena_printf(ctx->arena, CREDIT_KEY_OWN "affiliate:%s:%lld",
	    step->order, (long long)step->number);
}

/* ---- an order is paid -------------------------------------------------- */

static int64_t
reward_of(const struct ctx *ctx, int64_t credits)
{
	const struct reward *reward = &ctx->config->affiliate_reward;

	return reward->percent == 0 ? reward->credits :
	    credits / 100 * reward->percent +
	    credits % 100 * reward->percent / 100;
}

static void
read_due(const struct ctx *ctx, const struct db_rows *rows,
    const char *order_id, struct step *out)
{
	const bool again = text_is(db_get_text(rows, 0, 3), "reversed");
	const int64_t reward = again ? db_get_int(rows, 0, 4) :
	    reward_of(ctx, db_get_int(rows, 0, 2));

	*out = (struct step){ .referral = db_get_text(rows, 0, 0),
	    .order = order_id, .wallet = db_get_text(rows, 0, 1),
	    .reward = reward,
	    .amount = again ? db_get_int(rows, 0, 5) : reward,
	    .number = db_get_int(rows, 0, 6) };
}

/* The first reward, or what was taken of it when the money seemed gone. A
 * reward of 0 is none. */
static enum status
find_due(struct ctx *ctx, const char *order_id, struct step *out)
{
	static const char sql[] =
	    "SELECT r.id, u.id, o.credits, r.state, r.reward, r.taken_back,"
	    "  r.steps FROM orders o"
	    " JOIN referrals r ON r.user_id = o.user_id OR r.order_id = o.id"
	    " JOIN affiliates a ON a.id = r.affiliate_id"
	    " JOIN users u ON u.id = a.user_id"
	    " WHERE o.id = $1 AND o.status = 'paid' AND o.amount_minor > 0"
	    "  AND a.disabled_at IS NULL AND NOT " USER_BANNED("$2")
	    "  AND CASE r.state WHEN 'rewarded' THEN false"
	    "    WHEN 'reversed' THEN r.order_id = o.id"
	    "    ELSE NOT EXISTS (SELECT FROM orders e"
	    "      WHERE e.user_id = o.user_id AND e.id <> o.id"
	    "       AND e.paid_at IS NOT NULL AND e.amount_minor > 0) END"
	    " FOR NO KEY UPDATE OF r";
	struct db_rows rows;

	*out = (struct step){ .reward = 0 };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(order_id),
	    db_time(ctx->now))));
	if (rows.count > 0)
		read_due(ctx, &rows, order_id, out);
	return ST_OK;
}

static enum status
grant(struct ctx *ctx, const struct step *step, struct json_object *transfer)
{
	return step->amount == 0 ? ST_OK : store_credit_grant(ctx,
	    &(struct credit){ .wallet_id = step->wallet,
	    .amount = step->amount, .reason = "Reward for a referral",
	    .key = key_of(ctx, step) }, transfer);
}

static enum status
give(struct ctx *ctx, const struct step *step)
{
	static const char sql[] =
	    "UPDATE referrals SET state = 'rewarded', order_id = $2,"
	    "  transfer_id = coalesce($3, transfer_id), reward = $4,"
	    "  rewarded_at = coalesce(rewarded_at, $5), taken_back = NULL,"
	    "  reversed_at = NULL, steps = steps + 1"
	    " WHERE id = $1";
	struct json_object *transfer = view_root(ctx->arena);
	const enum status status = grant(ctx, step, transfer);

	/* A full wallet is no reason to refuse somebody else's order. */
	if (refusal_is(ctx, status, ST_BALANCE_LIMIT_EXCEEDED)) {
		log_warn("affiliate", "no room for the reward of order %s",
		    step->order);
		return ST_OK;
	}
	TRY(status);
	return db_run(ctx, sql, DB_ARGS(db_text(step->referral),
	    db_text(step->order), db_text(view_get_text(transfer, "id")),
	    db_int(step->reward), db_time(ctx->now)), NULL);
}

enum status
store_affiliate_order_paid(struct ctx *ctx, const char *order_id)
{
	struct step step;

	if (!ctx->config->affiliates_enabled)
		return ST_OK;
	TRY(hold_wallets(ctx, order_id));
	TRY(find_due(ctx, order_id, &step));
	return step.reward == 0 ? ST_OK : give(ctx, &step);
}

/* ---- and its money goes back ------------------------------------------- */

static enum status
find_given(struct ctx *ctx, const char *order_id, struct step *out)
{
	static const char sql[] =
	    "SELECT r.id, t.wallet_id, t.id, r.steps, t.amount"
	    " FROM referrals r"
	    " JOIN transfers t ON t.id = r.transfer_id"
	    " WHERE r.order_id = $1 AND r.state = 'rewarded'"
	    " FOR NO KEY UPDATE OF r";
	struct db_rows rows;

	*out = (struct step){ .referral = NULL };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(order_id))));
	if (rows.count > 0)
		*out = (struct step){ .referral = db_get_text(&rows, 0, 0),
		    .order = order_id, .wallet = db_get_text(&rows, 0, 1),
		    .grant = db_get_text(&rows, 0, 2),
		    .number = db_get_int(&rows, 0, 3),
		    .amount = db_get_int(&rows, 0, 4) };
	return ST_OK;
}

/* An admin may have taken it back by hand, before the provider tells us. */
static enum status
claw_back(struct ctx *ctx, const struct step *step, int64_t *taken)
{
	struct json_object *transfer = view_root(ctx->arena);
	struct credit credit = { .wallet_id = step->wallet,
	    .amount = step->amount, .origin_id = step->grant,
	    .reason = "The order that earned it was refunded",
	    .key = key_of(ctx, step) };
	enum status status;

	TRY(store_hold_withdraw(ctx, &credit));
	credit.amount = CREDIT_ALL;
	status = store_credit_clawback(ctx, &credit, transfer);
	*taken = view_get_int(transfer, "amount");
	return refusal_is(ctx, status, ST_TRANSFER_REVERSED) ? ST_OK : status;
}

enum status
store_affiliate_order_refunded(struct ctx *ctx, const char *order_id)
{
	static const char sql[] =
	    "UPDATE referrals SET state = 'reversed', taken_back = $2,"
	    "  reversed_at = $3, steps = steps + 1 WHERE id = $1";
	struct step step;
	int64_t taken;

	TRY(hold_wallets(ctx, order_id));
	TRY(find_given(ctx, order_id, &step));
	if (step.referral == NULL)
		return ST_OK;
	TRY(claw_back(ctx, &step, &taken));
	return db_run(ctx, sql, DB_ARGS(db_text(step.referral),
	    db_int(taken), db_time(ctx->now)), NULL);
}
