#include "view/view.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "view/mustache.h"

/* One entry of the context stack, which lives on the C stack. */
struct scope {
	struct json_object *value;
	const struct scope *outer;
};

/* What stands before each line of a partial, the outermost part first. */
struct indent {
	const char *text;
	size_t size;
	const struct indent *outer;
};

struct render {
	struct buf *out;
	struct json_object *page;
	bool strict;
	bool plain;		/* text, not HTML */
	unsigned work;		/* ops run so far */
};

/* Where in the templates and in the data the rendering stands. */
struct place {
	const struct mustache *template;
	const struct scope *scope;
	const struct indent *indent;
	unsigned depth;		/* of partials */
};

static enum status render_ops(struct render *render,
    const struct place *place, size_t from, size_t to);

static void
put_escaped(struct buf *out, const char *text, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		const char *entity;

		switch (text[i]) {
		case '&':
			entity = "&amp;";
			break;
		case '<':
			entity = "&lt;";
			break;
		case '>':
			entity = "&gt;";
			break;
		case '"':
			entity = "&quot;";
			break;
		case '\'':
			entity = "&#39;";
			break;
		default:
			continue;
		}
		buf_put(out, text + from, i - from);
		buf_text(out, entity);
		from = i + 1;
	}
	buf_put(out, text + from, size - from);
}

/* Text has no markup to escape into, but lines: a value must not begin one. */
static void
put_plain(struct buf *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char c = (unsigned char)text[i];

		buf_char(out, c < 0x20 || c == 0x7f ? ' ' : text[i]);
	}
}

static void
put_indent(struct buf *out, const struct indent *indent)
{
	if (indent == NULL)
		return;
	put_indent(out, indent->outer);
	buf_put(out, indent->text, indent->size);
}

static void
put_text(struct buf *out, const struct mustache_op *op,
    const struct indent *indent)
{
	const char *p = op->text, *end = p + op->size, *newline;

	if (indent == NULL) {
		buf_put(out, p, op->size);
		return;
	}
	if (op->line_start)
		put_indent(out, indent);
	while ((newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		buf_put(out, p, (size_t)(newline + 1 - p));
		p = newline + 1;
		if (p < end)
			put_indent(out, indent);
	}
	buf_put(out, p, (size_t)(end - p));
}

static void
put_value(const struct render *render, struct json_object *value)
{
	void (*put)(struct buf *out, const char *text, size_t size) =
	    render->plain ? put_plain : put_escaped;
	size_t size;
	const char *text;

	switch (json_object_get_type(value)) {
	case json_type_null:
		break;
	case json_type_string:
		put(render->out, json_object_get_string(value),
		    (size_t)json_object_get_string_len(value));
		break;
	case json_type_boolean:
	case json_type_int:
		view_write(render->out, value);
		break;
	case json_type_double:
	case json_type_array:
	case json_type_object:
		text = json_object_to_json_string_length(value,
		    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE,
		    &size);
		put(render->out, text, size);
		break;
	}
}

static bool
member(const struct json_object *object, const char *key,
    struct json_object **value)
{
	return json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, key, value);
}

/* The first segment is searched outwards, the others are members of it. */
static bool
look_up(const struct render *render, const struct scope *scope,
    const struct mustache_op *op, struct json_object **value)
{
	const char *segment = op->text;

	*value = scope->value;
	if (op->segments == 0)
		return true;
	while (scope != NULL && !member(scope->value, segment, value))
		scope = scope->outer;
	if (scope == NULL) {
		if (render->page == NULL || strcmp(segment, "page") != 0)
			return false;
		*value = render->page;
	}
	for (unsigned i = 1; i < op->segments; i++) {
		segment += strlen(segment) + 1;
		if (!member(*value, segment, value))
			return false;
	}
	return true;
}

static bool
is_true(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_boolean:
		return json_object_get_boolean(value);
	case json_type_array:
		return json_object_array_length(value) > 0;
	case json_type_string:
		return json_object_get_string_len(value) > 0;
	case json_type_int:
	case json_type_double:
	case json_type_object:
		return true;
	}
	return false;
}

static enum status
complain(const struct place *place, const struct mustache_op *op,
    const char *problem)
{
	log_error("template", "%s.mustache:%" PRIu32 ": %s",
	    place->template->name, op->line, problem);
	return ST_INTERNAL;
}

