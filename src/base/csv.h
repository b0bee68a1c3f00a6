/*
 * csv.h - tables as text (RFC 4180)
 *
 * Strict: a record ends with LF or CRLF; a cell that begins with a quote ends
 * with one and doubles those within, any other cell has none. UTF-8 without
 * NUL; a byte order mark at the beginning and empty lines are passed over.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct buf;

#define CSV_RECORD_MAX 65536	/* bytes of a record's cells, a NUL each */
#define CSV_CELLS_MAX 64

struct csv {
	FILE *file;
	int64_t lines;			/* read so far */
	int64_t line;			/* the record began in, from 1 */
	const char *problem;		/* NULL: none */
	size_t count;
	const char *cell[CSV_CELLS_MAX];
	size_t used;
	char text[CSV_RECORD_MAX];
};

/* At the beginning of file. */
void csv_open(struct csv *csv, FILE *file);

/*
 * csv_next - the next record's cells, valid until the next call
 *
 * False at the end, or with a problem, after which there is no going on.
 */
bool csv_next(struct csv *csv);

/*
 * csv_put - a cell, in quotes where it needs them
 *
 * What a spreadsheet would take for a formula gets an apostrophe in front.
 */
void csv_put(struct buf *buf, const char *text);

#endif
