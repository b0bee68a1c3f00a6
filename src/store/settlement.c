#include "store/settlement.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "store/affiliate.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/hold.h"
#include "store/order.h"
#include "store/payment.h"
#include "view/view.h"

/* The locked order, and what its facts come to. */
struct order {
	const char *id;
	const char *user_id;		/* NULL: gone */
	const char *status;
	const char *what;		/* was bought */
	int64_t paid_at;		/* 0: never */
	int64_t expire_days;		/* 0: its credits do not expire */
	int64_t expires_at;		/* at that moment; 0: as days say */
	int64_t given, short_of;	/* credits */
	int64_t steps;
	int64_t refunded_before;	/* minor units */
	/* of the facts */
	bool paid;			/* enough came */
	bool kept;			/* and something of it is left */
	int64_t received, refunded, disputed;
	int64_t target;			/* credits it should have given */
};

/* ---- reading ----------------------------------------------------------- */

/* User and wallets before the order, as everywhere: the buyer, who may be on
 * his way out, his wallet, and that of whoever brought him, the smaller id
 * first. */
static enum status
lock_owners(struct ctx *ctx, const char *id)
{
	static const char user[] =
	    "SELECT FROM users WHERE id ="
	    "  (SELECT user_id FROM orders WHERE id = $1) FOR KEY SHARE";
	static const char wallets[] =
	    "WITH buyer AS (SELECT user_id AS id FROM orders WHERE id = $1)"
	    " SELECT FROM wallets WHERE id IN (SELECT id FROM buyer UNION"
	    "  SELECT a.user_id FROM buyer"
	    "  JOIN referrals r ON r.user_id = buyer.id"
	    "  JOIN affiliates a ON a.id = r.affiliate_id)"
	    " ORDER BY id FOR NO KEY UPDATE";

	TRY(db_run(ctx, user, DB_ARGS(db_text(id)), NULL));
	return db_run(ctx, wallets, DB_ARGS(db_text(id)), NULL);
}

static enum status
lock_order(struct ctx *ctx, const char *id, struct order *out)
{
	static const char sql[] =
	    "SELECT user_id, status, paid_at,"
	    "  coalesce(credits_expire_days, 0), credits_given,"
	    "  credits_short, credit_steps, refunded_minor,"
	    "  left(description, 150), credits_expire_at"
	    " FROM orders WHERE id = $1 FOR NO KEY UPDATE";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id))),
	    ST_ORDER_NOT_FOUND, id));
	*out = (struct order){ .id = id,
	    .user_id = db_get_text(&rows, 0, 0),
	    .status = db_get_text(&rows, 0, 1),
	    .paid_at = db_get_time(&rows, 0, 2),
	    .expire_days = db_get_int(&rows, 0, 3),
	    .given = db_get_int(&rows, 0, 4),
	    .short_of = db_get_int(&rows, 0, 5),
	    .steps = db_get_int(&rows, 0, 6),
	    .refunded_before = db_get_int(&rows, 0, 7),
	    .what = db_get_text(&rows, 0, 8),
	    .expires_at = db_get_time(&rows, 0, 9) };
	return ST_OK;
}

/*
 * What came and what is left of it; $2 more is thought to be refunded. What
 * is left pays for the order, even when somebody paid twice and got one of
 * both back. Money of another currency pays for nothing.
 */
#define FACTS								\
	"WITH money AS ("						\
	"  SELECT o.id, o.credits, o.amount_minor AS price,"		\
	"    count(p.id) AS payments,"					\
	"    coalesce(sum(p.received_minor), 0) AS received,"		\
	"    coalesce(sum(p.refunded_minor), 0) AS refunded,"		\
	"    coalesce(sum(p.disputed_minor), 0) AS disputed"		\
	"  FROM orders o LEFT JOIN payment_sums p"			\
	"    ON p.order_id = o.id AND p.currency = o.currency"		\
	"  WHERE o.id = $1 GROUP BY o.id"				\
	"), share AS ("							\
	"  SELECT m.*, payments > 0 AND received >= price AS paid,"	\
	"    received > refunded + disputed OR received = 0 AS kept,"	\
	"    div(credits::numeric * (price - greatest(0, least(price,"	\
	"      received - refunded - disputed - $2))),"			\
	"      greatest(price, 1)) AS back"				\
	"  FROM money m"						\
	")"

