#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "base/buf.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	*state = arena_new((size_t)4 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static const char *
json(struct arena *arena, const char *text, size_t size)
{
	struct buf buf;

	buf_init(&buf, arena, 0);
	buf_json_text(&buf, text, size);
	assert_int_equal(buf.size, strlen(buf.data));
	return buf.data;
}

static void
an_empty_buffer_is_an_empty_text(void **state)
{
	struct buf buf;

	buf_init(&buf, *state, 0);
	assert_string_equal(buf.data, "");
	assert_int_equal(buf.size, 0);
	buf_put(&buf, NULL, 0);
	buf_text(&buf, "");
	assert_string_equal(buf.data, "");
}

static void
pieces_follow_each_other(void **state)
{
	struct buf buf;

	buf_init(&buf, *state, 2);
	buf_text(&buf, "one");
	buf_char(&buf, ' ');
	buf_put(&buf, "two three", 3);
	buf_printf(&buf, " %d%s", 3, "!");
	assert_string_equal(buf.data, "one two 3!");
	assert_int_equal(buf.size, 10);
}

static void
growth_keeps_every_byte_and_the_end(void **state)
{
	for (size_t hint = 0; hint < 20; hint++) {
		struct buf buf;

		buf_init(&buf, *state, hint);
		for (int i = 0; i < 1000; i++) {
			buf_printf(&buf, "%03d", i);
			assert_int_equal(buf.data[buf.size], '\0');
		}
		assert_int_equal(buf.size, 3000);
		assert_memory_equal(buf.data + 2997, "999", 4);
		assert_memory_equal(buf.data + 300, "100101", 6);
	}
}

static void
text_that_exactly_fills_the_room_is_terminated(void **state)
{
	for (size_t hint = 0; hint < 40; hint++) {
		struct buf put, print;

		buf_init(&put, *state, hint);
		buf_init(&print, *state, hint);
		for (size_t i = 0; i < 16; i++)
			buf_char(&put, 'x');
		buf_printf(&print, "%s", "xxxxxxxxxxxxxxxx");
		assert_string_equal(put.data, "xxxxxxxxxxxxxxxx");
		assert_string_equal(print.data, put.data);
		assert_true(put.size < put.room && print.size < print.room);
	}
}

static void
json_escapes_what_rfc_8259_asks_for(void **state)
{
	static const struct {
		const char *text, *json;
	} rows[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b", "\"a\\\"b\"" },
		{ "a\\b", "\"a\\\\b\"" },
		{ "\n\r\t", "\"\\n\\r\\t\"" },
		{ "\x01\x08\x0c\x1f", "\"\\u0001\\u0008\\u000c\\u001f\"" },
		{ "\x7f", "\"\\u007f\"" },
		{ "/", "\"/\"" },
		{ "\"", "\"\\\"\"" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		    "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(json(*state, rows[i].text,
		    strlen(rows[i].text)), rows[i].json);
	assert_string_equal(json(*state, "a\0b", 3), "\"a\\u0000b\"");
}

/* JSON inside a page must not be able to end the element around it. */
static void
json_never_holds_a_tag(void **state)
{
	assert_string_equal(json(*state, "</script>", 9),
	    "\"\\u003c/script>\"");
}

static void
json_reads_back_as_it_was(void **state)
{
	char every[128];
	struct json_object *value;

	for (int i = 0; i < 127; i++)
		every[i] = (char)(i + 1);
	every[127] = '\0';
	value = json_tokener_parse(json(*state, every, 127));
	assert_non_null(value);
	assert_string_equal(json_object_get_string(value), every);
	json_object_put(value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_buffer_is_an_empty_text),
		TEST(pieces_follow_each_other),
		TEST(growth_keeps_every_byte_and_the_end),
		TEST(text_that_exactly_fills_the_room_is_terminated),
		TEST(json_escapes_what_rfc_8259_asks_for),
		TEST(json_never_holds_a_tag),
		TEST(json_reads_back_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
