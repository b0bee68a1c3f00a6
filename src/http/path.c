#include "http/path.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* U+0000-1F and U+007F-9F, the latter as two bytes of UTF-8. */
static bool
holds_control(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	for (; *s != '\0'; s++) {
		if (*s < 0x20 || *s == 0x7f)
			return true;
		if (s[0] == 0xc2 && s[1] >= 0x80 && s[1] <= 0x9f)
			return true;
	}
	return false;
}

/*
 * The path of "scheme://authority/path", or the target itself. User-info has
 * no place in a request target and only ever served to mislead a reader.
 */
static const char *
skip_authority(const char *target, size_t *length)
{
	size_t scheme = 0, authority;

	if (strncasecmp(target, "http://", 7) == 0)
		scheme = 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		scheme = 8;
	if (scheme > 0) {
		authority = strcspn(target + scheme, "/?#\\@");
		target += scheme + authority;
		if (authority == 0 || *target == '@')
			return NULL;
	}
	*length = strcspn(target, "?");
	if (scheme > 0 && *length == 0) {
		*length = 1;
		return "/";
	}
	return target;
}

/*
 * Decoded once, and nothing left that a second reader would take for syntax:
 * a '%' decodes again, a '#' or '?' is cut off again, a '\' is a '/' to some.
 */
static char *
decode(struct arena *arena, const char *path, size_t length)
{
	char *decoded;
	size_t size;

	for (size_t i = 0; i + 2 < length; i++)
		if (path[i] == '%' && path[i + 1] == '2' &&
		    (path[i + 2] | 0x20) == 'f')
			return NULL;
	decoded = text_unpercent(arena, path, length, false, &size);
	if (decoded == NULL || !text_utf8(decoded, size))
		return NULL;
	if (holds_control(decoded) || strpbrk(decoded, "%?#\\") != NULL)
		return NULL;
	return decoded;
}

static bool
is_dots(const char *segment, size_t length, size_t dots)
{
	return length == dots && strncmp(segment, "..", dots) == 0;
}

/* "..;x" is ".." to servers that know path parameters and a name to others. */
static bool
is_disguised_dots(const char *segment, size_t length)
{
	size_t plain = strcspn(segment, ";/");

	return plain < length &&
	    (is_dots(segment, plain, 1) || is_dots(segment, plain, 2));
}

static size_t
without_last(const char *path, size_t size)
{
	while (size > 0 && path[--size] != '/')
		continue;
	return size;
}

/*
 * RFC 3986, section 5.2.4, with empty segments left out. Works in place: what
 * is written never overtakes what is read.
 */
static bool
remove_segments(char *path)
{
	const char *next = path;
	size_t size = 0;
	bool empty = false, slash = false;

	while (*next == '/') {
		const char *segment = next + 1;
		size_t length = strcspn(segment, "/");

		next = segment + length;
		slash = true;
		if (is_disguised_dots(segment, length))
			return false;
		if (is_dots(segment, length, 2)) {
			/* "/a//../b": servers differ on what is left. */
			if (empty)
				return false;
			size = without_last(path, size);
		} else if (length > 0 && !is_dots(segment, length, 1)) {
			path[size++] = '/';
			memmove(path + size, segment, length);
			size += length;
			slash = false;
		}
		empty = length == 0;
	}
	if (slash || size == 0)
		path[size++] = '/';
	path[size] = '\0';
	return true;
}

char *
path_canonical(struct arena *arena, const char *target, bool *same)
{
	const char *path;
	char *canonical;
	size_t length;

	*same = false;
	path = skip_authority(target, &length);
	if (path == NULL || path[0] != '/' || length > PATH_BYTES_MAX)
		return NULL;
	canonical = decode(arena, path, length);
	if (canonical == NULL || !remove_segments(canonical))
		return NULL;
	*same = strlen(canonical) == length &&
	    memcmp(canonical, path, length) == 0;
	return canonical;
}

/* An escape that means the byte it names to everybody, however often read. */
static bool
escape_is_plain(const char *escape)
{
	const char two[3] = { escape[1], escape[1] ? escape[2] : '\0', '\0' };
	uint8_t byte;

	if (!text_unhex(&byte, 1, two))
		return false;
	return byte >= 0x20 && byte != 0x7f && byte != '/' && byte != '\\' &&
	    byte != '%';
}

bool
path_next(const char *reference)
{
	size_t path = strcspn(reference, "?#");

	if (reference[0] != '/' || strchr(reference, '\\') != NULL)
		return false;
	if (!text_utf8(reference, strlen(reference)) ||
	    holds_control(reference))
		return false;
	for (size_t i = 0; i < path; i++) {
		if (reference[i] == '%' && !escape_is_plain(reference + i))
			return false;
		/* "/..//host" is "//host" once somebody resolves it. */
		if (reference[i] == '/' && reference[i + 1] == '/')
			return false;
	}
	return true;
}
