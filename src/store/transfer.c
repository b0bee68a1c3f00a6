#include "store/transfer.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "trust/sign.h"
#include "view/view.h"

#define WALLET_COLUMNS							\
	"coalesce(monthly_quota, -1)," SPENT_AT("w", "$2") ","		\
	" coalesce(due_at <= $2, false)"

enum { COLUMN_BALANCE, COLUMN_QUOTA, COLUMN_SPENT, COLUMN_DUE };

static void
wallet_row(const struct db_rows *rows, struct wallet *out)
{
	out->balance = db_get_int(rows, 0, COLUMN_BALANCE);
	out->quota = db_get_int(rows, 0, COLUMN_QUOTA);
	out->spent = db_get_int(rows, 0, COLUMN_SPENT);
}

enum status
store_wallet_get(struct ctx *ctx, const char *wallet_id, struct wallet *out)
{
	static const char sql[] =
	    "SELECT " BALANCE_AT("w", "$2") "," WALLET_COLUMNS
	    " FROM wallets w WHERE id = $1 AND kind <> 'system'";
	struct db_rows rows;

	*out = (struct wallet){ .quota = QUOTA_NONE };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(wallet_id),
	    db_time(ctx->now))));
	if (rows.count > 0)
		wallet_row(&rows, out);
	return ST_OK;
}

static const char *
owner_kind(const struct credit *credit)
{
	return credit->organization ? "organization" : "user";
}

enum status
wallet_lock(struct ctx *ctx, const struct credit *credit, struct wallet *out)
{
	static const char lock[] =
	    "SELECT balance," WALLET_COLUMNS " FROM wallets w"
	    " WHERE id = $1 AND kind = $3 FOR NO KEY UPDATE";
	static const char settle[] = "SELECT wallet_settle($1, $2)";
	const struct db_arg arg[] = { db_text(credit->wallet_id),
	    db_time(ctx->now), db_text(owner_kind(credit)) };
	const struct db_args args = { arg, 3 };
	struct db_rows rows;

	TRY(db_one(ctx, &rows, lock, args));
	if (db_get_bool(&rows, 0, COLUMN_DUE)) {
		TRY(db_run(ctx, settle, (struct db_args){ arg, 2 }, NULL));
		TRY(db_one(ctx, &rows, lock, args));
	}
	wallet_row(&rows, out);
	return ST_OK;
}

static enum status
wallet_make(struct ctx *ctx, const struct credit *credit)
{
	static const char user[] =
	    "INSERT INTO wallets (id, kind, balance)"
	    " SELECT id, 'user', 0 FROM users WHERE id = $1"
	    " ON CONFLICT (id) DO NOTHING";
	static const char organization[] =
	    "INSERT INTO wallets (id, kind, balance)"
	    " SELECT $1, 'organization', 0"
	    " WHERE NOT EXISTS (SELECT FROM wallets WHERE id = $1)"
	    " ON CONFLICT (id) DO NOTHING";

	return db_run(ctx, credit->organization ? organization : user,
	    DB_ARGS(db_text(credit->wallet_id)), NULL);
}

enum status
wallet_open(struct ctx *ctx, const struct credit *credit, struct wallet *out)
{
	enum status status = wallet_lock(ctx, credit, out);

	if (status != ST_NOT_FOUND)
		return status;
	TRY(wallet_make(ctx, credit));
	return db_named(ctx, wallet_lock(ctx, credit, out),
	    credit->organization ? ST_ORGANIZATION_NOT_FOUND :
	    ST_USER_NOT_FOUND, credit->wallet_id);
}

enum status
judge_change(const struct wallet *wallet, int64_t change)
{
	if (change < 0 && wallet->balance < -change)
		return ST_INSUFFICIENT_CREDITS;
	if (change > 0 && wallet->balance > CREDIT_MAX - change)
		return ST_BALANCE_LIMIT_EXCEEDED;
	return ST_OK;
}

enum status
judge_spend(const struct wallet *wallet, int64_t amount)
{
	if (wallet->quota != QUOTA_NONE &&
	    (amount > wallet->quota || wallet->spent > wallet->quota - amount))
		return ST_QUOTA_EXCEEDED;
	return judge_change(wallet, -amount);
}

enum status
judge_expiry(const struct ctx *ctx, const struct credit *credit)
{
	return credit->expires_at != 0 && credit->expires_at <= ctx->now ?
	    ST_EXPIRY_PASSED : ST_OK;
}

/*
 * What makes two requests under one key the same one. store/ledger.c makes it
 * again from the row.
 */
