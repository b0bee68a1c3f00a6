#include "store/provider_event.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/page.h"

#define PROVIDER "stripe"	/* the only one so far */

enum status
store_event_take(struct ctx *ctx, const struct provider_event *event,
    const char **key, bool *done)
{
	/* A second one waits here until the first has committed. */
	static const char sql[] =
	    "INSERT INTO provider_events AS e (id, provider, event_id, type,"
	    "  created_at, received_at, body)"
	    " VALUES ($1, '" PROVIDER "', $2, $3, $4, $5, $6)"
	    " ON CONFLICT ON CONSTRAINT provider_events_event_key"
	    "  DO UPDATE SET deliveries = e.deliveries + 1"
	    " RETURNING id, applied_at IS NOT NULL";
	struct db_rows rows;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_text(event->id), db_text(event->type),
	    db_time(event->created_at), db_time(ctx->now),
	    db_text(event->body))));
	*key = db_get_text(&rows, 0, 0);
	*done = db_get_bool(&rows, 0, 1);
	return ST_OK;
}

enum status
store_event_done(struct ctx *ctx, const struct provider_event *event,
    bool *done)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM provider_events"
	    "  WHERE provider = '" PROVIDER "' AND event_id = $1 AND type = $2"
	    "   AND applied_at IS NOT NULL)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(event->id),
	    db_text(event->type))));
	*done = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

enum status
store_event_applied(struct ctx *ctx, const char *key, const char *effect)
{
	static const char sql[] =
	    "UPDATE provider_events SET applied_at = $2, effect = $3,"
	    "  error = NULL"
	    " WHERE id = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(key), db_time(ctx->now),
	    db_text(effect)), NULL);
}

/* Not through the middle of a character. */
static const char *
cut(struct ctx *ctx, const char *text)
{
	size_t size = 0;

	while (size < EVENT_ERROR_MAX && text[size] != '\0')
		size++;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return arena_copy(ctx->arena, text, size);
}

enum status
store_event_failed(struct ctx *ctx, const char *key, const char *error)
{
	static const char sql[] =
	    "UPDATE provider_events SET error = $2 WHERE id = $1";
	struct db_rows rows;

	return db_all_last(ctx, &rows, sql, DB_ARGS(db_text(key),
	    db_text(cut(ctx, error))));
}

/* Column 0 is the id, column 1 the order (store/page.h). */
#define EVENT_COLUMNS							\
	"id, received_at AS \"receivedAt\", provider,"			\
	" event_id AS \"eventId\", type, created_at AS \"createdAt\","	\
	" deliveries, applied_at AS \"appliedAt\", effect, error"

#define LIST_OF(condition)						\
	"SELECT " EVENT_COLUMNS " FROM provider_events"			\
	" WHERE " condition						\
	" (received_at, id) < ($1::timestamptz, $2)"			\
	" ORDER BY received_at DESC, id DESC LIMIT $3"

enum status
store_event_list(struct ctx *ctx, const struct event_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char failed[] = LIST_OF("applied_at IS NULL AND"
	    " ($4::text IS NULL OR type = $4) AND");
	static const char applied[] = LIST_OF("applied_at IS NOT NULL AND"
	    " ($4::text IS NULL OR type = $4) AND");
	static const char of_type[] = LIST_OF("type = $4 AND");
	const bool any = filter->type == NULL && filter->state == NULL;
	const char *sql = any ? all : filter->state == NULL ? of_type :
	    text_is(filter->state, "failed") ? failed : applied;
	struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_text(filter->type) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg, any ? 3 : 4 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_event_get(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " EVENT_COLUMNS ", octet_length(body) AS bytes"
	    " FROM provider_events WHERE id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql,
	    DB_ARGS(db_text(id))), ST_EVENT_NOT_FOUND, id);
}

enum status
store_event_body(struct ctx *ctx, const char *id, const char **body)
{
	static const char sql[] =
	    "SELECT body FROM provider_events WHERE id = $1";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id))),
	    ST_EVENT_NOT_FOUND, id));
	*body = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_event_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	static const char sql[] =
	    "DELETE FROM provider_events WHERE id IN ("
	    "  SELECT id FROM provider_events WHERE received_at < $1"
	    "  ORDER BY received_at LIMIT $2)";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now -
	    ctx->config->stripe_keep_days * DAY_MS), db_int(limit)), count);
}
