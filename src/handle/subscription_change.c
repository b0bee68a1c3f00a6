/*
 * What becomes of a subscription: cancelled, restored, shown, paid for
 * (contract/stripe.md).
 */
#include "handle/subscription.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "handle/handle.h"
#include "handle/link.h"
#include "handle/stripe.h"
#include "handle/stripe_read.h"
#include "handle/words.h"
#include "store/session.h"
#include "store/subscription.h"
#include "store/subscription_news.h"
#include "store/user.h"
#include "view/view.h"

const char *const customer_types[] = { "user", "organization", NULL };

/* Of all but upgrade; each row of routes/ reads some of it. */
struct change {
	const char *reference_id, *subscription_id, *customer_type;
	const char *return_url, *locale;
	enum choice disable_redirect;
};
struct success {
	const char *callback_url, *checkout_id;
};

#define REFERENCE							\
	FIELD_TEXT(struct change, reference_id, "referenceId", 0,	\
	    INT32_MAX, .optional = true),				\
	FIELD_ENUM(struct change, customer_type, "customerType",	\
	    customer_types, .optional = true)
#define SUBSCRIPTION							\
	FIELD_TEXT(struct change, subscription_id, "subscriptionId", 0,	\
	    INT32_MAX, .optional = true)
#define DISABLE_REDIRECT						\
	FIELD_BOOL(struct change, disable_redirect, "disableRedirect",	\
	    .optional = true)

static const struct form_field cancel_fields[] = {
	FIELD_ANY(struct change, return_url, "returnUrl"),
	REFERENCE, SUBSCRIPTION, DISABLE_REDIRECT,
};
static const struct form_field restore_fields[] = { REFERENCE,
	SUBSCRIPTION };
static const struct form_field list_fields[] = { REFERENCE };
static const struct form_field portal_fields[] = {
	FIELD_ANY(struct change, return_url, "returnUrl", .optional = true),
	FIELD_TEXT(struct change, locale, "locale", 0, 35, .optional = true),
	REFERENCE, DISABLE_REDIRECT,
};
static const struct form_field success_fields[] = {
	FIELD_ANY(struct success, callback_url, "callbackURL",
	    .optional = true),
	FIELD_TEXT(struct success, checkout_id, "checkoutSessionId", 0,
	    INT32_MAX, .optional = true),
};
const struct form cancel_form = FORM(cancel_fields, struct change);
const struct form restore_form = FORM(restore_fields, struct change);
const struct form subscription_list_form = FORM(list_fields, struct change);
const struct form portal_form = FORM(portal_fields, struct change);
const struct form success_form = FORM(success_fields, struct success);

/* ---- shared ------------------------------------------------------------ */

enum status
reference_check(struct ctx *ctx, const char *reference_id,
    const char *customer_type)
{
	if (text_is(customer_type, "organization"))
		return refuse(ctx, ST_ORGANIZATION_SUBSCRIPTION_NOT_ENABLED,
		    "for an organization");
	if (reference_id != NULL && reference_id[0] != '\0' &&
	    !text_is(reference_id, ctx->user->id))
		return refuse(ctx, ST_REFERENCE_ID_NOT_ALLOWED,
		    "for somebody else");
	return ST_OK;
}

void
portal_form_begin(struct ctx *ctx, struct buf *form, const char *customer_id,
    const char *return_url, const char *locale)
{
	stripe_form(ctx->arena, form);
	stripe_text(form, "customer", customer_id);
	stripe_text(form, "return_url", return_url);
	if (locale != NULL && locale[0] != '\0')
		stripe_text(form, "locale", locale);
}

enum status
portal_ask(struct ctx *ctx, const struct buf *form,
    enum choice disable_redirect, struct stripe_answer *out)
{
	out->redirect = disable_redirect != CHOICE_YES;
	return stripe_post(ctx, "/v1/billing_portal/sessions", form, NULL,
	    &out->object);
}

enum status
session_follow(struct ctx *ctx, const struct json_object *session)
{
	const char *url;

	if (!is_page(ctx))
		return ST_OK;
	TRY(stripe_url(ctx, session, &url));
	return respond_next(ctx, "%s", url);
}

