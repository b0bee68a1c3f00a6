#include "handle/entitlement.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/admin.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/entitlement.h"
#include "store/user.h"
#include "view/view.h"

/* ---- words ------------------------------------------------------------- */

static const struct choice_word sources[] = {
	{ "admin", "Given by us" }, { "licence", "A licence" },
	{ "promo", "A promotion" }, { "plan", "A plan" }, { NULL, NULL }
};
/* What an administrator may say it comes of. */
static const struct choice_word given[] = {
	{ "admin", "Our decision, before all others" },
	{ "promo", "A promotion, before plans only" }, { NULL, NULL }
};
static const struct choice_word states[] = {
	{ "active", "Active" }, { "overruled", "Overruled" },
	{ "expired", "Expired" }, { NULL, NULL }
};

static void
value_words(struct ctx *ctx, struct json_object *entitlement)
{
	struct json_object *value = view_get(entitlement, "value");
	const char *text = view_get_string(value);
	int64_t number;

	if (view_is_bool(value))
		text = view_is_true(entitlement, "value") ? "Yes" : "No";
	if (text != NULL)
		view_text(entitlement, "valueText", text);
	else if (json_integer(entitlement, "value", &number))
		words_number(entitlement, "valueText", number);
	else
		view_text(entitlement, "valueText",
		    view_as_text(ctx->arena, value));
}

void
entitlement_words(struct ctx *ctx, struct json_object *entitlement)
{
	value_words(ctx, entitlement);
	view_text(entitlement, "sourceText", words_label(sources,
	    view_get_text(entitlement, "source")));
	if (view_has(entitlement, "state"))
		view_text(entitlement, "stateText", words_label(states,
		    view_get_text(entitlement, "state")));
	words_moment(entitlement, "expiresAt");
}

int64_t
days_end(const struct ctx *ctx, int64_t days)
{
	return days == FIELD_NONE ? 0 : ctx->now + days * DAY_MS;
}

/* ---- what the caller may use ------------------------------------------- */

/* The same as sessions and tokens bring, and beside it where it comes from. */
enum status
my_entitlements(struct ctx *ctx)
{
	struct json_object *values = view_object(ctx->view, "entitlements");
	struct json_object *grants = view_list(ctx->view, "grants");

	TRY(store_entitlement_now(ctx, "user", ctx->user->id, grants));
	for (size_t i = 0; i < view_count(grants); i++) {
		const struct json_object *grant = view_at(grants, i);

		view_copy(values, view_get_text(grant, "key"),
		    view_get(grant, "value"));
	}
	return ST_OK;
}

/* ---- what admins see and do -------------------------------------------- */

enum status
entitlements_show(struct ctx *ctx, const char *user_id)
{
	struct json_object *list = view_list(ctx->view, "entitlements");
	const char *typed = view_get_text(ctx->body, "source");

	TRY(store_entitlement_list(ctx, "user", user_id, list));
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, list, entitlement_words);
	words_choices(ctx->view, "sources", given, typed != NULL ? typed :
	    "admin");
	return ST_OK;
}

enum status
user_entitlements(struct ctx *ctx)
{
	return entitlements_show(ctx, ctx->param[0]);
}

/* A program's value is any JSON, so it is not in the table. */
struct entitlement_input {
	const char *key, *value, *source;
	int64_t days;
};

static const char *const source_options[] = { "admin", "promo", NULL };
#define KEY								\
	FIELD_TEXT(struct entitlement_input, key, "key", 1,		\
	    ENTITLEMENT_KEY_MAX, .label = "Key")
#define SOURCE								\
	FIELD_ENUM(struct entitlement_input, source, "source",		\
	    source_options, .optional = true, .label = "Source")
#define DAYS								\
	FIELD_INT(struct entitlement_input, days, "days", 1,		\
	    ENTITLEMENT_DAYS_MAX, .optional = true, .label = "Days")

static const struct form_field entitlement_fields[] = {
	KEY,
	FIELD_TEXT(struct entitlement_input, value, "value", 0,
	    ENTITLEMENT_VALUE_MAX, .optional = true, .label = "Value"),
	SOURCE, DAYS
};
static const struct form_field entitlement_json_fields[] = {
	KEY, SOURCE, DAYS
};
const struct form entitlement_form = FORM(entitlement_fields,
    struct entitlement_input);
const struct form entitlement_json_form = FORM(entitlement_json_fields,
    struct entitlement_input);

/* Whoever types 25 or true means these; other words are a text. */
static const char *
typed_value(struct ctx *ctx, const char *text)
{
	const char *reason;
	struct buf json;

	if (text == NULL || text[0] == '\0')
		return "true";
	if (json_gate(ctx->arena, text, strlen(text), &reason))
		return text;
	buf_init(&json, ctx->arena, strlen(text) + 3);
	buf_json_text(&json, text, strlen(text));
	return json.data;
}

static const char *
sent_value(struct ctx *ctx)
{
	struct json_object *value = view_get(ctx->body, "value");

	if (!view_has(ctx->body, "value"))
		return "true";
	return value == NULL ? "null" : view_as_text(ctx->arena, value);
}

static enum status
value_read(struct ctx *ctx, const char **out)
{
	const struct entitlement_input *input = ctx->input;

	*out = is_page(ctx) ? typed_value(ctx, input->value) :
	    sent_value(ctx);
	if (!text_is(*out, "null") && strlen(*out) <= ENTITLEMENT_VALUE_MAX)
		return ST_OK;
	return invalid(ctx, "body", "value",
	    "Invalid input: expected a short value other than null",
	    "Value is too long, or nothing.");
}

static enum status
key_read(struct ctx *ctx)
{
	const struct entitlement_input *input = ctx->input;

	if (entitlement_key_is_sound(input->key))
		return ST_OK;
	return invalid(ctx, "body", "key",
	    "Invalid input: expected a-z, 0-9, \".\", \"_\", \":\" or \"-\"",
	    "Key has small letters, digits, points, colons, hyphens and "
	    "underscores only.");
}

enum status
entitlement_add(struct ctx *ctx)
{
	const struct entitlement_input *input = ctx->input;
	struct grantor by = { .owner_kind = "user", .source_id = "",
		.source = input->source != NULL ? input->source : "admin" };
	struct user subject;
	const char *value;

	TRY(key_read(ctx));
	TRY(value_read(ctx, &value));
	TRY(subject_open(ctx, ctx->param[0], &subject));
	by.owner_id = subject.id;
	TRY(store_entitlement_set(ctx, &by, input->key, value,
	    days_end(ctx, input->days), view_object(ctx->view,
	    "entitlement")));
	return subject_next(ctx, &subject, arena_printf(ctx->arena,
	    "%s is set.", input->key));
}

enum status
entitlement_drop(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_entitlement_drop(ctx, "user", subject.id, ctx->param[1]));
	view_bool(ctx->view, "success", true);
	return subject_next(ctx, &subject, "The entitlement is taken away.");
}
