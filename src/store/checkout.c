#include "store/checkout.h"

#include "base/text.h"
#include "ctx.h"
#include "store/db.h"

enum status
store_checkout_note(struct ctx *ctx, const char *session_id,
    enum checkout_stage stage)
{
	static const char sql[] =
	    "UPDATE orders SET checkout_stage = $2"
	    " WHERE checkout_id = $1 AND checkout_stage < $2";

	return db_run(ctx, sql, DB_ARGS(db_text(session_id), db_int(stage)),
	    NULL);
}

enum status
store_checkout_get(struct ctx *ctx, const char *order_id,
    const char *user_id, struct checkout *out)
{
	static const char sql[] =
	    "SELECT o.status, o.email, o.description, o.amount_minor,"
	    "  o.currency, p.stripe_price_id, o.checkout_id, o.checkout_url,"
	    "  o.checkout_expires_at, o.checkout_stage, o.checkouts"
	    " FROM orders o LEFT JOIN plans p ON p.id = o.plan_id"
	    " WHERE o.id = $1 AND ($2::text IS NULL OR o.user_id = $2)";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(order_id),
	    db_text(user_id))), ST_ORDER_NOT_FOUND, order_id));
	*out = (struct checkout){ .order_id = order_id,
	    .status = db_get_text(&rows, 0, 0),
	    .email = db_get_text(&rows, 0, 1),
	    .description = db_get_text(&rows, 0, 2),
	    .amount_minor = db_get_int(&rows, 0, 3),
	    .currency = db_get_text(&rows, 0, 4),
	    .price_id = db_get_text(&rows, 0, 5),
	    .session_id = db_get_text(&rows, 0, 6),
	    .url = db_get_text(&rows, 0, 7),
	    .expires_at = db_get_time(&rows, 0, 8),
	    .stage = (enum checkout_stage)db_get_int(&rows, 0, 9),
	    .attempts = db_get_int(&rows, 0, 10) };
	return ST_OK;
}

enum status
store_checkout_keep(struct ctx *ctx, const struct checkout *checkout)
{
	/* checkout_id is a key: a payment that refers to the order waits
	 * here, not when it has the wallet that we would wait for. */
	static const char lock[] =
	    "SELECT status FROM orders WHERE id = $1 FOR UPDATE";
	static const char sql[] =
	    "UPDATE orders SET checkout_id = $2, checkout_url = $3,"
	    "  checkout_expires_at = $4, checkout_stage = 0, checkouts = $5,"
	    "  provider = 'stripe'"
	    " WHERE id = $1 AND checkouts < $5";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, lock,
	    DB_ARGS(db_text(checkout->order_id))), ST_ORDER_NOT_FOUND,
	    checkout->order_id));
	if (!text_is(db_get_text(&rows, 0, 0), "created"))
		return refuse(ctx, ST_ORDER_CLOSED, "the order is %s",
		    db_get_text(&rows, 0, 0));
	return db_run(ctx, sql, DB_ARGS(db_text(checkout->order_id),
	    db_text(checkout->session_id), db_text(checkout->url),
	    db_time(checkout->expires_at), db_int(checkout->attempts)),
	    NULL);
}
