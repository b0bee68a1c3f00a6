#include "store/usage.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/transfer.h"
#include "store/wallet.h"
#include "trust/sign.h"
#include "view/view.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define USAGE_COLUMNS							\
	"id, created_at AS \"createdAt\", type, amount, cost, metadata,"	\
	" balance_after AS balance, transfer_id AS \"transferId\""

/* ---- consuming --------------------------------------------------------- */

/* All of the request, the cost of which is only a part. */
static const uint8_t *
usage_hash(struct ctx *ctx, const struct usage *usage,
    const struct credit *credit)
{
	const char *text = arena_printf(ctx->arena,
	    "usage\n%s\n%lld\n%lld\n%s\n%s", usage->type,
	    (long long)usage->amount, (long long)credit->amount,
	    credit->reason, usage->metadata == NULL ? "" : usage->metadata);
	uint8_t *hash = arena_alloc(ctx->arena, SHA256_BYTES);

	sha256(hash, text, strlen(text));
	return hash;
}

/* "transfer" into out and its id into *id, which is NULL for what is free. */
static enum status
cost_spend(struct ctx *ctx, const struct credit *credit,
    const struct wallet *wallet, struct json_object *out, const char **id)
{
	const struct transfer spend = { .kind = "spend",
	    .from = credit->wallet_id, .to = "spent",
	    .amount = credit->amount, .credit = credit };
	struct json_object *transfer;
	bool made;

	*id = NULL;
	if (credit->amount == 0) {
		view_null(out, "transfer");
		return ST_OK;
	}
	transfer = view_object(out, "transfer");
	TRY(transfer_make(ctx, &spend, judge_spend(wallet, credit->amount),
	    transfer, &made));
	*id = view_get_text(transfer, "id");
	return ST_OK;
}

/* Of what is free the key may belong to a transfer; then there is no row. */
static enum status
usage_note(struct ctx *ctx, const struct usage *usage,
    const struct credit *credit, const char *transfer_id, int64_t balance,
    struct json_object *out)
{
	static const char sql[] =
	    "WITH made AS (INSERT INTO usage_events (id, wallet_id, type,"
	    "    amount, cost, metadata, balance_after, transfer_id, actor_id,"
	    "    key, key_hash, created_at)"
	    "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12"
	    "  WHERE NOT EXISTS (SELECT FROM usage_events"
	    "      WHERE wallet_id = $2 AND key = $10)"
	    "    AND ($8::text IS NOT NULL OR NOT EXISTS (SELECT"
	    "      FROM transfers WHERE wallet_id = $2 AND key = $10))"
	    "  RETURNING " USAGE_COLUMNS ")"
	    " SELECT " USAGE_COLUMNS " FROM usage_events"
	    " WHERE wallet_id = $2 AND key = $10 AND key_hash = $11"
	    " UNION ALL TABLE made";
	char id[ID_SIZE];
	struct db_rows rows;

	id_new(id, ctx->now);
	TRY(db_all_last(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_text(credit->wallet_id), db_text(usage->type),
	    db_int(usage->amount), db_int(credit->amount),
	    db_text(usage->metadata), db_int(balance), db_text(transfer_id),
	    db_text(audit_actor(ctx)), db_text(credit->key),
	    db_bytes(credit->hash, SHA256_BYTES), db_time(ctx->now))));
	if (rows.count == 0)
		return refuse(ctx, ST_IDEMPOTENCY_KEY_REUSED,
		    "the key belongs to something else");
	db_view_row(out, &rows, 0);
	return ST_OK;
}

enum status
store_usage_consume(struct ctx *ctx, const struct usage *usage,
    const struct credit *credit, struct json_object *out)
{
	struct json_object *noted = view_object(out, "usage");
	struct credit whole = *credit;
	struct wallet wallet;
	const char *transfer_id;
	int64_t balance;

	whole.hash = usage_hash(ctx, usage, credit);
	TRY(wallet_open(ctx, &whole, &wallet));
	TRY(cost_spend(ctx, &whole, &wallet, out, &transfer_id));
	balance = transfer_id == NULL ? wallet.balance :
	    view_get_int(view_get(out, "transfer"), "balance");
	TRY(usage_note(ctx, usage, &whole, transfer_id, balance, noted));
	view_int(out, "balance", view_get_int(noted, "balance"));
	return ST_OK;
}

/* ---- the list ---------------------------------------------------------- */

#define LIST_OF(columns, condition)					\
	"SELECT " columns " FROM usage_events WHERE " condition		\
	" (created_at, id) < ($1::timestamptz, $2)"			\
	" AND created_at >= $4 AND created_at < $5"			\
	" ORDER BY created_at DESC, id DESC LIMIT $3"
#define OWNED_COLUMNS USAGE_COLUMNS "," OWNER_COLUMNS("wallet_id")
#define OF_WALLET "($6::text IS NULL OR type = $6) AND wallet_id = $7 AND"

enum status
store_usage_list(struct ctx *ctx, const struct usage_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF(OWNED_COLUMNS, "");
	static const char of_type[] = LIST_OF(OWNED_COLUMNS,
	    "type = $6 AND");
	static const char of_wallet[] = LIST_OF(OWNED_COLUMNS, OF_WALLET);
	static const char own[] = LIST_OF(USAGE_COLUMNS, OF_WALLET);
	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(filter->type),
	    db_text(filter->wallet_id) };
	const char *sql = filter->type != NULL ? of_type : all;
	size_t count = filter->type != NULL ? 6 : 5;
	struct db_rows rows;

	if (filter->wallet_id != NULL) {
		sql = filter->owners ? of_wallet : own;
		count = 7;
	}
	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}
