#include "store/subscription_news.h"

#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "store/customer.h"
#include "store/db.h"
#include "store/entitlement.h"
#include "store/subscription.h"

enum status
store_subscription_told(struct ctx *ctx, const char *stripe_id, int64_t *at,
    const char **by)
{
	static const char sql[] =
	    "SELECT told_at, told_by FROM subscriptions"
	    " WHERE stripe_subscription_id = $1";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(stripe_id))));
	*at = rows.count > 0 ? db_get_time(&rows, 0, 0) : 0;
	*by = rows.count > 0 ? db_get_text(&rows, 0, 1) : NULL;
	return ST_OK;
}

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
	    .at = db_get_time(&rows, 0, 3),
	    .rank = db_get_int(&rows, 0, 4) };
	return ST_OK;
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
	    db_text(news->status), db_time_or_null(news->period_start),
	    db_time_or_null(news->period_end),
	    db_time_or_null(news->trial_start),
	    db_time_or_null(news->trial_end),
	    db_bool(news->cancel_at_period_end),
	    db_time_or_null(news->cancel_at),
	    db_time_or_null(news->canceled_at),
	    db_time_or_null(news->ended_at), db_int(news->seats),
	    db_text(news->interval), db_text(news->schedule_id),
	    db_time_or_null(news->at), db_text(news->by),
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
	return store_subscription_audit(ctx, id, NULL, news->status);
}

/* NULL: he is nobody. */
static enum status
lock_customer(struct ctx *ctx, const char *customer_id, const char **user_id)
{
	const enum status status = store_customer_lock(ctx, customer_id,
	    user_id);

	if (!refusal_is(ctx, status, ST_USER_NOT_FOUND))
		return status;
	*user_id = NULL;
	return ST_OK;
}

static enum status
change(struct ctx *ctx, const char *user_id, const struct known *known,
    const struct offer *offer, const struct subscription_news *news)
{
	TRY(write_news(ctx, user_id, known->id, offer, news));
	return text_is(known->status, news->status) ? ST_OK :
	    store_subscription_audit(ctx, known->id, known->status, news->status);
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
