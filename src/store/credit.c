#include "store/credit.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/user.h"
#include "trust/sign.h"
#include "view/view.h"

/* One transfer to be made; the sides follow from kind and direction. */
struct transfer {
	const char *kind;
	const char *from, *to;
	int64_t amount;		/* positive */
	const struct credit *credit;
	bool last;		/* nothing follows in the transaction */
};

#define WALLET_COLUMNS							\
	"balance, coalesce(monthly_quota, -1),"				\
	" CASE WHEN period = date_trunc('month',"			\
	"     $2::timestamptz AT TIME ZONE 'UTC')::date"		\
	"   THEN period_spent ELSE 0 END"

static void
wallet_row(const struct db_rows *rows, struct wallet *out)
{
	out->balance = db_get_int(rows, 0, 0);
	out->quota = db_get_int(rows, 0, 1);
	out->spent = db_get_int(rows, 0, 2);
}

enum status
store_wallet_get(struct ctx *ctx, const char *wallet_id, struct wallet *out)
{
	static const char sql[] =
	    "SELECT " WALLET_COLUMNS " FROM wallets"
	    " WHERE id = $1 AND kind <> 'system'";
	struct db_rows rows;

	*out = (struct wallet){ .quota = QUOTA_NONE };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(wallet_id),
	    db_time(ctx->now))));
	if (rows.count > 0)
		wallet_row(&rows, out);
	return ST_OK;
}

/* Whoever changes the wallet next waits here until we are done. */
static enum status
wallet_lock(struct ctx *ctx, const char *wallet_id, struct wallet *out)
{
	static const char sql[] =
	    "SELECT " WALLET_COLUMNS " FROM wallets"
	    " WHERE id = $1 AND kind <> 'system' FOR UPDATE";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(wallet_id),
	    db_time(ctx->now))));
	wallet_row(&rows, out);
	return ST_OK;
}

/* As wallet_lock; imported users get their wallet at the first need. */
static enum status
wallet_open(struct ctx *ctx, const char *user_id, struct wallet *out)
{
	static const char sql[] =
	    "INSERT INTO wallets (id, kind, balance)"
	    " SELECT id, 'user', 0 FROM users WHERE id = $1"
	    " ON CONFLICT (id) DO NOTHING";
	enum status status = wallet_lock(ctx, user_id, out);

	if (status != ST_NOT_FOUND)
		return status;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(user_id)), NULL));
	return db_named(ctx, wallet_lock(ctx, user_id, out),
	    ST_USER_NOT_FOUND, user_id);
}

/* What makes two requests under one key the same one. */
static struct db_arg
request_hash(struct ctx *ctx, const struct transfer *t)
{
	const char *text = arena_printf(ctx->arena, "%s\n%s\n%s\n%lld\n%s",
	    t->kind, t->from, t->to, (long long)t->amount, t->credit->reason);
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	sha256(hash, text, strlen(text));
	return db_bytes(hash, SHA256_BYTES);
}

enum {
	COLUMN_ID, COLUMN_KIND, COLUMN_AMOUNT, COLUMN_CHANGE, COLUMN_BALANCE,
	COLUMN_REASON, COLUMN_CREATED_AT, COLUMN_SAME, COLUMN_MADE
};

static void
transfer_view(struct ctx *ctx, const struct db_rows *rows,
    struct json_object *out)
{
	view_text(out, "id", db_get_text(rows, 0, COLUMN_ID));
	view_text(out, "kind", db_get_text(rows, 0, COLUMN_KIND));
	view_int(out, "amount", db_get_int(rows, 0, COLUMN_AMOUNT));
	view_int(out, "change", db_get_int(rows, 0, COLUMN_CHANGE));
	view_int(out, "balance", db_get_int(rows, 0, COLUMN_BALANCE));
	view_text(out, "reason", db_get_text(rows, 0, COLUMN_REASON));
	view_time(out, "createdAt",
	    db_get_time(ctx, rows, 0, COLUMN_CREATED_AT));
}

/*
 * The wallet is locked: nobody else is between the look at the key and the
 * insertion, and verdict, reached from the locked row, still holds. Only a
 * key that has been used is answered in spite of it.
 */