static enum status
read_facts(struct ctx *ctx, struct order *out)
{
	static const char sql[] = FACTS
	    " SELECT paid, kept, received::bigint, refunded::bigint,"
	    "  disputed::bigint,"
	    "  (CASE WHEN paid THEN credits - back ELSE 0 END)::bigint"
	    " FROM share";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(out->id), db_int(0))));
	out->paid = db_get_bool(&rows, 0, 0);
	out->kept = db_get_bool(&rows, 0, 1);
	out->received = db_get_int(&rows, 0, 2);
	out->refunded = db_get_int(&rows, 0, 3);
	out->disputed = db_get_int(&rows, 0, 4);
	out->target = db_get_int(&rows, 0, 5);
	return ST_OK;
}

/* ---- status ------------------------------------------------------------ */

static enum status
move(struct ctx *ctx, struct order *order, const char *status)
{
	if (text_is(order->status, status))
		return ST_OK;
	TRY(store_order_move(ctx, order->id, status));
	order->status = status;
	return ST_OK;
}

/* Payment and refund may be heard of at once; both are history. */
static enum status
settle_status(struct ctx *ctx, struct order *order)
{
	if (!order->paid)
		return ST_OK;
	if (order->paid_at == 0 || order->kept)
		TRY(move(ctx, order, "paid"));
	if (order->paid_at == 0)
		order->paid_at = ctx->now;
	return order->kept ? ST_OK : move(ctx, order, "refunded");
}

/* ---- credits ----------------------------------------------------------- */

static const char *
key_of(struct ctx *ctx, const struct order *order)
{
	return order->steps == 0 ?
	    arena_printf(ctx->arena, CREDIT_KEY_OWN "order:%s", order->id) :
	    arena_printf(ctx->arena, CREDIT_KEY_OWN "order:%s:%lld",
	    order->id, (long long)order->steps);
}

static int64_t
expiry_of(const struct order *order)
{
	if (order->expires_at != 0 || order->expire_days == 0)
		return order->expires_at;
	return order->paid_at + order->expire_days * DAY_MS;
}

/* Credits that would have expired by now are not given any more. */
static enum status
give(struct ctx *ctx, struct order *order, int64_t amount)
{
	const struct credit credit = { .wallet_id = order->user_id,
	    .amount = amount, .reason = order->steps == 0 ? order->what :
	    arena_printf(ctx->arena, "Given back: %s", order->what),
	    .key = key_of(ctx, order), .expires_at = expiry_of(order) };

	if (credit.expires_at != 0 && credit.expires_at <= ctx->now)
		return ST_OK;
	TRY(store_credit_grant(ctx, &credit, view_root(ctx->arena)));
	order->given += amount;
	order->steps++;
	return ST_OK;
}

/*
 * The order's grants, the latest first, and what is left of each to be taken
 * back: not what was taken or has expired, booked or not. The key that ends
 * in ';' is the first behind those of this order.
 */
