#include "store/feedback.h"

#include <stdbool.h>

#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_list.h"
#include "view/view.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define OWN_COLUMNS							\
	"f.id, f.created_at AS \"createdAt\", f.rating, f.subject, f.text," \
	" f.state, f.answer, f.answered_at AS \"answeredAt\","		\
	" f.updated_at AS \"updatedAt\""
#define LIST_COLUMNS							\
	OWN_COLUMNS ", f.user_id AS \"userId\", u.email AS \"userText\""

enum status
store_feedback_add(struct ctx *ctx, const struct feedback_new *new,
    struct json_object *out)
{
	static const char sql[] =
	    "INSERT INTO feedbacks AS f (id, user_id, rating, subject, text,"
	    "  created_at, updated_at)"
	    " SELECT $1, $2, $3, $4, $5, $6, $6"
	    " WHERE (SELECT count(*) FROM feedbacks WHERE user_id = $2"
	    "   AND created_at > $6::timestamptz - interval '1 day') < $7"
	    " RETURNING " OWN_COLUMNS;
	char id[ID_SIZE];

	id_new(id, ctx->now);
	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(new->user_id), db_int(new->rating),
	    db_text(new->subject), db_text(new->text), db_time(ctx->now),
	    db_int(FEEDBACKS_A_DAY))), ST_TOO_MUCH_FEEDBACK, new->user_id);
}

enum status
store_feedback_of(struct ctx *ctx, const char *user_id, struct page *page,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " OWN_COLUMNS " FROM feedbacks f WHERE f.user_id = $1"
	    " AND (f.created_at, f.id) < ($2::timestamptz, $3)"
	    " ORDER BY f.created_at DESC, f.id DESC LIMIT $4";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_time(page->at), db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

/* Each list is one that an index has in its order; a search looks at what
 * the trigrams, or the user's own, leave. */
#define LIST_OF(condition)						\
	"SELECT " LIST_COLUMNS " FROM feedbacks f"			\
	" JOIN users u ON u.id = f.user_id"				\
	" WHERE " condition						\
	"  (f.created_at, f.id) < ($1::timestamptz, $2)"		\
	"  AND ($4::text IS NULL OR f.state = $4)"			\
	"  AND ($5::smallint = 0 OR f.rating = $5)"			\
	" ORDER BY f.created_at DESC, f.id DESC LIMIT $3"
#define MATCHING							\
	"(lower(f.subject || ' ' || f.text) LIKE lower($7)"		\
	" OR f.user_id = $6 OR f.user_id = " USER_OF_EMAIL("$6") ")"

enum status
store_feedback_list(struct ctx *ctx, const struct feedback_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char of_state[] = LIST_OF("f.state = $4 AND ");
	static const char of_rating[] = LIST_OF("f.rating = $5 AND ");
	static const char matching[] = LIST_OF(MATCHING " AND ");
	const bool search = filter->q != NULL && filter->q[0] != '\0';
	const struct db_arg arg[] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_text(filter->state),
	    db_int(filter->rating), db_text(filter->q),
	    db_text(!search ? NULL : like_pattern(ctx, "%", filter->q,
	    "%")) };
	const char *sql = search ? matching : filter->state != NULL ?
	    of_state : filter->rating != 0 ? of_rating : all;
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg,
	    search ? 7 : 5 }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_feedback_get(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " LIST_COLUMNS ", f.answered_by AS \"answeredBy\","
	    "  coalesce(a.name, f.answered_by) AS \"answeredByText\""
	    " FROM feedbacks f JOIN users u ON u.id = f.user_id"
	    "  LEFT JOIN users a ON a.id = f.answered_by"
	    " WHERE f.id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(
	    db_text(id))), ST_FEEDBACK_NOT_FOUND, id);
}

/* Its state, which stays until the commit, and whether it may move. */
static enum status
feedback_lock(struct ctx *ctx, const char *id, const char *to,
    const char **from)
{
	static const char sql[] =
	    "SELECT state, state = $2 OR EXISTS (SELECT FROM feedback_moves m"
	    "   WHERE m.from_state = f.state AND m.to_state = $2)"
	    " FROM feedbacks f WHERE id = $1 FOR NO KEY UPDATE OF f";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_text(to))), ST_FEEDBACK_NOT_FOUND, id));
	*from = db_get_text(&rows, 0, 0);
	return db_get_bool(&rows, 0, 1) ? ST_OK : refuse(ctx, ST_CONFLICT,
	    "no move from %s to %s", *from, to);
}

enum status
store_feedback_move(struct ctx *ctx, const char *id, const char *state)
{
	static const char sql[] =
	    "UPDATE feedbacks SET state = $2, updated_at = $3 WHERE id = $1";
	const char *from;

	TRY(feedback_lock(ctx, id, state, &from));
	if (text_is(from, state))
		return ST_OK;
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_text(state),
	    db_time(ctx->now)), NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = "feedback.move", .target_type = "feedback",
	    .target_id = id, .before = audit_text(ctx, "state", from),
	    .after = audit_text(ctx, "state", state) });
}

enum status
store_feedback_answer(struct ctx *ctx, const char *id, const char *text)
{
	static const char sql[] =
	    "UPDATE feedbacks SET state = 'answered', answer = $2,"
	    "  answered_by = $3, answered_at = $4, updated_at = $4"
	    " WHERE id = $1";
	struct json_object *after = audit_text(ctx, "state", "answered");
	const char *from;

	TRY(feedback_lock(ctx, id, "answered", &from));
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id), db_text(text),
	    db_text(audit_actor(ctx)), db_time(ctx->now)), NULL));
	view_text(after, "answer", text);
	return store_audit_write(ctx, &(struct audit){
	    .action = "feedback.answer", .target_type = "feedback",
	    .target_id = id, .before = audit_text(ctx, "state", from),
	    .after = after });
}

enum status
store_feedback_figures(struct ctx *ctx, struct feedback_figures *out)
{
	static const char sql[] =
	    "SELECT (SELECT count(*) FROM feedbacks WHERE state = 'open'),"
	    "  count(*), coalesce(round(avg(rating) * 10), 0)::bigint"
	    " FROM feedbacks WHERE created_at > $1::timestamptz"
	    "  - make_interval(days => $2::int)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_time(ctx->now),
	    db_int(FEEDBACK_FIGURE_DAYS))));
	out->open = db_get_int(&rows, 0, 0);
	out->rated = db_get_int(&rows, 0, 1);
	out->tenths = db_get_int(&rows, 0, 2);
	return ST_OK;
}
