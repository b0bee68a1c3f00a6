#include "handle/subscription.h"

#include "base/text.h"
#include "ctx.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "store/subscription.h"
#include "store/subscription_list.h"
#include "store/user.h"
#include "view/view.h"

const struct choice_word subscription_statuses[] = {
	{ "", "All" },
	{ "active", "Active" }, { "trialing", "On trial" },
	{ "past_due", "Payment is late" }, { "unpaid", "Not paid" },
	{ "paused", "Paused" }, { "canceled", "Ended" },
	{ "incomplete", "Not paid yet" },
	{ "incomplete_expired", "Never paid" }, { NULL, NULL }
};
static const struct choice_word intervals[] = {
	{ "day", "Every day" }, { "week", "Every week" },
	{ "month", "Every month" }, { "year", "Every year" }, { NULL, NULL }
};

static bool
is_late(const char *status)
{
	return text_is(status, "past_due") || text_is(status, "unpaid") ||
	    text_is(status, "paused");
}

void
subscription_words(struct ctx *ctx, struct json_object *one)
{
	static const char *const moments[] = { "renewsAt", "trialEndsAt",
		"endsAt", "endedAt" };
	const char *interval = view_get_text(one, "interval");
	const char *status = view_get_text(one, "status");

	(void)ctx;
	view_text(one, "statusText", words_label(subscription_statuses,
	    status));
	view_text(one, "intervalText", interval == NULL ? NULL :
	    words_label(intervals, interval));
	if (view_get_int(one, "seats") > 1)
		words_count(one, "seats", "seatsText");
	else
		view_null(one, "seatsText");
	view_bool(one, "late", is_late(status));
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		words_moment(one, moments[i]);
	words_moment(one, "createdAt");
}

static void
offer_words(struct ctx *ctx, struct json_object *offer)
{
	const int64_t days = view_get_int(offer, "trialDays");

	plan_words(ctx, offer);
	words_count(offer, "credits", "creditsText");
	view_text(offer, "trialText", days == 0 ? NULL :
	    words_plural(ctx, days, "day"));
	view_bool(offer, "choosable", view_is_true(offer, "payable") ||
	    view_is_true(offer, "annual"));
}

/* One who has to pay for what he has is not sold another. */
static void
standing_view(struct ctx *ctx, const struct json_object *list)
{
	bool live = false, late = false;

	for (size_t i = 0; i < view_count(list); i++) {
		const struct json_object *one = view_at(list, i);

		live = live || subscription_is_live(view_get_text(one,
		    "status"));
		late = late || view_is_true(one, "late");
	}
	view_bool(ctx->view, "live", live);
	view_bool(ctx->view, "late", late);
}

enum status
account_subscriptions(struct ctx *ctx)
{
	struct json_object *list = view_list(ctx->view, "subscriptions");
	struct json_object *offers = view_list(ctx->view, "offers");

	TRY(store_subscription_history(ctx, ctx->user->id, list));
	words_each(ctx, list, subscription_words);
	TRY(store_subscription_offers(ctx, ctx->user->id, offers));
	words_each(ctx, offers, offer_words);
	standing_view(ctx, list);
	view_bool(ctx->view, "anySubscriptions", view_count(list) > 0);
	view_bool(ctx->view, "customer",
	    ctx->user->stripe_customer_id != NULL);
	return ST_OK;
}
