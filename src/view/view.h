/*
 * view.h - what a handler shows, and the two ways of showing it
 *
 * A node has one parent and gets it in the call that creates it; what these
 * return is borrowed from the parent. json_object_get and _put stay inside
 * this room. key is NULL when the parent is a list. Keys and texts are
 * copied; texts must be UTF-8.
 */
#ifndef VIEW_VIEW_H
#define VIEW_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct arena;
struct buf;
struct json_object;
struct templates;

/* A root without parent that dies with the arena. */
struct json_object *view_root(struct arena *arena);
struct json_object *view_root_list(struct arena *arena);

struct json_object *view_object(struct json_object *parent, const char *key);
struct json_object *view_list(struct json_object *parent, const char *key);
void view_text(struct json_object *parent, const char *key, const char *text);
void view_int(struct json_object *parent, const char *key, int64_t number);
void view_bool(struct json_object *parent, const char *key, bool truth);
void view_null(struct json_object *parent, const char *key);
/* An instant as ISO 8601 text; 0 becomes null. */
void view_time(struct json_object *parent, const char *key, int64_t instant);
/* JSON text, e.g. a jsonb column; null when it does not parse. */
void view_json(struct json_object *parent, const char *key, const char *json);
/* A deep copy of value, which keeps its own parent. */
void view_copy(struct json_object *parent, const char *key,
    const struct json_object *value);
void view_clear(struct json_object *object);

/* Borrowed member, or NULL; its text, or NULL when absent or no string. */
struct json_object *view_get(const struct json_object *object,
    const char *key);
const char *view_get_text(const struct json_object *object, const char *key);

/* A node's own text; NULL: it is no string. */
const char *view_get_string(struct json_object *value);

/* Whether a member of that name is there, null or not. */
bool view_has(const struct json_object *object, const char *key);
/* A member that is a number; 0 when it is absent or null. */
int64_t view_get_int(const struct json_object *object, const char *key);
/* Whether it is there and JSON's true. */
bool view_is_true(const struct json_object *object, const char *key);
/* What JavaScript takes for true, as the contract's rules do. NULL is null. */
bool view_is_truthy(const struct json_object *value);
/* A text, or a list of texts joined by commas; NULL: it is neither. */
const char *view_words(struct arena *arena, struct json_object *value);
/*
 * view_next - the members of an object, one a call, from {0} on
 *
 * False after the last, and of what is no object.
 */
struct view_member {
	const char *name;
	struct json_object *value;
	const void *at;
};
bool view_next(const struct json_object *object, struct view_member *member);
bool view_is_list(const struct json_object *value);
bool view_is_bool(const struct json_object *value);
bool view_is_object(const struct json_object *value);
/* A list's length and its borrowed elements. */
size_t view_count(const struct json_object *list);
struct json_object *view_at(const struct json_object *list, size_t index);

/* Compact JSON, "/" unescaped. view NULL is null. */
void view_write(struct buf *out, struct json_object *view);
/* The same as text in the arena; NULL, not "null", for NULL. */
const char *view_as_text(struct arena *arena, struct json_object *view);

/*
 * templates_load - every *.mustache below directory, compiled
 *
 * strict: a variable that is nowhere in the context fails the rendering
 * (tests); otherwise it shows as nothing. A section may ask for any name;
 * missing, null, false, "" and the empty list do not open it. Unescaped
 * output and delimiter changes do not exist: a template that uses them does
 * not load. Partials are resolved here, so an unknown or recursive-without-end
 * one does not load either. NULL after logging file, line and reason. Free
 * with templates_free.
 */
struct templates *templates_load(const char *directory, bool strict);
void templates_free(struct templates *templates);

/*
 * template_render - template name (without ".mustache") over view, then over
 * {"page": page}
 *
 * A name that ends in VIEW_PLAIN_SUFFIX is text for people's eyes, not HTML:
 * values stand as they are, but for control characters, which become blanks.
 * No partial has such a name, so that no HTML holds such text.
 *
 * ST_OK        appended to out, escaped for HTML text and quoted attributes
 * ST_INTERNAL  no such template, (strict) a name was missing, or the
 *              rendering went beyond its bounds; logged, out as before
 */
#define VIEW_PLAIN_SUFFIX ".txt"
enum status template_render(const struct templates *templates,
    const char *name, const struct json_object *view,
    const struct json_object *page, struct buf *out);

/* "0.16", of the library behind this room. */
const char *view_library_version(void);

#endif
