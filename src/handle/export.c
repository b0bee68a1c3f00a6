#include "handle/export.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/format.h"
#include "base/panic.h"
#include "base/text.h"
#include "ctx.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/page.h"
#include "view/view.h"

#define BOM "\xef\xbb\xbf"
#define PART_ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define PART_HINT 65536

/* A file in the making: what has been written stays in one memory, while that
 * of the part at hand is emptied before the next. */
struct file {
	const struct export *export;
	struct arena *arena, *part;
	struct piece **last;
	size_t bytes;
	int64_t rows;
	const char *next;		/* cursor of the next part; NULL: none */
	bool cut;
};

static void
drop_arena(void *arena)
{
	arena_free(arena);
}

/* With the request's arena it goes, too, whatever happens until then. */
static struct arena *
arena_within(struct ctx *ctx, size_t cap)
{
	struct arena *arena = arena_new(cap);

	arena_defer(ctx->arena, drop_arena, arena);
	return arena;
}

/* A field of the form as it was read; every row with an export has it. */
static void *
member(const struct ctx *ctx, const char *name)
{
	const struct form *form = ctx->route->form;

	for (size_t i = 0; form != NULL && i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return (char *)ctx->input + form->fields[i].offset;
	panic("%s has no field %s", ctx->route->path, name);
}

static void
put_money(struct buf *buf, const struct export_column *column,
    const struct json_object *row)
{
	const char *currency = view_get_text(row, column->currency);
	char text[FORMAT_MONEY_SIZE];

	format_decimal(text, view_get_int(row, column->key),
	    currency == NULL ? "" : currency);
	buf_text(buf, text);
}

/* A number is no formula, though it begin with a minus. */
static void
put_cell(struct buf *buf, const struct export_column *column,
    const struct json_object *row)
{
	struct json_object *value = view_get(row, column->key);
	const char *text = view_get_text(row, column->key);

	if (value == NULL)
		return;
	if (column->currency != NULL)
		put_money(buf, column, row);
	else if (text != NULL)
		csv_put(buf, text);
	else if (view_is_object(value) || view_is_list(value))
		csv_put(buf, view_as_text(buf->arena, value));
	else
		view_write(buf, value);
}

static void
put_row(struct buf *buf, const struct export *export,
    const struct json_object *row)
{
	for (size_t i = 0; i < export->count; i++) {
		if (i > 0)
			buf_char(buf, ',');
		put_cell(buf, &export->columns[i], row);
	}
	buf_text(buf, "\r\n");
}

static const char *
heads(struct ctx *ctx, const struct export *export)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 256);
	buf_text(&buf, BOM);
	for (size_t i = 0; i < export->count; i++)
		buf_printf(&buf, "%s%s", i > 0 ? "," : "",
		    export->columns[i].head);
	buf_text(&buf, "\r\n");
	return buf.data;
}

static void
file_begin(struct ctx *ctx, struct file *file)
{
	*file = (struct file){ .export = ctx->route->export,
	    .arena = arena_within(ctx, 2 * EXPORT_BYTES_MAX),
	    .part = arena_within(ctx, PART_ARENA_BYTES),
	    .last = &ctx->response.rest };
	ctx->response.rest = NULL;
	ctx->response.body = heads(ctx, file->export);
	ctx->response.body_size = strlen(ctx->response.body);
}

static void
file_append(struct file *file, const struct buf *buf, size_t rows)
{
	struct piece *piece = arena_alloc(file->arena, sizeof(*piece));

	piece->bytes = arena_copy(file->arena, buf->data, buf->size);
	piece->size = buf->size;
	*file->last = piece;
	file->last = &piece->next;
	file->bytes += buf->size;
	file->rows += (int64_t)rows;
}

/* The rows that were just read, unless there are too many. */
static void
part_append(struct ctx *ctx, struct file *file)
{
	const struct json_object *list = view_get(ctx->view,
	    file->export->list);
	const size_t count = view_count(list);
	struct buf buf;

	buf_init(&buf, ctx->arena, PART_HINT);
	for (size_t i = 0; i < count; i++)
		put_row(&buf, file->export, view_at(list, i));
	file->cut = file->bytes + buf.size > EXPORT_BYTES_MAX;
	if (file->cut)
		return;
	file_append(file, &buf, count);
	file->cut = file->next != NULL && file->rows >= EXPORT_ROWS_MAX;
}

static enum status
part_read(struct ctx *ctx, struct file *file)
{
	const char *next;

	*(const char **)member(ctx, "cursor") = file->next;
	*(int64_t *)member(ctx, "limit") = PAGE_ROWS_MAX;
	ctx->view = view_root(ctx->arena);
	TRY(ctx->route->handler(ctx));
	next = view_get_text(ctx->view, "next");
	file->next = next == NULL ? NULL : arena_text(file->arena, next);
	part_append(ctx, file);
	return ST_OK;
}

static enum status
file_read(struct ctx *ctx, struct file *file)
{
	struct arena *const arena = ctx->arena;
	struct json_object *const view = ctx->view;
	enum status status;

	ctx->arena = file->part;
	do {
		arena_reset(file->part);
		status = part_read(ctx, file);
	} while (status == ST_OK && file->next != NULL && !file->cut);
	ctx->arena = arena;
	ctx->view = view;
	return status;
}

/* Who took what out of the house. */
static enum status
file_audit(struct ctx *ctx, const struct file *file)
{
	const struct form *form = ctx->route->form;
	struct json_object *after = view_root(ctx->arena);

	for (size_t i = 0; i < form->count; i++) {
		const char *name = form->fields[i].name;
		const char *value = request_query(&ctx->request, name);

		if (value != NULL && value[0] != '\0' &&
		    !text_is(name, "cursor") && !text_is(name, "limit"))
			view_text(after, name, value);
	}
	view_int(after, "rows", file->rows);
	return store_audit_write(ctx, &(struct audit){
	    .action = "list.export", .target_type = "list",
	    .target_id = file->export->name, .after = after });
}

static void
file_name(struct ctx *ctx, const struct file *file)
{
	const char *cut = file->cut ? arena_printf(ctx->arena, "-first-%lld",
	    (long long)file->rows) : "";
	char now[CLOCK_ISO_SIZE];

	clock_iso(now, ctx->now);
	response_header(ctx, "Content-Disposition", arena_printf(ctx->arena,
	    "attachment; filename=\"%s-%.10s%s.csv\"", file->export->name,
	    now, cut));
	response_header(ctx, "Cache-Control", "no-store");
	ctx->response.content_type = "text/csv; charset=utf-8";
}

enum status
export_list(struct ctx *ctx)
{
	struct file file;

	file_begin(ctx, &file);
	TRY(file_read(ctx, &file));
	TRY(file_audit(ctx, &file));
	file_name(ctx, &file);
	return ST_OK;
}
