/*
 * Import of users from a table: the whole file in one transaction, or nothing
 * of it.
 */
#include "command/import.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/format.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "command/command.h"
#include "command/table.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "view/view.h"

#define BATCH 1000
#define ROW_BYTES ((size_t)16 * 1024 * 1024)

struct table {
	const struct options *options;
	const struct table_column *column[CSV_CELLS_MAX];
	size_t columns;
	struct tally users;

	/* read, but not yet written; in ctx->arena */
	struct json_object *rows, *accounts;
	struct json_object *lines;	/* {id: line} */
	struct json_object *keys;	/* {id, address or username: null} */

	struct arena *row_arena;	/* of the record at hand */
	struct csv csv;
};

static void
tell(struct table *table, int64_t line, const char *what)
{
	(void)printf("line %lld: %s\n", (long long)line, what);
	table->users.refused++;
}

/* ---- reading ----------------------------------------------------------- */

static const struct table_column *
find_column(const char *name)
{
	for (size_t i = 0; i < table_count; i++)
		if (text_is(table_columns[i].name, name))
			return &table_columns[i];
	return NULL;
}

static bool
has_column(const struct table *table, const struct table_column *column)
{
	for (size_t i = 0; i < table->columns; i++)
		if (table->column[i] == column)
			return true;
	return false;
}

/* NULL, or what is wrong with the first line. */
static const char *
read_header(struct table *table)
{
	struct csv *csv = &table->csv;

	table->columns = 0;
	if (!csv_next(csv))
		return csv->problem != NULL ? csv->problem :
		    "it is empty";
	for (size_t i = 0; i < csv->count; i++) {
		const struct table_column *column = find_column(csv->cell[i]);

		if (column == NULL || has_column(table, column))
			return arena_printf(table->row_arena, "the column %s is"
			    " not known, or there twice", csv->cell[i]);
		table->column[table->columns++] = column;
	}
	return has_column(table, find_column("email")) ? NULL :
	    "there is no column email";
}

/* Members of the configured fields, as if they were columns. */
static bool
read_fields(const struct extra_fields *extra, struct arena *arena,
    const char *text, struct json_object *row)
{
	struct json_object *given;
	const char *reason;

	if (!json_read(arena, text, strlen(text), &given, &reason))
		return false;
	for (size_t i = 0; i < extra->count; i++)
		if (view_has(given, extra->field[i].name))
			view_copy(row, extra->field[i].name,
			    view_get(given, extra->field[i].name));
	return true;
}

static bool
read_cell(struct ctx *ctx, const struct table *table, size_t i,
    struct json_object *row)
{
	const struct table_column *column = table->column[i];
	const char *text = table->csv.cell[i];
	int64_t instant;

	if (text[0] == '\0')
		return true;

	switch (column->type) {
	case TABLE_TEXT:
		view_text(row, column->key, text);
		return true;
	case TABLE_BOOL:
		view_bool(row, column->key, text_is(text, "true"));
		return text_is(text, "true") || text_is(text, "false");
	case TABLE_TIME:
		if (!format_read_instant(text, &instant))
			return false;
		view_time(row, column->key, instant);
		return true;
	case TABLE_FIELDS:
		return read_fields(&ctx->config->user_extra,
		    table->row_arena, text, row);
	}
	return false;
}

/* NULL, or what is wrong with the record. */
static const char *
read_row(struct ctx *ctx, const struct table *table, struct json_object *row)
{
	char id[ID_SIZE];

	if (table->csv.count != table->columns)
		return "there are more or fewer cells than columns";
	id_new(id, ctx->now);
	view_text(row, "id", id);
	for (size_t i = 0; i < table->columns; i++)
		if (!read_cell(ctx, table, i, row))
			return arena_printf(table->row_arena,
			    "%s cannot be read", table->column[i]->name);
	if (view_get_text(row, "name") == NULL)
		view_text(row, "name", view_get_text(row, "email"));
	return import_user_problem(ctx, row);
}

/* ---- writing ----------------------------------------------------------- */

static void
begin_batch(struct ctx *ctx, struct table *table)
{
	arena_reset(ctx->arena);
	table->rows = view_root_list(ctx->arena);
	table->accounts = view_root_list(ctx->arena);
	table->lines = view_root(ctx->arena);
	table->keys = view_root(ctx->arena);
}

/* What this database has nothing against. */
static enum status
choose(struct ctx *ctx, struct table *table, struct json_object *chosen)
{
	struct json_object *known = view_root(ctx->arena);
	struct json_object *taken = view_root(ctx->arena);

	TRY(import_known(ctx, table->rows, known));
	TRY(import_taken_users(ctx, table->rows, taken));
	for (size_t i = 0; i < view_count(table->rows); i++) {
		const struct json_object *row = view_at(table->rows, i);
		const char *id = view_get_text(row, "id");
		const char *what = view_has(known, id) ?
		    "the id is known here" : view_get_text(taken, id);

		if (what != NULL)
			tell(table, view_get_int(table->lines, id), what);
		else
			view_copy(chosen, NULL, row);
	}
	return ST_OK;
}

static enum status
flush(struct ctx *ctx, struct table *table)
{
	struct json_object *chosen = view_root_list(ctx->arena);
	int64_t made, accounts;
	const char *ids;

	TRY(choose(ctx, table, chosen));
	TRY(import_users(ctx, chosen, &ids, &made));
	TRY(import_owned(ctx, OWNED_ACCOUNT, table->accounts, ids,
	    &accounts));
	table->users.made += made;
	begin_batch(ctx, table);
	return ST_OK;
}

