#include "handle/customer.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/stripe.h"
#include "handle/stripe_read.h"
#include "store/customer.h"
#include "store/user.h"
#include "view/view.h"

#define KEYS_MAX 46		/* Stripe's 50, less four of ours */
#define KEY_MAX 40		/* characters, as Stripe has it */
#define VALUE_MAX 500

/* ---- what the caller says of him --------------------------------------- */

/* What we say of a subscription ourselves is not the caller's to say. */
static bool
is_ours(const char *name)
{
	return text_is(name, "userId") || text_is(name, "customerType") ||
	    text_is(name, "subscriptionId") ||
	    text_is(name, "referenceId") || text_is(name, "orderId");
}

static const char *
metadata_text(struct ctx *ctx, struct json_object *value)
{
	const char *text = view_get_string(value);

	return text != NULL ? text : view_as_text(ctx->arena, value);
}

/* Square brackets in a name would nest it elsewhere in the form. */
enum status
metadata_check(struct ctx *ctx, const struct json_object *metadata)
{
	struct view_member member = { 0 };
	int count = 0;

	while (view_next(metadata, &member)) {
		const char *text = metadata_text(ctx, member.value);

		if (++count > KEYS_MAX || member.name[0] == '\0' ||
		    strpbrk(member.name, "[]") != NULL ||
		    text_utf16_length(member.name) > KEY_MAX ||
		    (text != NULL && text_utf16_length(text) > VALUE_MAX))
			return invalid(ctx, "body", "metadata",
			    "Invalid input", "The metadata is too long.");
	}
	return ST_OK;
}

void
metadata_put(struct ctx *ctx, struct buf *form, const char *prefix,
    const struct json_object *metadata)
{
	struct view_member member = { 0 };

	while (view_next(metadata, &member)) {
		const char *text = metadata_text(ctx, member.value);

		if (!is_ours(member.name) && text != NULL)
			stripe_text(form, arena_printf(ctx->arena, "%s[%s]",
			    prefix, member.name), text);
	}
}

/* ---- the customer ------------------------------------------------------ */

/* Whoever signs up with somebody's address must not get his invoices and
 * cards, nor may two users be one customer. */
static enum status
may_be(struct ctx *ctx, const struct json_object *customer, bool *out)
{
	const char *id = stripe_id_in(customer, "id", "cus_"), *user_id;
	const char *said = json_text(view_get(customer, "metadata"),
	    "userId");
	enum status status;

	*out = false;
	if (id == NULL || !ctx->user->email_verified ||
	    (said != NULL && !text_is(said, ctx->user->id)))
		return ST_OK;
	status = store_customer_user(ctx, id, &user_id);
	if (!refusal_is(ctx, status, ST_USER_NOT_FOUND))
		return status;
	*out = true;
	return ST_OK;
}

static enum status
search_customer(struct ctx *ctx, const char **out)
{
	struct buf query, email;
	struct json_object *found;
	const struct json_object *list;

	buf_init(&email, ctx->arena, 64);
	buf_json_text(&email, ctx->user->email, strlen(ctx->user->email));
	stripe_form(ctx->arena, &query);
	stripe_text(&query, "query", arena_printf(ctx->arena, "email:%s",
	    email.data));
	stripe_int(&query, "limit", STRIPE_LIST_MAX);
	TRY(stripe_get(ctx, "/v1/customers/search", &query, &found));
	list = view_get(found, "data");
	for (size_t i = 0; i < view_count(list); i++) {
		bool fits;

		TRY(may_be(ctx, view_at(list, i), &fits));
		if (!fits)
			continue;
		*out = stripe_id_in(view_at(list, i), "id", "cus_");
		return ST_OK;
	}
	return ST_OK;
}

/* The key makes one customer of two requests at once. */
static enum status
make_customer(struct ctx *ctx, const struct json_object *metadata,
    const char **out)
{
	const struct user *user = ctx->user;
	struct json_object *made;
	struct buf form;

	stripe_form(ctx->arena, &form);
	stripe_text(&form, "email", user->email);
	stripe_text(&form, "name", user->name);
	metadata_put(ctx, &form, "metadata", metadata);
	stripe_text(&form, "metadata[userId]", user->id);
	stripe_text(&form, "metadata[customerType]", "user");
	TRY(stripe_refused_as(ctx, stripe_post(ctx, "/v1/customers", &form,
	    stripe_key(ctx, "customer", &form), &made),
	    ST_UNABLE_TO_CREATE_CUSTOMER));
	*out = stripe_id_in(made, "id", "cus_");
	return *out != NULL ? ST_OK :
	    refuse(ctx, ST_UNABLE_TO_CREATE_CUSTOMER, "it has no id");
}

enum status
customer_find(struct ctx *ctx, const struct json_object *metadata,
    const char **out)
{
	*out = ctx->user->stripe_customer_id;
	if (*out == NULL)
		TRY(search_customer(ctx, out));
	return *out != NULL ? ST_OK : make_customer(ctx, metadata, out);
}
