#include "store/subscription.h"

#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/plan.h"

bool
subscription_is_live(const char *status)
{
	return text_is(status, "active") || text_is(status, "trialing");
}

/* ---- reading ----------------------------------------------------------- */

#define SUBSCRIPTION_OF(condition)					\
	"SELECT id, plan, stripe_customer_id, stripe_subscription_id,"	\
	" status, period_end, cancel_at, seats, cancel_at_period_end,"	\
	" stripe_schedule_id IS NOT NULL, billing_interval"		\
	" FROM subscriptions"						\
	" WHERE reference_id = $1 AND " condition			\
	" ORDER BY created_at DESC, id DESC LIMIT 1"

static void
read_row(const struct db_rows *rows, struct subscription *out)
{
	*out = (struct subscription){
	    .id = db_get_text(rows, 0, 0),
	    .plan = db_get_text(rows, 0, 1),
	    .customer_id = db_get_text(rows, 0, 2),
	    .stripe_id = db_get_text(rows, 0, 3),
	    .status = db_get_text(rows, 0, 4),
	    .period_end = db_get_time(rows, 0, 5),
	    .cancel_at = db_get_time(rows, 0, 6),
	    .seats = db_get_int(rows, 0, 7),
	    .cancel_at_period_end = db_get_bool(rows, 0, 8),
	    .scheduled = db_get_bool(rows, 0, 9),
	    .interval = db_get_text(rows, 0, 10) };
}

static enum status
read_found(struct ctx *ctx, enum status status, const struct db_rows *rows,
    struct subscription *out)
{
	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_SUBSCRIPTION_NOT_FOUND, "there is none");
	TRY(status);
	read_row(rows, out);
	return ST_OK;
}

enum status
store_subscription_find(struct ctx *ctx, const char *user_id, const char *id,
    struct subscription *out)
{
	static const char live[] =
	    SUBSCRIPTION_OF("status IN ('active', 'trialing')");
	static const char named[] =
	    SUBSCRIPTION_OF("(id = $2 OR stripe_subscription_id = $2)");
	struct db_rows rows;
	enum status status = id == NULL ?
	    db_one(ctx, &rows, live, DB_ARGS(db_text(user_id))) :
	    db_one(ctx, &rows, named, DB_ARGS(db_text(user_id), db_text(id)));

	return read_found(ctx, status, &rows, out);
}

enum status
store_subscription_waiting(struct ctx *ctx, const char *user_id,
    struct subscription *out)
{
	static const char sql[] = SUBSCRIPTION_OF("status = 'incomplete'"
	    " AND stripe_subscription_id IS NULL");
	struct db_rows rows;
	enum status status = db_one(ctx, &rows, sql,
	    DB_ARGS(db_text(user_id)));

	return read_found(ctx, status, &rows, out);
}

enum status
store_subscription_lasting(struct ctx *ctx, const char *user_id,
    struct subscription *out)
{
	static const char sql[] = SUBSCRIPTION_OF("status IN ('active',"
	    "  'trialing', 'past_due', 'unpaid', 'paused')"
	    " AND NOT cancel_at_period_end AND cancel_at IS NULL");
	struct db_rows rows;

	*out = (struct subscription){ .id = NULL };
	if (!ctx->config->stripe_enabled)
		return ST_OK;
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(user_id))));
	if (rows.count > 0)
		read_row(&rows, out);
	return ST_OK;
}

enum status
store_subscription_none_lasts(struct ctx *ctx, const char *user_id)
{
	/* News lock the user as well: they are here by now, or find nobody.
	 * A weaker lock would be made this one by a DELETE, which deadlocks. */
	static const char lock[] =
	    "SELECT id FROM users WHERE id = $1 FOR UPDATE";
	struct subscription lasting;
	struct db_rows rows;

	if (!ctx->config->stripe_enabled)
		return ST_OK;
	TRY(db_all(ctx, &rows, lock, DB_ARGS(db_text(user_id))));
	TRY(store_subscription_lasting(ctx, user_id, &lasting));
	return lasting.id == NULL ? ST_OK :
	    refuse(ctx, ST_USER_HAS_ACTIVE_SUBSCRIPTION, "%s is %s",
	    lasting.id, lasting.status);
}

#define TRIED								\
	"EXISTS (SELECT FROM subscriptions WHERE reference_id = $1"	\
	" AND (trial_start IS NOT NULL OR status = 'trialing'))"

enum status
store_subscription_tried(struct ctx *ctx, const char *user_id, bool *tried)
{
	static const char sql[] =
	    "SELECT " TRIED;
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id))));
	*tried = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

