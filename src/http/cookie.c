#include "http/cookie.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"

struct span {
	const char *text;
	size_t size;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span span)
{
	while (span.size > 0 && is_blank(span.text[0])) {
		span.text++;
		span.size--;
	}
	while (span.size > 0 && is_blank(span.text[span.size - 1]))
		span.size--;
	return span;
}

static struct span
unquote(struct span span)
{
	if (span.size >= 2 && span.text[0] == '"' &&
	    span.text[span.size - 1] == '"') {
		span.text++;
		span.size -= 2;
	}
	return span;
}

/* Neither a log nor a database has to expect control bytes or bad UTF-8. */
static bool
is_clean(struct span span)
{
	for (size_t i = 0; i < span.size; i++)
		if ((unsigned char)span.text[i] < 0x20 || span.text[i] == 0x7f)
			return false;
	return text_utf8(span.text, span.size);
}

static bool
is_name(struct span span)
{
	return span.size > 0 && is_clean(span) &&
	    memchr(span.text, ' ', span.size) == NULL;
}

static bool
parse_part(struct arena *arena, struct span part, struct pair *out)
{
	const char *equals = memchr(part.text, '=', part.size);
	struct span name, value;

	if (equals == NULL)
		return false;
	name.text = part.text;
	name.size = (size_t)(equals - part.text);
	value.text = equals + 1;
	value.size = part.size - name.size - 1;
	name = trim(name);
	value = unquote(trim(value));
	if (!is_name(name) || !is_clean(value))
		return false;
	out->name = arena_copy(arena, name.text, name.size);
	out->value = arena_copy(arena, value.text, value.size);
	return true;
}

static size_t
count_parts(const char *header)
{
	size_t parts = 1;

	for (; *header != '\0'; header++)
		if (*header == ';')
			parts++;
	return parts < COOKIES_MAX ? parts : COOKIES_MAX;
}

struct pairs
cookie_parse(struct arena *arena, const char *header)
{
	size_t max = count_parts(header), count = 0;
	struct pair *pair = arena_array(arena, max, sizeof(*pair));

	while (count < max) {
		struct span part = { header, strcspn(header, ";") };

		if (parse_part(arena, part, &pair[count]))
			count++;
		if (header[part.size] == '\0')
			break;
		header += part.size + 1;
	}
	return (struct pairs){ .pair = pair, .count = count };
}
