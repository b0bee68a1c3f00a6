#include "store/subscription.h"

#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/entitlement.h"

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
read_row(struct ctx *ctx, const struct db_rows *rows,
    struct subscription *out)
{
	*out = (struct subscription){
	    .id = db_get_text(rows, 0, 0),
	    .plan = db_get_text(rows, 0, 1),
	    .customer_id = db_get_text(rows, 0, 2),
	    .stripe_id = db_get_text(rows, 0, 3),
	    .status = db_get_text(rows, 0, 4),
	    .period_end = db_get_time(ctx, rows, 0, 5),
	    .cancel_at = db_get_time(ctx, rows, 0, 6),
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
	read_row(ctx, rows, out);
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
		read_row(ctx, &rows, out);
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

enum status
store_subscription_tried(struct ctx *ctx, const char *user_id, bool *tried)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM subscriptions"
	    "  WHERE reference_id = $1"
	    "   AND (trial_start IS NOT NULL OR status = 'trialing'))";
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
store_subscription_told(struct ctx *ctx, const char *stripe_id, int64_t *at,
    const char **by)
{
	static const char sql[] =
	    "SELECT told_at, told_by FROM subscriptions"
	    " WHERE stripe_subscription_id = $1";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(stripe_id))));
	*at = rows.count > 0 ? db_get_time(ctx, &rows, 0, 0) : 0;
	*by = rows.count > 0 ? db_get_text(&rows, 0, 1) : NULL;
	return ST_OK;
}

/* ---- our own changes --------------------------------------------------- */

/* A NULL from: it is new. */
static enum status
audit_status(struct ctx *ctx, const char *id, const char *from,
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
	return audit_status(ctx, new->id, NULL, "incomplete");
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

/* ---- news -------------------------------------------------------------- */

/* Kinds of news, of which the last one of a second counts. */
enum { RANK_CREATED = 1, RANK_CHANGED, RANK_ENDED };

struct known {
	const char *id;			/* NULL: there is no row */
	const char *status;
	const char *by;			/* NULL: nothing was told */
	int64_t at, rank;
};

static int64_t
rank_of(const struct subscription_news *news)
{
	if (text_is(news->status, "canceled") ||
	    text_is(news->status, "incomplete_expired"))
		return RANK_ENDED;
	return text_is(news->status, "incomplete") ? RANK_CREATED :
	    RANK_CHANGED;
}

/*
 * Stripe's clock has seconds, and a second may bring several events. Where
 * Stripe was asked since, the answer is newer than any of them; where it was
 * not, the rank decides, and at last the id: by chance, but the same for
 * every order.
 */
static bool
is_newer(const struct subscription_news *news, const struct known *known)
{
	const int64_t rank = rank_of(news);

	if (known->by == NULL || news->at != known->at)
		return known->by == NULL || news->at > known->at;
	if (rank != known->rank && (rank == RANK_ENDED ||
	    known->rank == RANK_ENDED || !news->asked))
		return rank > known->rank;
	return news->asked || strcmp(news->by, known->by) >= 0;
}

static enum status
find_known(struct ctx *ctx, const char *user_id,
    const struct subscription_news *news, struct known *out)
{
	static const char sql[] =
	    "SELECT id, status, told_by, told_at, told_rank"
	    " FROM subscriptions WHERE reference_id = $1"
	    "  AND (stripe_subscription_id = $2"
	    "   OR (id = $3 AND stripe_subscription_id IS NULL))"
	    " ORDER BY stripe_subscription_id LIMIT 1 FOR NO KEY UPDATE";
	struct db_rows rows;

	*out = (struct known){ .id = NULL };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(news->stripe_id), db_text(news->row_id))));
	if (rows.count == 0)
		return ST_OK;
	*out = (struct known){ .id = db_get_text(&rows, 0, 0),
	    .status = db_get_text(&rows, 0, 1),
	    .by = db_get_text(&rows, 0, 2),
	    .at = db_get_time(ctx, &rows, 0, 3),
	    .rank = db_get_int(&rows, 0, 4) };
	return ST_OK;
}

static struct db_arg
time_or_null(int64_t instant)
{
	return instant == 0 ? db_null() : db_time(instant);
}

/* Of a price of ours; a NULL name: no plan has it. */
struct offer {
	const char *name;		/* lower case */
	const char *entitlements;	/* JSON object */
};

static enum status
find_offer(struct ctx *ctx, const char *price_id, struct offer *out)
{
	static const char sql[] =
	    "SELECT lower(name), entitlements::text FROM plans"
	    " WHERE kind = 'subscription'"
	    "  AND (stripe_price_id = $1 OR stripe_annual_price_id = $1)"
	    " ORDER BY active DESC, updated_at DESC LIMIT 1";
	struct db_rows rows;

	*out = (struct offer){ NULL, NULL };
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(price_id))));
	if (rows.count > 0)
		*out = (struct offer){ db_get_text(&rows, 0, 0),
		    db_get_text(&rows, 0, 1) };
	return ST_OK;
}

/* As long as it is paid for, and what a plan we do not know brings, stays. */
static enum status
entitle(struct ctx *ctx, const char *user_id, const char *id,
    const struct offer *offer, const char *status)
{
	const struct grantor by = { .owner_kind = "user",
	    .owner_id = user_id, .source = "plan", .source_id = id };

	if (!subscription_is_live(status))
		return store_entitlement_drop_source(ctx, &by);
	return offer->name == NULL ? ST_OK :
	    store_entitlement_replace(ctx, &by, offer->entitlements, 0);
}

