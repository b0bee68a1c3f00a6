#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/text.h"
#include "command/table.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/user_export.h"
#include "view/view.h"

#define ID_MAX 256		/* imported ones are no longer */
#define PAGE_HINT 65536

struct export {
	const struct options *options;
	bool json;
	bool begun;			/* a row was printed */
	char last[ID_MAX];
};

/* The hash of the password is the last column. */
static size_t
columns(const struct export *export)
{
	return table_count - !export->options->with_hashes;
}

static void
put_csv_head(const struct export *export, struct buf *buf)
{
	for (size_t i = 0; i < columns(export); i++)
		buf_printf(buf, "%s%s", i > 0 ? "," : "",
		    table_columns[i].name);
	buf_text(buf, "\r\n");
}

static void
put_csv(const struct export *export, struct buf *buf,
    const struct json_object *row)
{
	for (size_t i = 0; i < columns(export); i++) {
		const char *key = table_columns[i].key;
		const char *text = view_get_text(row, key);

		if (i > 0)
			buf_char(buf, ',');
		if (text == NULL)
			text = view_as_text(buf->arena, view_get(row, key));
		if (text != NULL)
			csv_put(buf, text);
	}
	buf_text(buf, "\r\n");
}

static void
put_json(struct export *export, struct buf *buf,
    const struct json_object *row)
{
	struct json_object *out = view_root(buf->arena);

	for (size_t i = 0; i < columns(export); i++)
		view_copy(out, table_columns[i].key,
		    view_get(row, table_columns[i].key));
	buf_text(buf, export->begun ? ",\n" : "[\n");
	view_write(buf, out);
	export->begun = true;
}

static enum status
print(struct ctx *ctx, const struct buf *buf)
{
	if (fwrite(buf->data, 1, buf->size, stdout) != buf->size ||
	    fflush(stdout) != 0)
		return refuse(ctx, ST_INTERNAL, "the output cannot be written");
	return ST_OK;
}

static enum status
print_page(struct ctx *ctx, struct export *export, bool *more)
{
	struct json_object *rows;
	struct buf buf;
	size_t count;

	arena_reset(ctx->arena);
	rows = view_root_list(ctx->arena);
	buf_init(&buf, ctx->arena, PAGE_HINT);
	TRY(store_user_export(ctx, export->last, export->options->with_hashes,
	    rows));
	count = view_count(rows);
	for (size_t i = 0; i < count; i++) {
		if (export->json)
			put_json(export, &buf, view_at(rows, i));
		else
			put_csv(export, &buf, view_at(rows, i));
	}
	if (count > 0)
		(void)snprintf(export->last, sizeof(export->last), "%s",
		    view_get_text(view_at(rows, count - 1), "id"));
	*more = count > 0;
	return print(ctx, &buf);
}

static enum status
print_text(struct ctx *ctx, const char *text)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, PAGE_HINT);
	buf_text(&buf, text);
	return print(ctx, &buf);
}

static enum status
print_all(struct ctx *ctx, struct export *export)
{
	struct buf head;
	bool more = true;

	buf_init(&head, ctx->arena, PAGE_HINT);
	if (!export->json)
		put_csv_head(export, &head);
	TRY(print(ctx, &head));
	while (more)
		TRY(print_page(ctx, export, &more));
	if (!export->json)
		return ST_OK;
	return print_text(ctx, export->begun ? "\n]\n" : "[]\n");
}

/* Who takes all the hashes along leaves a trace first. */
static enum status
write_audit(struct ctx *ctx)
{
	const struct export *export = ctx->input;
	struct json_object *after = view_root(ctx->arena);

	view_bool(after, "hashes", export->options->with_hashes);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.export", .target_type = "database",
	    .target_id = "users", .after = after });
}

static enum status
run(struct ctx *ctx)
{
	ctx->view = NULL;
	TRY(db_transact(ctx, write_audit));
	return print_all(ctx, ctx->input);
}

static int
wrong(const char *text)
{
	(void)fprintf(stderr, "tollgate: export: %s\n", text);
	return 2;
}

int
command_export(struct config *config, const struct options *options)
{
	struct export export = { .options = options,
		.json = text_is(options->format, "json") };

	if (!text_is(options->verb, "users"))
		return wrong("knows users");
	if (options->format != NULL && !export.json &&
	    !text_is(options->format, "csv"))
		return wrong("--format is csv or json");
	return command_with_db(config, &export, true, run);
}
