/*
 * Transfers that settle another one or take it back. All go the same way:
 * lock the wallet, see what is left of the origin, and come to a verdict.
 */
#include "base/arena.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "store/transfer.h"
#include "view/view.h"

struct origin {
	bool found;
	bool own;	/* made by the program, for a reservation or order */
	bool by_other;	/* than the wallet's owner */
	int64_t left;	/* of it, not settled or taken back */
};

static enum status
origin_get(struct ctx *ctx, const struct credit *credit, const char *kinds,
    struct origin *out)
{
	static const char sql[] =
	    "SELECT t.amount - coalesce((SELECT sum(s.amount)"
	    "    FROM transfers s WHERE s.origin_id = t.id), 0)::bigint,"
	    "  starts_with(t.key, '" CREDIT_KEY_OWN "'),"
	    "  (t.actor_id <> t.wallet_id) IS TRUE"
	    " FROM transfers t WHERE t.id = $2 AND t.wallet_id = $1"
	    "  AND t.kind = ANY (string_to_array($3, ' '))";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(credit->wallet_id),
	    db_text(credit->origin_id), db_text(kinds))));
	*out = (struct origin){ .found = rows.count > 0 };
	if (!out->found)
		return ST_OK;
	out->left = db_get_int(&rows, 0, 0);
	out->own = db_get_bool(&rows, 0, 1);
	out->by_other = db_get_bool(&rows, 0, 2);
	return ST_OK;
}

/*
 * An unknown wallet has made no transfer that could be taken back. What the
 * program made is settled where it was made for: a reservation whose hold
 * somebody else had captured could be neither confirmed nor cancelled. And
 * whoever has to pay must not void what an administrator set aside for it.
 */
static enum status
reversal_open(struct ctx *ctx, const struct credit *credit, const char *kinds,
    enum status missing, struct wallet *wallet, struct origin *origin)
{
	TRY(db_named(ctx, wallet_lock(ctx, credit, wallet),
	    missing, credit->wallet_id));
	TRY(origin_get(ctx, credit, kinds, origin));
	if (!origin->found)
		return refuse(ctx, missing, "no %s %s of this wallet", kinds,
		    credit->origin_id);
	if (text_starts(credit->key, CREDIT_KEY_OWN))
		return ST_OK;
	if (origin->own)
		return refuse(ctx, ST_SETTLED_ELSEWHERE, "%s is our own",
		    credit->origin_id);
	return credit->audited || !origin->by_other ? ST_OK :
	    refuse(ctx, ST_SETTLED_ELSEWHERE, "%s is an administrator's",
	    credit->origin_id);
}

/* What was asked for, or what is left; a transfer needs a positive amount,
 * also when it is only made to find out what its key did before. */
static int64_t
amount_wanted(const struct credit *credit, int64_t left)
{
	if (credit->amount != CREDIT_ALL)
		return credit->amount;
	return left > 0 ? left : 1;
}

/* ---- holds ------------------------------------------------------------- */

static enum status
judge_hold(const struct credit *credit, const struct origin *hold)
{
	if (hold->left <= 0)
		return ST_HOLD_CLOSED;
	return credit->amount > hold->left ? ST_HOLD_EXCEEDED : ST_OK;
}

/* What a capture leaves of its hold. Its key tells by whom it was made. */
static enum status
rest_release(struct ctx *ctx, const struct credit *capture, int64_t rest,
    const char *capture_id)
{
	const struct credit credit = { .wallet_id = capture->wallet_id,
	    .amount = rest, .reason = capture->reason,
	    .key = arena_printf(ctx->arena, CREDIT_KEY_OWN "rest:%s",
	    capture_id), .origin_id = capture->origin_id };
	struct json_object *out = view_root(ctx->arena);
	bool made;

	return transfer_make(ctx, &(struct transfer){ .kind = "release",
	    .from = "held", .to = credit.wallet_id, .amount = rest,
	    .credit = &credit }, ST_OK, out, &made);
}

/* What the capture said before: the balance with all of the hold settled. */
static enum status
rest_recall(struct ctx *ctx, const struct credit *capture,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT balance_after FROM transfers WHERE wallet_id = $1"
	    " AND key = '" CREDIT_KEY_OWN "rest:' || $2::text";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(capture->wallet_id),
	    db_text(view_get_text(out, "id")))));
	if (rows.count > 0)
		view_int(out, "balance", db_get_int(&rows, 0, 0));
	return ST_OK;
}