/* An unknown plan leaves the row the one it has. */
static enum status
write_news(struct ctx *ctx, const char *user_id, const char *id,
    const struct offer *offer, const struct subscription_news *news)
{
	static const char sql[] =
	    "UPDATE subscriptions SET plan = coalesce($2, plan),"
	    "  stripe_customer_id = $3, stripe_subscription_id = $4,"
	    "  status = $5, period_start = coalesce($6, period_start),"
	    "  period_end = coalesce($7, period_end), trial_start = $8,"
	    "  trial_end = $9, cancel_at_period_end = $10, cancel_at = $11,"
	    "  canceled_at = $12, ended_at = $13, seats = $14,"
	    "  billing_interval = coalesce($15, billing_interval),"
	    "  stripe_schedule_id = $16, told_at = $17, told_by = $18,"
	    "  told_rank = $19, updated_at = $20"
	    " WHERE id = $1";

	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_text(offer->name),
	    db_text(news->customer_id), db_text(news->stripe_id),
	    db_text(news->status), time_or_null(news->period_start),
	    time_or_null(news->period_end), time_or_null(news->trial_start),
	    time_or_null(news->trial_end), db_bool(news->cancel_at_period_end),
	    time_or_null(news->cancel_at), time_or_null(news->canceled_at),
	    time_or_null(news->ended_at), db_int(news->seats),
	    db_text(news->interval), db_text(news->schedule_id),
	    time_or_null(news->at), db_text(news->by),
	    db_int(news->by == NULL ? 0 : rank_of(news)), db_time(ctx->now)),
	    NULL));
	return entitle(ctx, user_id, id, offer, news->status);
}

/* Made at Stripe and not by us: the row that would have been. */
static enum status
adopt(struct ctx *ctx, const char *user_id, const struct offer *offer,
    const struct subscription_news *news)
{
	static const char sql[] =
	    "INSERT INTO subscriptions (id, plan, reference_id, status,"
	    "  created_at, updated_at)"
	    " VALUES ($1, $2, $3, 'incomplete', $4, $4)";
	char id[ID_SIZE];

	if (offer->name == NULL)
		return ST_OK;
	id_new(id, ctx->now);
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_text(offer->name),
	    db_text(user_id), db_time(ctx->now)), NULL));
	TRY(write_news(ctx, user_id, id, offer, news));
	return audit_status(ctx, id, NULL, news->status);
}

/* NULL: he is nobody. */
static enum status
lock_customer(struct ctx *ctx, const char *customer_id, const char **user_id)
{
	const enum status status = store_customer_lock(ctx, customer_id,
	    user_id);

	if (status != ST_USER_NOT_FOUND)
		return status;
	ctx->reason = NULL;
	*user_id = NULL;
	return ST_OK;
}

static enum status
change(struct ctx *ctx, const char *user_id, const struct known *known,
    const struct offer *offer, const struct subscription_news *news)
{
	TRY(write_news(ctx, user_id, known->id, offer, news));
	return text_is(known->status, news->status) ? ST_OK :
	    audit_status(ctx, known->id, known->status, news->status);
}

enum status
store_subscription_hear(struct ctx *ctx, const struct subscription_news *news)
{
	const char *user_id;
	struct offer offer;
	struct known known;

	TRY(lock_customer(ctx, news->customer_id, &user_id));
	if (user_id == NULL)
		return ST_OK;
	TRY(find_known(ctx, user_id, news, &known));
	TRY(find_offer(ctx, news->price_id, &offer));
	if (known.id == NULL)
		return adopt(ctx, user_id, &offer, news);
	return is_newer(news, &known) ?
	    change(ctx, user_id, &known, &offer, news) : ST_OK;
}

enum status
store_subscription_activate(struct ctx *ctx, const char *user_id,
    const struct subscription_news *news)
{
	const char *owner;
	struct offer offer;
	struct known known;

	TRY(lock_customer(ctx, news->customer_id, &owner));
	if (!text_is(owner, user_id))
		return ST_OK;
	TRY(find_known(ctx, user_id, news, &known));
	if (known.id == NULL || known.by != NULL)
		return ST_OK;
	TRY(find_offer(ctx, news->price_id, &offer));
	return change(ctx, user_id, &known, &offer, news);
}

/* ---- customers --------------------------------------------------------- */

enum status
store_customer_set(struct ctx *ctx, const char *user_id,
    const char *customer_id, const char **out)
{
	static const char sql[] =
	    "UPDATE users SET"
	    "  stripe_customer_id = coalesce(stripe_customer_id, $2)"
	    " WHERE id = $1 RETURNING stripe_customer_id";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(customer_id))));
	*out = db_get_text(&rows, 0, 0);
	return ST_OK;
}

#define USER_OF "SELECT id FROM users WHERE stripe_customer_id = $1"

static enum status
find_user(struct ctx *ctx, const char *sql, const char *customer_id,
    const char **user_id)
{
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql,
	    DB_ARGS(db_text(customer_id))), ST_USER_NOT_FOUND, customer_id));
	*user_id = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_customer_user(struct ctx *ctx, const char *customer_id,
    const char **user_id)
{
	return find_user(ctx, USER_OF, customer_id, user_id);
}

enum status
store_customer_lock(struct ctx *ctx, const char *customer_id,
    const char **user_id)
{
	return find_user(ctx, USER_OF " FOR NO KEY UPDATE", customer_id,
	    user_id);
}
