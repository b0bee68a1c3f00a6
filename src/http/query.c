#include "http/query.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

static const char *
decode(struct arena *arena, const char *text, size_t length)
{
	char *decoded;
	size_t size;

	decoded = text_unpercent(arena, text, length, true, &size);
	if (decoded == NULL || !text_utf8(decoded, size))
		return NULL;
	return decoded;
}

static bool
parse_part(struct arena *arena, const char *part, size_t length,
    struct pair *out)
{
	const char *equals = memchr(part, '=', length);
	size_t name = equals != NULL ? (size_t)(equals - part) : length;
	size_t value = equals != NULL ? name + 1 : length;

	out->name = decode(arena, part, name);
	out->value = decode(arena, part + value, length - value);
	return out->name != NULL && out->value != NULL;
}

static size_t
count_parts(const char *text, size_t size)
{
	size_t parts = 0;

	for (size_t i = 0; i < size; i++)
		if (text[i] != '&' && (i == 0 || text[i - 1] == '&'))
			parts++;
	return parts;
}

bool
query_parse(struct arena *arena, const char *text, size_t size,
    struct pairs *out)
{
	size_t parts = count_parts(text, size);
	struct pair *pair;

	*out = (struct pairs){ 0 };
	if (parts > QUERY_PAIRS_MAX)
		return false;
	pair = arena_array(arena, parts, sizeof(*pair));
	for (size_t from = 0, n = 0; from < size && n < parts;) {
		const char *end = memchr(text + from, '&', size - from);
		size_t to = end != NULL ? (size_t)(end - text) : size;

		if (to > from &&
		    !parse_part(arena, text + from, to - from, &pair[n++]))
			return false;
		from = to + 1;
	}
	out->pair = pair;
	out->count = parts;
	return true;
}

bool
pairs_repeated(const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		for (size_t j = 0; j < i; j++)
			if (text_is(pairs->pair[i].name, pairs->pair[j].name))
				return true;
	return false;
}

/* A request asks a few dozen times, so most names go by their first letter. */
const char *
pairs_get(const struct pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const char *known = pairs->pair[i].name;

		if (known[0] == name[0] && strcmp(known, name) == 0)
			return pairs->pair[i].value;
	}
	return NULL;
}
