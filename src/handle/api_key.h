/*
 * api_key.h - making keys, for the wire and for our own API and pages
 */
#ifndef HANDLE_API_KEY_H
#define HANDLE_API_KEY_H

#include <stdint.h>

#include "base/status.h"

struct api_key_new;
struct ctx;
struct json_object;

#define API_KEY_NAME_MAX 32
#define API_KEY_PREFIX_MAX 32

/*
 * api_key_make - a new key of the caller's, shown in out
 *
 * new   id, user_id and key are filled here; a NULL prefix becomes the
 *       configured one
 *
 * "key" is the only sight of it. Statuses are those of store_api_key_create.
 */
enum status api_key_make(struct ctx *ctx, struct api_key_new *new,
    struct json_object *out);

/*
 * api_key_expiry - when a key expires that is to live so many seconds
 *
 * seconds  FIELD_NONE: as configured. *expires_at 0: never.
 *
 * ST_KEY_DISABLED_EXPIRATION, ST_EXPIRES_IN_IS_TOO_SMALL,
 * ST_EXPIRES_IN_IS_TOO_LARGE
 */
enum status api_key_expiry(struct ctx *ctx, int64_t seconds,
    int64_t *expires_at);

/* Ends one of the user's keys, with its audit row. ST_KEY_NOT_FOUND. */
enum status api_key_end(struct ctx *ctx, const char *user_id, const char *id);

/* ctx->view's list "keys" of the user's, newest first; words for pages. */
enum status api_key_show(struct ctx *ctx, const char *user_id);

#endif
