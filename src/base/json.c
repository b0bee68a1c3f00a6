#include "base/json.h"

#include <json-c/json.h>

#include "base/arena.h"
#include "base/panic.h"

static void
release(void *tree)
{
	(void)json_object_put(tree);
}

/* A number ends where something else begins; the NUL is that something. */
static bool
parse(struct json_tokener *tokener, const char *text, size_t size,
    struct json_object **out)
{
	enum json_tokener_error error;

	*out = json_tokener_parse_ex(tokener, text, (int)size);
	error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) {
		*out = json_tokener_parse_ex(tokener, "", 1);
		error = json_tokener_get_error(tokener);
	}
	return error == json_tokener_success;
}

bool
json_read(struct arena *arena, const char *text, size_t size,
    struct json_object **out, const char **reason)
{
	struct json_tokener *tokener;
	bool parsed;

	*out = NULL;
	if (!json_gate(arena, text, size, reason))
		return false;
	/* One level more for the values inside, one for json-c's counting. */
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 2);
	if (tokener == NULL)
		panic("json: out of memory");
	json_tokener_set_flags(tokener,
	    JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	parsed = parse(tokener, text, size, out);
	json_tokener_free(tokener);
	if (*out != NULL)
		arena_defer(arena, release, *out);
	if (!parsed)
		*reason = "it is malformed";
	return parsed;
}

/* ---- members ----------------------------------------------------------- */

static struct json_object *
member(const struct json_object *tree, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(tree, json_type_object))
		(void)json_object_object_get_ex(tree, name, &value);
	return value;
}

const char *
json_text(const struct json_object *tree, const char *name)
{
	struct json_object *value = member(tree, name);

	return json_object_is_type(value, json_type_string) ?
	    json_object_get_string(value) : NULL;
}

bool
json_integer(const struct json_object *tree, const char *name, int64_t *out)
{
	struct json_object *value = member(tree, name);

	if (!json_object_is_type(value, json_type_int))
		return false;
	*out = json_object_get_int64(value);
	return true;
}

bool
json_has(const struct json_object *tree, const char *name)
{
	return json_object_is_type(tree, json_type_object) &&
	    json_object_object_get_ex(tree, name, NULL);
}

size_t
json_members(const struct json_object *tree)
{
	return json_object_is_type(tree, json_type_object) ?
	    (size_t)json_object_object_length(tree) : 0;
}
