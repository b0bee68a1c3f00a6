#include "store/order.h"

#include <string.h>

#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define ORDER_COLUMNS							\
	"id, created_at AS \"createdAt\", user_id AS \"userId\", email," \
	" description, status, credits,"				\
	" amount_minor AS \"amountMinor\", currency,"			\
	" paid_at AS \"paidAt\", updated_at AS \"updatedAt\","		\
	" plan_id AS \"planId\", provider,"				\
	" received_minor AS \"receivedMinor\","				\
	" refunded_minor AS \"refundedMinor\","				\
	" disputed_minor AS \"disputedMinor\","				\
	" credits_given AS \"creditsGiven\","				\
	" credits_short AS \"creditsShort\","				\
	" checkout_stage::integer AS \"checkoutStage\""

#define LIST_OF(condition)						\
	"SELECT " ORDER_COLUMNS " FROM orders WHERE " condition		\
	" (created_at, id) < ($1::timestamptz, $2)"			\
	" AND created_at >= $4 AND created_at < $5"			\
	" ORDER BY created_at DESC, id DESC LIMIT $3"
#define OF_STATUS " AND ($7::text IS NULL OR status = $7) AND"

/* The statement for a filter, and what it is about as $6; NULL: nothing. */
static const char *
list_choose(const struct order_filter *filter, const char **subject)
{
	static const char all[] = LIST_OF("");
	static const char of_status[] = LIST_OF("status = $6 AND");
	static const char of_user[] = LIST_OF("user_id = $6" OF_STATUS);
	static const char of_email[] = LIST_OF(
	    "lower(email) COLLATE \"C\" = lower($6)" OF_STATUS);
	static const char of_id[] = LIST_OF(
	    "id IN (SELECT $6 UNION ALL"
	    "  SELECT id FROM orders WHERE checkout_id = $6 UNION ALL"
	    "  SELECT id FROM orders WHERE invoice_id = $6 UNION ALL"
	    "  SELECT order_id FROM payments WHERE id = $6 UNION ALL"
	    "  SELECT p.order_id FROM payments p JOIN reversals r"
	    "    ON r.payment_id = p.id WHERE r.id = $6)" OF_STATUS);

	*subject = filter->user_id;
	if (*subject != NULL)
		return of_user;
	*subject = filter->search;
	if (*subject != NULL)
		return strchr(*subject, '@') != NULL ? of_email : of_id;
	*subject = filter->status;
	return *subject != NULL ? of_status : all;
}

enum status
store_order_list(struct ctx *ctx, const struct order_filter *filter,
    struct page *page, struct json_object *out)
{
	const char *subject;
	const char *sql = list_choose(filter, &subject);
	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_time(filter->from),
	    db_time(filter->to), db_text(subject), db_text(filter->status) };
	const size_t count = subject == NULL ? 5 :
	    subject == filter->status ? 6 : 7;
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_order_get(struct ctx *ctx, const char *id, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " ORDER_COLUMNS ", checkout_id AS \"checkoutId\""
	    " FROM orders WHERE id = $1"
	    "  AND ($2::text IS NULL OR user_id = $2)";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id))), ST_ORDER_NOT_FOUND, id);
}

enum status
store_order_history(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT a.created_at AS \"createdAt\", a.action,"
	    "  a.after ->> 'status' AS status,"
	    "  CASE WHEN a.actor_id IS NULL THEN 'System'"
	    "    ELSE coalesce(u.name, a.actor_id) END AS \"actorText\","
	    "  a.after ->> 'reason' AS \"detailText\""
	    " FROM audit a LEFT JOIN users u ON u.id = a.actor_id"
	    " WHERE a.target_type = 'order' AND a.target_id = $1"
	    " ORDER BY a.created_at, a.id LIMIT 100";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(id)));
}

static enum status
audit_order(struct ctx *ctx, const char *action, const char *id,
    const char *from, const char *to)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "order", .target_id = id,
	    .before = from == NULL ? NULL : audit_text(ctx, "status", from),
	    .after = audit_text(ctx, "status", to) });
}

enum status
store_order_unpaid(struct ctx *ctx, const char *user_id, int64_t *count)
{
	static const char sql[] =
	    "SELECT count(*) FROM orders"
	    " WHERE user_id = $1 AND status = 'created'";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id))));
	*count = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_order_create(struct ctx *ctx, const struct order_new *new)
{
	static const char sql[] =
	    "INSERT INTO orders (id, user_id, email, description, credits,"
	    "  amount_minor, currency, created_at, updated_at, plan_id,"
	    "  credits_expire_days, credits_expire_at, invoice_id)"
	    " SELECT $1, id, email, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11"
	    " FROM users WHERE id = $2";
	int64_t made;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(new->id), db_text(new->user_id),
	    db_text(new->description), db_int(new->credits),
	    db_int(new->amount_minor), db_text(new->currency),
	    db_time(ctx->now), db_text(new->plan_id),
	    db_int_or_null(new->expire_days),
	    db_time_or_null(new->expires_at),
	    db_text(new->invoice_id)), &made));
	if (made == 0)
		return db_named(ctx, ST_NOT_FOUND, ST_USER_NOT_FOUND,
		    new->user_id);
	return audit_order(ctx, "order.create", new->id, NULL, "created");
}

enum status
store_order_invoiced(struct ctx *ctx, const char *invoice_id, const char **id)
{
	static const char sql[] = "SELECT id FROM orders WHERE invoice_id = $1";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql,
	    DB_ARGS(db_text(invoice_id))), ST_ORDER_NOT_FOUND, invoice_id));
	*id = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_order_free_before(struct ctx *ctx, const char *user_id,
    const char *invoice_id, bool *out)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM orders WHERE user_id = $1"
	    " AND invoice_id <> $2 AND amount_minor = 0 AND credits > 0)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(invoice_id))));
	*out = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

enum status
store_order_move(struct ctx *ctx, const char *id, const char *status)
{
	static const char lock[] =
	    "SELECT status, EXISTS (SELECT FROM order_moves m"
	    "   WHERE m.from_status = o.status AND m.to_status = $2)"
	    " FROM orders o WHERE id = $1 FOR NO KEY UPDATE OF o";
	static const char move[] =
	    "UPDATE orders SET status = $2, updated_at = $3,"
	    "  paid_at = CASE WHEN $2 = 'paid'"
	    "   THEN coalesce(paid_at, $3) ELSE paid_at END"
	    " WHERE id = $1";
	struct db_rows rows;
	const char *from;

	TRY(db_named(ctx, db_one(ctx, &rows, lock, DB_ARGS(db_text(id),
	    db_text(status))), ST_ORDER_NOT_FOUND, id));
	from = db_get_text(&rows, 0, 0);
	if (text_is(from, status))
		return ST_OK;
	if (!db_get_bool(&rows, 0, 1))
		return refuse(ctx, ST_CONFLICT, "no move from %s to %s",
		    from, status);
	TRY(db_run(ctx, move, DB_ARGS(db_text(id), db_text(status),
	    db_time(ctx->now)), NULL));
	return audit_order(ctx, "order.move", id, from, status);
}
