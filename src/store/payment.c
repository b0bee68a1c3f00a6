#include "store/payment.h"

#include "ctx.h"
#include "store/db.h"

enum status
store_payment_note(struct ctx *ctx, const struct payment *heard,
    const char **order_id)
{
	/* Who pays what is decided once, by who says it first. */
	static const char sql[] =
	    "INSERT INTO payments AS p (id, order_id, provider, currency,"
	    "  received_minor, refunded_minor, created_at, updated_at)"
	    " VALUES ($1, (SELECT id FROM orders WHERE id = $2), $3, $4, $5,"
	    "  $6, $7, $7)"
	    " ON CONFLICT (id) DO UPDATE SET"
	    "  order_id = coalesce(p.order_id, excluded.order_id),"
	    "  currency = coalesce(p.currency, excluded.currency),"
	    "  received_minor = greatest(p.received_minor,"
	    "    excluded.received_minor),"
	    "  refunded_minor = greatest(p.refunded_minor,"
	    "    excluded.refunded_minor),"
	    "  updated_at = excluded.updated_at"
	    " RETURNING p.order_id";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(heard->id),
	    db_text(heard->order_id), db_text(heard->provider),
	    db_text(heard->currency), db_int(heard->received_minor),
	    db_int(heard->refunded_minor), db_time(ctx->now))));
	*order_id = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_reversal_note(struct ctx *ctx, const struct reversal *heard,
    const char **order_id)
{
	/* Of two words for one stage the order of arrival decides nothing. */
	static const char sql[] =
	    "INSERT INTO reversals AS r (id, payment_id, kind, amount_minor,"
	    "  stage, state, reason, created_at, updated_at, key)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)"
	    " ON CONFLICT (id) DO UPDATE SET"
	    "  amount_minor = greatest(r.amount_minor,"
	    "    excluded.amount_minor),"
	    "  stage = greatest(r.stage, excluded.stage),"
	    "  state = CASE WHEN excluded.stage > r.stage"
	    "    THEN excluded.state WHEN excluded.stage < r.stage"
	    "    THEN r.state ELSE greatest(r.state, excluded.state) END,"
	    "  reason = coalesce(r.reason, excluded.reason),"
	    "  key = coalesce(r.key, excluded.key),"
	    "  updated_at = excluded.updated_at";

	TRY(store_payment_note(ctx, &(struct payment){
	    .id = heard->payment_id, .provider = heard->provider },
	    order_id));
	return db_run(ctx, sql, DB_ARGS(db_text(heard->id),
	    db_text(heard->payment_id), db_text(heard->kind),
	    db_int(heard->amount_minor), db_int(heard->stage),
	    db_text(heard->state), db_text(heard->reason),
	    db_time(ctx->now), db_text(heard->key)), NULL);
}

enum status
store_refund_known(struct ctx *ctx, const char *order_id, const char *key,
    int64_t *amount_minor)
{
	static const char sql[] =
	    "SELECT r.amount_minor FROM payments p"
	    " JOIN reversals r ON r.payment_id = p.id"
	    " WHERE p.order_id = $1 AND r.key = $2";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(order_id),
	    db_text(key))));
	*amount_minor = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_payment_refundable(struct ctx *ctx, const char *order_id, bool locked,
    struct refundable *out)
{
	static const char lock[] =
	    "SELECT FROM payments WHERE order_id = $1 ORDER BY id"
	    " FOR NO KEY UPDATE";
	static const char sql[] =
	    "SELECT s.id, s.provider, s.received_minor - s.refunded_minor"
	    "    - s.disputed_minor AS rest"
	    " FROM payment_sums s JOIN orders o ON o.id = s.order_id"
	    "  AND o.currency = s.currency"
	    " WHERE o.id = $1 ORDER BY rest DESC, s.id LIMIT 1";
	struct db_rows rows;

	if (locked)
		TRY(db_run(ctx, lock, DB_ARGS(db_text(order_id)), NULL));
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(order_id))));
	if (rows.count == 0 || db_get_int(&rows, 0, 2) <= 0)
		return refuse(ctx, ST_ORDER_NOT_REFUNDABLE,
		    "no payment, or nothing left");
	*out = (struct refundable){ .payment_id = db_get_text(&rows, 0, 0),
	    .provider = db_get_text(&rows, 0, 1),
	    .left_minor = db_get_int(&rows, 0, 2) };
	return ST_OK;
}

enum status
store_payment_list(struct ctx *ctx, const char *order_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, provider, currency,"
	    "  received_minor AS \"receivedMinor\","
	    "  refunded_minor AS \"refundedMinor\","
	    "  created_at AS \"createdAt\""
	    " FROM payments WHERE order_id = $1 ORDER BY created_at, id"
	    " LIMIT 100";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(order_id)));
}

enum status
store_reversal_list(struct ctx *ctx, const char *order_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT r.id, r.payment_id AS \"paymentId\", r.kind,"
	    "  r.amount_minor AS \"amountMinor\", p.currency,"
	    "  r.stage::integer AS stage,"
	    "  r.state, r.reason, r.created_at AS \"createdAt\""
	    " FROM reversals r JOIN payments p ON p.id = r.payment_id"
	    " WHERE p.order_id = $1 ORDER BY r.created_at, r.id LIMIT 100";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(order_id)));
}