static enum status
missing(const struct place *place, const struct mustache_op *op)
{
	char name[256], *dot;

	/* the compiler keeps names shorter than this */
	memcpy(name, op->text, op->size + 1);
	for (dot = name; dot < name + op->size; dot++)
		if (*dot == '\0')
			*dot = '.';
	log_error("template", "%s.mustache:%" PRIu32
	    ": '%s' is nowhere in the context", place->template->name,
	    op->line, name);
	return ST_INTERNAL;
}

static enum status
render_variable(const struct render *render, const struct place *place,
    const struct mustache_op *op)
{
	struct json_object *value;

	if (look_up(render, place->scope, op, &value))
		put_value(render, value);
	else if (render->strict)
		return missing(place, op);
	return ST_OK;
}

static enum status
render_inside(struct render *render, const struct place *place, size_t index,
    struct json_object *value)
{
	const struct scope scope = { value, place->scope };
	struct place inside = *place;

	inside.scope = &scope;
	return render_ops(render, &inside, index + 1,
	    place->template->ops[index].end);
}

static enum status
render_section(struct render *render, const struct place *place, size_t index)
{
	const struct mustache_op *op = &place->template->ops[index];
	struct json_object *value;
	bool truth;

	truth = look_up(render, place->scope, op, &value) && is_true(value);
	if (truth == (op->kind == MUSTACHE_INVERTED))
		return ST_OK;
	if (!truth)
		return render_ops(render, place, index + 1, op->end);
	if (!json_object_is_type(value, json_type_array))
		return render_inside(render, place, index, value);
	for (size_t i = 0; i < json_object_array_length(value); i++)
		TRY(render_inside(render, place, index,
		    json_object_array_get_idx(value, i)));
	return ST_OK;
}

static enum status
render_partial(struct render *render, const struct place *place,
    const struct mustache_op *op)
{
	const struct indent indent = { op->text, op->size, place->indent };
	const struct place inside = {
		.template = op->partial.target,
		.scope = place->scope,
		.indent = !op->line_start ? NULL :
		    op->size > 0 ? &indent : place->indent,
		.depth = place->depth + 1,
	};

	if (inside.depth > MUSTACHE_PARTIAL_MAX)
		return complain(place, op, "partials nest too deeply");
	return render_ops(render, &inside, 0, inside.template->count);
}

static enum status
render_op(struct render *render, const struct place *place, size_t index)
{
	const struct mustache_op *op = &place->template->ops[index];

	if (++render->work > MUSTACHE_WORK_MAX)
		return complain(place, op, "too much to render");
	switch ((enum mustache_kind)op->kind) {
	case MUSTACHE_TEXT:
		put_text(render->out, op, place->indent);
		return ST_OK;
	case MUSTACHE_VARIABLE:
		return render_variable(render, place, op);
	case MUSTACHE_SECTION:
	case MUSTACHE_INVERTED:
		return render_section(render, place, index);
	case MUSTACHE_PARTIAL:
		return render_partial(render, place, op);
	}
	return ST_OK;
}

static enum status
render_ops(struct render *render, const struct place *place, size_t from,
    size_t to)
{
	const struct mustache_op *ops = place->template->ops;

	for (size_t i = from; i < to; i++) {
		TRY(render_op(render, place, i));
		if (ops[i].kind == MUSTACHE_SECTION ||
		    ops[i].kind == MUSTACHE_INVERTED)
			i = ops[i].end - 1;
	}
	return ST_OK;
}

/* json-c reads through pointers to non-const; nothing here writes. */
static struct json_object *
readable(const struct json_object *value)
{
	return (struct json_object *)(uintptr_t)value;
}

static bool
is_plain(const char *name)
{
	const size_t size = strlen(name), suffix = strlen(VIEW_PLAIN_SUFFIX);

	return size > suffix &&
	    strcmp(name + size - suffix, VIEW_PLAIN_SUFFIX) == 0;
}

enum status
template_render(const struct templates *templates, const char *name,
    const struct json_object *view, const struct json_object *page,
    struct buf *out)
{
	const struct scope root = { readable(view), NULL };
	const struct place place = {
		.template = templates_find(templates, name),
		.scope = &root,
	};
	struct render render = { .out = out, .page = readable(page),
		.strict = templates->strict, .plain = is_plain(name) };
	const size_t size = out->size;
	enum status status;

	if (place.template == NULL) {
		log_error("template", "there is no template '%s'", name);
		return ST_INTERNAL;
	}
	status = render_ops(&render, &place, 0, place.template->count);
	if (status != ST_OK) {
		out->size = size;
		out->data[size] = '\0';
	}
	return status;
}
