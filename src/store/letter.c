#include "store/letter.h"

#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"

/* Of decoys: long enough that their removal tells nobody anything. */
#define DECOY_MS HOUR_MS

enum status
store_letter_add(struct ctx *ctx, const struct letter_new *new)
{
	/* Each kind by itself: links that strangers ask for must not keep out
	 * the news that a password has changed. */
	static const char sql[] =
	    "WITH cap AS (SELECT $9::bigint > 0 AND count(*) >= $9 AS reached"
	    "   FROM (SELECT FROM letters WHERE recipient = $4 AND kind = $2"
	    "     AND created_at > $10 LIMIT $9) recent)"
	    " INSERT INTO letters (id, kind, user_id, recipient, subject,"
	    "   message_id, body, created_at, queued_at, state, next_at, error)"
	    " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8,"
	    "   CASE WHEN $11 THEN 'decoy' WHEN reached THEN 'failed'"
	    "     ELSE 'queued' END,"
	    "   CASE WHEN NOT $11 AND NOT reached THEN $8::timestamptz END,"
	    "   CASE WHEN reached THEN 'More letters of this kind to this"
	    " address than mail.per_recipient allows in an hour' END"
	    " FROM cap";

	return db_run(ctx, sql, DB_ARGS(db_text(new->id), db_text(new->kind),
	    db_text(new->user_id), db_text(new->recipient),
	    db_text(new->subject), db_text(new->message_id),
	    db_bytes(new->body, new->body_size), db_time(ctx->now),
	    db_int(ctx->config->mail_per_recipient),
	    db_time(ctx->now - HOUR_MS), db_bool(new->decoy)), NULL);
}

enum status
store_letter_claim(struct ctx *ctx, int64_t lease_ms, struct letter_due *out)
{
	static const char sql[] =
	    "UPDATE letters SET state = 'sending', attempts = attempts + 1,"
	    "  doubts = doubts + (state = 'sending')::integer, next_at = $2"
	    " WHERE id = (SELECT id FROM letters WHERE next_at <= $1"
	    "   ORDER BY next_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
	    " RETURNING id, recipient, subject, message_id, body, attempts,"
	    "  next_at, queued_at";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_time(ctx->now + lease_ms))));
	out->id = db_get_text(&rows, 0, 0);
	out->recipient = db_get_text(&rows, 0, 1);
	out->subject = db_get_text(&rows, 0, 2);
	out->message_id = db_get_text(&rows, 0, 3);
	out->body = db_get_bytes(ctx, &rows, 0, 4, &out->body_size);
	out->attempt = db_get_int(&rows, 0, 5);
	out->lease_until = db_get_time(&rows, 0, 6);
	out->queued_at = db_get_time(&rows, 0, 7);
	return ST_OK;
}

/* A statement that changes one letter, or finds it in another state. */
static enum status
change(struct ctx *ctx, const char *sql, struct db_args args)
{
	int64_t changed = 0;

	TRY(db_run(ctx, sql, args, &changed));
	return changed == 1 ? ST_OK : ST_CONFLICT;
}

enum status
store_letter_sent(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "UPDATE letters SET state = 'sent', sent_at = $2, body = NULL,"
	    "  next_at = NULL, error = NULL"
	    " WHERE id = $1 AND state IN ('queued', 'sending', 'failed')";

	return change(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now)));
}

enum status
store_letter_again(struct ctx *ctx, const struct letter_due *due,
    int64_t next_at, const char *error, bool doubt)
{
	static const char again[] =
	    "UPDATE letters SET state = 'queued', error = $3,"
	    "  doubts = doubts + $4::boolean::integer, next_at = $5"
	    " WHERE id = $1 AND state = 'sending' AND next_at = $2";
	static const char fail[] =
	    "UPDATE letters SET state = 'failed', error = $3,"
	    "  doubts = doubts + $4::boolean::integer, next_at = NULL"
	    " WHERE id = $1 AND state = 'sending' AND next_at = $2";
	const struct db_arg arg[] = { db_text(due->id),
		db_time(due->lease_until), db_text(error), db_bool(doubt), db_time(next_at) };

	return change(ctx, next_at == 0 ? fail : again,
	    (struct db_args){ arg, next_at == 0 ? 4 : 5 });
}

enum status
store_letter_purge(struct ctx *ctx, int64_t limit, int64_t *count)
{
	static const char sql[] =
	    "DELETE FROM letters WHERE id IN ("
	    "  (SELECT id FROM letters WHERE state = 'decoy'"
	    "    AND created_at < $1 ORDER BY created_at LIMIT $3)"
	    "  UNION ALL"
	    "  (SELECT id FROM letters WHERE created_at < $2"
	    "    ORDER BY created_at LIMIT $3) LIMIT $3)";

	return db_run(ctx, sql, DB_ARGS(db_time(ctx->now - DECOY_MS),
	    db_time(ctx->now - ctx->config->mail_keep_days * DAY_MS),
	    db_int(limit)), count);
}

