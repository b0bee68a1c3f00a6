#include "store/affiliate.h"

#include <stdint.h>

#include "base/arena.h"
#include "base/code.h"
#include "base/log.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/user.h"
#include "view/view.h"

/* ---- codes ------------------------------------------------------------- */

enum status
store_affiliate_open(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char make[] =
	    "INSERT INTO affiliates (id, user_id, code, created_at)"
	    " SELECT $1, id, $3, $4 FROM users WHERE id = $2"
	    " ON CONFLICT (user_id) DO NOTHING";
	static const char show[] =
	    "SELECT id, code, disabled_at IS NOT NULL AS disabled,"
	    "  referred, rewarded, credits"
	    " FROM affiliates WHERE user_id = $1";
	char id[ID_SIZE], code[AFFILIATE_CODE_LENGTH + 1];
	enum status status = db_view_one(ctx, out, show,
	    DB_ARGS(db_text(user_id)));

	if (status != ST_NOT_FOUND)
		return status;
	id_new(id, ctx->now);
	code_new(code, AFFILIATE_CODE_LENGTH);
	TRY(db_run(ctx, make, DB_ARGS(db_text(id), db_text(user_id),
	    db_text(code), db_time(ctx->now)), NULL));
	return db_named(ctx, db_view_one(ctx, out, show,
	    DB_ARGS(db_text(user_id))), ST_USER_NOT_FOUND, user_id);
}

enum status
store_affiliate_switch(struct ctx *ctx, const char *id, bool disabled)
{
	static const char lock[] =
	    "SELECT disabled_at IS NOT NULL FROM affiliates WHERE id = $1"
	    " FOR UPDATE";
	static const char set[] =
	    "UPDATE affiliates SET disabled_at = $2 WHERE id = $1";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, lock, DB_ARGS(db_text(id))),
	    ST_AFFILIATE_NOT_FOUND, id));
	if (db_get_bool(&rows, 0, 0) == disabled)
		return ST_OK;
	TRY(db_run(ctx, set, DB_ARGS(db_text(id),
	    disabled ? db_time(ctx->now) : db_null()), NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = disabled ? "affiliate.disable" : "affiliate.enable",
	    .target_type = "affiliate", .target_id = id });
}

/* ---- sign-up ----------------------------------------------------------- */

/* What follows a "+" goes to the same mailbox. */
#define MAILBOX(email) "regexp_replace(" email ", '[+][^@]*@', '@')"

enum status
store_referral_add(struct ctx *ctx, const struct user *user, const char *code,
    const char *visitor, enum referral_outcome *outcome)
{
	static const char sql[] =
	    "WITH by AS ("
	    "  SELECT a.id,"
	    "    a.disabled_at IS NOT NULL OR " USER_BANNED("$4") " AS shut,"
	    "    a.user_id IS NOT DISTINCT FROM $5"
	    "      OR " MAILBOX("u.email") " = " MAILBOX("$6") " AS own"
	    "  FROM affiliates a JOIN users u ON u.id = a.user_id"
	    "  WHERE a.code = $1),"
	    " made AS ("
	    "  INSERT INTO referrals (id, affiliate_id, user_id, created_at)"
	    "  SELECT $3, id, $2, $4 FROM by WHERE NOT shut AND NOT own)"
	    " SELECT shut, own FROM by";
	char id[ID_SIZE];
	struct db_rows rows;

	id_new(id, ctx->now);
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(code), db_text(user->id),
	    db_text(id), db_time(ctx->now), db_text(visitor),
	    db_text(user->email))));
	if (rows.count == 0)
		*outcome = REFERRAL_UNKNOWN;
	else if (db_get_bool(&rows, 0, 1))
		*outcome = REFERRAL_OWN;
	else
		*outcome = db_get_bool(&rows, 0, 0) ? REFERRAL_DISABLED :
		    REFERRAL_MADE;
	return ST_OK;
}

/* ---- orders ------------------------------------------------------------ */

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
	    " ORDER BY w.id FOR UPDATE";

	return db_run(ctx, sql, DB_ARGS(db_text(order_id)), NULL);
}

static int64_t
reward_of(const struct ctx *ctx, int64_t credits)
{
	const struct reward *reward = &ctx->config->affiliate_reward;

	return reward->percent == 0 ? reward->credits :
	    credits / 100 * reward->percent +
	    credits % 100 * reward->percent / 100;
}

struct due {
	const char *referral, *wallet;
	int64_t reward;		/* credits; 0: there is none */
};

