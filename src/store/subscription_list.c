#include "store/subscription_list.h"

#include "ctx.h"
#include "store/db.h"
#include "store/page.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define COLUMNS								\
	"s.id, s.created_at AS \"createdAt\", s.plan,"			\
	" coalesce(p.title, s.plan) AS title, s.status,"		\
	" s.billing_interval AS interval, s.seats,"			\
	" CASE WHEN s.status = 'active' AND e.at IS NULL"		\
	"   THEN s.period_end END AS \"renewsAt\","			\
	" CASE WHEN s.status = 'trialing' AND e.at IS NULL"		\
	"   THEN s.trial_end END AS \"trialEndsAt\","			\
	" CASE WHEN s.status <> 'canceled' THEN e.at END AS \"endsAt\","	\
	" CASE WHEN s.status = 'canceled'"				\
	"   THEN coalesce(s.ended_at, s.updated_at) END AS \"endedAt\""
#define SUBSCRIPTIONS							\
	" FROM subscriptions s LEFT JOIN plans p"			\
	"  ON lower(p.name) = s.plan AND p.kind = 'subscription'"	\
	" CROSS JOIN LATERAL (SELECT CASE WHEN s.cancel_at_period_end"	\
	"   THEN s.period_end ELSE s.cancel_at END) e (at)"

enum status
store_subscription_history(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " COLUMNS SUBSCRIPTIONS
	    " WHERE s.reference_id = $1 AND s.stripe_subscription_id IS NOT NULL"
	    "  AND s.status NOT IN ('incomplete', 'incomplete_expired')"
	    " ORDER BY s.created_at DESC, s.id DESC LIMIT $2";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id),
	    db_int(SUBSCRIPTION_HISTORY_MAX)));
}

/* ---- everybody's ------------------------------------------------------- */

#define LIST_OF(condition)						\
	"SELECT " COLUMNS ", u.id AS \"userId\", u.email,"		\
	"  s.stripe_customer_id AS \"stripeCustomerId\","		\
	"  s.stripe_subscription_id AS \"stripeSubscriptionId\""	\
	SUBSCRIPTIONS " JOIN users u ON u.id = s.reference_id"		\
	" WHERE s.stripe_subscription_id IS NOT NULL"			\
	"  AND (s.created_at, s.id) < ($1::timestamptz, $2)" condition	\
	" ORDER BY s.created_at DESC, s.id DESC LIMIT $3"
/* Of a filter that is not there, in a plan for any value. */
#define ANY_STATUS " AND ($4::text IS NULL OR s.status = $4)"
#define ANY_PLAN " AND ($5::text IS NULL OR s.plan = lower($5))"

/* By the index of what narrows most. */
static const char *
choose(const struct subscription_filter *filter)
{
	static const char found[] = LIST_OF(ANY_STATUS ANY_PLAN
	    " AND (s.stripe_subscription_id = $6 OR s.reference_id = ANY"
	    "  (ARRAY(SELECT id FROM users WHERE id = $6"
	    "   OR stripe_customer_id = $6"
	    "   OR email COLLATE \"C\" = lower($6))))");
	static const char of_both[] = LIST_OF(" AND s.status = $4"
	    " AND s.plan = lower($5)");
	static const char of_plan[] = LIST_OF(" AND s.plan = lower($4)");
	static const char of_status[] = LIST_OF(" AND s.status = $4");
	static const char all[] = LIST_OF("");

	if (filter->q != NULL)
		return found;
	if (filter->plan == NULL)
		return filter->status == NULL ? all : of_status;
	return filter->status == NULL ? of_plan : of_both;
}

enum status
store_subscription_search(struct ctx *ctx,
    const struct subscription_filter *filter, struct page *page,
    struct json_object *out)
{
	struct db_arg arg[6] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1) };
	const bool searched = filter->q != NULL;
	struct db_rows rows;
	size_t count = 3;

	if (searched || filter->status != NULL)
		arg[count++] = db_text(filter->status);
	if (searched || filter->plan != NULL)
		arg[count++] = db_text(filter->plan);
	if (searched)
		arg[count++] = db_text(filter->q);
	TRY(db_all(ctx, &rows, choose(filter),
	    (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}
