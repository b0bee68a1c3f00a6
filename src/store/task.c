#include "store/task.h"

#include "base/random.h"
#include "ctx.h"
#include "store/db.h"
#include "store/page.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define TASK_COLUMNS							\
	"id, created_at AS \"createdAt\", title, description,"		\
	" completed, updated_at AS \"updatedAt\""

enum status
store_task_list(struct ctx *ctx, const char *user_id, struct page *page,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " TASK_COLUMNS " FROM tasks WHERE user_id = $1"
	    " AND (created_at, id) < ($2::timestamptz, $3)"
	    " ORDER BY created_at DESC, id DESC LIMIT $4";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_time(page->at), db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_task_get(struct ctx *ctx, const char *user_id, const char *id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " TASK_COLUMNS " FROM tasks"
	    " WHERE user_id = $1 AND id = $2";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(
	    db_text(user_id), db_text(id))), ST_TASK_NOT_FOUND, id);
}

enum status
store_task_add(struct ctx *ctx, const char *user_id, const struct task *task,
    struct json_object *out)
{
	static const char sql[] =
	    "INSERT INTO tasks (id, user_id, title, description, completed,"
	    "  created_at, updated_at)"
	    " SELECT $1, $2, $3, $4, $5, $6, $6"
	    " WHERE (SELECT count(*) FROM tasks WHERE user_id = $2) < $7"
	    " RETURNING " TASK_COLUMNS;
	char id[ID_SIZE];
	enum status status;

	id_new(id, ctx->now);
	status = db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id), db_text(task->title),
	    db_text(task->description), db_bool(task->completed),
	    db_time(ctx->now), db_int(TASKS_MAX)));
	return status == ST_NOT_FOUND ? refuse(ctx, ST_CONFLICT,
	    "user %s has %d tasks", user_id, TASKS_MAX) : status;
}

enum status
store_task_replace(struct ctx *ctx, const char *user_id, const char *id,
    const struct task *task, struct json_object *out)
{
	static const char sql[] =
	    "UPDATE tasks SET title = $3, description = $4, completed = $5,"
	    "  updated_at = $6 WHERE user_id = $1 AND id = $2"
	    " RETURNING " TASK_COLUMNS;

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(
	    db_text(user_id), db_text(id), db_text(task->title),
	    db_text(task->description), db_bool(task->completed),
	    db_time(ctx->now))), ST_TASK_NOT_FOUND, id);
}

enum status
store_task_remove(struct ctx *ctx, const char *user_id, const char *id)
{
	static const char sql[] =
	    "DELETE FROM tasks WHERE user_id = $1 AND id = $2";
	int64_t count = 0;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(user_id), db_text(id)), &count));
	return count == 1 ? ST_OK :
	    db_named(ctx, ST_NOT_FOUND, ST_TASK_NOT_FOUND, id);
}
