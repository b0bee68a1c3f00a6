/*
 * api_key.h - secrets that let programs act as their user
 *
 * Keys come in as text and are looked up by their SHA-256; the database never
 * sees one. What is shown of a key is the wire contract's object (contract/
 * multi-session-one-time-token-api-key.md), without the key.
 */
#ifndef STORE_API_KEY_H
#define STORE_API_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

#define API_KEY_START 6		/* characters that are kept to show */

struct api_key_new {
	const char *id;
	const char *user_id;
	const char *key;	/* all of it, API_KEY_START or more */
	const char *prefix, *name;	/* NULL: none */
	int64_t expires_at;	/* 0: never */
	int64_t remaining;	/* uses; -1: any number */
	int64_t refill_amount, refill_interval_ms;	/* 0: no refill */
	const char *permissions, *metadata;	/* JSON objects; NULL: none */
};

/*
 * store_api_key_create - a key at ctx->now, shown in out
 *
 * ST_TOO_MANY_API_KEYS  the user has api_key.maximum of them
 */
enum status store_api_key_create(struct ctx *ctx,
    const struct api_key_new *new, struct json_object *out);

/* One of the user's into out. ST_KEY_NOT_FOUND. */
enum status store_api_key_get(struct ctx *ctx, const char *user_id,
    const char *id, struct json_object *out);

/*
 * store_api_key_list - a part of the user's keys appended to out
 *
 * sort_by  a member of the shown object; anything else, NULL too: by age
 * total    receives how many there are; NULL: one statement less
 */
struct api_key_range {
	const char *sort_by;
	bool descending;
	int64_t limit, offset;
};
enum status store_api_key_list(struct ctx *ctx, const char *user_id,
    const struct api_key_range *range, struct json_object *out,
    int64_t *total);

/*
 * store_api_key_update - change what set_* and name name; the rest stays
 *
 * ST_KEY_NOT_FOUND  no key of the user's
 */
struct api_key_change {
	const char *name;	/* NULL: stays */
	bool set_enabled, enabled;
	bool set_expires_at;
	int64_t expires_at;	/* 0: never */
	const char *metadata;	/* JSON object; NULL: stays */
};
enum status store_api_key_update(struct ctx *ctx, const char *user_id,
    const char *id, const struct api_key_change *change,
    struct json_object *out);

/* Ends one of the user's, and shows what it was. ST_KEY_NOT_FOUND. */
enum status store_api_key_delete(struct ctx *ctx, const char *user_id,
    const char *id, struct json_object *out);

/*
 * store_api_key_use - count a use of a key and find whose it is, at once
 *
 * One statement checks and counts, so that however many come at once no use
 * is lost or too much. scope is a JSON object that the key's permissions must
 * contain for *allowed, "{}" for any key. To be called outside of a
 * transaction: what a refusal changes stays.
 *
 * In this order, none of them counted:
 * ST_INVALID_API_KEY   unknown
 * ST_KEY_DISABLED
 * ST_KEY_EXPIRED       and it is gone now
 * ST_USAGE_EXCEEDED    nothing remains; gone, unless there are refills
 * ST_RATE_LIMITED      *wait_ms tells for how long
 * ST_USER_BANNED       its user
 */
struct api_key_used {
	const char *id;
	int64_t expires_at;	/* 0: never */
	bool allowed;
};
enum status store_api_key_use(struct ctx *ctx, const char *key,
    const char *scope, struct api_key_used *used, struct user *user,
    int64_t *wait_ms);

#endif
