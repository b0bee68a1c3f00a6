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
#include "base/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	*state = arena_new((size_t)8 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct json_object *
tree_of(struct arena *arena, const char *text)
{
	struct json_object *tree;
	const char *reason;

	if (!json_read(arena, text, strlen(text), &tree, &reason))
		fail_msg("'%s' was refused: %s", text, reason);
	assert_null(reason);
	return tree;
}

static void
expect_refused(struct arena *arena, const char *text, size_t size)
{
	struct json_object *tree;
	const char *reason = NULL;

	if (json_read(arena, text, size, &tree, &reason))
		fail_msg("'%s' was accepted", text);
	assert_non_null(reason);
	assert_null(tree);
}

static void
expect_all_refused(struct arena *arena, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_refused(arena, texts[i], strlen(texts[i]));
}

static void
every_kind_of_value_is_read(void **state)
{
	struct json_object *tree = tree_of(*state,
	    " {\"a\" : [1, -2.5e1, true, false, null, {}, []],\r\n"
	    "\t\"b\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"} ");
	struct json_object *list = json_object_object_get(tree, "a");

	assert_int_equal(json_object_array_length(list), 7);
	assert_int_equal(json_object_get_int(
	    json_object_array_get_idx(list, 0)), 1);
	assert_true(json_object_get_double(
	    json_object_array_get_idx(list, 1)) < -24.9);
	assert_string_equal(json_object_get_string(
	    json_object_object_get(tree, "b")),
	    "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80");
}

static void
a_bare_value_is_a_text(void **state)
{
	assert_int_equal(json_object_get_int(tree_of(*state, "12")), 12);
	assert_int_equal(json_object_get_int(tree_of(*state, " -0 ")), 0);
	assert_true(json_object_get_double(tree_of(*state, "1.5")) > 1.4);
	assert_string_equal(json_object_get_string(tree_of(*state, "\"\"")),
	    "");
	assert_true(json_object_get_boolean(tree_of(*state, "true")));
	assert_null(tree_of(*state, "null"));
}

static void
what_is_no_grammar_is_refused(void **state)
{
	static const char *const texts[] = { "", " ", "{", "}", "[", "]",
		"{]", "[}", "[1", "[1,]", "[,1]", "[1 2]", "{\"a\"}",
		"{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}",
		"{1:1}", "{'a':1}", "['a']", "tru", "True", "TRUE", "nul",
		"NULL", "nullx", "NaN", "Infinity", "-Infinity", "1 2", "{} x",
		"[]]", "{}{}", "/**/1", "1//x", "\xef\xbb\xbf{}", "\"a",
		"\"a\\\"", "\"\\", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"",
		"\"\n\"", "\"\t\"", "\"\x1f\"", "\v1", "\"a\" \"b\"", ",",
		":", "undefined", "[1]," };

	expect_all_refused(*state, texts, COUNT(texts));
}

static void
numbers_keep_to_the_grammar(void **state)
{
	static const char *const texts[] = { "-", "+1", "01", "-01", "00",
		".5", "5.", "1.e1", "1e", "1e+", "1E-", "0x10", "1.2.3",
		"1e1.5", "--1", "1_0", "1,0" };

	expect_all_refused(*state, texts, COUNT(texts));
	(void)tree_of(*state, "[0, -0, 0.0, 0e0, 1E+2, 1e-2, -1.25E3]");
}

static void
integers_beyond_int64_are_refused_not_clamped(void **state)
{
	static const char *const texts[] = { "9223372036854775808",
		"-9223372036854775809", "18446744073709551615",
		"18446744073709551616", "99999999999999999999999999" };

	assert_true(json_object_get_int64(tree_of(*state,
	    "9223372036854775807")) == INT64_MAX);
	assert_true(json_object_get_int64(tree_of(*state,
	    "-9223372036854775808")) == INT64_MIN);
	expect_all_refused(*state, texts, COUNT(texts));
}

static void
other_numbers_are_finite_and_short(void **state)
{
	char digits[100];

	memset(digits, '1', sizeof(digits));
	digits[1] = '.';
	(void)tree_of(*state, "[1e308, 1e-400, 9223372036854775808.0]");
	expect_refused(*state, "1e309", 5);
	expect_refused(*state, "-1e99999", 8);
	expect_refused(*state, digits, sizeof(digits));
}

static void
strings_are_utf8_without_nul(void **state)
{
	static const char *const texts[] = { "\"\xff\"", "\"\xc3\"",
		"\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\\u0000\"",
		"\"a\\u0000b\"", "{\"a\\u0000\":1}" };

	expect_all_refused(*state, texts, COUNT(texts));
	expect_refused(*state, "\"a\0b\"", 5);
	expect_refused(*state, "1\0", 2);
}

static void
lone_surrogates_are_refused(void **state)
{
	static const char *const texts[] = { "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800x\"", "\"\\ud800\\n\"", "\"\\ud800\\ud800\"",
		"\"\\ud800\\u0041\"", "\"\\udc00\\ud800\"", "\"\\ud83d\\u\"",
		"{\"\\udfff\":1}" };

	expect_all_refused(*state, texts, COUNT(texts));
}