/* Column 0 is the id, column 1 the order (store/page.h). */
#define LETTER_COLUMNS							\
	"id, created_at AS \"createdAt\", kind, user_id AS \"userId\","	\
	" recipient, subject, state, attempts, doubts, error,"		\
	" next_at AS \"nextAt\", sent_at AS \"sentAt\""

#define LIST_OF(condition)						\
	"SELECT " LETTER_COLUMNS " FROM letters"			\
	" WHERE (created_at, id) < ($1::timestamptz, $2)"		\
	" AND " condition " ORDER BY created_at DESC, id DESC LIMIT $3"

enum status
store_letter_list(struct ctx *ctx, const char *state, struct page *page,
    struct json_object *out)
{
	static const char all[] = LIST_OF("state <> 'decoy'");
	static const char of_state[] = LIST_OF("state <> 'decoy' AND"
	    " (state = $4 OR (state = 'sending' AND $4 = 'queued'))");
	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
		db_int(page->limit + 1), db_text(state) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, state == NULL ? all : of_state,
	    (struct db_args){ arg, state == NULL ? 3 : 4 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_letter_get(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " LETTER_COLUMNS ", message_id AS \"messageId\""
	    " FROM letters WHERE id = $1 AND state <> 'decoy'";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id))),
	    ST_LETTER_NOT_FOUND, id);
}

enum status
store_letter_body(struct ctx *ctx, const char *id, const uint8_t **body,
    size_t *size)
{
	static const char sql[] =
	    "SELECT body FROM letters WHERE id = $1 AND state <> 'decoy'"
	    " AND body IS NOT NULL";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id))),
	    ST_LETTER_NOT_FOUND, id));
	*body = db_get_bytes(ctx, &rows, 0, 0, size);
	return ST_OK;
}

/* The state a letter that an admin may act on is in; locked. */
static enum status
open_letter(struct ctx *ctx, const char *id, const char **state)
{
	static const char sql[] =
	    "SELECT state, state IN ('queued', 'failed')"
	    "   OR (state = 'sending' AND next_at <= $2)"
	    " FROM letters WHERE id = $1 AND state <> 'decoy' FOR UPDATE";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_time(ctx->now))), ST_LETTER_NOT_FOUND, id));
	*state = db_get_text(&rows, 0, 0);
	return db_get_bool(&rows, 0, 1) ? ST_OK :
	    refuse(ctx, ST_CONFLICT, "the letter is %s", *state);
}

static enum status
audit_letter(struct ctx *ctx, const char *action, const char *id,
    const char *from, const char *to)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "letter", .target_id = id,
	    .before = audit_text(ctx, "state", from),
	    .after = audit_text(ctx, "state", to) });
}

enum status
store_letter_resend(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "UPDATE letters SET state = 'queued', attempts = 0, error = NULL,"
	    "  doubts = doubts + (state = 'sending')::integer,"
	    "  queued_at = $2, next_at = $2 WHERE id = $1";
	const char *state;

	TRY(open_letter(ctx, id, &state));
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now)), NULL));
	return audit_letter(ctx, "letter.resend", id, state, "queued");
}

enum status
store_letter_drop(struct ctx *ctx, const char *id)
{
	static const char sql[] =
	    "UPDATE letters SET state = 'dropped', body = NULL,"
	    "  next_at = NULL WHERE id = $1";
	const char *state;

	TRY(open_letter(ctx, id, &state));
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id)), NULL));
	return audit_letter(ctx, "letter.drop", id, state, "dropped");
}

enum status
store_letter_figures(struct ctx *ctx, struct letter_figures *out)
{
	static const char sql[] =
	    "SELECT count(*) FILTER (WHERE state <> 'failed'),"
	    "  coalesce(extract(epoch FROM $1::timestamptz"
	    "   - min(queued_at) FILTER (WHERE state <> 'failed')), 0)::bigint,"
	    "  count(*) FILTER (WHERE state = 'failed'),"
	    "  (SELECT coalesce(sum(doubts), 0)::bigint FROM letters"
	    "   WHERE doubts > 0)"
	    " FROM letters WHERE state IN ('queued', 'sending', 'failed')";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now))));
	out->queued = db_get_int(&rows, 0, 0);
	out->oldest_seconds = db_get_int(&rows, 0, 1);
	out->failed = db_get_int(&rows, 0, 2);
	out->doubts = db_get_int(&rows, 0, 3);
	return ST_OK;
}
