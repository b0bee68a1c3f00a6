#include "store/reservation.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/reservation_sql.h"
#include "store/user.h"
#include "store/user_list.h"
#include "view/view.h"

/*
 * Column 0 is the id, column 1 the order (store/page.h). Every list takes the
 * same first parameters: $1 now, $2 hours of reservations.cancel_hours.
 */
#define OWN_COLUMNS							\
	"r.id, r.starts_at AS \"startsAt\", r.ends_at AS \"endsAt\","	\
	" r.item_id AS \"itemId\", i.name AS \"itemName\", r.credits,"	\
	" " STATE_AT("$1") " AS state, r.reason,"			\
	" " CANCELLABLE("$1", "$2") " AS cancellable,"			\
	" r.created_at AS \"createdAt\", r.updated_at AS \"updatedAt\""
#define LIST_COLUMNS							\
	OWN_COLUMNS ", r.user_id AS \"userId\","			\
	" coalesce(u.email, r.email) AS \"userText\","			\
	" r.hold_id AS \"holdId\", r.capture_id AS \"captureId\""
#define LIST_FROM							\
	" FROM reservations r JOIN items i ON i.id = r.item_id"		\
	" LEFT JOIN users u ON u.id = r.user_id"
#define KEYED_BY(at, id)						\
	" (r.starts_at, r.id) < (" at "::timestamptz, " id ")"
#define LAST_FIRST " ORDER BY r.starts_at DESC, r.id DESC"

static struct db_arg
cancel_hours(const struct ctx *ctx)
{
	return db_int(ctx->config->reservations_cancel_hours);
}

/* ---- asking ------------------------------------------------------------ */

enum status
store_reservation_busy(struct ctx *ctx, const char *item_id, struct span span,
    struct json_object *out)
{
	static const char item[] =
	    "SELECT FROM items WHERE id = $1 AND active";
	static const char sql[] =
	    "SELECT starts_at AS \"startsAt\", ends_at AS \"endsAt\""
	    " FROM reservations WHERE item_id = $1 AND state = 'confirmed'"
	    "  AND tstzrange(starts_at, ends_at) && tstzrange($2, $3)"
	    " ORDER BY starts_at LIMIT $4";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, item, DB_ARGS(
	    db_text(item_id))), ST_ITEM_NOT_FOUND, item_id));
	return db_view_all(ctx, out, sql, DB_ARGS(db_text(item_id),
	    db_time(span.from), db_time(span.to),
	    db_int(RESERVATION_BUSY_MAX)));
}

/* What the item costs for the span, and what the ledger says of it. */
struct offer {
	int64_t credits;
	const char *reason;
};

static enum status
offer_get(struct ctx *ctx, const char *item_id, struct span span,
    struct offer *out)
{
	static const char sql[] =
	    "SELECT i.name, i.price, i.unit = 'hour', EXISTS ("
	    "   SELECT FROM reservations WHERE item_id = i.id"
	    "    AND state = 'confirmed'"
	    "    AND tstzrange(starts_at, ends_at) && tstzrange($2, $3))"
	    " FROM items i WHERE i.id = $1 AND i.active";
	const int64_t begun = (span.to - span.from + HOUR_MS - 1) / HOUR_MS;
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(item_id),
	    db_time(span.from), db_time(span.to))), ST_ITEM_NOT_FOUND,
	    item_id));
	out->credits = db_get_int(&rows, 0, 1) *
	    (db_get_bool(&rows, 0, 2) ? begun : 1);
	out->reason = arena_printf(ctx->arena, "Reservation of %s",
	    db_get_text(&rows, 0, 0));
	return !db_get_bool(&rows, 0, 3) ? ST_OK :
	    refuse(ctx, ST_ITEM_TAKEN, "confirmed to somebody");
}

static enum status
offer_hold(struct ctx *ctx, const char *id, const char *user_id,
    const struct offer *offer, struct span span, const char **hold_id)
{
	struct json_object *hold = view_root(ctx->arena);

	TRY(store_credit_hold(ctx, &(struct credit){ .wallet_id = user_id,
	    .amount = offer->credits, .reason = offer->reason,
	    .key = arena_printf(ctx->arena, RESERVATION_KEY "%s", id),
	    .expires_at = span.from }, hold));
	*hold_id = view_get_text(hold, "id");
	return ST_OK;
}

