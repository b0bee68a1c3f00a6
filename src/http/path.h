/*
 * path.h - a request target to the one path everybody may compare
 *
 * The rule: cut the query, decode once, remove dot segments, merge slashes;
 * refuse NUL, encoded '/' and '\', control bytes, bad UTF-8, and whatever
 * would change when read again ('%', '?', '#' that were escaped) or is read in
 * two ways by the servers around us ("..;x", ".." after an empty segment).
 */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include <stdbool.h>

struct arena;

#define PATH_BYTES_MAX 2048

/*
 * path_canonical - the canonical path of a request target, or NULL
 *
 * target may be "/a?b", or in absolute form ("http://h/a"); its path part is
 * at most PATH_BYTES_MAX bytes as sent. The result is its own canonical path.
 * *same tells whether the path was sent in its canonical form already, byte
 * for byte; a responder answers 404 when it was not.
 */
char *path_canonical(struct arena *arena, const char *target, bool *same);

/*
 * path_next - is this a safe place to send a browser after signing in?
 *
 * True for a root-relative reference on our own origin: begins with '/', not
 * with "//", no backslash, no control character, no "%2f" or "%5c" in the
 * path part, whatever the case (contract README, section 9). Beyond the
 * contract, the path part has no empty segment, no malformed escape, and none
 * for a control character or a second '%'.
 */
bool path_next(const char *reference);

#endif
