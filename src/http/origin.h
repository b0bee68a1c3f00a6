/*
 * origin.h - whose page asks, and where may we send a browser afterwards?
 *
 * An origin is "scheme://host[:port]" in lower case without the scheme's own
 * port, as browsers write it (contract README, section 9). What two readers
 * could take for two hosts has no origin: user-info, escapes, blanks or bytes
 * beyond ASCII in the host, backslashes or control characters anywhere.
 *
 * Patterns that trust:
 *   https://app.example.com     this origin
 *   https://app-*.example.com   origins; a star is any text without a slash,
 *                               '?' any one character but a slash
 *   *.example.com               the same on host[:port], http and https
 *   myapp://                    everything of a scheme of one's own
 *   myapp://host/path           that host; that path and what is below it
 *   exp://10.0.*.*:?????        wildcards for host and path, each on its own;
 *                               two stars in a path go over slashes
 * A wildcard host of digits and dots stands for IPv4 addresses only.
 */
#ifndef HTTP_ORIGIN_H
#define HTTP_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

#define ORIGIN_BYTES_MAX 320

/*
 * origin_of - the origin of an absolute http or https URL, Referer or Origin
 *
 * False, *origin untouched, for anything else, "null" and "" among it.
 */
bool origin_of(struct arena *arena, const char *url, char **origin);

/*
 * origin_trusted - does a pattern trust this origin or absolute URL?
 *
 * count patterns; an empty one trusts nobody. Schemes that run a script or
 * read a file (javascript:, data:, ...) are never trusted.
 */
bool origin_trusted(const char *url, const char *const *patterns,
    size_t count);

/*
 * origin_callback_trusted - may a browser be sent there?
 *
 * A reference on our own origin (path_next) with or without query and
 * fragment, or an absolute URL that a pattern trusts.
 */
bool origin_callback_trusted(const char *url, const char *const *patterns,
    size_t count);

#endif