static enum status
find_due(struct ctx *ctx, const char *order_id, struct due *due)
{
	static const char sql[] =
	    "SELECT r.id, u.id, o.credits FROM orders o"
	    " JOIN referrals r ON r.user_id = o.user_id"
	    " JOIN affiliates a ON a.id = r.affiliate_id"
	    " JOIN users u ON u.id = a.user_id"
	    " WHERE o.id = $1 AND o.status = 'paid' AND o.amount_minor > 0"
	    "  AND r.state = 'joined' AND a.disabled_at IS NULL"
	    "  AND NOT " USER_BANNED("$2")
	    "  AND NOT EXISTS (SELECT FROM orders e"
	    "    WHERE e.user_id = o.user_id AND e.id <> o.id"
	    "     AND e.paid_at IS NOT NULL AND e.amount_minor > 0)"
	    " FOR UPDATE OF r";
	struct db_rows rows;

	*due = (struct due){ .reward = 0 };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(order_id),
	    db_time(ctx->now))));
	if (rows.count == 0)
		return ST_OK;
	*due = (struct due){ .referral = db_get_text(&rows, 0, 0),
	    .wallet = db_get_text(&rows, 0, 1),
	    .reward = reward_of(ctx, db_get_int(&rows, 0, 2)) };
	return ST_OK;
}

static enum status
give(struct ctx *ctx, const char *order_id, const struct due *due)
{
	static const char sql[] =
	    "UPDATE referrals SET state = 'rewarded', order_id = $2,"
	    "  transfer_id = $3, reward = $4, rewarded_at = $5"
	    " WHERE id = $1";
	struct json_object *transfer = view_root(ctx->arena);
	enum status status = store_credit_grant(ctx, &(struct credit){
	    .wallet_id = due->wallet, .amount = due->reward,
	    .reason = "Reward for a referral",
	    .key = arena_printf(ctx->arena, "tollgate:affiliate:%s",
	    order_id) }, transfer);

	/* A full wallet is no reason to refuse somebody else's order. */
	if (status == ST_BALANCE_LIMIT_EXCEEDED) {
		log_warn("affiliate", "no room for the reward of order %s",
		    order_id);
		ctx->reason = NULL;
		return ST_OK;
	}
	TRY(status);
	return db_run(ctx, sql, DB_ARGS(db_text(due->referral),
	    db_text(order_id), db_text(view_get_text(transfer, "id")),
	    db_int(due->reward), db_time(ctx->now)), NULL);
}

enum status
store_affiliate_order_paid(struct ctx *ctx, const char *order_id)
{
	struct due due;

	if (!ctx->config->affiliates_enabled)
		return ST_OK;
	TRY(hold_wallets(ctx, order_id));
	TRY(find_due(ctx, order_id, &due));
	return due.reward == 0 ? ST_OK : give(ctx, order_id, &due);
}

/* ---- and when the money goes back --------------------------------------- */

struct given {
	const char *referral, *wallet, *transfer;
};

static enum status
find_given(struct ctx *ctx, const char *order_id, struct given *given)
{
	static const char sql[] =
	    "SELECT r.id, t.wallet_id, t.id FROM referrals r"
	    " JOIN transfers t ON t.id = r.transfer_id"
	    " WHERE r.order_id = $1 AND r.state = 'rewarded'"
	    " FOR UPDATE OF r";
	struct db_rows rows;

	*given = (struct given){ .referral = NULL };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(order_id))));
	if (rows.count > 0)
		*given = (struct given){ db_get_text(&rows, 0, 0),
			db_get_text(&rows, 0, 1), db_get_text(&rows, 0, 2) };
	return ST_OK;
}

/* An admin may have taken it back by hand, before the provider tells us. */
static enum status
claw_back(struct ctx *ctx, const char *order_id, const struct given *given,
    int64_t *taken)
{
	struct json_object *transfer = view_root(ctx->arena);
	const enum status status = store_credit_clawback(ctx,
	    &(struct credit){ .wallet_id = given->wallet,
	    .amount = CREDIT_ALL, .origin_id = given->transfer,
	    .reason = "The order that earned it was refunded",
	    .key = arena_printf(ctx->arena, "tollgate:unaffiliate:%s",
	    order_id) }, transfer);

	*taken = view_get_int(transfer, "amount");
	if (status != ST_TRANSFER_REVERSED)
		return status;
	ctx->reason = NULL;
	return ST_OK;
}

enum status
store_affiliate_order_refunded(struct ctx *ctx, const char *order_id)
{
	static const char sql[] =
	    "UPDATE referrals SET state = 'reversed', taken_back = $2,"
	    "  reversed_at = $3 WHERE id = $1";
	struct given given;
	int64_t taken;

	TRY(hold_wallets(ctx, order_id));
	TRY(find_given(ctx, order_id, &given));
	if (given.referral == NULL)
		return ST_OK;
	TRY(claw_back(ctx, order_id, &given, &taken));
	return db_run(ctx, sql, DB_ARGS(db_text(given.referral),
	    db_int(taken), db_time(ctx->now)), NULL);
}
