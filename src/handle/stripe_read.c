#include "handle/stripe_read.h"

#include <ctype.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/stripe.h"
#include "store/subscription_news.h"
#include "view/view.h"

#define SECONDS_MAX INT64_C(253402300799)	/* the year 9999 */
#define SEATS_MAX INT32_MAX

const char *
stripe_id_in(const struct json_object *object, const char *name,
    const char *prefix)
{
	const char *id = json_text(object, name);

	if (id == NULL)
		id = json_text(view_get(object, name), "id");
	return stripe_is_id(id, prefix) ? id : NULL;
}

int64_t
stripe_time_in(const struct json_object *object, const char *name)
{
	int64_t seconds;

	return json_integer(object, name, &seconds) && seconds > 0 &&
	    seconds <= SECONDS_MAX ? seconds * 1000 : 0;
}

int64_t
stripe_amount_in(const struct json_object *object, const char *name)
{
	int64_t amount;

	return json_integer(object, name, &amount) && amount > 0 ? amount : 0;
}

/* They are lower case there. */
const char *
stripe_currency_in(struct ctx *ctx, const struct json_object *object)
{
	const char *said = json_text(object, "currency");
	char *currency = said == NULL ? NULL : arena_text(ctx->arena, said);

	for (char *c = currency; c != NULL && *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return currency;
}

static bool
is_one_of(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
		if (text_is(text, *list))
			return true;
	return false;
}

/* Since version 2025-03-31 the period is the item's. */
static void
read_item(const struct json_object *object, struct subscription_news *news)
{
	static const char *const intervals[] = { "day", "week", "month",
		"year", NULL };
	const struct json_object *items = view_get(view_get(object, "items"),
	    "data");
	const struct json_object *item = view_count(items) > 0 ?
	    view_at(items, 0) : NULL;
	const struct json_object *price = view_get(item, "price");
	const char *interval = json_text(view_get(price, "recurring"),
	    "interval");

	news->price_id = json_text(price, "id");
	news->interval = is_one_of(interval, intervals) ? interval : NULL;
	news->period_start = stripe_time_in(item, "current_period_start");
	news->period_end = stripe_time_in(item, "current_period_end");
	if (!json_integer(item, "quantity", &news->seats) ||
	    news->seats < 1 || news->seats > SEATS_MAX)
		news->seats = 1;
	if (news->period_start == 0)
		news->period_start = stripe_time_in(object,
		    "current_period_start");
	if (news->period_end == 0)
		news->period_end = stripe_time_in(object,
		    "current_period_end");
}

enum status
subscription_read(struct ctx *ctx, const struct json_object *object,
    struct subscription_news *news)
{
	static const char *const statuses[] = { "incomplete",
		"incomplete_expired", "trialing", "active", "past_due",
		"canceled", "unpaid", "paused", NULL };

	*news = (struct subscription_news){
	    .stripe_id = stripe_id_in(object, "id", "sub_"),
	    .customer_id = stripe_id_in(object, "customer", "cus_"),
	    .row_id = json_text(view_get(object, "metadata"),
	    "subscriptionId"),
	    .status = json_text(object, "status"),
	    .schedule_id = stripe_id_in(object, "schedule", "sub_sched_"),
	    .trial_start = stripe_time_in(object, "trial_start"),
	    .trial_end = stripe_time_in(object, "trial_end"),
	    .cancel_at = stripe_time_in(object, "cancel_at"),
	    .canceled_at = stripe_time_in(object, "canceled_at"),
	    .ended_at = stripe_time_in(object, "ended_at"),
	    .cancel_at_period_end = view_is_true(object,
	    "cancel_at_period_end") };
	read_item(object, news);
	return news->stripe_id != NULL && news->customer_id != NULL &&
	    is_one_of(news->status, statuses) ? ST_OK :
	    refuse(ctx, ST_STRIPE_WEBHOOK_ERROR, "this is no subscription");
}

/* Since version 2025-03-31 in one of two places, and before it. */
static bool
is_proration(const struct json_object *line)
{
	const struct json_object *parent = view_get(line, "parent");

	return view_is_true(line, "proration") ||
	    view_is_true(view_get(parent, "subscription_item_details"),
	    "proration") || view_is_true(view_get(parent,
	    "invoice_item_details"), "proration");
}

bool
invoice_next(const struct json_object *lines, size_t *at,
    struct invoice_line *out)
{
	const struct json_object *data = view_get(lines, "data");

	while (*at < view_count(data)) {
		const struct json_object *line = view_at(data, (*at)++);
		/* Since version 2025-03-31, and before it. */
		const char *price = json_text(view_get(view_get(line,
		    "pricing"), "price_details"), "price");
		const struct json_object *period = view_get(line, "period");
		int64_t amount;

		if (price == NULL)
			price = json_text(view_get(line, "price"), "id");
		if (price == NULL || (json_integer(line, "amount", &amount) &&
		    amount < 0))
			continue;
		*out = (struct invoice_line){ .price_id = price,
		    .period_start = stripe_time_in(period, "start"),
		    .period_end = stripe_time_in(period, "end"),
		    .proration = is_proration(line) };
		return true;
	}
	return false;
}
