/*
 * query.h - application/x-www-form-urlencoded, in a body or after '?'
 */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "http/request.h"

struct arena;

#define QUERY_PAIRS_MAX 256

/*
 * query_parse - size bytes of name=value&name=value
 *
 * '+' is a space, escapes are decoded once, an empty part is left out, a name
 * without '=' has the value "". False when an escape is malformed, a decoded
 * text holds NUL or is not UTF-8, or there are more than QUERY_PAIRS_MAX.
 */
bool query_parse(struct arena *arena, const char *text, size_t size,
    struct pairs *out);

/* Whether a name occurs twice (parameter pollution). */
bool pairs_repeated(const struct pairs *pairs);

#endif
