#include "store/difference.h"

#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/payment.h"
#include "view/view.h"

/* ---- comparing --------------------------------------------------------- */

#define KEEP								\
	"INSERT INTO order_differences (id, order_id, kind, subject, ours," \
	"  theirs, found_at, seen_at)"
#define SEEN								\
	" ON CONFLICT (subject, kind) WHERE repaired_at IS NULL"		\
	" DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs,"	\
	"  seen_at = excluded.seen_at"

enum status
store_difference_payment(struct ctx *ctx, const struct payment *theirs)
{
	static const char sql[] = KEEP
	    " SELECT $1, o.id, 'payment', $2, CASE WHEN p.id IS NOT NULL THEN"
	    "   jsonb_build_object('receivedMinor', p.received_minor) END,"
	    "  jsonb_build_object('receivedMinor', $4::bigint,"
	    "   'currency', $5::text), $6, $6"
	    " FROM orders o LEFT JOIN payments p ON p.id = $2"
	    " WHERE o.id = $3 AND (p.id IS NULL OR p.received_minor < $4"
	    "  OR p.order_id IS NULL)"
	    SEEN;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	return db_run(ctx, sql, DB_ARGS(db_text(id), db_text(theirs->id),
	    db_text(theirs->order_id), db_int(theirs->received_minor),
	    db_text(theirs->currency), db_time(ctx->now)), NULL);
}

enum status
store_difference_reversal(struct ctx *ctx, const struct reversal *theirs)
{
	static const char sql[] = KEEP
	    " SELECT $1, p.order_id, $4, $2, CASE WHEN r.id IS NOT NULL THEN"
	    "   jsonb_build_object('amountMinor', r.amount_minor,"
	    "    'stage', r.stage, 'state', r.state) END,"
	    "  jsonb_build_object('amountMinor', $5::bigint,"
	    "   'stage', $6::smallint, 'state', $7::text,"
	    "   'paymentId', p.id), $8, $8"
	    " FROM payments p LEFT JOIN reversals r ON r.id = $2"
	    " WHERE p.id = $3 AND p.order_id IS NOT NULL"
	    "  AND (r.id IS NULL OR r.stage < $6 OR r.amount_minor < $5)"
	    SEEN;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	return db_run(ctx, sql, DB_ARGS(db_text(id), db_text(theirs->id),
	    db_text(theirs->payment_id), db_text(theirs->kind),
	    db_int(theirs->amount_minor), db_int(theirs->stage),
	    db_text(theirs->state), db_time(ctx->now)), NULL);
}

enum status
store_difference_close(struct ctx *ctx, int64_t *open)
{
	static const char sql[] =
	    "UPDATE order_differences d SET repaired_at = $1"
	    " WHERE repaired_at IS NULL AND CASE kind WHEN 'payment'"
	    "  THEN EXISTS (SELECT FROM payments p WHERE p.id = d.subject"
	    "   AND p.order_id = d.order_id AND p.received_minor"
	    "    >= (d.theirs ->> 'receivedMinor')::bigint)"
	    "  ELSE EXISTS (SELECT FROM reversals r WHERE r.id = d.subject"
	    "   AND r.stage >= (d.theirs ->> 'stage')::smallint"
	    "   AND r.amount_minor >= (d.theirs ->> 'amountMinor')::bigint)"
	    "  END";

	TRY(db_run(ctx, sql, DB_ARGS(db_time(ctx->now)), NULL));
	return store_difference_count(ctx, open);
}

/* ---- administrators ---------------------------------------------------- */

enum status
store_difference_count(struct ctx *ctx, int64_t *open)
{
	static const char sql[] =
	    "SELECT count(*) FROM order_differences WHERE repaired_at IS NULL";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_NONE));
	*open = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_difference_list(struct ctx *ctx, struct page *page,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT d.id, d.found_at AS \"foundAt\","
	    "  d.order_id AS \"orderId\", d.kind, d.subject, d.ours,"
	    "  d.theirs, d.seen_at AS \"seenAt\","
	    "  d.repaired_at AS \"repairedAt\","
	    "  d.repaired_by AS \"repairedBy\","
	    "  o.description AS item, o.currency"
	    " FROM order_differences d JOIN orders o ON o.id = d.order_id"
	    " WHERE (d.found_at, d.id) < ($1::timestamptz, $2)"
	    " ORDER BY d.found_at DESC, d.id DESC LIMIT $3";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

/* A row of the locked difference, as the facts that it repairs. */
static enum status
apply(struct ctx *ctx, const struct json_object *row, const char **order_id)
{
	const char *kind = view_get_text(row, "kind");
	const char *subject = view_get_text(row, "subject");
	const struct json_object *theirs = view_get(row, "theirs");

	if (text_is(kind, "payment"))
		return store_payment_note(ctx, &(struct payment){
		    .id = subject, .order_id = view_get_text(row, "orderId"),
		    .provider = PROVIDER_STRIPE,
		    .currency = view_get_text(theirs, "currency"),
		    .received_minor = view_get_int(theirs, "receivedMinor") },
		    order_id);
	return store_reversal_note(ctx, &(struct reversal){ .id = subject,
	    .payment_id = view_get_text(theirs, "paymentId"),
	    .provider = PROVIDER_STRIPE, .kind = kind,
	    .amount_minor = view_get_int(theirs, "amountMinor"),
	    .stage = (enum reversal_stage)view_get_int(theirs, "stage"),
	    .state = view_get_text(theirs, "state") }, order_id);
}

enum status
store_difference_repair(struct ctx *ctx, const char *id,
    const char **order_id)
{
	static const char lock[] =
	    "SELECT order_id AS \"orderId\", kind, subject, ours, theirs"
	    " FROM order_differences"
	    " WHERE id = $1 AND repaired_at IS NULL FOR NO KEY UPDATE";
	static const char end[] =
	    "UPDATE order_differences SET repaired_at = $2, repaired_by = $3"
	    " WHERE id = $1";
	struct json_object *row = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);

	TRY(db_named(ctx, db_view_one(ctx, row, lock, DB_ARGS(db_text(id))),
	    ST_DIFFERENCE_NOT_FOUND, id));
	TRY(apply(ctx, row, order_id));
	TRY(db_run(ctx, end, DB_ARGS(db_text(id), db_time(ctx->now),
	    db_text(audit_actor(ctx))), NULL));
	view_text(after, view_get_text(row, "kind"),
	    view_get_text(row, "subject"));
	return store_audit_write(ctx, &(struct audit){
	    .action = "order.repair", .target_type = "order",
	    .target_id = view_get_text(row, "orderId"), .after = after });
}

/* ---- once a day -------------------------------------------------------- */

enum status
store_reconciliation_begin(struct ctx *ctx)
{
	static const char sql[] =
	    "INSERT INTO reconciliations AS r (day, started_at)"
	    " VALUES (($1::timestamptz AT TIME ZONE 'UTC')::date, $1)"
	    " ON CONFLICT (day) DO UPDATE SET started_at = excluded.started_at"
	    " WHERE r.finished_at IS NULL"
	    "  AND r.started_at < $1::timestamptz - interval '1 hour'"
	    " RETURNING day";
	struct db_rows rows;

	return db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now)));
}

enum status
store_reconciliation_end(struct ctx *ctx, int64_t differences)
{
	static const char sql[] =
	    "UPDATE reconciliations SET finished_at = $1, differences = $2"
	    " WHERE day = ($1::timestamptz AT TIME ZONE 'UTC')::date";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now),
	    db_int(differences)), NULL);
}