static bool
add_key(struct table *table, const char *key)
{
	char *lower;
	bool new;

	if (key == NULL)
		return true;
	lower = text_lower(table->row_arena, key);
	new = !view_has(table->keys, lower);
	view_null(table->keys, lower);
	return new;
}

static bool
add_keys(struct table *table, const struct json_object *row)
{
	bool id = add_key(table, view_get_text(row, "id"));
	bool email = add_key(table, view_get_text(row, "email"));
	bool name = add_key(table, view_get_text(row, "username"));

	return id && email && name;
}

/* Whoever shares a key with one of his batch shall meet him in the database. */
static enum status
make_room(struct ctx *ctx, struct table *table, const struct json_object *row)
{
	if (view_count(table->rows) < BATCH && add_keys(table, row))
		return ST_OK;
	TRY(flush(ctx, table));
	(void)add_keys(table, row);
	return ST_OK;
}

static enum status
add_row(struct ctx *ctx, struct table *table, const struct json_object *row,
    const struct json_object *account)
{
	TRY(make_room(ctx, table, row));
	view_int(table->lines, view_get_text(row, "id"), table->csv.line);
	view_copy(table->rows, NULL, row);
	if (account != NULL)
		view_copy(table->accounts, NULL, account);
	return ST_OK;
}

/* Takes the password out of row; NULL: there is none. */
static struct json_object *
account_of(struct ctx *ctx, struct table *table, struct json_object *row)
{
	struct json_object *account;
	char id[ID_SIZE];

	if (view_get_text(row, TABLE_PASSWORD_KEY) == NULL)
		return NULL;
	account = view_root(table->row_arena);
	id_new(id, ctx->now);
	view_text(account, "id", id);
	view_text(account, "providerId", "credential");
	view_text(account, "userId", view_get_text(row, "id"));
	view_text(account, "accountId", view_get_text(row, "id"));
	view_text(account, "password",
	    view_get_text(row, TABLE_PASSWORD_KEY));
	view_null(row, TABLE_PASSWORD_KEY);
	return account;
}

static enum status
take_record(struct ctx *ctx, struct table *table)
{
	struct json_object *row, *account;
	const char *problem;

	arena_reset(table->row_arena);
	row = view_root(table->row_arena);
	table->users.seen++;
	problem = read_row(ctx, table, row);
	account = problem != NULL ? NULL : account_of(ctx, table, row);
	if (account != NULL)
		problem = import_account_problem(account);
	if (problem == NULL)
		return add_row(ctx, table, row, account);
	tell(table, table->csv.line, problem);
	return ST_OK;
}

/* ---- the command ------------------------------------------------------- */

static enum status
bad_file(struct ctx *ctx, int64_t line, const char *problem)
{
	ctx->message = "Nothing was imported";
	return refuse(ctx, ST_INVALID, "line %lld: %s", (long long)line,
	    problem);
}

static enum status
take_all(struct ctx *ctx, struct table *table)
{
	const char *problem = read_header(table);

	if (problem != NULL)
		return bad_file(ctx, 1, problem);
	begin_batch(ctx, table);
	while (csv_next(&table->csv))
		TRY(take_record(ctx, table));
	if (table->csv.problem != NULL)
		return bad_file(ctx, table->csv.line, table->csv.problem);
	return flush(ctx, table);
}

static enum status
write_audit(struct ctx *ctx, const struct table *table)
{
	struct json_object *after = view_root(ctx->arena);

	view_int(after, "users", table->users.made);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.import", .target_type = "database",
	    .target_id = "csv", .after = after });
}

/* One transaction; a dry run ends it as if nothing had been. */
static enum status
take_file(struct ctx *ctx)
{
	struct table *table = ctx->input;

	if (fseek(table->csv.file, 0, SEEK_SET) != 0)
		return bad_file(ctx, 0, "it is no file that can be read twice");
	csv_open(&table->csv, table->csv.file);
	table->users = (struct tally){ 0 };
	TRY(take_all(ctx, table));
	if (table->users.refused > 0 && !table->options->skip_conflicts) {
		ctx->message = "Nothing was imported";
		return refuse(ctx, ST_CONFLICT, "there are conflicts; "
		    "--skip-conflicts leaves out what has one");
	}
	if (table->options->dry_run)
		return ST_NOT_MODIFIED;
	return write_audit(ctx, table);
}

static enum status
run(struct ctx *ctx)
{
	struct table *table = ctx->input;
	enum status status;

	ctx->view = NULL;
	status = db_transact(ctx, take_file);
	if (status != ST_OK)
		table->users.made = 0;
	(void)printf("users: %lld read, %lld refused, %lld imported\n",
	    (long long)table->users.seen, (long long)table->users.refused,
	    (long long)table->users.made);
	return status == ST_NOT_MODIFIED ? ST_OK : status;
}

int
import_csv(struct config *config, const struct options *options)
{
	static struct table table;	/* too big for a stack */
	int rc;

	if (options->word == NULL || options->from != NULL ||
	    options->from_file != NULL || options->schema != NULL)
		return import_wrong("csv wants a file, and no source");
	table.options = options;
	table.csv.file = fopen(options->word, "re");
	if (table.csv.file == NULL)
		return import_wrong("the file cannot be read");
	table.row_arena = arena_new(ROW_BYTES);
	rc = command_with_db(config, &table, true, run);
	arena_free(table.row_arena);
	(void)fclose(table.csv.file);
	explicit_bzero(&table, sizeof(table));
	return rc;
}
