/*
 * access_log.h - the log's line about a request
 */
#ifndef HTTP_ACCESS_LOG_H
#define HTTP_ACCESS_LOG_H

#include <stdbool.h>
#include <stddef.h>

struct ctx;

/*
 * http, bytes  what was sent, or would have been; delivered: whether the web
 *              server has taken it
 *
 * No value of what was sent, and no secret that is in a path, is in it.
 */
void access_log(struct ctx *ctx, int http, size_t bytes, bool delivered);

#endif
