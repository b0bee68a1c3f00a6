#include "handle/api_key.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/api_key.h"
#include "handle/handle.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/api_key.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

#define MANY INT64_C(1000000000)
#define USUAL_DAYS "90"

/* ---- scopes ------------------------------------------------------------ */

/* Nobody hands on what he may not do himself. */
static bool
is_offered(const struct ctx *ctx, const struct scope *scope)
{
	return scope->permission == PERMISSION_NONE ||
	    permission_in(ctx->user->permissions, scope->permission);
}

static const struct scope *
scope_named(const struct ctx *ctx, const char *name)
{
	for (const struct scope *s = scopes; s->name != NULL; s++)
		if (text_is(s->name, name) && is_offered(ctx, s))
			return s;
	return NULL;
}

/* "credits:spend" into {"credits":["spend"]} */
static void
permit(struct ctx *ctx, struct json_object *permissions, const char *scope)
{
	const char *colon = strchr(scope, ':');
	const char *resource = arena_copy(ctx->arena, scope,
	    (size_t)(colon - scope));
	struct json_object *actions = view_get(permissions, resource);

	if (actions == NULL)
		actions = view_list(permissions, resource);
	view_text(actions, NULL, colon + 1);
}

static bool
permits(struct ctx *ctx, const struct json_object *permissions,
    const char *scope)
{
	const char *colon = strchr(scope, ':');
	const struct json_object *actions = view_get(permissions, arena_copy(
	    ctx->arena, scope, (size_t)(colon - scope)));

	for (size_t i = 0; i < view_count(actions); i++)
		if (text_is(view_get_string(view_at(actions, i)), colon + 1))
			return true;
	return false;
}

/* A page has a box for each scope, a program a list of them. */
static enum status
read_scopes(struct ctx *ctx, const char **permissions)
{
	struct json_object *list = view_get(ctx->body, "scopes");
	struct json_object *out = view_root(ctx->arena);

	for (const struct scope *s = scopes; s->name != NULL; s++)
		if (is_page(ctx) && is_offered(ctx, s) &&
		    view_has(ctx->body, s->name))
			permit(ctx, out, s->name);
	for (size_t i = 0; !is_page(ctx) && i < view_count(list); i++) {
		const struct scope *s = scope_named(ctx, view_get_string(
		    view_at(list, i)));

		if (s == NULL)
			return invalid(ctx, "body", "scopes",
			    "Invalid input", "There is no such scope.");
		if (!permits(ctx, out, s->name))
			permit(ctx, out, s->name);
	}
	*permissions = view_as_text(ctx->arena, out);
	return ST_OK;
}

static void
view_scopes(struct ctx *ctx)
{
	struct json_object *list = view_list(ctx->view, "scopes");

	for (const struct scope *s = scopes; s->name != NULL; s++) {
		struct json_object *choice;

		if (!is_offered(ctx, s))
			continue;
		choice = view_object(list, NULL);
		view_text(choice, "name", s->name);
		view_text(choice, "label", s->label);
		view_bool(choice, "selected", view_has(ctx->body, s->name));
	}
}

/* ---- the list ---------------------------------------------------------- */

static void
scopes_words(struct ctx *ctx, struct json_object *key)
{
	const struct json_object *permissions = view_get(key, "permissions");
	const char *words = NULL;

	for (const struct scope *s = scopes; s->name != NULL; s++)
		if (permits(ctx, permissions, s->name))
			words = words == NULL ? s->label : arena_printf(
			    ctx->arena, "%s. %s", words, s->label);
	view_text(key, "scopesText", words);
}

static void
key_words(struct ctx *ctx, struct json_object *key)
{
	const char *expires = view_get_text(key, "expiresAt");
	int64_t instant = INT64_MAX;

	if (expires != NULL)
		(void)format_read_instant(expires, &instant);
	view_bool(key, "expired", instant <= ctx->now);
	view_bool(key, "disabled", !view_is_true(key, "enabled"));
	words_moment(key, "createdAt");
	words_moment(key, "lastRequest");
	words_moment(key, "expiresAt");
	scopes_words(ctx, key);
}

enum status
api_key_show(struct ctx *ctx, const char *user_id)
{
	struct json_object *keys = view_list(ctx->view, "keys");

	TRY(store_api_key_list(ctx, user_id, &(struct api_key_range){
	    .limit = MANY, .descending = true }, keys, NULL));
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, keys, key_words);
	view_bool(ctx->view, "anyKeys", view_count(keys) > 0);
	return ST_OK;
}

/* "1 day", "90 minutes" */
static const char *
span_text(struct ctx *ctx, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { DAY_MS, "day" }, { HOUR_MS, "hour" },
		{ 60000, "minute" }, { 1000, "second" } };
	size_t i = 0;

	while (i < 3 && ms % units[i].ms != 0)
		i++;
	return arena_printf(ctx->arena, "%lld %s%s",
	    (long long)(ms / units[i].ms), units[i].name,
	    ms / units[i].ms == 1 ? "" : "s");
}

static void
limit_words(struct ctx *ctx)
{
	const struct config *config = ctx->config;
	char uses[FORMAT_NUMBER_SIZE];

	format_number(uses, config->api_key_max_requests);
	view_text(ctx->view, "limitText", !config->api_key_rate_limit ? NULL :
	    arena_printf(ctx->arena, "A key may be used %s times before it "
	    "needs a pause of %s.", uses, span_text(ctx,
	    config->api_key_window_ms)));
}

