/*
 * reservation.h - items reserved for a span of time, against credits
 *
 *   requested  its credits are held until it begins
 *   confirmed  they are captured; nobody else has the item then
 *   cancelled  they were released, or refunded if it had been confirmed
 *   lapsed     nobody confirmed it before it began, and the hold has expired
 *
 * A request that has begun is lapsed for every reader and for every change,
 * whether the janitor has marked it or not.
 */
#ifndef STORE_RESERVATION_H
#define STORE_RESERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define RESERVATION_HOURS_MAX 744		/* of a span: 31 days */
#define RESERVATION_AHEAD_DAYS 366		/* most until it begins */
#define RESERVATION_REASON_MAX 200		/* characters */
#define RESERVATION_BUSY_MAX 1000		/* spans shown at once */

/* ---- users --------------------------------------------------------------- */

struct span {
	int64_t from, to;			/* instants: from <= t < to */
};

/*
 * store_reservation_busy - when an item is confirmed to somebody
 *
 * The spans that overlap span into list out, first one first, at most
 * RESERVATION_BUSY_MAX: "startsAt", "endsAt". ST_ITEM_NOT_FOUND: nor is there
 * one that is not active.
 */
enum status store_reservation_busy(struct ctx *ctx, const char *item_id,
    struct span span, struct json_object *out);

/*
 * store_reservation_add - ask for an item, and hold what it costs
 *
 * span  begins after ctx->now and within RESERVATION_AHEAD_DAYS, and lasts at
 *       most RESERVATION_HOURS_MAX
 * out   receives the members of store_reservation_of
 *
 * ST_ITEM_NOT_FOUND
 * ST_ITEM_TAKEN            a part of the span is confirmed to somebody
 * ST_INSUFFICIENT_CREDITS, ST_QUOTA_EXCEEDED
 * ST_RESERVATION_EXISTS    this user has asked for just this already
 */
enum status store_reservation_add(struct ctx *ctx, const char *user_id,
    const char *item_id, struct span span, struct json_object *out);

/*
 * store_reservation_of - those of a user into list out, the last to begin first
 *
 * Each: "id", "startsAt", "endsAt", "itemId", "itemName", "credits", "state",
 * "reason" (null: none was given), "cancellable" (may its user cancel it
 * now?), "createdAt", "updatedAt".
 */
enum status store_reservation_of(struct ctx *ctx, const char *user_id,
    struct page *page, struct json_object *out);

/* ---- admins -------------------------------------------------------------- */

/*
 * store_reservation_list - everybody's, the last to begin first
 *
 * q         exact e-mail or id of the user, or a part of the item's name; NULL:
 *           any
 * item_id, state  NULL: any
 * begins    when it begins
 *
 * Each as above, and "userId" (null: gone), "userText" (the e-mail then),
 * "holdId", "captureId" (null: not captured).
 */
struct reservation_filter {
	const char *q;
	const char *item_id;
	const char *state;
	struct span begins;
};
enum status store_reservation_list(struct ctx *ctx,
    const struct reservation_filter *filter, struct page *page,
    struct json_object *out);

/* One of them into object out; user_id NULL: anybody's.
 * ST_RESERVATION_NOT_FOUND. */
enum status store_reservation_get(struct ctx *ctx, const char *id,
    const char *user_id, struct json_object *out);

/* ---- changes ------------------------------------------------------------- */

/*
 * store_reservation_confirm - capture its credits; the item is its user's
 *
 * The caller has locked the user (store_user_lock). moved receives whether it
 * was confirmed now: one that is already stays as it is. Writes an audit row.
 * Nothing has changed after a refusal; the hold stays.
 *
 * ST_RESERVATION_NOT_FOUND
 * ST_RESERVATION_LAPSED  it has begun
 * ST_CONFLICT            it is cancelled
 * ST_ITEM_TAKEN          a part of its span is confirmed to somebody else
 * ST_HOLD_CLOSED         its credits are not held any more
 */
enum status store_reservation_confirm(struct ctx *ctx, const char *id,
    bool *moved);

/*
 * store_reservation_cancel - release its credits, or refund them
 *
 * user_id  who cancels his own, which he may until it is confirmed, and then
 *          until reservations.cancel_hours before it begins; NULL: an admin,
 *          who may always
 * reason   1 .. RESERVATION_REASON_MAX characters; NULL: none
 *
 * As store_reservation_confirm otherwise, but for a user who is gone, and
 * where the wallet is locked, nobody needs to be. ST_TOO_LATE_TO_CANCEL.
 */
enum status store_reservation_cancel(struct ctx *ctx, const char *id,
    const char *user_id, const char *reason, bool *moved);

/* For the janitor: marks at most limit requests that have begun. */
enum status store_reservation_lapse(struct ctx *ctx, int64_t limit,
    int64_t *count);

#endif