/* Its own answer, and what was left goes back in the same transaction. */
static enum status
capture_make(struct ctx *ctx, const struct credit *credit,
    const struct wallet *wallet, const struct origin *hold,
    struct json_object *out, bool *made)
{
	const int64_t amount = amount_wanted(credit, hold->left);
	const int64_t rest = hold->left - amount;

	TRY(transfer_make(ctx, &(struct transfer){ .kind = "capture",
	    .from = "held", .to = "spent", .amount = amount,
	    .credit = credit }, judge_hold(credit, hold), out, made));
	if (!*made)
		return rest_recall(ctx, credit, out);
	if (rest == 0)
		return ST_OK;
	TRY(rest_release(ctx, credit, rest, view_get_text(out, "id")));
	view_int(out, "balance", wallet->balance + rest);
	return ST_OK;
}

/* Captures or releases, which differ in what they make of the hold. */
static enum status
hold_settle(struct ctx *ctx, const struct credit *credit,
    enum status (*make)(struct ctx *, const struct credit *,
    const struct wallet *, const struct origin *, struct json_object *,
    bool *), struct json_object *out)
{
	struct wallet wallet;
	struct origin hold;
	bool made = false;

	TRY(reversal_open(ctx, credit, "hold", ST_HOLD_NOT_FOUND, &wallet,
	    &hold));
	TRY(make(ctx, credit, &wallet, &hold, out, &made));
	return made && credit->audited ?
	    transfer_audit(ctx, credit, &wallet, out) : ST_OK;
}

static enum status
release_make(struct ctx *ctx, const struct credit *credit,
    const struct wallet *wallet, const struct origin *hold,
    struct json_object *out, bool *made)
{
	(void)wallet;
	return transfer_make(ctx, &(struct transfer){ .kind = "release",
	    .from = "held", .to = credit->wallet_id,
	    .amount = amount_wanted(credit, hold->left),
	    .credit = credit }, judge_hold(credit, hold), out, made);
}

enum status
store_credit_capture(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	return hold_settle(ctx, credit, capture_make, out);
}

enum status
store_credit_release(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	return hold_settle(ctx, credit, release_make, out);
}

/* ---- refunds and clawbacks --------------------------------------------- */

static enum status
judge_reversal(const struct credit *credit, const struct origin *origin)
{
	if (origin->left <= 0)
		return ST_TRANSFER_REVERSED;
	return credit->amount > origin->left ? ST_TRANSFER_EXCEEDED : ST_OK;
}

enum status
store_credit_refund(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	struct wallet wallet;
	struct origin origin;
	struct transfer refund = { .kind = "refund", .from = "spent",
	    .to = credit->wallet_id, .credit = credit };
	enum status verdict;
	bool made = false;

	TRY(reversal_open(ctx, credit, "spend capture",
	    ST_TRANSFER_NOT_FOUND, &wallet, &origin));
	refund.amount = amount_wanted(credit, origin.left);
	verdict = judge_reversal(credit, &origin);
	if (verdict == ST_OK)
		verdict = judge_change(&wallet, refund.amount);
	TRY(transfer_make(ctx, &refund, verdict, out, &made));
	if (!made)
		return ST_OK;
	return transfer_audit(ctx, credit, &wallet, out);
}

/*
 * The key stands for whatever could be taken, so that asking again, when more
 * or less is there, is the same request.
 */
static enum status
clawback_make(struct ctx *ctx, const struct credit *credit, int64_t amount,
    enum status verdict, struct json_object *out, bool *made)
{
	struct credit any = *credit;

	any.amount = CREDIT_ALL;
	return transfer_make(ctx, &(struct transfer){ .kind = "clawback",
	    .from = credit->wallet_id, .to = "issued", .amount = amount,
	    .credit = &any }, verdict, out, made);
}

enum status
store_credit_clawback(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	struct wallet wallet;
	struct origin grant;
	int64_t wanted, taken;
	bool made = false;

	TRY(reversal_open(ctx, credit, "grant", ST_TRANSFER_NOT_FOUND,
	    &wallet, &grant));
	wanted = amount_wanted(credit, grant.left);
	taken = wanted < wallet.balance ? wanted : wallet.balance;
	if (taken > 0 || grant.left <= 0)
		TRY(clawback_make(ctx, credit, taken > 0 ? taken : 1,
		    judge_reversal(credit, &grant), out, &made));
	view_int(out, "missing", made || taken == 0 ? wanted - taken : 0);
	if (!made)
		return ST_OK;
	return transfer_audit(ctx, credit, &wallet, out);
}
