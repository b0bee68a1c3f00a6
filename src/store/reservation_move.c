/*
 * Reservations that move, and their credits with them. All changes of one
 * reservation queue up at its user, whom the caller has locked, or at the
 * wallet, when its credits are taken back; the ledger decides who of both was
 * first. A user who is gone has nothing that could be confirmed, and cancelling
 * twice is decided by the row.
 */
#include "store/reservation.h"

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/reservation_sql.h"
#include "view/view.h"

struct reservation {
	const char *id;
	const char *item_id, *item;
	const char *wallet_id;
	const char *hold_id;
	const char *capture_id;		/* NULL: not captured */
	const char *state;
	bool cancellable;
};

static enum status
reservation_read(struct ctx *ctx, const char *id, const char *user_id,
    struct reservation *out)
{
	static const char sql[] =
	    "SELECT r.item_id, i.name, h.wallet_id, r.hold_id, r.capture_id,"
	    "  " STATE_AT("$1") ", " CANCELLABLE("$1", "$2")
	    " FROM reservations r JOIN items i ON i.id = r.item_id"
	    "  JOIN holds h ON h.id = r.hold_id"
	    " WHERE r.id = $3 AND ($4::text IS NULL OR r.user_id = $4)";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_int(ctx->config->reservations_cancel_hours), db_text(id),
	    db_text(user_id))), ST_RESERVATION_NOT_FOUND, id));
	*out = (struct reservation){ .id = id,
	    .item_id = db_get_text(&rows, 0, 0),
	    .item = db_get_text(&rows, 0, 1),
	    .wallet_id = db_get_text(&rows, 0, 2),
	    .hold_id = db_get_text(&rows, 0, 3),
	    .capture_id = db_get_text(&rows, 0, 4),
	    .state = db_get_text(&rows, 0, 5),
	    .cancellable = db_get_bool(&rows, 0, 6) };
	return ST_OK;
}

/* What all transfers of a reservation have in common; verb makes the key. */
static struct credit
credit_of(struct ctx *ctx, const struct reservation *r, const char *verb,
    const char *origin_id)
{
	return (struct credit){ .wallet_id = r->wallet_id,
	    .amount = CREDIT_ALL, .origin_id = origin_id,
	    .reason = arena_printf(ctx->arena, "Reservation of %s", r->item),
	    .key = arena_printf(ctx->arena, CREDIT_KEY_OWN "%s:%s", verb,
	    r->id) };
}

static enum status
reservation_audit(struct ctx *ctx, const struct reservation *r,
    const char *state, const char *reason)
{
	struct json_object *after = audit_text(ctx, "state", state);

	if (reason != NULL)
		view_text(after, "reason", reason);
	return store_audit_write(ctx, &(struct audit){
	    .action = "reservation.move", .target_type = "reservation",
	    .target_id = r->id, .before = audit_text(ctx, "state", r->state),
	    .after = after });
}

/*
 * The constraint decides. Two that are put to it at once would wait for each
 * other's commit, so the confirmations of an item queue up at the item.
 */
static enum status
item_take(struct ctx *ctx, const struct reservation *r,
    const char *capture_id)
{
	static const char queue[] =
	    "SELECT FROM items WHERE id = $1 FOR NO KEY UPDATE";
	static const char sql[] =
	    "UPDATE reservations SET state = 'confirmed', capture_id = $2,"
	    "  updated_at = $3"
	    " WHERE id = $1 AND state = 'requested' AND starts_at > $3";
	enum status status;
	int64_t moved;

	TRY(db_run(ctx, queue, DB_ARGS(db_text(r->item_id)), NULL));
	status = db_run(ctx, sql, DB_ARGS(db_text(r->id),
	    db_text(capture_id), db_time(ctx->now)), &moved);
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_ITEM_TAKEN, "confirmed to somebody");
	TRY(status);
	return moved == 1 ? ST_OK :
	    refuse(ctx, ST_CONFLICT, "it moved meanwhile");
}

enum status
store_reservation_confirm(struct ctx *ctx, const char *id, bool *moved)
{
	struct json_object *capture = view_root(ctx->arena);
	struct reservation r;
	struct credit credit;

	*moved = false;
	TRY(reservation_read(ctx, id, NULL, &r));
	if (text_is(r.state, "confirmed"))
		return ST_OK;
	if (text_is(r.state, "lapsed"))
		return refuse(ctx, ST_RESERVATION_LAPSED, "it has begun");
	if (!text_is(r.state, "requested"))
		return refuse(ctx, ST_CONFLICT, "it is %s", r.state);
	credit = credit_of(ctx, &r, "confirm", r.hold_id);
	TRY(store_credit_capture(ctx, &credit, capture));
	TRY(item_take(ctx, &r, view_get_text(capture, "id")));
	*moved = true;
	return reservation_audit(ctx, &r, "confirmed", NULL);
}

static enum status
credits_return(struct ctx *ctx, const struct reservation *r)
{
	struct json_object *out = view_root(ctx->arena);
	const bool captured = r->capture_id != NULL;
	const struct credit credit = credit_of(ctx, r, "cancel",
	    captured ? r->capture_id : r->hold_id);

	return captured ? store_credit_refund(ctx, &credit, out) :
	    store_credit_release(ctx, &credit, out);
}

enum status
store_reservation_cancel(struct ctx *ctx, const char *id,
    const char *user_id, const char *reason, bool *moved)
{
	static const char sql[] =
	    "UPDATE reservations SET state = 'cancelled', reason = $2,"
	    "  updated_at = $3 WHERE id = $1 AND state = $4";
	struct reservation r;
	int64_t changed;

	*moved = false;
	TRY(reservation_read(ctx, id, user_id, &r));
	if (text_is(r.state, "cancelled"))
		return ST_OK;
	if (text_is(r.state, "lapsed"))
		return refuse(ctx, ST_RESERVATION_LAPSED, "it has begun");
	if (user_id != NULL && !r.cancellable)
		return refuse(ctx, ST_TOO_LATE_TO_CANCEL, "it is confirmed");
	TRY(credits_return(ctx, &r));
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_text(reason),
	    db_time(ctx->now), db_text(r.state)), &changed));
	if (changed == 0)
		return refuse(ctx, ST_CONFLICT, "it moved meanwhile");
	*moved = true;
	return reservation_audit(ctx, &r, "cancelled", reason);
}

enum status
store_reservation_lapse(struct ctx *ctx, int64_t limit, int64_t *count)
{
	static const char sql[] =
	    "UPDATE reservations SET state = 'lapsed', updated_at = $1"
	    " WHERE id IN (SELECT id FROM reservations"
	    "   WHERE state = 'requested' AND starts_at <= $1"
	    "   ORDER BY starts_at LIMIT $2 FOR UPDATE SKIP LOCKED)";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now), db_int(limit)),
	    count);
}
