#include "base/csv.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define BOM "\xef\xbb\xbf"

enum { FAILED = -2 };		/* no character, and not EOF */

static int
fail(struct csv *csv, const char *problem)
{
	csv->problem = problem;
	return FAILED;
}

static int
get(struct csv *csv)
{
	int c = getc(csv->file);

	csv->lines += c == '\n';
	if (c == EOF && ferror(csv->file))
		return fail(csv, "it cannot be read");
	return c;
}

/* CRLF is one end of a line, and CR has no other use. */
static int
fold(struct csv *csv, int c)
{
	if (c != '\r')
		return c;
	return get(csv) == '\n' ? '\n' :
	    fail(csv, "a line ends with CR alone");
}

static bool
put(struct csv *csv, int c)
{
	if (csv->used == CSV_RECORD_MAX) {
		(void)fail(csv, "the record is too long");
		return false;
	}
	csv->text[csv->used++] = (char)c;
	return true;
}

/* What follows the closing quote. */
static int
read_quoted(struct csv *csv)
{
	int c;

	for (;;) {
		c = get(csv);
		if (c == EOF)
			return fail(csv, "a quote is not closed");
		if (c == '"' && (c = get(csv)) != '"')
			return fold(csv, c);
		if (c == FAILED || !put(csv, c))
			return FAILED;
	}
}

static int
read_plain(struct csv *csv, int c)
{
	for (;; c = fold(csv, get(csv))) {
		if (c == ',' || c == '\n' || c == EOF || c == FAILED)
			return c;
		if (c == '"')
			return fail(csv, "a quote stands inside a cell");
		if (!put(csv, c))
			return FAILED;
	}
}

/* Reads a cell that begins with c; what ended it. */
static int
read_cell(struct csv *csv, int c)
{
	char *const start = csv->text + csv->used;
	int end;

	if (csv->count == CSV_CELLS_MAX)
		return fail(csv, "there are too many cells");
	end = c == '"' ? read_quoted(csv) : read_plain(csv, c);
	if (end == FAILED)
		return FAILED;
	if (end != ',' && end != '\n' && end != EOF)
		return fail(csv, "something follows a closing quote");
	if (!text_utf8(start, csv->used - (size_t)(start - csv->text)))
		return fail(csv, "the text is not UTF-8");
	if (!put(csv, '\0'))
		return FAILED;
	csv->cell[csv->count++] = start;
	return end;
}

static int
skip_bom(struct csv *csv)
{
	int c = get(csv);

	for (size_t i = 0; c == (unsigned char)BOM[i]; i++) {
		c = get(csv);
		if (i == sizeof(BOM) - 2)
			return c;
		if (c != (unsigned char)BOM[i + 1])
			return fail(csv, "the text is not UTF-8");
	}
	return c;
}

void
csv_open(struct csv *csv, FILE *file)
{
	csv->file = file;
	csv->lines = csv->line = 0;
	csv->problem = NULL;
	csv->count = csv->used = 0;
}

bool
csv_next(struct csv *csv)
{
	int c = fold(csv, csv->line == 0 ? skip_bom(csv) : get(csv));

	while (c == '\n')
		c = fold(csv, get(csv));
	csv->line = csv->lines + 1;
	csv->count = csv->used = 0;
	if (c == EOF || c == FAILED)
		return false;
	while ((c = read_cell(csv, c)) == ',')
		c = fold(csv, get(csv));
	return c != FAILED;
}

/* The full-width twins are what East Asian keyboards type. */
static bool
is_formula(const char *text)
{
	static const char *const starts[] = { "=", "+", "-", "@", "\t", "\r",
		"\n", "\uff1d", "\uff0b", "\uff0d", "\uff20" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (text_starts(text, starts[i]))
			return true;
	return false;
}

void
csv_put(struct buf *buf, const char *text)
{
	const bool formula = is_formula(text);
	const bool quoted = formula || text[strcspn(text, ",\"\r\n")] != '\0';

	if (quoted)
		buf_char(buf, '"');
	if (formula)
		buf_char(buf, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_char(buf, '"');
		buf_char(buf, *text);
	}
	if (quoted)
		buf_char(buf, '"');
}
