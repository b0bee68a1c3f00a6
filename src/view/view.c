#include "view/view.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/panic.h"

#define JSON_DEPTH 32		/* of foreign JSON text */
#define TEXT_HINT 256		/* bytes; most texts have fewer */

static void
release(void *root)
{
	json_object_put(root);
}

static struct json_object *
root_new(struct arena *arena, struct json_object *root)
{
	if (root == NULL)
		panic("view: out of memory");
	arena_defer(arena, release, root);
	return root;
}

struct json_object *
view_root(struct arena *arena)
{
	return root_new(arena, json_object_new_object());
}

struct json_object *
view_root_list(struct arena *arena)
{
	return root_new(arena, json_object_new_array());
}

/* value NULL is JSON's null, as everywhere in json-c. */
static void
attach(struct json_object *parent, const char *key, struct json_object *value)
{
	int failed;

	if (key == NULL && json_object_is_type(parent, json_type_array))
		failed = json_object_array_add(parent, value);
	else if (key != NULL && json_object_is_type(parent, json_type_object))
		failed = json_object_object_add(parent, key, value);
	else
		panic("view: '%s' does not fit its parent",
		    key == NULL ? "(item)" : key);
	if (failed != 0)
		panic("view: out of memory");
}

/* For constructors, whose NULL means that memory ran out. */
static struct json_object *
attach_new(struct json_object *parent, const char *key,
    struct json_object *value)
{
	if (value == NULL)
		panic("view: out of memory");
	attach(parent, key, value);
	return value;
}

struct json_object *
view_object(struct json_object *parent, const char *key)
{
	return attach_new(parent, key, json_object_new_object());
}

struct json_object *
view_list(struct json_object *parent, const char *key)
{
	return attach_new(parent, key, json_object_new_array());
}

void
view_text(struct json_object *parent, const char *key, const char *text)
{
	if (text == NULL)
		view_null(parent, key);
	else
		attach_new(parent, key, json_object_new_string(text));
}

void
view_int(struct json_object *parent, const char *key, int64_t number)
{
	attach_new(parent, key, json_object_new_int64(number));
}

void
view_bool(struct json_object *parent, const char *key, bool truth)
{
	attach_new(parent, key, json_object_new_boolean(truth));
}

void
view_null(struct json_object *parent, const char *key)
{
	attach(parent, key, NULL);
}

void
view_time(struct json_object *parent, const char *key, int64_t instant)
{
	char iso[CLOCK_ISO_SIZE];

	if (instant == 0) {
		view_null(parent, key);
		return;
	}
	clock_iso(iso, instant);
	view_text(parent, key, iso);
}

static struct json_object *
json_parse(const char *json)
{
	struct json_tokener *tokener;
	struct json_object *value;
	const size_t size = json == NULL ? 0 : strlen(json);

	if (size == 0 || size >= INT_MAX)
		return NULL;
	tokener = json_tokener_new_ex(JSON_DEPTH);
	if (tokener == NULL)
		panic("view: out of memory");
	json_tokener_set_flags(tokener,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* With its NUL, or a bare number would wait for another digit. */
	value = json_tokener_parse_ex(tokener, json, (int)size + 1);
	if (json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(value);
		value = NULL;
	}
	json_tokener_free(tokener);
	return value;
}

void
view_json(struct json_object *parent, const char *key, const char *json)
{
	attach(parent, key, json_parse(json));
}

/* json-c reads through a pointer to non-const; the value is not written. */
static struct json_object *
readable(const struct json_object *value)
{
	return (struct json_object *)(uintptr_t)value;
}

void
view_copy(struct json_object *parent, const char *key,
    const struct json_object *value)
{
	struct json_object *copy = NULL;

	if (value != NULL &&
	    json_object_deep_copy(readable(value), &copy, NULL) != 0)
		panic("view: out of memory");
	attach(parent, key, copy);
}

void
view_clear(struct json_object *object)
{
	if (json_object_is_type(object, json_type_array)) {
		json_object_array_del_idx(object, 0,
		    json_object_array_length(object));
		return;
	}
	json_object_object_foreach(object, key, value) {
		(void)value;
		json_object_object_del(object, key);
	}
}

struct json_object *
view_get(const struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, key, &value))
		return NULL;
	return value;
}

const char *
view_get_string(struct json_object *value)
{
	return json_object_is_type(value, json_type_string) ?
	    json_object_get_string(value) : NULL;
}

const char *
view_get_text(const struct json_object *object, const char *key)
{
	return view_get_string(view_get(object, key));
}

bool
view_has(const struct json_object *object, const char *key)
{
	return json_has(object, key);
}

