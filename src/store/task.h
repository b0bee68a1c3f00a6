/*
 * task.h - things users have to do: the demonstration of an API of one's own
 *
 * Everything takes the caller, and finds nobody else's task. A task in the
 * view: "id", "createdAt", "title", "description", "completed", "updatedAt".
 */
#ifndef STORE_TASK_H
#define STORE_TASK_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define TASK_TITLE_MAX 200
#define TASK_DESCRIPTION_MAX 2000
#define TASKS_MAX 1000		/* of one user */

/* Newest first, appended to list out. */
enum status store_task_list(struct ctx *ctx, const char *user_id,
    struct page *page, struct json_object *out);

/* ST_TASK_NOT_FOUND. */
enum status store_task_get(struct ctx *ctx, const char *user_id,
    const char *id, struct json_object *out);

/*
 * store_task_add - a new one
 * store_task_replace - all that its owner decides, of one that is there
 *
 * ST_CONFLICT        (add) the user has TASKS_MAX
 * ST_TASK_NOT_FOUND  (replace)
 * ST_INVALID         a text out of bounds
 */
struct task {
	const char *title;
	const char *description;	/* NULL: none */
	bool completed;
};
enum status store_task_add(struct ctx *ctx, const char *user_id,
    const struct task *task, struct json_object *out);
enum status store_task_replace(struct ctx *ctx, const char *user_id,
    const char *id, const struct task *task, struct json_object *out);

/* ST_TASK_NOT_FOUND. */
enum status store_task_remove(struct ctx *ctx, const char *user_id,
    const char *id);

#endif
