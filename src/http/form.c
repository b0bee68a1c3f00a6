#include "http/form.h"

#include <json-c/json.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/query.h"
#include "routes.h"
#include "view/view.h"

struct reading {
	struct ctx *ctx;
	const struct form_field *field;
	const char *slot;
	bool texts;		/* every value is a text: query and forms */
};

static const char *
type_name(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return "null";
	case json_type_boolean:
		return "boolean";
	case json_type_double:
	case json_type_int:
		return "number";
	case json_type_object:
		return "object";
	case json_type_array:
		return "array";
	case json_type_string:
		return "string";
	}
	return "undefined";
}

/* NULL when it is no string. */
static const char *
text_of(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ?
	    json_object_get_string(value) : NULL;
}

static const char *
wanted_name(enum field_type type)
{
	switch (type) {
	case FIELD_TYPE_TEXT:
	case FIELD_TYPE_EMAIL:
	case FIELD_TYPE_ENUM:
	case FIELD_TYPE_WORDS:
		return "string";
	case FIELD_TYPE_OBJECT:
		return "record";
	case FIELD_TYPE_INT:
		return "number";
	case FIELD_TYPE_BOOL:
		return "boolean";
	}
	return "";
}

static const char *
label(const struct form_field *field)
{
	return field->label != NULL ? field->label : field->name;
}

static const char *
number_text(const struct reading *r, int64_t number)
{
	char *text = arena_alloc(r->ctx->arena, FORMAT_NUMBER_SIZE);

	format_number(text, number);
	return text;
}

static enum status
wrong(const struct reading *r, const char *wire, const char *human)
{
	return invalid(r->ctx, r->slot, r->field->name, wire, human);
}

static enum status
wrong_type(const struct reading *r, const char *received)
{
	struct arena *arena = r->ctx->arena;
	const char *human = strcmp(received, "undefined") == 0 ?
	    arena_printf(arena, "%s is missing.", label(r->field)) :
	    arena_printf(arena, "%s is not valid.", label(r->field));

	return wrong(r, arena_printf(arena,
	    "Invalid input: expected %s, received %s",
	    wanted_name(r->field->type), received), human);
}

/* Blanks alone say nothing, but to the contract, and in a password. */
static int64_t
length_of(const struct reading *r, const char *text)
{
	if (!r->field->secret && r->ctx->route->face != FACE_AUTH &&
	    text[strspn(text, " \t\r\n")] == '\0')
		return 0;
	return (int64_t)text_utf16_length(text);
}

static enum status
read_text(const struct reading *r, const char *text, const char **out)
{
	struct arena *arena = r->ctx->arena;
	int64_t length = length_of(r, text);

	*out = text;
	if (length < r->field->min)
		return wrong(r, r->field->too_short != NULL ?
		    r->field->too_short : arena_printf(arena, "Too small: expected "
		    "string to have >=%lld characters",
		    (long long)r->field->min), length == 0 ?
		    arena_printf(arena, "%s is missing.", label(r->field)) :
		    arena_printf(arena, "%s must have at least %s characters.",
		    label(r->field), number_text(r, r->field->min)));
	if (length > r->field->max)
		return wrong(r, arena_printf(arena, "Too big: expected "
		    "string to have <=%lld characters",
		    (long long)r->field->max),
		    arena_printf(arena, "%s can have at most %s characters.",
		    label(r->field), number_text(r, r->field->max)));
	return ST_OK;
}

static enum status
read_email(const struct reading *r, const char *text, const char **out)
{
	*out = text;
	if (strlen(text) <= (size_t)r->field->max && text_email(text))
		return ST_OK;
	return wrong(r, "Invalid email address", arena_printf(r->ctx->arena,
	    "%s is not a valid e-mail address.", label(r->field)));
}

