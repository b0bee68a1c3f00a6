#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/code.h"

#define ALPHABET "0123456789abcdefghjkmnpqrstvwxyz"

static void
codes_have_their_length_and_alphabet(void **state)
{
	char code[41];

	(void)state;
	for (size_t length = 0; length <= 40; length++) {
		memset(code, '~', sizeof(code));
		code_new(code, length);
		assert_int_equal(strlen(code), length);
		assert_int_equal(strspn(code, ALPHABET), length);
	}
}

static void
every_character_comes_about_as_often(void **state)
{
	enum { CODES = 2000, LENGTH = 16, EACH = CODES * LENGTH / 32 };
	int seen[256] = { 0 };
	char code[LENGTH + 1];

	(void)state;
	for (int i = 0; i < CODES; i++) {
		code_new(code, LENGTH);
		for (const char *c = code; *c != '\0'; c++)
			seen[(unsigned char)*c]++;
	}
	for (const char *c = ALPHABET; *c != '\0'; c++)
		assert_in_range(seen[(unsigned char)*c], EACH / 2, EACH * 2);
}

static void
what_was_made_is_read(void **state)
{
	char code[11], read[11];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		code_new(code, 10);
		assert_true(code_read(read, 10, code));
		assert_string_equal(read, code);
	}
}

static void
what_people_type_is_what_they_mean(void **state)
{
	static const char *const typed[] = { "0110abcxyz", "OIlo-abcXYZ",
		"01-10-ABC-xyz", "-oLI0abcxyz-" };
	char code[11];

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		assert_true(code_read(code, 10, typed[i]));
		assert_string_equal(code, "0110abcxyz");
	}
}

static void
anything_else_is_none(void **state)
{
	static const char *const typed[] = { "", "-", "0110abcxy",
		"0110abcxyz0", "0110abcxyu", "0110 bcxyz", "0110abcxy\xc3",
		"0110abcxy%", "----------------------------------" };
	char code[11];

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++)
		assert_false(code_read(code, 10, typed[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_have_their_length_and_alphabet),
		cmocka_unit_test(every_character_comes_about_as_often),
		cmocka_unit_test(what_was_made_is_read),
		cmocka_unit_test(what_people_type_is_what_they_mean),
		cmocka_unit_test(anything_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