static enum status
read_grants(struct ctx *ctx, const struct order *order, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT t.id, t.amount - coalesce((SELECT sum(b.amount)"
	    "    FROM transfers b WHERE b.origin_id = t.id), 0)::bigint"
	    "  - coalesce((SELECT l.remaining FROM lots l"
	    "    WHERE l.id = t.id AND l.expires_at <= $4), 0)"
	    " FROM transfers t"
	    " WHERE t.wallet_id = $1 AND t.kind = 'grant'"
	    "  AND t.key >= $2 AND t.key < $3 ORDER BY t.number DESC";
	const char *first = arena_printf(ctx->arena,
	    CREDIT_KEY_OWN "order:%s", order->id);

	return db_all(ctx, rows, sql, DB_ARGS(db_text(order->user_id),
	    db_text(first), db_text(arena_printf(ctx->arena, "%s;", first)),
	    db_time(ctx->now)));
}

/* Takes at most amount of one grant back; *amount is what is still wanted. */
static enum status
take_from(struct ctx *ctx, struct order *order, const char *grant_id,
    int64_t left, int64_t *amount)
{
	struct json_object *out = view_root(ctx->arena);
	const struct credit credit = { .wallet_id = order->user_id,
	    .amount = left < *amount ? left : *amount,
	    .reason = arena_printf(ctx->arena, "Refund: %s", order->what),
	    .key = key_of(ctx, order), .origin_id = grant_id };
	int64_t taken;

	if (credit.amount <= 0)
		return ST_OK;
	TRY(store_credit_clawback(ctx, &credit, out));
	taken = credit.amount - view_get_int(out, "missing");
	order->given -= taken;
	*amount -= taken;
	order->steps++;
	return ST_OK;
}

/* What is set aside, too, as far as it can be taken from the grants. */
static enum status
reach(struct ctx *ctx, const struct order *order, int64_t amount)
{
	struct credit wanted = { .wallet_id = order->user_id,
	    .reason = arena_printf(ctx->arena, "Refund: %s", order->what) };
	struct db_rows rows;

	TRY(read_grants(ctx, order, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		const int64_t left = db_get_int(&rows, i, 1);

		wanted.amount += left > 0 ? left : 0;
	}
	if (wanted.amount > amount)
		wanted.amount = amount;
	return store_hold_withdraw(ctx, &wanted);
}

static enum status
take(struct ctx *ctx, struct order *order, int64_t amount)
{
	struct db_rows rows;

	TRY(reach(ctx, order, amount));
	TRY(read_grants(ctx, order, &rows));
	for (size_t i = 0; i < rows.count && amount > 0; i++)
		TRY(take_from(ctx, order, db_get_text(&rows, i, 0),
		    db_get_int(&rows, i, 1), &amount));
	order->short_of += amount;
	return ST_OK;
}

/* Who is short of credits gets those first that were not taken from him. */
static enum status
settle_credits(struct ctx *ctx, struct order *order)
{
	int64_t change = order->target - (order->given - order->short_of);
	int64_t forgiven;

	if (order->user_id == NULL || change == 0)
		return ST_OK;
	if (change < 0)
		return take(ctx, order, -change);
	forgiven = change < order->short_of ? change : order->short_of;
	order->short_of -= forgiven;
	change -= forgiven;
	return change == 0 ? ST_OK : give(ctx, order, change);
}

/* ---- all of it --------------------------------------------------------- */

static enum status
write_order(struct ctx *ctx, const struct order *order)
{
	static const char sql[] =
	    "UPDATE orders SET received_minor = $2, refunded_minor = $3,"
	    "  disputed_minor = $4, credits_given = $5, credits_short = $6,"
	    "  credit_steps = $7, updated_at = $8,"
	    "  provider = coalesce((SELECT p.provider"
	    "    FROM payments p WHERE p.order_id = $1"
	    "    ORDER BY p.created_at, p.id LIMIT 1), provider)"
	    " WHERE id = $1 AND (received_minor, refunded_minor,"
	    "  disputed_minor, credits_given, credits_short, credit_steps)"
	    "  IS DISTINCT FROM ($2, $3, $4, $5, $6, $7)";

	return db_run(ctx, sql, DB_ARGS(db_text(order->id),
	    db_int(order->received), db_int(order->refunded),
	    db_int(order->disputed), db_int(order->given),
	    db_int(order->short_of), db_int(order->steps),
	    db_time(ctx->now)), NULL);
}

/* Whoever brought the buyer earns as long as something of it is kept. */
static enum status
settle_affiliate(struct ctx *ctx, const struct order *order)
{
	if (!order->paid)
		return ST_OK;
	return order->kept ? store_affiliate_order_paid(ctx, order->id) :
	    store_affiliate_order_refunded(ctx, order->id);
}

enum status
store_order_settle(struct ctx *ctx, const char *id, struct settlement *out)
{
	struct order order;
	bool was_paid;

	TRY(lock_owners(ctx, id));
	TRY(lock_order(ctx, id, &order));
	TRY(read_facts(ctx, &order));
	was_paid = order.paid_at != 0;
	TRY(settle_status(ctx, &order));
	TRY(settle_credits(ctx, &order));
	TRY(write_order(ctx, &order));
	TRY(settle_affiliate(ctx, &order));
	*out = (struct settlement){ .user_id = order.user_id,
	    .first_paid = !was_paid && order.paid_at != 0,
	    .refunded_minor = order.refunded,
	    .refunded_now = order.refunded - order.refunded_before };
	return ST_OK;
}

enum status
store_order_takeable(struct ctx *ctx, const char *id, int64_t amount_minor,
    int64_t *wanted, int64_t *there)
{
	static const char sql[] = FACTS
	    " SELECT greatest(0, o.credits_given - o.credits_short"
	    "   - s.credits + s.back)::bigint, (coalesce("
	    BALANCE_AT("w", "$3") ", 0) + coalesce((SELECT sum(h.amount)"
	    "   FROM holds h WHERE h.wallet_id = w.id AND h.closed_at IS NULL"
	    "    AND h.expires_at > $3), 0))::bigint"
	    " FROM share s JOIN orders o ON o.id = s.id"
	    " LEFT JOIN wallets w ON w.id = o.user_id";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_int(amount_minor), db_time(ctx->now))), ST_ORDER_NOT_FOUND,
	    id));
	*wanted = db_get_int(&rows, 0, 0);
	*there = db_get_int(&rows, 0, 1);
	if (*there > *wanted)
		*there = *wanted;
	return ST_OK;
}