static enum status
read_enum(const struct reading *r, const char *text, const char **out)
{
	struct buf buf;

	for (size_t i = 0; r->field->options[i] != NULL; i++) {
		if (strcmp(r->field->options[i], text) == 0) {
			*out = r->field->options[i];
			return ST_OK;
		}
	}
	buf_init(&buf, r->ctx->arena, 128);
	buf_text(&buf, "Invalid option: expected one of ");
	for (size_t i = 0; r->field->options[i] != NULL; i++)
		buf_printf(&buf, "%s\"%s\"", i > 0 ? "|" : "",
		    r->field->options[i]);
	return wrong(r, buf.data, arena_printf(r->ctx->arena,
	    "%s is not one of the choices.", label(r->field)));
}

static enum status
read_bounds(const struct reading *r, int64_t number, int64_t *out)
{
	struct arena *arena = r->ctx->arena;
	bool small = number < r->field->min;

	*out = number;
	if (!small && number <= r->field->max)
		return ST_OK;
	return wrong(r, arena_printf(arena, small ?
	    "Too small: expected number to be >=%lld" :
	    "Too big: expected number to be <=%lld",
	    (long long)(small ? r->field->min : r->field->max)),
	    arena_printf(arena, "%s must be between %s and %s.",
	    label(r->field), number_text(r, r->field->min),
	    number_text(r, r->field->max)));
}

/* People write "+50" where a correction may go either way. */
static bool
typed_int(const char *text, int64_t *out)
{
	if (text != NULL && text[0] == '+' && text[1] != '-')
		text++;
	return text != NULL && text_int(text, INT64_MIN + 1, INT64_MAX, out);
}

static enum status
read_int(const struct reading *r, struct json_object *value,
    int64_t *out)
{
	int64_t number;

	if (json_object_is_type(value, json_type_int))
		return read_bounds(r, json_object_get_int64(value), out);
	if (r->texts && typed_int(text_of(value), &number))
		return read_bounds(r, number, out);
	if (r->texts || json_object_is_type(value, json_type_double))
		return wrong(r, "Invalid input: expected int, received number",
		    arena_printf(r->ctx->arena, "%s must be a whole number.",
		    label(r->field)));
	return wrong_type(r, type_name(value));
}

static enum status
read_bool(const struct reading *r, struct json_object *value,
    enum choice *out)
{
	const char *text;

	if (json_object_is_type(value, json_type_boolean)) {
		*out = json_object_get_boolean(value) ? CHOICE_YES : CHOICE_NO;
		return ST_OK;
	}
	/* A page's checkbox; on the wire a text is the wrong type. */
	text = text_of(value);
	if (r->ctx->route->face != FACE_PAGE || text == NULL)
		return wrong_type(r, type_name(value));
	*out = strcmp(text, "on") == 0 ? CHOICE_YES : CHOICE_NO;
	return ST_OK;
}

/* "Invalid input" is all that the contract says of a union. */
static enum status
read_words(const struct reading *r, struct json_object *value,
    const char **out)
{
	const char *text = view_words(r->ctx->arena, value);

	return text != NULL ? read_text(r, text, out) :
	    wrong(r, "Invalid input", arena_printf(r->ctx->arena,
	    "%s is not valid.", label(r->field)));
}

static enum status
read_object(const struct reading *r, struct json_object *value,
    struct json_object **out)
{
	*out = value;
	return json_object_is_type(value, json_type_object) ? ST_OK :
	    wrong_type(r, type_name(value));
}

static void
set_absent(const struct form_field *field, void *member)
{
	if (field->type == FIELD_TYPE_INT)
		*(int64_t *)member = FIELD_NONE;
	else if (field->type == FIELD_TYPE_BOOL)
		*(enum choice *)member = CHOICE_ABSENT;
}

/* An empty field of a page's form, or of a query, means nothing was given. */
static bool
is_absent(const struct reading *r, struct json_object *value)
{
	const char *text = text_of(value);

	if (value == NULL)
		return r->field->nullable;
	return r->field->optional && r->texts && text != NULL &&
	    text[0] == '\0' && r->ctx->route->face != FACE_AUTH;
}

/* It names nobody; "null" stands for what is missing, too. */
static const char *
coerced(const struct reading *r, struct json_object *value)
{
	return value == NULL ? "null" : view_as_text(r->ctx->arena, value);
}

