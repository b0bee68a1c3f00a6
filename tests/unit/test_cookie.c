#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "http/cookie.h"

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

static const char *
value(struct arena *arena, const char *header, const char *name)
{
	struct pairs pairs = cookie_parse(arena, header);

	return pairs_get(&pairs, name);
}

static size_t
count(struct arena *arena, const char *header)
{
	return cookie_parse(arena, header).count;
}

static void
names_and_values_keep_their_order(void **state)
{
	struct pairs pairs = cookie_parse(*state, "b=2; a=1;c=3");

	assert_int_equal(pairs.count, 3);
	assert_string_equal(pairs.pair[0].name, "b");
	assert_string_equal(pairs.pair[1].name, "a");
	assert_string_equal(pairs.pair[2].value, "3");
	assert_null(pairs_get(&pairs, "A"));
	assert_null(pairs_get(&pairs, "d"));
}

static void
blanks_and_one_pair_of_quotes_go(void **state)
{
	assert_string_equal(value(*state, " a \t= \t1 2 ", "a"), "1 2");
	assert_string_equal(value(*state, "a=\"1\"", "a"), "1");
	assert_string_equal(value(*state, "a=\"\"1\"\"", "a"), "\"1\"");
	assert_string_equal(value(*state, "a=\" 1 \"", "a"), " 1 ");
	assert_string_equal(value(*state, "a=\"", "a"), "\"");
	assert_string_equal(value(*state, "a=\"\"", "a"), "");
	assert_string_equal(value(*state, "a=", "a"), "");
}

static void
values_are_raw(void **state)
{
	assert_string_equal(value(*state, "a=x%2By.z==", "a"), "x%2By.z==");
	assert_string_equal(value(*state, "a=x+y,z", "a"), "x+y,z");
}

static void
the_first_of_equal_names_is_found(void **state)
{
	assert_string_equal(value(*state, "a=1; a=2", "a"), "1");
	assert_int_equal(count(*state, "a=1; a=2"), 2);
}

static void
malformed_parts_are_left_out(void **state)
{
	static const char *const headers[] = { "a", "=1", " =1", "a b=1",
		"a=\x01", "a\x01=1", "a=1\x7f", "a=\xff", "\xc3=1",
		"a=1\t2" };

	for (size_t i = 0; i < COUNT(headers); i++)
		if (count(*state, headers[i]) != 0)
			fail_msg("'%s' was taken", headers[i]);
	assert_string_equal(value(*state, "x; =y; a=1; b\x02=2", "a"), "1");
}

/* Case variants of "__Secure-" bind nothing in some browsers. */
static void
prefixes_are_compared_with_their_case(void **state)
{
	assert_null(value(*state, "__SECURE-s=1; __secure-s=2",
	    "__Secure-s"));
	assert_string_equal(value(*state, "s=1; __Secure-s=2", "__Secure-s"),
	    "2");
}

/* mod_auth_openidc: crafted separators ended the process. */
static void
cve_2023_28625_separators_alone_are_harmless(void **state)
{
	static const char *const headers[] = { "", ";", ";;;;", " ", " ; ; ",
		"=", "==", ";=", "=;", "; =;", "\"", "\"\"", ";\";", "=\"",
		"\t", ";\t;", " = ; = ", "=;=;=" };

	for (size_t i = 0; i < COUNT(headers); i++)
		assert_int_equal(count(*state, headers[i]), 0);
	assert_string_equal(value(*state, ";;a=1;;", "a"), "1");
}

static void
further_cookies_are_not_looked_at(void **state)
{
	char header[COOKIES_MAX * 8 + 64] = "";
	size_t size = 0;

	for (int i = 0; i < COOKIES_MAX; i++)
		size += (size_t)snprintf(header + size, sizeof(header) - size,
		    "c%d=1;;", i);
	(void)snprintf(header + size, sizeof(header) - size, "last=1");
	assert_int_equal(count(*state, header), COOKIES_MAX);
	assert_string_equal(value(*state, header, "c127"), "1");
	assert_null(value(*state, header, "last"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_values_keep_their_order),
		TEST(blanks_and_one_pair_of_quotes_go),
		TEST(values_are_raw),
		TEST(the_first_of_equal_names_is_found),
		TEST(malformed_parts_are_left_out),
		TEST(prefixes_are_compared_with_their_case),
		TEST(cve_2023_28625_separators_alone_are_harmless),
		TEST(further_cookies_are_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