int64_t
view_get_int(const struct json_object *object, const char *key)
{
	return json_object_get_int64(view_get(object, key));
}

bool
view_is_true(const struct json_object *object, const char *key)
{
	struct json_object *value = view_get(object, key);

	return json_object_is_type(value, json_type_boolean) &&
	    json_object_get_boolean(value) != 0;
}

bool
view_is_truthy(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_null:
		return false;
	case json_type_boolean:
		return json_object_get_boolean(value) != 0;
	case json_type_double:
	case json_type_int:
		return json_object_get_double(value) != 0;
	case json_type_string:
		return json_object_get_string_len(value) != 0;
	case json_type_object:
	case json_type_array:
		break;
	}
	return true;
}

bool
view_next(const struct json_object *object, struct view_member *member)
{
	const struct lh_entry *entry = member->at;

	if (!json_object_is_type(object, json_type_object))
		return false;
	entry = entry == NULL ? lh_table_head(json_object_get_object(object)) :
	    lh_entry_next(entry);
	if (entry == NULL)
		return false;
	*member = (struct view_member){ .name = lh_entry_k(entry),
	    .value = lh_entry_v(entry), .at = entry };
	return true;
}

bool
view_is_list(const struct json_object *value)
{
	return json_object_is_type(value, json_type_array);
}

bool
view_is_bool(const struct json_object *value)
{
	return json_object_is_type(value, json_type_boolean);
}

bool
view_is_object(const struct json_object *value)
{
	return json_object_is_type(value, json_type_object);
}

size_t
view_count(const struct json_object *list)
{
	return json_object_is_type(list, json_type_array) ?
	    json_object_array_length(list) : 0;
}

struct json_object *
view_at(const struct json_object *list, size_t index)
{
	return json_object_array_get_idx(list, index);
}

const char *
view_words(struct arena *arena, struct json_object *value)
{
	struct buf buf;

	if (!json_object_is_type(value, json_type_array))
		return view_get_string(value);
	buf_init(&buf, arena, TEXT_HINT);
	for (size_t i = 0; i < view_count(value); i++) {
		const char *word = view_get_string(view_at(value, i));

		if (word == NULL)
			return NULL;
		buf_printf(&buf, "%s%s", i > 0 ? "," : "", word);
	}
	return buf.data;
}

static void
write_int(struct buf *out, const struct json_object *view)
{
	const int64_t number = json_object_get_int64(view);

	if (number < 0)
		buf_printf(out, "%" PRId64, number);
	else
		buf_printf(out, "%" PRIu64, json_object_get_uint64(view));
}

static void
write_double(struct buf *out, struct json_object *view)
{
	size_t size;
	const char *text = json_object_to_json_string_length(view,
	    JSON_C_TO_STRING_PLAIN, &size);

	if (isfinite(json_object_get_double(view)))
		buf_put(out, text, size);
	else
		buf_text(out, "null");
}

static void
write_list(struct buf *out, const struct json_object *view)
{
	const size_t length = json_object_array_length(view);

	buf_char(out, '[');
	for (size_t i = 0; i < length; i++) {
		if (i > 0)
			buf_char(out, ',');
		view_write(out, json_object_array_get_idx(view, i));
	}
	buf_char(out, ']');
}

static void
write_object(struct buf *out, const struct json_object *view)
{
	bool first = true;

	buf_char(out, '{');
	json_object_object_foreach(view, key, value) {
		if (!first)
			buf_char(out, ',');
		first = false;
		buf_json_text(out, key, strlen(key));
		buf_char(out, ':');
		view_write(out, value);
	}
	buf_char(out, '}');
}

/* Not json-c's own writer: that one prints to a buffer on the heap first. */
void
view_write(struct buf *out, struct json_object *view)
{
	switch (json_object_get_type(view)) {
	case json_type_null:
		buf_text(out, "null");
		break;
	case json_type_boolean:
		buf_text(out, json_object_get_boolean(view) ? "true" : "false");
		break;
	case json_type_double:
		write_double(out, view);
		break;
	case json_type_int:
		write_int(out, view);
		break;
	case json_type_string:
		buf_json_text(out, json_object_get_string(view),
		    (size_t)json_object_get_string_len(view));
		break;
	case json_type_array:
		write_list(out, view);
		break;
	case json_type_object:
		write_object(out, view);
		break;
	}
}

const char *
view_as_text(struct arena *arena, struct json_object *view)
{
	struct buf buf;

	if (view == NULL)
		return NULL;
	buf_init(&buf, arena, TEXT_HINT);
	view_write(&buf, view);
	return buf.data;
}

const char *
view_library_version(void)
{
	return json_c_version();
}
