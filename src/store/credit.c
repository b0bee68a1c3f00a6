#include "store/credit.h"

#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/transfer.h"
#include "view/view.h"

/* A change an admin makes: it has an audit row, once. */
static enum status
change_make(struct ctx *ctx, const struct transfer *t,
    struct json_object *out)
{
	const struct credit *credit = t->credit;
	enum status verdict = judge_expiry(ctx, credit);
	struct wallet wallet;
	bool made = false;

	TRY(wallet_open(ctx, credit, &wallet));
	if (verdict == ST_OK)
		verdict = judge_change(&wallet, credit->amount);
	TRY(transfer_make(ctx, t, verdict, out, &made));
	if (!made)
		return ST_OK;
	return transfer_audit(ctx, credit, &wallet, out);
}

enum status
store_credit_grant(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	const struct transfer grant = { .kind = "grant", .from = "issued",
	    .to = credit->wallet_id, .amount = credit->amount,
	    .credit = credit };

	return change_make(ctx, &grant, out);
}

enum status
store_credit_adjust(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	const struct transfer adjust = { .kind = "adjust",
	    .from = credit->amount > 0 ? "issued" : credit->wallet_id,
	    .to = credit->amount > 0 ? credit->wallet_id : "issued",
	    .amount = credit->amount > 0 ? credit->amount : -credit->amount,
	    .credit = credit };

	return change_make(ctx, &adjust, out);
}

/* What leaves a wallet by its owner's wish. */
static enum status
take_make(struct ctx *ctx, const struct transfer *t, struct json_object *out)
{
	struct wallet wallet;
	bool made = false;
	enum status verdict = judge_expiry(ctx, t->credit);

	TRY(db_named(ctx, wallet_lock(ctx, t->credit, &wallet),
	    ST_INSUFFICIENT_CREDITS, t->credit->wallet_id));
	if (verdict == ST_OK)
		verdict = judge_spend(&wallet, t->amount);
	TRY(transfer_make(ctx, t, verdict, out, &made));
	return made && t->credit->audited ?
	    transfer_audit(ctx, t->credit, &wallet, out) : ST_OK;
}

static enum status
spend_make(struct ctx *ctx, const struct credit *credit, bool last,
    struct json_object *out)
{
	return take_make(ctx, &(struct transfer){ .kind = "spend",
	    .from = credit->wallet_id, .to = "spent",
	    .amount = credit->amount, .credit = credit, .last = last }, out);
}

enum status
store_credit_spend(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	return spend_make(ctx, credit, true, out);
}

enum status
store_credit_take(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	return spend_make(ctx, credit, false, out);
}

enum status
store_credit_hold(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	return take_make(ctx, &(struct transfer){ .kind = "hold",
	    .from = credit->wallet_id, .to = "held",
	    .amount = credit->amount, .credit = credit }, out);
}

static struct json_object *
quota_object(struct ctx *ctx, int64_t quota)
{
	struct json_object *object = view_root(ctx->arena);

	if (quota == QUOTA_NONE)
		view_null(object, "monthlyCreditsQuota");
	else
		view_int(object, "monthlyCreditsQuota", quota);
	return object;
}

enum status
store_quota_set(struct ctx *ctx, const char *wallet_id, int64_t quota)
{
	static const char sql[] =
	    "UPDATE wallets SET monthly_quota = $2 WHERE id = $1";
	struct wallet wallet;

	TRY(wallet_open(ctx, &(struct credit){ .wallet_id = wallet_id },
	    &wallet));
	if (wallet.quota == quota)
		return ST_OK;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(wallet_id),
	    quota == QUOTA_NONE ? db_null() : db_int(quota)), NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = "quota.set", .target_type = "user",
	    .target_id = wallet_id,
	    .before = quota_object(ctx, wallet.quota),
	    .after = quota_object(ctx, quota) });
}

enum status
store_credit_due(struct ctx *ctx, int64_t limit, int64_t *count)
{
	/* Those that somebody is changing settle themselves. */
	static const char sql[] =
	    "WITH due AS (SELECT id FROM wallets WHERE due_at <= $1"
	    "  ORDER BY id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"
	    " SELECT wallet_settle(id, $1) FROM due";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_int(limit))));
	*count = (int64_t)rows.count;
	return ST_OK;
}
