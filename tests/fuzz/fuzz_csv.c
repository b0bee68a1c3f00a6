#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct csv csv, again;

/* What was read and is written is read again, but for formulas. */
static void
check(struct arena *arena, const char *cell)
{
	const bool wide = strncmp(cell, "\uff1d", 3) == 0 ||
	    strncmp(cell, "\uff0b", 3) == 0 ||
	    strncmp(cell, "\uff0d", 3) == 0 ||
	    strncmp(cell, "\uff20", 3) == 0;
	const bool formula = wide || (cell[0] != 0 &&
	    strchr("=+-@\t\r\n", cell[0]) != NULL);
	struct buf buf;
	FILE *file;

	if (!text_utf8(cell, strlen(cell)))
		abort();
	buf_init(&buf, arena, 64);
	buf_text(&buf, "x,");
	csv_put(&buf, cell);
	file = fmemopen(buf.data, buf.size, "r");
	csv_open(&again, file);
	if (strlen(cell) < CSV_RECORD_MAX - 8 &&
	    (!csv_next(&again) || again.count != 2 ||
	    strcmp(again.cell[1] + formula, cell) != 0))
		abort();
	(void)fclose(file);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena;
	FILE *file;

	if (size == 0 || size > 65536)
		return 0;
	arena = arena_new((size_t)1 << 22);
	file = fmemopen(arena_copy(arena, (const char *)data, size), size, "r");
	csv_open(&csv, file);
	while (csv_next(&csv)) {
		if (csv.count == 0 || csv.count > CSV_CELLS_MAX ||
		    csv.line < 1 || csv.line > csv.lines + 1)
			abort();
		for (size_t i = 0; i < csv.count; i++)
			check(arena, csv.cell[i]);
	}
	(void)fclose(file);
	arena_free(arena);
	return 0;
}