enum status
store_subscription_list(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT s.plan, s.reference_id AS \"referenceId\","
	    "  s.stripe_customer_id AS \"stripeCustomerId\","
	    "  s.stripe_subscription_id AS \"stripeSubscriptionId\","
	    "  s.status, s.period_start AS \"periodStart\","
	    "  s.period_end AS \"periodEnd\", s.trial_start AS \"trialStart\","
	    "  s.trial_end AS \"trialEnd\","
	    "  s.cancel_at_period_end AS \"cancelAtPeriodEnd\","
	    "  s.cancel_at AS \"cancelAt\", s.canceled_at AS \"canceledAt\","
	    "  s.ended_at AS \"endedAt\", s.seats,"
	    "  s.billing_interval AS \"billingInterval\","
	    "  s.stripe_schedule_id AS \"stripeScheduleId\", s.id,"
	    "  p.limits, CASE WHEN s.billing_interval = 'year' THEN"
	    "    coalesce(p.stripe_annual_price_id, p.stripe_price_id)"
	    "    ELSE p.stripe_price_id END AS \"priceId\""
	    " FROM subscriptions s LEFT JOIN plans p"
	    "  ON lower(p.name) = s.plan AND p.kind = 'subscription'"
	    " WHERE s.reference_id = $1 AND s.status IN ('active', 'trialing')"
	    " ORDER BY s.created_at, s.id LIMIT 100";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id)));
}

enum status
store_subscription_offers(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT p.name, p.title, p.description,"
	    "  p.price_minor AS \"priceMinor\", p.currency, p.interval,"
	    "  p.credits, p.credits_expire_days AS \"creditsExpireDays\","
	    "  CASE WHEN NOT " TRIED " THEN p.trial_days END"
	    "   AS \"trialDays\","
	    "  m.plan IS NOT NULL AS current,"
	    "  p.stripe_price_id IS NOT NULL AND (m.plan IS NULL"
	    "   OR m.billing_interval <> p.interval) IS TRUE AS payable,"
	    "  p.stripe_annual_price_id IS NOT NULL AND (m.plan IS NULL"
	    "   OR m.billing_interval <> 'year') IS TRUE AS annual"
	    " FROM plans p LEFT JOIN LATERAL (SELECT plan, billing_interval"
	    "   FROM subscriptions WHERE reference_id = $1"
	    "    AND status IN ('active', 'trialing')"
	    "    AND plan = lower(p.name) LIMIT 1) m ON true"
	    " WHERE p.active AND p.kind = 'subscription'"
	    "  AND coalesce(p.stripe_price_id, p.stripe_annual_price_id)"
	    "   IS NOT NULL"
	    " ORDER BY p.position, p.id LIMIT $2";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id),
	    db_int(PLAN_OFFERS_MAX)));
}

/* ---- our own changes --------------------------------------------------- */

enum status
store_subscription_audit(struct ctx *ctx, const char *id, const char *from,
    const char *to)
{
	return store_audit_write(ctx, &(struct audit){
	    .action = from == NULL ? "subscription.create" :
	    "subscription.update", .target_type = "subscription",
	    .target_id = id,
	    .before = from == NULL ? NULL : audit_text(ctx, "status", from),
	    .after = audit_text(ctx, "status", to),
	    .by_system = ctx->user == NULL });
}

enum status
store_subscription_begin(struct ctx *ctx, const struct subscription_new *new)
{
	static const char sql[] =
	    "INSERT INTO subscriptions AS s (id, plan, reference_id,"
	    "  stripe_customer_id, status, seats, created_at, updated_at)"
	    " VALUES ($1, $2, $3, $4, 'incomplete', $5, $6, $6)"
	    " ON CONFLICT (id) DO UPDATE SET plan = $2,"
	    "  stripe_customer_id = $4, seats = $5, updated_at = $6"
	    "  WHERE s.reference_id = $3 AND s.status = 'incomplete'"
	    "   AND s.stripe_subscription_id IS NULL";
	int64_t made;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(new->id), db_text(new->plan),
	    db_text(new->user_id), db_text(new->customer_id),
	    db_int(new->seats), db_time(ctx->now)), &made));
	if (made == 0)
		return refuse(ctx, ST_CONFLICT, "subscription %s does not wait",
		    new->id);
	return store_subscription_audit(ctx, new->id, NULL, "incomplete");
}

enum status
store_subscription_restore(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "UPDATE subscriptions SET cancel_at_period_end = false,"
	    "  cancel_at = NULL, canceled_at = NULL, updated_at = $2"
	    " WHERE id = $1";

	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now)), NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = "subscription.restore", .target_type = "subscription",
	    .target_id = id });
}
