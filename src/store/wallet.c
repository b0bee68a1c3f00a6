#include "store/wallet.h"

#include "ctx.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/user.h"

/* SQL: an instant as the view has them. */
#define ISO(instant)							\
	"to_char(" instant " AT TIME ZONE 'UTC',"			\
	" 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

enum status
store_wallet_show(struct ctx *ctx, const char *wallet_id,
    struct json_object *out)
{
	/* What a hold that has run out gives back is there again, booked or
	 * not, and so it expires. */
	static const char sql[] =
	    "WITH left_of AS ("
	    "  SELECT id, expires_at, remaining AS amount FROM lots"
	    "  WHERE wallet_id = $1 AND NOT empty AND expires_at > $2"
	    "  UNION ALL"
	    "  SELECT l.id, l.expires_at, -m.change"
	    "  FROM holds h JOIN lot_moves m ON m.taken_by_id = h.id"
	    "  CROSS JOIN LATERAL (SELECT id, expires_at FROM lots"
	    "    WHERE id = m.lot_id OFFSET 0) l"
	    "  WHERE h.wallet_id = $1 AND h.closed_at IS NULL"
	    "    AND h.expires_at <= $2 AND l.expires_at > $2),"
	    " lot AS (SELECT expires_at, sum(amount)::bigint AS amount"
	    "  FROM left_of GROUP BY id, expires_at"
	    "  ORDER BY expires_at, id LIMIT $3)"
	    " SELECT coalesce(" BALANCE_AT("w", "$2") ", 0) AS balance,"
	    "  w.monthly_quota AS \"monthlyCreditsQuota\","
	    "  " SPENT_AT("w", "$2") " AS \"monthlySpent\","
	    "  coalesce((SELECT sum(amount)::bigint FROM holds"
	    "    WHERE wallet_id = $1 AND closed_at IS NULL"
	    "      AND expires_at > $2), 0) AS held,"
	    "  coalesce((SELECT jsonb_agg(jsonb_build_object("
	    "      'expiresAt', " ISO("expires_at") ", 'amount', amount))"
	    "    FROM lot), '[]') AS expiring"
	    " FROM (VALUES (1)) one LEFT JOIN wallets w"
	    "  ON w.id = $1 AND w.kind <> 'system'";

	return db_view_one(ctx, out, sql, DB_ARGS(db_text(wallet_id),
	    db_time(ctx->now), db_int(WALLET_LOTS_MAX)));
}

enum status
store_wallet_find(struct ctx *ctx, const char *text, const char **id)
{
	static const char sql[] = "SELECT " USER_NAMED("$1");
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(text))));
	*id = db_get_text(&rows, 0, 0);
	return ST_OK;
}
