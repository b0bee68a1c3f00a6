/*
 * Credits that are set aside, taken out of their holds. What is not spent
 * would otherwise come back when nobody asks for it any more.
 */
#include "store/hold.h"

#include "base/arena.h"
#include "ctx.h"
#include "store/db.h"
#include "store/reservation.h"
#include "store/transfer.h"
#include "view/view.h"

/* A reservation that has lost its hold could be neither confirmed nor
 * cancelled, so it ends with it. */
static enum status
withdraw(struct ctx *ctx, const struct credit *wanted, const char *hold_id,
    const char *reservation_id)
{
	struct credit credit = *wanted;
	bool moved;

	if (reservation_id != NULL)
		return store_reservation_cancel(ctx, reservation_id, NULL,
		    wanted->reason, &moved);
	credit.amount = CREDIT_ALL;
	credit.origin_id = hold_id;
	credit.key = arena_printf(ctx->arena, CREDIT_KEY_OWN "withdraw:%s",
	    hold_id);
	return store_credit_release(ctx, &credit, view_root(ctx->arena));
}

enum status
store_hold_withdraw(struct ctx *ctx, const struct credit *wanted)
{
	static const char sql[] =
	    "SELECT h.id, r.id FROM holds h"
	    " LEFT JOIN reservations r ON r.hold_id = h.id"
	    "  AND r.state = 'requested' AND r.starts_at > $2"
	    " WHERE h.wallet_id = $1 AND h.closed_at IS NULL"
	    "  AND h.expires_at > $2"
	    " ORDER BY h.amount DESC, h.id DESC LIMIT $3";
	struct wallet wallet;
	struct db_rows rows;

	TRY(wallet_lock(ctx, wanted, &wallet));
	if (wallet.balance >= wanted->amount)
		return ST_OK;
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(wanted->wallet_id),
	    db_time(ctx->now), db_int(HOLD_WITHDRAW_MAX))));
	for (size_t i = 0; i < rows.count &&
	    wallet.balance < wanted->amount; i++) {
		TRY(withdraw(ctx, wanted, db_get_text(&rows, i, 0),
		    db_get_text(&rows, i, 1)));
		TRY(wallet_lock(ctx, wanted, &wallet));
	}
	return ST_OK;
}
