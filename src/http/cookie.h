/*
 * cookie.h - the Cookie header (RFC 6265, section 5.4) to pairs
 */
#ifndef HTTP_COOKIE_H
#define HTTP_COOKIE_H

#include "http/request.h"

struct arena;

#define COOKIES_MAX 128		/* further ones are not looked at */

/*
 * Names and values trimmed of blanks, one pair of double quotes stripped,
 * values otherwise raw; nameless and malformed parts are left out. The first
 * of equal names is the one pairs_get finds.
 */
struct pairs cookie_parse(struct arena *arena, const char *header);

#endif
