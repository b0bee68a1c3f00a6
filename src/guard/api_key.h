/*
 * api_key.h - programs that come with a key of their user's
 *
 * A key opens what its row of routes/ names in .scope, and nothing else:
 * zero refuses. Pages know no keys. Nothing that opens, changes or ends an
 * account has a scope, so a key that leaks is no account that is lost.
 */
#ifndef GUARD_API_KEY_H
#define GUARD_API_KEY_H

#include "base/status.h"
#include "guard/permission.h"

struct ctx;

#define API_KEY_LETTERS 64	/* behind the prefix */

/* What keys of our own API may be allowed, ended by a NULL name. */
struct scope {
	const char *name;		/* "credits:spend" */
	const char *label;		/* for who makes a key */
	enum permission permission;	/* that a maker needs; NONE: anybody */
};
extern const struct scope scopes[];

/* Any key, on the reading rows of the contract (api_key.sessions). */
#define SCOPE_ANY ""

/* The key that counts for this request, or NULL. */
const char *api_key_sent(const struct ctx *ctx);

/*
 * api_key_find - ctx->user by a key, and a session that stands for it
 *
 * Counts the use. Statuses are those of store_api_key_use and
 *
 * ST_API_KEY_TOO_SHORT
 * ST_API_KEY_NOT_ALLOWED  the row has no scope, or the key not that one
 */
enum status api_key_find(struct ctx *ctx, const char *key);

#endif