static const struct choice_word expiries[] = {
	{ "7", "In 7 days" }, { "30", "In 30 days" },
	{ USUAL_DAYS, "In 90 days" }, { "365", "In a year" },
	{ "", "Never" }, { NULL, NULL }
};

/* Those of the above that the settings allow; none where they decide. */
static void
view_expiries(struct ctx *ctx)
{
	const struct config *config = ctx->config;
	const char *typed = view_get_text(ctx->body, "days");
	struct choice_word allowed[sizeof(expiries) / sizeof(expiries[0])];
	size_t count = 0;
	int64_t days;

	for (const struct choice_word *e = expiries; e->value != NULL &&
	    config->api_key_custom_expiry; e++)
		if (text_int(e->value, config->api_key_min_expires_days,
		    config->api_key_max_expires_days, &days) ||
		    (e->value[0] == '\0' && config->api_key_expires_in == 0))
			allowed[count++] = *e;
	allowed[count] = (struct choice_word){ NULL, NULL };
	view_bool(ctx->view, "choosesExpiry", count > 0);
	words_choices(ctx->view, "expiries", allowed,
	    typed != NULL ? typed : USUAL_DAYS);
}

enum status
keys_page(struct ctx *ctx)
{
	if (!is_page(ctx))
		return api_key_show(ctx, ctx->user->id);
	view_null(ctx->view, "made");
	view_null(view_object(ctx->view, "form"), "name");
	view_scopes(ctx);
	view_expiries(ctx);
	limit_words(ctx);
	return api_key_show(ctx, ctx->user->id);
}

/* ---- making and ending ------------------------------------------------- */

struct key_form {
	const char *name;
	int64_t days;			/* on the page */
	int64_t expires_in;		/* seconds, of a program */
	int64_t remaining, refill_amount, refill_interval;
};

#define NAME_FIELD							\
	FIELD_TEXT(struct key_form, name, "name", 1, API_KEY_NAME_MAX,	\
	    .label = "Name")

static const struct form_field page_fields[] = {
	NAME_FIELD,
	FIELD_INT(struct key_form, days, "days", 1, 3650, .optional = true,
	    .label = "Expires"),
};
static const struct form_field json_fields[] = {
	NAME_FIELD,
	FIELD_INT(struct key_form, expires_in, "expiresIn", 1, INT64_MAX,
	    .optional = true, .nullable = true),
	FIELD_INT(struct key_form, remaining, "remaining", 1, MANY,
	    .optional = true, .nullable = true),
	FIELD_INT(struct key_form, refill_amount, "refillAmount", 1, MANY,
	    .optional = true, .nullable = true),
	FIELD_INT(struct key_form, refill_interval, "refillInterval", 1000,
	    MANY * 1000, .optional = true, .nullable = true),
};
const struct form key_page_form = FORM(page_fields, struct key_form);
const struct form key_json_form = FORM(json_fields, struct key_form);

/* Where nothing is to be chosen, the settings decide. */
static enum status
page_key(struct ctx *ctx, struct json_object **shown)
{
	const struct key_form *input = ctx->input;
	const bool chosen = input->days != FIELD_NONE &&
	    ctx->config->api_key_custom_expiry;
	struct api_key_new new = { .name = input->name, .remaining = -1 };

	TRY(read_scopes(ctx, &new.permissions));
	TRY(api_key_expiry(ctx, chosen ? input->days * DAY_SECONDS :
	    FIELD_NONE, &new.expires_at));
	*shown = view_root(ctx->arena);
	return api_key_make(ctx, &new, *shown);
}

/* The key is shown by the answer itself: it is nowhere to be read again. */
enum status
key_make_page(struct ctx *ctx)
{
	struct json_object *shown, *made;

	TRY(page_key(ctx, &shown));
	ctx->body = NULL;		/* the form is empty again */
	TRY(keys_page(ctx));
	made = view_object(ctx->view, "made");
	view_text(made, "name", view_get_text(shown, "name"));
	view_text(made, "key", view_get_text(shown, "key"));
	return ST_OK;
}

static enum status
read_refill(struct ctx *ctx, const struct key_form *input,
    struct api_key_new *new)
{
	const bool amount = input->refill_amount != FIELD_NONE;
	const bool interval = input->refill_interval != FIELD_NONE;

	if (interval && !amount)
		return refuse(ctx, ST_REFILL_AMOUNT_AND_INTERVAL_REQUIRED,
		    "no amount");
	if (amount && !interval)
		return refuse(ctx, ST_REFILL_INTERVAL_AND_AMOUNT_REQUIRED,
		    "no interval");
	new->remaining = input->remaining != FIELD_NONE ? input->remaining :
	    amount ? input->refill_amount : -1;
	new->refill_amount = amount ? input->refill_amount : 0;
	new->refill_interval_ms = interval ? input->refill_interval : 0;
	return ST_OK;
}

enum status
key_make(struct ctx *ctx)
{
	const struct key_form *input = ctx->input;
	struct api_key_new new = { .name = input->name };

	TRY(read_scopes(ctx, &new.permissions));
	TRY(api_key_expiry(ctx, input->expires_in, &new.expires_at));
	TRY(read_refill(ctx, input, &new));
	return api_key_make(ctx, &new, ctx->view);
}

enum status
key_revoke(struct ctx *ctx)
{
	TRY(api_key_end(ctx, ctx->user->id, ctx->param[0]));
	view_bool(ctx->view, "success", true);
	ctx->response.flash = "The key is revoked and no longer works.";
	return respond_next(ctx, "/account/keys");
}