enum status
portal_view(struct ctx *ctx, const struct stripe_answer *answer)
{
	view_text(ctx->view, "url", json_text(answer->object, "url"));
	view_bool(ctx->view, "redirect", answer->redirect);
	return session_follow(ctx, answer->object);
}

void
answer_view(struct ctx *ctx, const struct json_object *object)
{
	struct view_member member = { 0 };

	while (view_next(object, &member))
		view_copy(ctx->view, member.name, member.value);
}

enum status
lasting_view(struct ctx *ctx, const char *user_id)
{
	struct subscription lasting;
	struct json_object *shown;

	TRY(store_subscription_lasting(ctx, user_id, &lasting));
	if (lasting.id == NULL) {
		view_null(ctx->view, "subscription");
		return ST_OK;
	}
	shown = view_object(ctx->view, "subscription");
	view_text(shown, "plan", lasting.plan);
	view_text(shown, "customerId", lasting.customer_id);
	return ST_OK;
}

static const char *
back_to(struct ctx *ctx, const char *url)
{
	return link_absolute(ctx, link_or_root(url));
}

static enum status
ask_subscription(struct ctx *ctx, const char *id, struct json_object **out)
{
	return stripe_is_id(id, "sub_") ? stripe_get(ctx,
	    arena_printf(ctx->arena, "/v1/subscriptions/%s", id), NULL, out) :
	    refuse(ctx, ST_SUBSCRIPTION_NOT_FOUND, "it is not at Stripe");
}

/* ---- cancel, billing portal -------------------------------------------- */

enum status
subscription_cancel_prepare(struct ctx *ctx)
{
#define FLOW "flow_data[subscription_cancel][subscription]"
	const struct change *input = ctx->input;
	struct stripe_answer *answer = arena_alloc(ctx->arena,
	    sizeof(*answer));
	struct subscription mine;
	struct json_object *now;
	struct buf form;

	TRY(reference_check(ctx, input->reference_id, input->customer_type));
	TRY(callback_pass(ctx, input->return_url));
	TRY(store_subscription_find(ctx, ctx->user->id,
	    input->subscription_id, &mine));
	if (mine.customer_id == NULL)
		return refuse(ctx, ST_SUBSCRIPTION_NOT_FOUND, "no customer");
	TRY(ask_subscription(ctx, mine.stripe_id, &now));
	if (!subscription_is_live(json_text(now, "status")))
		return refuse(ctx, ST_SUBSCRIPTION_NOT_FOUND,
		    "it has ended at Stripe");
	portal_form_begin(ctx, &form, mine.customer_id, back_to(ctx,
	    input->return_url), NULL);
	stripe_text(&form, "flow_data[type]", "subscription_cancel");
	stripe_text(&form, FLOW, mine.stripe_id);
	ctx->prepared = answer;
	return portal_ask(ctx, &form, input->disable_redirect, answer);
#undef FLOW
}

enum status
portal_prepare(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	struct stripe_answer *answer = arena_alloc(ctx->arena,
	    sizeof(*answer));
	struct buf form;

	TRY(reference_check(ctx, input->reference_id, input->customer_type));
	TRY(callback_pass(ctx, input->return_url));
	if (ctx->user->stripe_customer_id == NULL)
		return refuse(ctx, ST_CUSTOMER_NOT_FOUND, "no customer");
	portal_form_begin(ctx, &form, ctx->user->stripe_customer_id,
	    back_to(ctx, input->return_url), input->locale);
	ctx->prepared = answer;
	return stripe_refused_as(ctx, portal_ask(ctx, &form,
	    input->disable_redirect, answer),
	    ST_UNABLE_TO_CREATE_BILLING_PORTAL);
}

enum status
portal(struct ctx *ctx)
{
	return portal_view(ctx, ctx->prepared);
}

/* ---- restore ----------------------------------------------------------- */

struct restoring {
	const char *id;			/* of the row */
	struct json_object *object;	/* as it is then, at Stripe */
};

