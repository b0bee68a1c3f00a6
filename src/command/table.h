/*
 * table.h - users as rows of a table; import csv and export users share it
 */
#ifndef COMMAND_TABLE_H
#define COMMAND_TABLE_H

#include <stddef.h>

enum table_type { TABLE_TEXT, TABLE_BOOL, TABLE_TIME, TABLE_FIELDS };

struct table_column {
	const char *name;	/* in the first line */
	const char *key;	/* of store/import.h, store/user_list.h */
	enum table_type type;
};

#define TABLE_PASSWORD_KEY "password"	/* the last column */
extern const struct table_column table_columns[];
extern const size_t table_count;

#endif
