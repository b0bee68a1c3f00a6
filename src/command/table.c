#include "command/table.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "view/view.h"

const struct table_column table_columns[] = {
	{ "id", "id", TABLE_TEXT },
	{ "email", "email", TABLE_TEXT },
	{ "name", "name", TABLE_TEXT },
	{ "email_verified", "emailVerified", TABLE_BOOL },
	{ "image", "image", TABLE_TEXT },
	{ "role", "role", TABLE_TEXT },
	{ "username", "username", TABLE_TEXT },
	{ "display_username", "displayUsername", TABLE_TEXT },
	{ "banned", "banned", TABLE_BOOL },
	{ "ban_reason", "banReason", TABLE_TEXT },
	{ "ban_expires_at", "banExpires", TABLE_TIME },
	{ "created_at", "createdAt", TABLE_TIME },
	{ "updated_at", "updatedAt", TABLE_TIME },
	{ "fields", "fields", TABLE_FIELDS },
	{ "password_hash", TABLE_PASSWORD_KEY, TABLE_TEXT },
};
const size_t table_count = sizeof(table_columns) / sizeof(table_columns[0]);

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

const char *
table_read_head(struct table *table)
{
	struct csv *csv = &table->csv;

	table->columns = 0;
	if (!csv_next(csv))
		return csv->problem != NULL ? csv->problem :
		    "it is empty";
	for (size_t i = 0; i < csv->count; i++) {
		const struct table_column *column = find_column(csv->cell[i]);

		if (column == NULL || has_column(table, column))
			return arena_printf(table->arena, "the column %s is"
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
		    table->arena, text, row);
	}
	return false;
}

const char *
table_read_row(struct ctx *ctx, const struct table *table,
    struct json_object *row)
{
	char id[ID_SIZE];

	if (table->csv.count != table->columns)
		return "there are more or fewer cells than columns";
	id_new(id, ctx->now);
	view_text(row, "id", id);
	for (size_t i = 0; i < table->columns; i++)
		if (!read_cell(ctx, table, i, row))
			return arena_printf(table->arena,
			    "%s cannot be read", table->column[i]->name);
	if (view_get_text(row, "name") == NULL)
		view_text(row, "name", view_get_text(row, "email"));
	return NULL;
}
