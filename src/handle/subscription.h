/*
 * subscription.h - what the subscription routes of the contract share
 */
#ifndef HANDLE_SUBSCRIPTION_H
#define HANDLE_SUBSCRIPTION_H

#include <stdbool.h>

#include "base/status.h"
#include "handle/words.h"
#include "http/form.h"

struct buf;
struct ctx;
struct json_object;

/* What a prepare function brings: Stripe's answer, and what becomes of it. */
struct stripe_answer {
	struct json_object *object;
	bool redirect;			/* the client goes to its url */
};

extern const char *const customer_types[];	/* "user", "organization" */

/*
 * reference_check - whose subscription is it about? The caller's.
 *
 * Organizations do not subscribe yet, and nobody does for somebody else.
 * ST_ORGANIZATION_SUBSCRIPTION_NOT_ENABLED, ST_REFERENCE_ID_NOT_ALLOWED
 */
enum status reference_check(struct ctx *ctx, const char *reference_id,
    const char *customer_type);

/* A form of a session of the billing portal of this customer, who comes back
 * to return_url. */
void portal_form_begin(struct ctx *ctx, struct buf *form,
    const char *customer_id, const char *return_url, const char *locale);

/* Asks for that session. */
enum status portal_ask(struct ctx *ctx, const struct buf *form,
    enum choice disable_redirect, struct stripe_answer *out);

/* A page leads to a session at Stripe at once; for a program it is ST_OK. What
 * stripe_url refuses with. */
enum status session_follow(struct ctx *ctx,
    const struct json_object *session);

/* "url" and "redirect" of it, which is followed. */
enum status portal_view(struct ctx *ctx, const struct stripe_answer *answer);

/* "subscription": null, or "plan" and "customerId" of one that keeps the user
 * from being deleted. */
enum status lasting_view(struct ctx *ctx, const char *user_id);

/* What a subscription of store/subscription_list.h says on a page. */
void subscription_words(struct ctx *ctx, struct json_object *one);
extern const struct choice_word subscription_statuses[];

/* All members of what Stripe answered. */
void answer_view(struct ctx *ctx, const struct json_object *object);

#endif
