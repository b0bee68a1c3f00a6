/*
 * json.h - strict JSON in (RFC 8259)
 *
 * json-c alone takes single quotes, NaN, lone surrogates, duplicate keys and
 * clamps big integers; this is the gate in front of it.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct json_object;

#define JSON_DEPTH_MAX 16	/* objects and lists around a value */
#define JSON_MEMBERS_MAX 256	/* of one object */
#define JSON_VALUES_MAX 8192	/* of a text, lists and objects among them */

/*
 * json_gate - does the text keep to RFC 8259, and to our bounds?
 *
 * One pass without allocation beyond the arena: UTF-8, grammar, bounds, no
 * duplicate member names (compared after unescaping), no lone surrogates, no
 * escaped NUL, integers within int64_t, other numbers finite, a number at most
 * 64 bytes long. On false *reason is a constant text, else NULL.
 */
bool json_gate(struct arena *arena, const char *text, size_t size,
    const char **reason);

/*
 * json_read - text behind the gate as json-c's tree, owned by the arena
 *
 * JSON null is a tree, too: *out is NULL then. False as json_gate.
 */
bool json_read(struct arena *arena, const char *text, size_t size,
    struct json_object **out, const char **reason);

/*
 * A tree's members, taken for nothing that they are not: a value that is no
 * object has none, a number with a fraction or an exponent is no integer.
 *
 * json_text     a string, borrowed; else NULL
 * json_integer  true when there is one
 * json_has      whether there is a member of any kind
 * json_members  how many
 */
const char *json_text(const struct json_object *tree, const char *name);
bool json_integer(const struct json_object *tree, const char *name,
    int64_t *out);
bool json_has(const struct json_object *tree, const char *name);
size_t json_members(const struct json_object *tree);

#endif
