#include "handle/subscription.h"

#include "ctx.h"
#include "handle/export.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/page.h"
#include "store/plan.h"
#include "store/subscription_list.h"
#include "view/view.h"

struct subscriptions_query {
	const char *q, *plan, *status, *cursor;
	int64_t limit;
};

static const char *const status_options[] = { "active", "trialing",
	"past_due", "unpaid", "paused", "canceled", "incomplete",
	"incomplete_expired", NULL };
static const struct form_field subscriptions_fields[] = {
	FIELD_TEXT(struct subscriptions_query, q, "q", 0, 255,
	    .optional = true, .label = "Search"),
	FIELD_TEXT(struct subscriptions_query, plan, "plan", 0,
	    PLAN_NAME_MAX, .optional = true, .label = "Plan"),
	FIELD_ENUM(struct subscriptions_query, status, "status",
	    status_options, .optional = true, .label = "Status"),
	PAGE_FIELDS(struct subscriptions_query),
};
const struct form subscriptions_form = FORM(subscriptions_fields,
    struct subscriptions_query);

static const struct export_column subscriptions_columns[] = {
	{ "Id", "id", NULL }, { "Since", "createdAt", NULL },
	{ "User id", "userId", NULL }, { "User", "email", NULL },
	{ "Plan", "plan", NULL }, { "Status", "status", NULL },
	{ "Seats", "seats", NULL }, { "Paid every", "interval", NULL },
	{ "Renews", "renewsAt", NULL }, { "Trial ends", "trialEndsAt", NULL },
	{ "Ends", "endsAt", NULL }, { "Ended", "endedAt", NULL },
	{ "Customer", "stripeCustomerId", NULL },
	{ "Subscription", "stripeSubscriptionId", NULL },
};
const struct export subscriptions_export = EXPORT("subscriptions",
    "subscriptions", subscriptions_columns);

enum status
admin_subscriptions(struct ctx *ctx)
{
	static const char *const filters[] = { "q", "plan", "status", NULL };
	const struct subscriptions_query *query = ctx->input;
	struct json_object *list = view_list(ctx->view, "subscriptions");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_subscription_search(ctx, &(struct subscription_filter){
	    .q = any_of(query->q), .plan = any_of(query->plan),
	    .status = any_of(query->status) }, &page, list));
	words_filtered(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, list, subscription_words);
	words_choices(ctx->view, "statuses", subscription_statuses,
	    query->status);
	return ST_OK;
}
