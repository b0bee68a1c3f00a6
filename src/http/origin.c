#include "http/origin.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/path.h"

#define SCHEME_BYTES_MAX 32
#define AUTHORITY_BYTES_MAX 261		/* a DNS name, ':' and a port */

struct url {
	char scheme[SCHEME_BYTES_MAX + 1];		/* lower case */
	char authority[AUTHORITY_BYTES_MAX + 1];	/* lower case */
	const char *path;	/* what follows, query and fragment too */
	bool web;		/* http or https; authority is host[:port] */
};

static void
copy_lower(char *out, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	out[size] = '\0';
}

static bool
is_word(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Schemes whose URLs act within the page that follows them. */
static bool
is_dangerous(const char *scheme)
{
	static const char *const words[] = { "about", "blob", "data", "file",
		"filesystem", "javascript", "vbscript", "view-source" };

	return is_word(scheme, words, sizeof(words) / sizeof(words[0]));
}

static bool
is_scheme(const char *text, size_t size)
{
	if (size == 0 || size > SCHEME_BYTES_MAX ||
	    !isalpha((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '+' &&
		    text[i] != '-' && text[i] != '.')
			return false;
	return true;
}

/* Letters, digits, '-' and '_' in labels none of which is empty. */
static bool
is_name(const char *host)
{
	bool empty = true;

	for (; *host != '\0'; host++) {
		if (*host == '.') {
			if (empty)
				return false;
			empty = true;
			continue;
		}
		if (!isalnum((unsigned char)*host) && *host != '-' &&
		    *host != '_')
			return false;
		empty = false;
	}
	return !empty;
}

static bool
is_address6(const char *host)
{
	char inner[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t size = strlen(host);

	if (size < 4 || size - 2 >= sizeof(inner) || host[0] != '[' ||
	    host[size - 1] != ']')
		return false;
	memcpy(inner, host + 1, size - 2);
	inner[size - 2] = '\0';
	return inet_pton(AF_INET6, inner, &address) == 1;
}

/* Where ":port" begins; the end when there is none. */
static char *
port_of(char *authority)
{
	char *host_end = strchr(authority, ']');

	return strchrnul(host_end != NULL ? host_end : authority, ':');
}

/* Checks host[:port] and takes the scheme's own port off. */
static bool
tidy_web(struct url *url)
{
	char *port = port_of(url->authority);
	int64_t own = strcmp(url->scheme, "https") == 0 ? 443 : 80, number;
	char colon = *port;

	*port = '\0';
	if (!is_name(url->authority) && !is_address6(url->authority))
		return false;
	if (colon == '\0')
		return true;
	if (port[1] == '0' || !text_int(port + 1, 1, 65535, &number))
		return false;
	if (number != own)
		*port = colon;
	return true;
}

/* What a scheme of somebody's own may have between "://" and the path. */
static bool
is_plain(const char *authority)
{
	return authority[strspn(authority, "abcdefghijklmnopqrstuvwxyz"
	    "0123456789-._:[]")] == '\0';
}

/* Browsers drop some of these bytes and take a backslash for a slash. */
static bool
holds_trap(const char *text)
{
	return strchr(text, '\\') != NULL || !text_is_clean(text) ||
	    !text_utf8(text, strlen(text));
}

static bool
url_split(const char *text, struct url *url)
{
	const char *colon = strstr(text, "://");
	size_t size;

	if (colon == NULL || holds_trap(text))
		return false;
	size = (size_t)(colon - text);
	if (!is_scheme(text, size))
		return false;
	copy_lower(url->scheme, text, size);
	size = strcspn(colon + 3, "/?#");
	if (size > AUTHORITY_BYTES_MAX)
		return false;
	copy_lower(url->authority, colon + 3, size);
	url->path = colon + 3 + size;
	url->web = strcmp(url->scheme, "http") == 0 ||
	    strcmp(url->scheme, "https") == 0;
	if (url->web)
		return tidy_web(url);
	return !is_dangerous(url->scheme) && is_plain(url->authority);
}

/* ---- patterns ---------------------------------------------------------- */

/*
 * Without regard to case. Only the last star is tried again, so the time is
 * at most the product of the lengths; a single star stops at '/'.
 */
static bool
glob(const char *pattern, const char *text)
{
	const char *after = NULL, *from = NULL;
	bool deep = false;

	while (*text != '\0' || *pattern != '\0') {
		if (*pattern == '*') {
			deep = pattern[1] == '*';
			while (*pattern == '*')
				pattern++;
			after = pattern;
			from = text;
		} else if (*text != '\0' && (*pattern == '?' ? *text != '/' :
		    tolower((unsigned char)*pattern) ==
		    tolower((unsigned char)*text))) {
			pattern++;
			text++;
		} else if (after != NULL && *from != '\0' &&
		    (deep || *from != '/')) {
			pattern = after;
			text = ++from;
		} else {
			return false;
		}
	}
	return true;
}

static bool
has_wildcard(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

/* "10.0.*.*" with or without a port; "*" alone is any host. */
static bool
is_address_pattern(const char *pattern)
{
	size_t host = strcspn(pattern, ":/");

	return strspn(pattern, "0123456789.*?") == host &&
	    strcspn(pattern, "0123456789") < host;
}

static bool
is_address4(const char *authority)
{
	char host[INET_ADDRSTRLEN];
	struct in_addr address;
	size_t size = strcspn(authority, ":");

	if (size >= sizeof(host))
		return false;
	memcpy(host, authority, size);
	host[size] = '\0';
	return inet_pton(AF_INET, host, &address) == 1;
}

static bool
authority_matches(const char *pattern, const char *authority)
{
	/* "10.0.0.*" is no word for 10.0.0.evil.example. */
	if (has_wildcard(pattern) && is_address_pattern(pattern) &&
	    !is_address4(authority))
		return false;
	return glob(pattern, authority);
}

static bool
web_matches(const struct url *url, const char *pattern)
{
	const char *colon = strstr(pattern, "://");
	char origin[ORIGIN_BYTES_MAX];

	if (colon == NULL)
		return has_wildcard(pattern) &&
		    authority_matches(pattern, url->authority);
	(void)snprintf(origin, sizeof(origin), "%s://%s", url->scheme,
	    url->authority);
	if (!has_wildcard(pattern))
		return strcasecmp(pattern, origin) == 0;
	return authority_matches(colon + 3, url->authority) &&
	    glob(pattern, origin);
}

/* The path itself or what is below it, without a way up again. */
static bool
path_below(const char *pattern, const char *path)
{
	size_t size = strlen(pattern);

	if (strncmp(pattern, path, size) != 0)
		return false;
	return pattern[size - 1] == '/' || strchr("/?#", path[size]) != NULL;
}

static bool
custom_path_matches(const char *pattern, const char *path)
{
	size_t plain = strcspn(path, "?#");

	if (pattern[0] == '\0')
		return true;
	if (memchr(path, '%', plain) != NULL || strstr(path, "/.") != NULL)
		return false;
	if (has_wildcard(pattern))
		return glob(pattern, path);
	return path_below(pattern, path);
}

/* Scheme, authority and path apart, so that no star reaches across. */
static bool
custom_matches(const struct url *url, const char *pattern)
{
	const char *colon = strstr(pattern, "://"), *path;
	char authority[AUTHORITY_BYTES_MAX + 1];
	size_t size;

	if (colon == NULL || strlen(url->scheme) != (size_t)(colon - pattern) ||
	    strncasecmp(pattern, url->scheme, (size_t)(colon - pattern)) != 0)
		return false;
	path = strchrnul(colon + 3, '/');
	size = (size_t)(path - (colon + 3));
	if (size > AUTHORITY_BYTES_MAX)
		return false;
	copy_lower(authority, colon + 3, size);
	if (size == 0 && *path == '\0')
		return true;
	return authority_matches(authority, url->authority) &&
	    custom_path_matches(path, url->path);
}

bool
origin_of(struct arena *arena, const char *url, char **origin)
{
	struct url split;

	if (!url_split(url, &split) || !split.web)
		return false;
	*origin = arena_printf(arena, "%s://%s", split.scheme,
	    split.authority);
	return true;
}

bool
origin_trusted(const char *url, const char *const *patterns, size_t count)
{
	struct url split;

	if (!url_split(url, &split))
		return false;
	for (size_t i = 0; i < count; i++)
		if (split.web ? web_matches(&split, patterns[i]) :
		    custom_matches(&split, patterns[i]))
			return true;
	return false;
}

bool
origin_callback_trusted(const char *url, const char *const *patterns,
    size_t count)
{
	if (url[0] == '/')
		return path_next(url);
	return origin_trusted(url, patterns, count);
}
