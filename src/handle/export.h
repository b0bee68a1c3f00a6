/*
 * export.h - lists of administrators as files for spreadsheets
 *
 * A list that is a page at PATH becomes a file at PATH.csv by a table of
 * columns beside its handler and a row CSV in routes/. The handler is the
 * page's; it is asked for one part after the other, with the filters of the
 * query, as a program would be. The page then offers the file by itself
 * (words_next).
 *
 * The file is CSV (base/csv.h) in UTF-8, with a byte order mark, by which
 * spreadsheets know it, and the heads of the columns in its first record. No
 * cell of a text is a formula. It holds at most EXPORT_ROWS_MAX rows and
 * EXPORT_BYTES_MAX bytes, the first ones of the list; when there would be more
 * its name says so: "users-2026-11-27-first-100000.csv".
 *
 * Whoever asks needs the permission of the list, and leaves an audit row:
 * list.export, with the filters and the number of rows.
 */
#ifndef HANDLE_EXPORT_H
#define HANDLE_EXPORT_H

#include <stddef.h>

#include "base/status.h"

struct ctx;

#define EXPORT_ROWS_MAX 100000
#define EXPORT_BYTES_MAX ((size_t)32 * 1024 * 1024)

struct export_column {
	const char *head;
	const char *key;	/* of a row in the view */
	const char *currency;	/* key is money in minor units of the currency
				 * under this key, shown as "12.50"; or NULL */
};

struct export {
	const char *name;	/* of the file, and in the audit row */
	const char *list;	/* the rows' key in the view */
	const struct export_column *columns;
	size_t count;
};

#define EXPORT(name, list, columns) \
	{ (name), (list), (columns), sizeof(columns) / sizeof((columns)[0]) }

/*
 * export_list - the answer of a row that has an export, in db_transact
 *
 * Calls the row's handler until its list ends; the row's form has the fields
 * "cursor", a text, and "limit", an integer. What the handler refuses is
 * refused.
 */
enum status export_list(struct ctx *ctx);

#endif