static void
a_member_name_occurs_once(void **state)
{
	static const char *const texts[] = { "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}", "{\"\":1,\"\":1}",
		"{\"/\":1,\"\\/\":1}", "{\"\xc3\xa9\":1,\"\\u00E9\":1}",
		"{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":1}",
		"[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]" };

	expect_all_refused(*state, texts, COUNT(texts));
	(void)tree_of(*state, "{\"a\":{\"a\":1},\"A\":{\"a\":1},\"\":1}");
}

static char *
members(struct arena *arena, int count)
{
	struct buf buf;

	buf_init(&buf, arena, 4096);
	for (int i = 0; i < count; i++)
		buf_printf(&buf, "%c\"m%d\":%d", i == 0 ? '{' : ',', i, i);
	buf_char(&buf, '}');
	return buf.data;
}

static void
an_object_has_bounded_members(void **state)
{
	char *text = members(*state, JSON_MEMBERS_MAX + 1);

	(void)tree_of(*state, members(*state, JSON_MEMBERS_MAX));
	expect_refused(*state, text, strlen(text));
}

static char *
nested(struct arena *arena, int depth, const char *open, const char *close)
{
	struct buf buf;

	buf_init(&buf, arena, 1024);
	for (int i = 0; i < depth; i++)
		buf_text(&buf, open);
	buf_char(&buf, '1');
	for (int i = 0; i < depth; i++)
		buf_text(&buf, close);
	return buf.data;
}

static void
depth_is_bounded(void **state)
{
	char *lists = nested(*state, JSON_DEPTH_MAX + 1, "[", "]");
	char *objects = nested(*state, JSON_DEPTH_MAX + 1, "{\"a\":", "}");
	char *far = nested(*state, 100000, "[", "]");
	char *half = nested(*state, JSON_DEPTH_MAX - 1, "[", "]");

	(void)tree_of(*state, nested(*state, JSON_DEPTH_MAX, "[", "]"));
	(void)tree_of(*state, nested(*state, JSON_DEPTH_MAX, "{\"a\":", "}"));
	(void)tree_of(*state, arena_printf(*state, "[%s,%s]", half, half));
	expect_refused(*state, lists, strlen(lists));
	expect_refused(*state, objects, strlen(objects));
	expect_refused(*state, far, strlen(far));
}

/* An empty object takes two bytes of text and a kilobyte of memory. */
static void
a_text_has_bounded_values(void **state)
{
	char *text = arena_alloc(*state, 3 * JSON_VALUES_MAX + 3);
	size_t size = 0;

	text[size++] = '[';
	for (int i = 0; i < JSON_VALUES_MAX; i++) {
		memcpy(text + size, i > 0 ? ",{}" : "{}", i > 0 ? 3 : 2);
		size += i > 0 ? 3 : 2;
	}
	text[size++] = ']';
	expect_refused(*state, text, size);
	text[size - 4] = ']';
	text[size - 3] = '\0';
	(void)tree_of(*state, text);
}

static void
only_size_bytes_are_read(void **state)
{
	struct json_object *tree;
	const char *reason;

	assert_true(json_read(*state, "123", 2, &tree, &reason));
	assert_int_equal(json_object_get_int(tree), 12);
	assert_true(json_read(*state, "{} x", 2, &tree, &reason));
	expect_refused(*state, "{}", 1);
	expect_refused(*state, "true", 3);
	expect_refused(*state, "\"\\u0041\"", 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void
members_are_taken_for_nothing_that_they_are_not(void **state)
{
	struct json_object *tree = tree_of(*state, "{\"text\":\"a\",\"whole\":"
	    "-7,\"part\":7.0,\"power\":1e3,\"null\":null,\"list\":[1]}");
	struct json_object *list = tree_of(*state, "[1]");
	int64_t number = 0;

	assert_string_equal(json_text(tree, "text"), "a");
	assert_true(json_integer(tree, "whole", &number));
	assert_int_equal(number, -7);
	assert_int_equal(json_members(tree), 6);
	assert_true(json_has(tree, "null"));
	assert_null(json_text(tree, "whole"));
	assert_null(json_text(tree, "null"));
	assert_null(json_text(tree, "list"));
	assert_false(json_integer(tree, "text", &number));
	assert_false(json_integer(tree, "part", &number));
	assert_false(json_integer(tree, "power", &number));
	assert_false(json_integer(tree, "absent", &number));
	assert_false(json_has(tree, "absent"));
	assert_null(json_text(list, "text"));
	assert_false(json_has(NULL, "text"));
	assert_int_equal(json_members(list), 0);
	assert_int_equal(json_members(NULL), 0);
	assert_int_equal(number, -7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_value_is_read),
		TEST(a_bare_value_is_a_text),
		TEST(what_is_no_grammar_is_refused),
		TEST(numbers_keep_to_the_grammar),
		TEST(integers_beyond_int64_are_refused_not_clamped),
		TEST(other_numbers_are_finite_and_short),
		TEST(strings_are_utf8_without_nul),
		TEST(lone_surrogates_are_refused),
		TEST(a_member_name_occurs_once),
		TEST(an_object_has_bounded_members),
		TEST(depth_is_bounded),
		TEST(a_text_has_bounded_values),
		TEST(only_size_bytes_are_read),
		TEST(members_are_taken_for_nothing_that_they_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
