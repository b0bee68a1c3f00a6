#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "http/query.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	*state = arena_new((size_t)1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static struct pairs
parsed(struct arena *arena, const char *text)
{
	struct pairs pairs;

	if (!query_parse(arena, text, strlen(text), &pairs))
		fail_msg("'%s' was refused", text);
	return pairs;
}

static void
pairs_keep_their_order(void **state)
{
	struct pairs pairs = parsed(*state, "b=2&a=1&c=x=y");

	assert_int_equal(pairs.count, 3);
	assert_string_equal(pairs.pair[0].name, "b");
	assert_string_equal(pairs.pair[1].value, "1");
	assert_string_equal(pairs_get(&pairs, "c"), "x=y");
	assert_null(pairs_get(&pairs, "B"));
}

static void
plus_and_escapes_are_decoded_once(void **state)
{
	struct pairs pairs = parsed(*state, "a+b=%2B+%252B&%63=%C3%A9");

	assert_string_equal(pairs_get(&pairs, "a b"), "+ %2B");
	assert_string_equal(pairs_get(&pairs, "c"), "\xc3\xa9");
}

static void
empty_parts_are_left_out(void **state)
{
	assert_int_equal(parsed(*state, "").count, 0);
	assert_int_equal(parsed(*state, "&&").count, 0);
	assert_int_equal(parsed(*state, "&a=1&&b=2&").count, 2);
}

static void
a_name_alone_has_the_empty_value(void **state)
{
	struct pairs pairs = parsed(*state, "a&b=&=c");

	assert_string_equal(pairs_get(&pairs, "a"), "");
	assert_string_equal(pairs_get(&pairs, "b"), "");
	assert_string_equal(pairs_get(&pairs, ""), "c");
}

static void
only_size_bytes_are_read(void **state)
{
	struct pairs pairs;

	assert_true(query_parse(*state, "a=12&b=3", 3, &pairs));
	assert_int_equal(pairs.count, 1);
	assert_string_equal(pairs_get(&pairs, "a"), "1");
	assert_false(query_parse(*state, "a=%41", 4, &pairs));
}

static void
malformed_texts_are_refused(void **state)
{
	static const char *const texts[] = { "%", "a=%", "a=%4", "a=%zz",
		"%g0=1", "a=%00", "%00=1", "a=%ff", "a=\xff", "a=%c0%af",
		"a=%ed%a0%80", "ok=1&a=%", "a=%u0041" };
	struct pairs pairs;

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (query_parse(*state, texts[i], strlen(texts[i]), &pairs))
			fail_msg("'%s' was accepted", texts[i]);
		assert_int_equal(pairs.count, 0);
	}
	assert_false(query_parse(*state, "a=\0b", 4, &pairs));
}

static void
the_number_of_pairs_is_bounded(void **state)
{
	char text[2 * QUERY_PAIRS_MAX + 3];
	struct pairs pairs;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : '&';
	assert_true(query_parse(*state, text, 2 * QUERY_PAIRS_MAX, &pairs));
	assert_int_equal(pairs.count, QUERY_PAIRS_MAX);
	assert_false(query_parse(*state, text, 2 * QUERY_PAIRS_MAX + 1,
	    &pairs));
}

/* keycloak#51781: a name sent twice was read in two ways. */
static void
cve_2026_18217_repeated_names_are_noticed(void **state)
{
	struct pairs once = parsed(*state, "a=1&b=1&A=1");
	struct pairs twice = parsed(*state, "a=1&b=1&%61=1");

	assert_false(pairs_repeated(&once));
	assert_true(pairs_repeated(&twice));
	assert_string_equal(pairs_get(&twice, "a"), "1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pairs_keep_their_order),
		TEST(plus_and_escapes_are_decoded_once),
		TEST(empty_parts_are_left_out),
		TEST(a_name_alone_has_the_empty_value),
		TEST(only_size_bytes_are_read),
		TEST(malformed_texts_are_refused),
		TEST(the_number_of_pairs_is_bounded),
		TEST(cve_2026_18217_repeated_names_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