static enum status
transfer_make(struct ctx *ctx, const struct transfer *t, enum status verdict,
    struct json_object *out, bool *made)
{
	static const char sql[] =
	    "WITH prior AS ("
	    "  SELECT id, wallet_id, kind, to_id, amount, balance_after,"
	    "    reason, created_at, key_hash = $10 AS same, false AS made"
	    "  FROM transfers WHERE wallet_id = $2 AND key = $9),"
	    " made AS ("
	    "  INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "    amount, reason, actor_id, key, key_hash, created_at)"
	    "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11"
	    "  WHERE $12 AND NOT EXISTS (SELECT FROM prior)"
	    "  RETURNING id, wallet_id, kind, to_id, amount, balance_after,"
	    "    reason, created_at, true AS same, true AS made)"
	    " SELECT id, kind, amount,"
	    "  CASE WHEN to_id = wallet_id THEN amount ELSE -amount END,"
	    "  balance_after, nullif(reason, ''), created_at, same, made"
	    " FROM (TABLE prior UNION ALL TABLE made) AS either";
	char id[ID_SIZE];
	struct db_rows rows;
	const struct credit *credit = t->credit;
	struct db_args args;

	id_new(id, ctx->now);
	args = DB_ARGS(db_text(id), db_text(credit->wallet_id),
	    db_text(t->kind), db_text(t->from), db_text(t->to),
	    db_int(t->amount), db_text(credit->reason),
	    db_text(audit_actor(ctx)),
	    db_text(credit->key), request_hash(ctx, t), db_time(ctx->now),
	    db_bool(verdict == ST_OK));
	TRY(t->last ? db_all_last(ctx, &rows, sql, args) :
	    db_all(ctx, &rows, sql, args));
	if (rows.count == 0)
		return refuse(ctx, verdict, "%s of %lld", t->kind,
		    (long long)t->amount);
	if (!db_get_bool(&rows, 0, COLUMN_SAME))
		return refuse(ctx, ST_IDEMPOTENCY_KEY_REUSED,
		    "the key belongs to transfer %s",
		    db_get_text(&rows, 0, COLUMN_ID));
	*made = db_get_bool(&rows, 0, COLUMN_MADE);
	transfer_view(ctx, &rows, out);
	return ST_OK;
}

static enum status
judge_change(const struct wallet *wallet, int64_t change)
{
	if (change < 0 && wallet->balance < -change)
		return ST_INSUFFICIENT_CREDITS;
	if (change > 0 && wallet->balance > CREDIT_MAX - change)
		return ST_BALANCE_LIMIT_EXCEEDED;
	return ST_OK;
}

static enum status
judge_spend(const struct wallet *wallet, int64_t amount)
{
	if (wallet->quota != QUOTA_NONE &&
	    (amount > wallet->quota || wallet->spent > wallet->quota - amount))
		return ST_QUOTA_EXCEEDED;
	return judge_change(wallet, -amount);
}

static enum status
audit_change(struct ctx *ctx, const char *action, const struct credit *credit,
    const struct wallet *wallet, const struct json_object *transfer)
{
	struct json_object *before = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);

	view_int(before, "balance", wallet->balance);
	view_int(after, "balance", wallet->balance + credit->amount);
	view_text(after, "reason", credit->reason);
	view_text(after, "transfer", view_get_text(transfer, "id"));
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = credit->wallet_id,
	    .before = before, .after = after });
}

/* A change an admin makes: it has an audit row, once. */
static enum status
change_make(struct ctx *ctx, const struct transfer *t, const char *action,
    struct json_object *out)
{
	const struct credit *credit = t->credit;
	struct wallet wallet;
	bool made = false;

	TRY(wallet_open(ctx, credit->wallet_id, &wallet));
	TRY(transfer_make(ctx, t, judge_change(&wallet, credit->amount), out,
	    &made));
	if (!made)
		return ST_OK;
	return audit_change(ctx, action, credit, &wallet, out);
}

enum status
store_credit_grant(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	const struct transfer grant = { .kind = "grant", .from = "issued",
	    .to = credit->wallet_id, .amount = credit->amount,
	    .credit = credit };

	return change_make(ctx, &grant, "credit.grant", out);
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

	return change_make(ctx, &adjust, "credit.adjust", out);
}

enum status
store_credit_spend(struct ctx *ctx, const struct credit *credit,
    struct json_object *out)
{
	const struct transfer spend = { .kind = "spend",
	    .from = credit->wallet_id, .to = "spent",
	    .amount = credit->amount, .credit = credit, .last = true };
	struct wallet wallet;
	bool made;
	enum status status = wallet_lock(ctx, credit->wallet_id, &wallet);

	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_INSUFFICIENT_CREDITS, "no wallet yet");
	TRY(status);
	return transfer_make(ctx, &spend, judge_spend(&wallet,
	    credit->amount), out, &made);
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

	TRY(wallet_open(ctx, wallet_id, &wallet));
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