static enum status
read_field(const struct reading *r, struct json_object *value,
    void *member)
{
	const char *text = text_of(value);

	switch (r->field->type) {
	case FIELD_TYPE_WORDS:
		return read_words(r, value, member);
	case FIELD_TYPE_OBJECT:
		return read_object(r, value, member);
	case FIELD_TYPE_INT:
		return read_int(r, value, member);
	case FIELD_TYPE_BOOL:
		return read_bool(r, value, member);
	case FIELD_TYPE_TEXT:
		if (text == NULL && r->field->coerced)
			text = coerced(r, value);
		return text == NULL ? wrong_type(r, type_name(value)) :
		    read_text(r, text, member);
	case FIELD_TYPE_EMAIL:
		return text == NULL ? wrong_type(r, type_name(value)) :
		    read_email(r, text, member);
	case FIELD_TYPE_ENUM:
		return text == NULL ? wrong_type(r, type_name(value)) :
		    read_enum(r, text, member);
	}
	return ST_INTERNAL;
}

static struct json_object *
query_object(struct ctx *ctx)
{
	struct json_object *object = view_root(ctx->arena);
	const struct pairs *query = &ctx->request.query;

	for (size_t i = query->count; i > 0; i--)
		view_text(object, query->pair[i - 1].name,
		    query->pair[i - 1].value);
	return object;
}

/* The whole body is wrong: missing, or not an object. */
static enum status
wrong_body(struct ctx *ctx, const struct form *form)
{
	const char *received = ctx->body_null ? "null" :
	    ctx->body == NULL ? "undefined" : type_name(ctx->body);
	const char *human = "The request has no usable body.";

	if (!form->record)
		(void)invalid(ctx, "body", "", arena_printf(ctx->arena,
		    "Invalid input: expected object, received %s", received),
		    human);
	if (form->record || form->object_and_record)
		(void)invalid(ctx, "body", "", arena_printf(ctx->arena,
		    "Invalid input: expected record, received %s", received),
		    human);
	return ST_VALIDATION_ERROR;
}

enum status
form_read(struct ctx *ctx, const struct form *form)
{
	bool query = ctx->request.method == METHOD_GET ||
	    ctx->request.method == METHOD_HEAD;
	struct reading r = { .ctx = ctx, .slot = query ? "query" : "body",
	    .texts = query || ctx->body_is_form };
	struct json_object *object = query ? query_object(ctx) : ctx->body;
	enum status status = ST_OK;

	if (form == NULL)
		return ST_OK;
	/* A browser's form without fields has no body. */
	if (object == NULL && !ctx->body_null &&
	    ctx->route->face == FACE_PAGE)
		object = view_root(ctx->arena);
	if (object == NULL || !json_object_is_type(object, json_type_object))
		return wrong_body(ctx, form);
	ctx->input = arena_alloc(ctx->arena, form->size);
	for (size_t i = 0; i < form->count; i++) {
		void *member = (char *)ctx->input + form->fields[i].offset;
		struct json_object *value = NULL;
		bool there = config_is_on(ctx->config, form->fields[i].when) &&
		    json_object_object_get_ex(object, form->fields[i].name,
		    &value);

		r.field = &form->fields[i];
		set_absent(r.field, member);
		if (!there && r.field->optional)
			continue;
		if (there && is_absent(&r, value))
			continue;
		if (!there && !r.field->coerced)
			status = wrong_type(&r, "undefined");
		else if (read_field(&r, value, member) != ST_OK)
			status = ST_VALIDATION_ERROR;
	}
	return status == ST_OK && form->check != NULL ? form->check(ctx) :
	    status;
}

void
form_view(struct ctx *ctx, const struct form *form, struct json_object *out)
{
	for (size_t i = 0; form != NULL && i < form->count; i++) {
		const struct form_field *field = &form->fields[i];
		struct json_object *value = view_get(ctx->body, field->name);

		if (value != NULL && !field->secret)
			view_copy(out, field->name, value);
		else if (view_get(out, field->name) == NULL)
			view_null(out, field->name);
	}
}
