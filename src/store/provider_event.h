/*
 * provider_event.h - what payment providers have told us
 *
 * An event is one by provider, id and type. It is stored in the transaction
 * that makes its effect, so that it has that once, however often it comes.
 */
#ifndef STORE_PROVIDER_EVENT_H
#define STORE_PROVIDER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define EVENT_ID_MAX 255		/* bytes */
#define EVENT_TYPE_MAX 100
#define EVENT_ERROR_MAX 1000		/* bytes of why it has no effect */

struct provider_event {
	const char *id;			/* the provider's */
	const char *type;		/* a-z 0-9 _ and . */
	int64_t created_at;		/* ms UTC, by the provider's clock */
	const char *body;		/* as it came */
};

/*
 * store_event_take - an event has come: keep it, and nobody else has it now
 *
 * key   receives the id of its row
 * done  it has had its effect
 */
enum status store_event_take(struct ctx *ctx,
    const struct provider_event *event, const char **key, bool *done);

/* Whether that effect is made; false, too, of an event that never came. */
enum status store_event_done(struct ctx *ctx,
    const struct provider_event *event, bool *done);

/*
 * store_event_applied - its effect is made, in this transaction
 * store_event_failed - it could not be: kept (db_all_last) whatever the
 *                      handler answers; cut at EVENT_ERROR_MAX
 */
enum status store_event_applied(struct ctx *ctx, const char *key,
    const char *effect);
enum status store_event_failed(struct ctx *ctx, const char *key,
    const char *error);

/*
 * store_event_list - events into list out, the latest first
 *
 * type   only of this one; NULL: any
 * state  "applied", "failed"; NULL: both
 *
 * Each: "id", "receivedAt", "provider", "eventId", "type", "createdAt",
 * "deliveries", "appliedAt" (null: no effect yet), "effect", "error".
 */
struct event_filter {
	const char *type;
	const char *state;
};
enum status store_event_list(struct ctx *ctx,
    const struct event_filter *filter, struct page *page,
    struct json_object *out);

/*
 * store_event_get - the same of one, into object out, with "bytes", the
 *                   length of its body
 * store_event_body - its body
 *
 * ST_EVENT_NOT_FOUND
 */
enum status store_event_get(struct ctx *ctx, const char *id,
    struct json_object *out);
enum status store_event_body(struct ctx *ctx, const char *id,
    const char **body);

/* Removes at most limit of those older than stripe.keep_days. */
enum status store_event_purge(struct ctx *ctx, int64_t limit,
    int64_t *count);

#endif
