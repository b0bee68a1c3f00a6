#include "store/extra.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/text.h"
#include "ctx.h"
#include "view/view.h"

void
extra_view(struct ctx *ctx, struct json_object *out,
    const struct extra_fields *extra, const char *fields)
{
	struct json_object *row, *value;

	if (extra->count == 0)
		return;
	row = view_root(ctx->arena);
	view_json(row, "fields", fields);
	row = view_get(row, "fields");
	for (size_t i = 0; i < extra->count; i++) {
		value = view_get(row, extra->field[i].name);
		if (value != NULL)
			view_copy(out, extra->field[i].name, value);
		else
			view_null(out, extra->field[i].name);
	}
}

static void
put_default(struct json_object *out, const struct extra_field *field)
{
	if (field->preset != NULL)
		view_json(out, field->name, field->preset);
}

const char *
extra_defaults(struct ctx *ctx, const struct extra_fields *extra)
{
	struct json_object *out;

	if (extra->count == 0)
		return "{}";
	out = view_root(ctx->arena);
	for (size_t i = 0; i < extra->count; i++)
		put_default(out, &extra->field[i]);
	return view_as_text(ctx->arena, out);
}

static bool
fits(enum extra_type type, struct json_object *value)
{
	if (value == NULL)
		return true;
	switch (type) {
	case EXTRA_STRING:
		return json_object_is_type(value, json_type_string);
	case EXTRA_NUMBER:
		return json_object_is_type(value, json_type_int) ||
		    json_object_is_type(value, json_type_double);
	case EXTRA_BOOLEAN:
		return json_object_is_type(value, json_type_boolean);
	}
	return false;
}

static enum status
wrong_type(struct ctx *ctx, const struct extra_field *field)
{
	return invalid(ctx, "body", field->name, arena_printf(ctx->arena,
	    "Invalid input: expected %s", extra_type_names[field->type]),
	    arena_printf(ctx->arena, "%s is not valid.", field->name));
}

static bool
too_long(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
	    text_utf16_length(json_object_get_string(value)) > EXTRA_TEXT_MAX;
}

static enum status
wrong_length(struct ctx *ctx, const struct extra_field *field)
{
	return invalid(ctx, "body", field->name, arena_printf(ctx->arena,
	    "Too big: expected string to have <=%d characters",
	    EXTRA_TEXT_MAX), arena_printf(ctx->arena,
	    "%s can have at most %d characters.", field->name,
	    EXTRA_TEXT_MAX));
}

const char *
extra_carry(const struct extra_fields *extra, const struct json_object *row,
    struct json_object *out)
{
	struct json_object *value;

	for (size_t i = 0; i < extra->count; i++) {
		const struct extra_field *field = &extra->field[i];

		put_default(out, field);
		if (!json_object_object_get_ex(row, field->name, &value))
			continue;
		if (!fits(field->type, value) || too_long(value))
			return field->name;
		view_copy(out, field->name, value);
	}
	return NULL;
}

enum status
extra_take(struct ctx *ctx, const struct extra_fields *extra,
    const struct json_object *body, bool creating, const char **fields,
    size_t *count)
{
	struct json_object *out = view_root(ctx->arena), *value;

	*count = 0;
	for (size_t i = 0; i < extra->count; i++) {
		const struct extra_field *field = &extra->field[i];
		bool there = json_object_object_get_ex(body, field->name,
		    &value);

		if (creating)
			put_default(out, field);
		if (!there)
			continue;
		if (!field->input) {
			if (!view_is_truthy(value) ||
			    (creating && field->preset != NULL))
				continue;
			ctx->refusal.message = arena_printf(ctx->arena,
			    "%s is not allowed to be set", field->name);
			return refuse(ctx, ST_FIELD_NOT_ALLOWED, "%s",
			    field->name);
		}
		if (!fits(field->type, value))
			return wrong_type(ctx, field);
		if (too_long(value))
			return wrong_length(ctx, field);
		view_copy(out, field->name, value);
		(*count)++;
	}
	*fields = view_as_text(ctx->arena, out);
	return ST_OK;
}

enum status
extra_closed(struct ctx *ctx, const struct json_object *body, bool creating)
{
	static const struct extra_field fields[] = {
		{ .name = "role", .type = EXTRA_STRING },
		{ .name = "banned", .type = EXTRA_BOOLEAN, .preset = "false" },
		{ .name = "banReason", .type = EXTRA_STRING },
		{ .name = "banExpires", .type = EXTRA_STRING },
	};
	static const struct extra_fields closed = { fields,
		sizeof(fields) / sizeof(fields[0]) };
	const char *taken;
	size_t count;

	return !ctx->config->admin_enabled ? ST_OK :
	    extra_take(ctx, &closed, body, creating, &taken, &count);
}
