/*
 * subscription_list.h - subscriptions as people look at them
 *
 * Only those that Stripe knows: what nobody has paid for yet is left out.
 */
#ifndef STORE_SUBSCRIPTION_LIST_H
#define STORE_SUBSCRIPTION_LIST_H

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_subscription_history - a user's, into list out, the newest
 * SUBSCRIPTION_HISTORY_MAX first
 *
 * Those that were ever live. Each: "id", "createdAt", "plan" and its "title",
 * "status", "interval" (null: not known), "seats", and of "renewsAt",
 * "trialEndsAt", "endsAt" and "endedAt" the one that is next, or was last; the
 * others are null.
 */
#define SUBSCRIPTION_HISTORY_MAX 20
enum status store_subscription_history(struct ctx *ctx, const char *user_id,
    struct json_object *out);

/*
 * store_subscription_search - everybody's into list out, the newest first
 *
 * q       the exact e-mail or id of the user, or an id at Stripe, of the
 *         customer or the subscription; NULL: all
 * plan    its name; NULL: any
 * status  NULL: any
 *
 * Each as above, and "userId", "email", "stripeCustomerId",
 * "stripeSubscriptionId".
 */
struct subscription_filter {
	const char *q;
	const char *plan;
	const char *status;
};
enum status store_subscription_search(struct ctx *ctx,
    const struct subscription_filter *filter, struct page *page,
    struct json_object *out);

#endif