static enum status
check_restorable(struct ctx *ctx, const struct subscription *mine)
{
	if (!subscription_is_live(mine->status))
		return refuse(ctx, ST_SUBSCRIPTION_NOT_ACTIVE, "it is %s",
		    mine->status);
	return mine->cancel_at_period_end || mine->cancel_at != 0 ? ST_OK :
	    refuse(ctx, ST_SUBSCRIPTION_NOT_PENDING_CHANGE,
	    "it does not end");
}

enum status
subscription_restore_prepare(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	struct restoring *out = arena_alloc(ctx->arena, sizeof(*out));
	struct subscription mine;
	struct json_object *now;
	struct buf form;

	TRY(reference_check(ctx, input->reference_id, input->customer_type));
	TRY(store_subscription_find(ctx, ctx->user->id,
	    input->subscription_id, &mine));
	TRY(check_restorable(ctx, &mine));
	TRY(ask_subscription(ctx, mine.stripe_id, &now));
	stripe_form(ctx->arena, &form);
	/* Stripe takes one of the two. */
	if (stripe_time_in(now, "cancel_at") != 0 &&
	    !view_is_true(now, "cancel_at_period_end"))
		stripe_text(&form, "cancel_at", "");
	else
		stripe_text(&form, "cancel_at_period_end", "false");
	out->id = mine.id;
	ctx->prepared = out;
	return stripe_post(ctx, arena_printf(ctx->arena,
	    "/v1/subscriptions/%s", mine.stripe_id), &form, NULL,
	    &out->object);
}

enum status
subscription_restore(struct ctx *ctx)
{
	const struct restoring *restored = ctx->prepared;
	struct user locked;

	/* Whoever deletes the user meanwhile must see that it goes on. */
	TRY(store_user_lock(ctx, ctx->user->id, &locked));
	TRY(store_subscription_restore(ctx, restored->id));
	answer_view(ctx, restored->object);
	return ST_OK;
}

/* ---- list, success ----------------------------------------------------- */

enum status
subscription_list(struct ctx *ctx)
{
	const struct change *input = ctx->input;

	TRY(reference_check(ctx, input->reference_id, input->customer_type));
	return store_subscription_list(ctx, ctx->user->id,
	    respond_list(ctx));
}

/* Of a checkout of this user's row that has been paid; else NULL. */
static const char *
bought(const struct ctx *ctx, const struct json_object *session,
    const struct subscription *waiting)
{
	const char *row = json_text(view_get(session, "metadata"),
	    "subscriptionId");

	return text_is(row, waiting->id) && text_is(json_text(session,
	    "client_reference_id"), ctx->user->id) ?
	    stripe_id_in(session, "subscription", "sub_") : NULL;
}

static enum status
ask_success(struct ctx *ctx, const char *checkout_id,
    struct json_object **out)
{
	struct subscription waiting;
	struct json_object *session;
	const char *id;

	if (ctx->session == NULL || !stripe_is_id(checkout_id, "cs_"))
		return ST_NOT_FOUND;
	TRY(store_subscription_waiting(ctx, ctx->user->id, &waiting));
	TRY(stripe_get(ctx, arena_printf(ctx->arena,
	    "/v1/checkout/sessions/%s", checkout_id), NULL, &session));
	id = bought(ctx, session, &waiting);
	return id == NULL ? ST_NOT_FOUND : ask_subscription(ctx, id, out);
}

/* Whatever goes wrong, the buyer gets on: the event will tell us as well. */
enum status
subscription_success_prepare(struct ctx *ctx)
{
	const struct success *input = ctx->input;
	struct json_object *subscription = NULL;

	TRY(callback_pass(ctx, input->callback_url));
	if (ask_success(ctx, input->checkout_id, &subscription) == ST_OK)
		ctx->prepared = subscription;
	refusal_drop(ctx);
	return ST_OK;
}

enum status
subscription_success(struct ctx *ctx)
{
	const struct success *input = ctx->input;
	struct subscription_news news;

	if (ctx->prepared != NULL && subscription_read(ctx, ctx->prepared,
	    &news) == ST_OK)
		TRY(store_subscription_activate(ctx, ctx->user->id, &news));
	return link_follow(ctx, back_to(ctx, input->callback_url));
}
