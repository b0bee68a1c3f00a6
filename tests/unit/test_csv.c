/* base/csv.h against its header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/csv.h"

static struct csv csv;

static FILE *
open_text(const char *text, size_t size)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	rewind(file);
	csv_open(&csv, file);
	return file;
}

/* Cells joined by '|', records by '/'; "!problem" at the end of a bad one. */
static const char *
read_bytes(const char *text, size_t size)
{
	static char out[1024];
	FILE *file = open_text(text, size);

	out[0] = '\0';
	while (csv_next(&csv)) {
		for (size_t i = 0; i < csv.count; i++) {
			(void)strcat(out, i > 0 ? "|" : "");
			(void)strcat(out, csv.cell[i]);
		}
		(void)strcat(out, "/");
	}
	if (csv.problem != NULL)
		(void)strcat(strcat(out, "!"), csv.problem);
	assert_int_equal(fclose(file), 0);
	return out;
}

static const char *
read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static void
records_and_cells_are_told_apart(void **state)
{
	(void)state;
	assert_string_equal(read_text("a,b\nc,d\n"), "a|b/c|d/");
	assert_string_equal(read_text("a,b\r\nc,d"), "a|b/c|d/");
	assert_string_equal(read_text("a,,\n,b"), "a||/|b/");
	assert_string_equal(read_text(" a ,b\t\n"), " a |b\t/");
	assert_string_equal(read_text(""), "");
}

static void
quoted_cells_hold_anything(void **state)
{
	(void)state;
	assert_string_equal(read_text("\"a,b\",\"c\"\"d\"\n"), "a,b|c\"d/");
	assert_string_equal(read_text("\"a\r\nb\",\"\"\r\n\"c\""),
	    "a\r\nb|/c/");
}

static void
empty_lines_and_a_mark_are_passed_over(void **state)
{
	(void)state;
	assert_string_equal(read_text("\n\r\na\n\n\nb\n\n"), "a/b/");
	assert_string_equal(read_text("\xef\xbb\xbf" "a,b\n"), "a|b/");
	assert_string_equal(read_text("\xef\xbb\xbf\n\xc3\xa9\n"),
	    "\xc3\xa9/");
	assert_string_equal(read_text("\xef\xbb" "a\n"),
	    "!the text is not UTF-8");
}

static void
what_is_not_strict_is_refused(void **state)
{
	(void)state;
	assert_string_equal(read_text("a\nb\"c\n"),
	    "a/!a quote stands inside a cell");
	assert_string_equal(read_text("\"a\"b\n"),
	    "!something follows a closing quote");
	assert_string_equal(read_text("\"a\" ,b\n"),
	    "!something follows a closing quote");
	assert_string_equal(read_text("\"a\n"), "!a quote is not closed");
	assert_string_equal(read_text("a\rb\n"),
	    "!a line ends with CR alone");
	assert_string_equal(read_text("\ra\n"),
	    "!a line ends with CR alone");
	assert_string_equal(read_text("a,\r\rb\n"),
	    "!a line ends with CR alone");
	assert_string_equal(read_text("\"a\"\rb\n"),
	    "!a line ends with CR alone");
	assert_string_equal(read_text("\xff\n"), "!the text is not UTF-8");
	assert_string_equal(read_bytes("a\0b\n", 4),
	    "!the text is not UTF-8");
}

static void
a_record_knows_the_line_it_begins_in(void **state)
{
	FILE *file = open_text("\na\n\"b\nc\"\nd\n", 11);

	(void)state;
	assert_true(csv_next(&csv));
	assert_int_equal(csv.line, 2);
	assert_true(csv_next(&csv));
	assert_int_equal(csv.line, 3);
	assert_true(csv_next(&csv));
	assert_int_equal(csv.line, 5);
	assert_false(csv_next(&csv));
	assert_null(csv.problem);
	assert_int_equal(fclose(file), 0);
}

static void
bounds_hold(void **state)
{
	static char text[CSV_RECORD_MAX + 1];
	FILE *file;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[CSV_RECORD_MAX - 1] = '\n';
	file = open_text(text, CSV_RECORD_MAX);
	assert_true(csv_next(&csv));
	assert_int_equal(strlen(csv.cell[0]), CSV_RECORD_MAX - 1);
	assert_int_equal(fclose(file), 0);
	text[CSV_RECORD_MAX - 1] = 'a';
	text[CSV_RECORD_MAX] = '\n';
	file = open_text(text, CSV_RECORD_MAX + 1);
	assert_false(csv_next(&csv));
	assert_string_equal(csv.problem, "the record is too long");
	assert_int_equal(fclose(file), 0);
	memset(text, ',', CSV_CELLS_MAX);
	file = open_text(text, CSV_CELLS_MAX - 1);
	assert_true(csv_next(&csv));
	assert_int_equal(csv.count, CSV_CELLS_MAX);
	assert_int_equal(fclose(file), 0);
	file = open_text(text, CSV_CELLS_MAX);
	assert_false(csv_next(&csv));
	assert_string_equal(csv.problem, "there are too many cells");
	assert_int_equal(fclose(file), 0);
}

static void
what_was_put_is_read_again(void **state)
{
	static const char *const texts[] = { "", "a", "a,b", "a\"b", "a\r\nb",
		"\"", " a ", "caf\xc3\xa9" };
	struct arena *arena = arena_new(1 << 20);
	struct buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char want[64];

		buf_init(&buf, arena, 64);
		csv_put(&buf, texts[i]);
		buf_text(&buf, ",x\n");
		(void)snprintf(want, sizeof(want), "%s|x/", texts[i]);
		assert_string_equal(read_text(buf.data), want);
	}
	arena_free(arena);
}

static void
no_cell_is_a_formula(void **state)
{
	static const char *const texts[] = { "=1+1", "+1", "-1", "@SUM(A1)",
		"\t=1", "\r=1", "\n=1", "\uff1d1", "\uff0b1", "\uff0d1",
		("\uff20" "A1") };
	struct arena *arena = arena_new(1 << 20);
	struct buf buf;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_init(&buf, arena, 64);
		csv_put(&buf, texts[i]);
		assert_memory_equal(buf.data, "\"'", 2);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_and_cells_are_told_apart),
		cmocka_unit_test(quoted_cells_hold_anything),
		cmocka_unit_test(empty_lines_and_a_mark_are_passed_over),
		cmocka_unit_test(what_is_not_strict_is_refused),
		cmocka_unit_test(a_record_knows_the_line_it_begins_in),
		cmocka_unit_test(bounds_hold),
		cmocka_unit_test(what_was_put_is_read_again),
		cmocka_unit_test(no_cell_is_a_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
