#include "handle/handle.h"

#include <string.h>

#include "ctx.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/page.h"
#include "store/task.h"
#include "store/user.h"
#include "view/view.h"

struct task_input {
	const char *title, *description;
	enum choice completed;
};

static const struct form_field task_fields[] = {
	FIELD_TEXT(struct task_input, title, "title", 1, TASK_TITLE_MAX),
	FIELD_TEXT(struct task_input, description, "description", 0,
	    TASK_DESCRIPTION_MAX, .optional = true, .nullable = true),
	FIELD_BOOL(struct task_input, completed, "completed",
	    .optional = true),
};
const struct form task_form = FORM(task_fields, struct task_input);

/* The path names whose tasks they are; nobody sees another's. */
static enum status
is_owner(struct ctx *ctx)
{
	return strcmp(ctx->param[0], ctx->user->id) == 0 ? ST_OK :
	    refuse(ctx, ST_FORBIDDEN, "tasks of user %s", ctx->param[0]);
}

static struct task
task_of(const struct ctx *ctx)
{
	const struct task_input *input = ctx->input;

	return (struct task){ .title = input->title,
	    .description = input->description,
	    .completed = input->completed == CHOICE_YES };
}

enum status
task_list(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;
	struct page page;

	TRY(is_owner(ctx));
	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_task_list(ctx, ctx->user->id, &page,
	    view_list(ctx->view, "tasks")));
	view_text(ctx->view, "next", page.next);
	return ST_OK;
}

enum status
task_get(struct ctx *ctx)
{
	TRY(is_owner(ctx));
	return store_task_get(ctx, ctx->user->id, ctx->param[1], ctx->view);
}

enum status
task_add(struct ctx *ctx)
{
	const struct task task = task_of(ctx);

	TRY(is_owner(ctx));
	return store_task_add(ctx, ctx->user->id, &task, ctx->view);
}

enum status
task_replace(struct ctx *ctx)
{
	const struct task task = task_of(ctx);

	TRY(is_owner(ctx));
	return store_task_replace(ctx, ctx->user->id, ctx->param[1], &task,
	    ctx->view);
}

enum status
task_remove(struct ctx *ctx)
{
	TRY(is_owner(ctx));
	TRY(store_task_remove(ctx, ctx->user->id, ctx->param[1]));
	view_bool(ctx->view, "success", true);
	return ST_OK;
}