enum status
store_reservation_add(struct ctx *ctx, const char *user_id,
    const char *item_id, struct span span, struct json_object *out)
{
	static const char sql[] =
	    "INSERT INTO reservations (id, item_id, user_id, email,"
	    "  starts_at, ends_at, credits, hold_id, created_at, updated_at)"
	    " SELECT $1, $2, id, email, $4, $5, $6, $7, $8, $8"
	    " FROM users WHERE id = $3";
	struct offer offer;
	const char *hold_id;
	char id[ID_SIZE];
	enum status status;

	TRY(offer_get(ctx, item_id, span, &offer));
	id_new(id, ctx->now);
	TRY(offer_hold(ctx, id, user_id, &offer, span, &hold_id));
	status = db_run(ctx, sql, DB_ARGS(db_text(id), db_text(item_id),
	    db_text(user_id), db_time(span.from), db_time(span.to),
	    db_int(offer.credits), db_text(hold_id), db_time(ctx->now)),
	    NULL);
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_RESERVATION_EXISTS,
		    "the same was asked for");
	TRY(status);
	return store_reservation_get(ctx, id, user_id, out);
}

/* ---- lists ------------------------------------------------------------- */

enum status
store_reservation_of(struct ctx *ctx, const char *user_id, struct page *page,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " OWN_COLUMNS
	    " FROM reservations r JOIN items i ON i.id = r.item_id"
	    " WHERE r.user_id = $3 AND" KEYED_BY("$4", "$5")
	    LAST_FIRST " LIMIT $6";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    cancel_hours(ctx), db_text(user_id), db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

/*
 * Each list is one that an index has in its order. A request that has begun is
 * in the index as requested.
 */
#define LIST_OF(condition)						\
	"SELECT " LIST_COLUMNS LIST_FROM " WHERE " condition		\
	KEYED_BY("$3", "$4")						\
	" AND r.starts_at >= $6"					\
	" AND ($7::text IS NULL OR r.item_id = $7)"			\
	" AND ($8::text IS NULL OR $8 = " STATE_AT("$1") ")"		\
	LAST_FIRST " LIMIT $5"
#define MATCHING							\
	"(r.user_id = $9 OR r.user_id = " USER_OF_EMAIL("$9")		\
	" OR r.item_id IN (SELECT id FROM items"			\
	"   WHERE lower(name) LIKE lower($10)))"

/* NULL for lapsed, which are in two places of that index. */
static bool
has_index(const char *state)
{
	return state != NULL && !text_is(state, "lapsed");
}

enum status
store_reservation_list(struct ctx *ctx,
    const struct reservation_filter *filter, struct page *page,
    struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char of_item[] = LIST_OF("r.item_id = $7 AND");
	static const char of_state[] = LIST_OF("r.state = $8 AND");
	static const char matching[] = LIST_OF(MATCHING " AND");
	const bool search = filter->q != NULL && filter->q[0] != '\0';
	struct db_args args;
	const char *sql = search ? matching : filter->item_id != NULL ?
	    of_item : has_index(filter->state) ? of_state : all;
	struct db_rows rows;

	page_before(page, filter->begins.to);
	args = DB_ARGS(db_time(ctx->now), cancel_hours(ctx),
	    db_time(page->at), db_text(page->id), db_int(page->limit + 1),
	    db_time(filter->begins.from), db_text(filter->item_id),
	    db_text(filter->state), db_text(filter->q), db_text(!search ?
	    NULL : like_pattern(ctx, "%", filter->q, "%")));
	args.count = search ? 10 : 8;
	TRY(db_all(ctx, &rows, sql, args));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_reservation_get(struct ctx *ctx, const char *id, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " LIST_COLUMNS LIST_FROM
	    " WHERE r.id = $3 AND ($4::text IS NULL OR r.user_id = $4)";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(
	    db_time(ctx->now), cancel_hours(ctx), db_text(id),
	    db_text(user_id))), ST_RESERVATION_NOT_FOUND, id);
}
