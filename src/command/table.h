/*
 * table.h - users as lines of a table; import csv and export users share it
 */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stddef.h>

#include "base/csv.h"

struct arena;
struct ctx;
struct json_object;

enum table_type { TABLE_TEXT, TABLE_BOOL, TABLE_TIME, TABLE_FIELDS };

struct table_column {
	const char *name;	/* in the first line */
	const char *key;	/* of store/import.h, store/user_export.h */
	enum table_type type;
};

#define TABLE_PASSWORD_KEY "password"	/* of the last column */
extern const struct table_column table_columns[];
extern const size_t table_count;

struct table {
	struct csv csv;
	const struct table_column *column[CSV_CELLS_MAX];
	size_t columns;
	struct arena *arena;	/* of the line at hand; the caller empties it */
};

/* Reads the first line. NULL, or what is wrong with it. */
const char *table_read_head(struct table *table);

/*
 * table_read_row - the record that csv_next has read, into object row
 *
 * A new id and the address for a name, where there is none; "fields" become
 * members of their own. NULL, or what is wrong.
 */
const char *table_read_row(struct ctx *ctx, const struct table *table,
    struct json_object *row);

#endif