static struct db_arg
request_hash(struct ctx *ctx, const struct transfer *t)
{
	const struct credit *credit = t->credit;
	const char *amount = credit->amount == CREDIT_ALL ? "all" :
	    arena_printf(ctx->arena, "%lld", (long long)t->amount);
	const char *text = arena_printf(ctx->arena, "%s\n%s\n%s\n%s\n%s",
	    t->kind, t->from, t->to, amount, credit->reason);
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	if (credit->hash != NULL)
		return db_bytes(credit->hash, SHA256_BYTES);
	if (credit->origin_id != NULL)
		text = arena_printf(ctx->arena, "%s\n%s", text,
		    credit->origin_id);
	if (credit->expires_at != 0)
		text = arena_printf(ctx->arena, "%s\n%lld", text,
		    (long long)credit->expires_at);
	if (credit->lifetime != 0)
		text = arena_printf(ctx->arena, "%s\n+%lld", text,
		    (long long)credit->lifetime);
	sha256(hash, text, strlen(text));
	return db_bytes(hash, SHA256_BYTES);
}

static struct db_arg
expiry(const struct ctx *ctx, const struct credit *credit)
{
	return credit->lifetime != 0 ? db_time(ctx->now + credit->lifetime) :
	    db_time_or_null(credit->expires_at);
}

enum {
	MADE_ID, MADE_KIND, MADE_AMOUNT, MADE_CHANGE, MADE_BALANCE,
	MADE_REASON, MADE_CREATED_AT, MADE_NUMBER, MADE_ORIGIN,
	MADE_EXPIRES_AT, MADE_SAME, MADE_NOW
};

static void
transfer_view(const struct db_rows *rows, struct json_object *out)
{
	view_text(out, "id", db_get_text(rows, 0, MADE_ID));
	view_int(out, "number", db_get_int(rows, 0, MADE_NUMBER));
	view_text(out, "kind", db_get_text(rows, 0, MADE_KIND));
	view_int(out, "amount", db_get_int(rows, 0, MADE_AMOUNT));
	view_int(out, "change", db_get_int(rows, 0, MADE_CHANGE));
	view_int(out, "balance", db_get_int(rows, 0, MADE_BALANCE));
	view_text(out, "reason", db_get_text(rows, 0, MADE_REASON));
	view_text(out, "originId", db_get_text(rows, 0, MADE_ORIGIN));
	view_time(out, "expiresAt", db_get_time(rows, 0, MADE_EXPIRES_AT));
	view_time(out, "createdAt", db_get_time(rows, 0, MADE_CREATED_AT));
}

enum status
transfer_make(struct ctx *ctx, const struct transfer *t, enum status verdict,
    struct json_object *out, bool *made)
{
	static const char sql[] =
	    "WITH prior AS ("
	    "  SELECT id, wallet_id, kind, to_id, amount, balance_after,"
	    "    reason, created_at, number, origin_id, expires_at,"
	    "    key_hash = $10 AS same, false AS made"
	    "  FROM transfers WHERE wallet_id = $2 AND key = $9"
	    "  UNION ALL"
	    "  SELECT id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
	    "    NULL, NULL, false, false FROM usage_events"
	    "  WHERE wallet_id = $2 AND key = $9 AND cost = 0),"
	    " made AS ("
	    "  INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "    amount, reason, actor_id, key, key_hash, created_at,"
	    "    origin_id, expires_at)"
	    "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $13, $14"
	    "  WHERE $12 AND NOT EXISTS (SELECT FROM prior)"
	    "  RETURNING id, wallet_id, kind, to_id, amount, balance_after,"
	    "    reason, created_at, number, origin_id, expires_at,"
	    "    true AS same, true AS made)"
	    " SELECT id, kind, amount,"
	    "  CASE WHEN to_id = wallet_id THEN amount"
	    "    WHEN kind = 'capture' THEN 0 ELSE -amount END,"
	    "  balance_after, nullif(reason, ''), created_at, number,"
	    "  origin_id, expires_at, same, made"
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
	    db_bool(verdict == ST_OK), db_text(credit->origin_id),
	    expiry(ctx, credit));
	TRY(t->last ? db_all_last(ctx, &rows, sql, args) :
	    db_all(ctx, &rows, sql, args));
	if (rows.count == 0)
		return refuse(ctx, verdict, "%s of %lld", t->kind,
		    (long long)t->amount);
	if (!db_get_bool(&rows, 0, MADE_SAME))
		return refuse(ctx, ST_IDEMPOTENCY_KEY_REUSED,
		    "the key belongs to %s",
		    db_get_text(&rows, 0, MADE_ID));
	*made = db_get_bool(&rows, 0, MADE_NOW);
	transfer_view(&rows, out);
	return ST_OK;
}

enum status
transfer_audit(struct ctx *ctx, const struct credit *credit,
    const struct wallet *before, const struct json_object *transfer)
{
	struct json_object *was = view_root(ctx->arena);
	struct json_object *is = view_root(ctx->arena);

	view_int(was, "balance", before->balance);
	view_int(is, "balance", view_get_int(transfer, "balance"));
	view_text(is, "reason", credit->reason);
	view_text(is, "transfer", view_get_text(transfer, "id"));
	return store_audit_write(ctx, &(struct audit){
	    .action = arena_printf(ctx->arena, "credit.%s",
	    view_get_text(transfer, "kind")),
	    .target_type = owner_kind(credit), .target_id = credit->wallet_id,
	    .before = was, .after = is });
}
