#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"

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

/* RFC 3629, section 4: the first and last of each row, and each neighbour. */
static void
well_formed_utf8_is_known(void **state)
{
	static const char *const good[] = { "", "a", "\x01", "\x7f",
		"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xe0\xbf\xbf",
		"\xe1\x80\x80", "\xec\xbf\xbf", "\xed\x80\x80",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf0\xbf\xbf\xbf", "\xf1\x80\x80\x80",
		"\xf3\xbf\xbf\xbf", "\xf4\x80\x80\x80", "\xf4\x8f\xbf\xbf",
		"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!text_utf8(good[i], strlen(good[i])))
			fail_msg("row %zu was refused", i);
}

static void
malformed_utf8_is_refused(void **state)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xdf\x7f",
		"\xe0\x80\x80", "\xe0\x9f\xbf", "\xe0\xa0", "\xe1\x80",
		"\xe1\x80\x7f", "\xe1\xc0\x80", "\xed\xa0\x80",
		"\xed\xbf\xbf", "\xef\xbf\xc0", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf1\x80\x80\xc0",
		"\xf1\x80\x7f\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80", "\xfe", "\xff", "ok\xff",
		"\xc3\xa9\xa9" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_utf8(bad[i], strlen(bad[i])))
			fail_msg("row %zu was accepted", i);
	assert_false(text_utf8("a\0b", 3));
	assert_false(text_utf8("\xe2\x82\xac", 2));
}

/* Several bytes are looked at in one step. */
static void
one_wrong_byte_anywhere_is_found(void **state)
{
	static const char right[] = "0123456789abcdefghijklmn\x7f\x01";
	char text[sizeof(right)];

	(void)state;
	assert_true(text_utf8(right, strlen(right)));
	for (size_t i = 0; i < strlen(right); i++)
		for (int byte = 0; byte < 256; byte++) {
			memcpy(text, right, sizeof(right));
			text[i] = (char)byte;
			assert_int_equal(text_utf8(text, strlen(right)),
			    byte > 0 && byte < 128);
		}
}

static void
lengths_count_utf16_units(void **state)
{
	(void)state;
	assert_int_equal(text_utf16_length(""), 0);
	assert_int_equal(text_utf16_length("abc"), 3);
	assert_int_equal(text_utf16_length("\xc3\xa9"), 1);
	assert_int_equal(text_utf16_length("\xe2\x82\xac"), 1);
	assert_int_equal(text_utf16_length("\xf0\x9f\x98\x80"), 2);
	assert_int_equal(text_utf16_length("a\xf0\x9f\x98\x80z"), 4);
}

static void
hex_goes_both_ways(void **state)
{
	static const uint8_t bytes[] = { 0x00, 0x01, 0x9a, 0xff };
	char hex[TEXT_HEX_SIZE(sizeof(bytes))];
	uint8_t back[sizeof(bytes)];

	(void)state;
	text_hex(hex, bytes, sizeof(bytes));
	assert_string_equal(hex, "00019aff");
	assert_true(text_unhex(back, sizeof(back), hex));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_true(text_unhex(back, sizeof(back), "00019AfF"));
	assert_memory_equal(back, bytes, sizeof(bytes));
	assert_true(text_unhex(back, 0, ""));
}

static void
hex_of_another_length_or_alphabet_is_refused(void **state)
{
	static const char *const bad[] = { "", "0", "000", "00000", "000g",
		"0x00", " 000", "00 0", "000\xff" };
	uint8_t out[2];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_unhex(out, sizeof(out), bad[i]))
			fail_msg("'%s' was accepted", bad[i]);
}

/* RFC 4648, section 10, and two bytes that need the last two letters. */
static const struct {
	const char *bytes, *standard, *url;
} base64[] = {
	{ "", "", "" },
	{ "f", "Zg==", "Zg" },
	{ "fo", "Zm8=", "Zm8" },
	{ "foo", "Zm9v", "Zm9v" },
	{ "foob", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\xfb\xff", "+/8=", "-_8" },
};

static void
base64_gives_the_published_vectors(void **state)
{
	char out[TEXT_BASE64_SIZE(6)];
	uint8_t back[16];

	(void)state;
	for (size_t i = 0; i < COUNT(base64); i++) {
		size_t size = strlen(base64[i].bytes);

		text_base64(out, (const uint8_t *)base64[i].bytes, size);
		assert_string_equal(out, base64[i].standard);
		assert_int_equal(text_unbase64(back, out, strlen(out)), size);
		assert_memory_equal(back, base64[i].bytes, size);
		text_base64url(out, (const uint8_t *)base64[i].bytes, size);
		assert_string_equal(out, base64[i].url);
		assert_int_equal(text_unbase64url(back, out, strlen(out)),
		    size);
		assert_memory_equal(back, base64[i].bytes, size);
	}
}

/* Two texts for the same bytes would be two names for one token. */
static void
base64_that_is_not_canonical_is_refused(void **state)
{
	static const char *const standard[] = { "Z", "Zg", "Zg=", "Zg===",
		"Zh==", "Zm9=", "Zm8", "=", "==", "====", "Z===", "Zg==Zg==",
		"Zm9v\n", "Zm 9", "Zm9v====", "-_8=", "Zm9\xff", "Zg=g",
		"=g==" };
	static const char *const url[] = { "Z", "Zh", "Zm9", "Zg==", "+/8",
		"Zm9v ", "Zm9vY", "Zm9\xff", "=" };
	uint8_t out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(standard); i++)
		if (text_unbase64(out, standard[i], strlen(standard[i])) >= 0)
			fail_msg("'%s' was accepted", standard[i]);
	for (size_t i = 0; i < COUNT(url); i++)
		if (text_unbase64url(out, url[i], strlen(url[i])) >= 0)
			fail_msg("'%s' was accepted", url[i]);
	assert_int_equal(text_unbase64(out, "Zm\0v", 4), -1);
}

static void
percent_escapes_all_but_the_component_letters(void **state)
{
	char every[256];
	const char *out;

	for (int i = 1; i < 256; i++)
		every[i - 1] = (char)i;
	every[255] = '\0';
	assert_string_equal(text_percent(*state, "AZaz09-_.!~*'()"),
	    "AZaz09-_.!~*'()");
	assert_string_equal(text_percent(*state, "a+/= %:;@&,?#\"<"),
	    "a%2B%2F%3D%20%25%3A%3B%40%26%2C%3F%23%22%3C");
	assert_string_equal(text_percent(*state, "\xc3\xa9\x7f\n"),
	    "%C3%A9%7F%0A");
	out = text_percent(*state, every);
	assert_int_equal(strlen(out), 71 + (255 - 71) * 3);
}

static void
percent_decodes_once(void **state)
{
	size_t size;

	assert_string_equal(text_unpercent(*state, "a%2Bb%2b%252B+", 14,
	    false, &size), "a+b+%2B+");
	assert_int_equal(size, 8);
	assert_string_equal(text_unpercent(*state, "a+b%2B", 6, true, &size),
	    "a b+");
	assert_memory_equal(text_unpercent(*state, "a%00b", 5, false, &size),
	    "a\0b", 4);
	assert_int_equal(size, 3);
	assert_string_equal(text_unpercent(*state, "", 0, true, &size), "");
	assert_int_equal(size, 0);
}

static void
malformed_escapes_are_refused(void **state)
{
	static const char *const bad[] = { "%", "%4", "a%", "a%4", "%4g",
		"%g4", "%%41", "% 41", "%-1", "%0x", "%\xff\xff" };
	size_t size;

	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_unpercent(*state, bad[i], strlen(bad[i]), false,
		    &size) != NULL)
			fail_msg("'%s' was accepted", bad[i]);
	assert_null(text_unpercent(*state, "%41", 2, false, &size));
	assert_null(text_unpercent(*state, "%\0" "41", 4, false, &size));
}

static void
only_ascii_letters_are_lowered(void **state)
{
	assert_string_equal(text_lower(*state, "AbZ[@`{09\xc3\x89"),
	    "abz[@`{09\xc3\x89");
}

static void
integers_are_decimal_and_bounded(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max, number;
	} rows[] = {
		{ "0", 0, 0, 0 }, { "7", 1, 9, 7 }, { "-7", -9, -1, -7 },
		{ "007", 0, 9, 7 }, { "-0", 0, 0, 0 },
		{ "9223372036854775807", 0, INT64_MAX, INT64_MAX },
		{ "-9223372036854775808", INT64_MIN, 0, INT64_MIN },
	};
	int64_t out;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		out = 42;
		assert_true(text_int(rows[i].text, rows[i].min, rows[i].max,
		    &out));
		assert_true(out == rows[i].number);
	}
}

static void
anything_else_is_no_integer(void **state)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0",
		"0x10", "1e3", "--1", "1-", "1,000", "\xd9\xa1", "1\n",
		"9223372036854775808", "-9223372036854775809",
		"99999999999999999999999" };
	int64_t out = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_int(bad[i], INT64_MIN, INT64_MAX, &out))
			fail_msg("'%s' was accepted", bad[i]);
	assert_false(text_int("10", 0, 9, &out));
	assert_false(text_int("-1", 0, 9, &out));
	assert_true(out == 42);
}

static void
a_number_is_written_as_printf_does(void **state)
{
	int64_t number = 1;
	char expected[32], text[TEXT_DECIMAL_SIZE];

	(void)state;
	assert_int_equal(text_decimal(text, 0), 1);
	assert_string_equal(text, "0");
	assert_int_equal(text_decimal(text, INT64_MIN), 20);
	assert_string_equal(text, "-9223372036854775808");
	for (int i = 0; i < 124; i++, number = -number * (i % 2 + 1)) {
		int size = snprintf(expected, sizeof(expected), "%lld",
		    (long long)number);

		assert_int_equal(text_decimal(text, number), size);
		assert_string_equal(text, expected);
	}
}

static void
secrets_are_equal_in_every_byte_or_not(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_true(text_same_secret(a, b, sizeof(a)));
	assert_true(text_same_secret("x", "y", 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (int bit = 0; bit < 8; bit++) {
			b[i] = (uint8_t)(1 << bit);
			assert_false(text_same_secret(a, b, sizeof(a)));
		}
		b[i] = 0;
	}
}

static void
prefixes_and_equality(void **state)
{
	(void)state;
	assert_true(text_starts("abc", "ab"));
	assert_true(text_starts("abc", ""));
	assert_false(text_starts("ab", "abc"));
	assert_false(text_starts("Abc", "ab"));
	assert_true(text_is("a", "a"));
	assert_false(text_is("a", "A"));
	assert_false(text_is(NULL, "a"));
	assert_false(text_is("a", NULL));
	assert_false(text_is(NULL, NULL));
}

/* contract README, section 4 */
static void
the_contracts_addresses_are_accepted(void **state)
{
	static const char *const good[] = { "a@b.co", "a.b@c.de", "A+b@C.DE",
		"o'brien@example.com", "'a@b.co", "_@b.co", "-@b.co",
		"+@b.co", "a-@b.co", "a@b-.co", "a@b--c.co", "a@1.co",
		"a@b.c.d.ef", "a@xn--80ak.com", "first.last+tag@example.com",
		"0@0.aa" };

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!text_email(good[i]))
			fail_msg("'%s' was refused", good[i]);
}

static void
other_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "", "a", "@", "a@", "@b.co",
		"a@b", "a@b.c", "a@b.c1", "a@b.co.", "a@.b.co", "a@b..co",
		"a@-b.co", "a@b.-co", "a@b_c.co", ".a@b.co", "a.@b.co",
		"a..b@c.de", "a'@b.co", " a@b.co", "a@b.co ", "a b@c.de",
		"a@b.co\n", "\"a\"@b.co", "a@[127.0.0.1]", "a@b.xn--p1ai",
		"a(c)@b.co", "a,b@c.de", "a;b@c.de", "<a@b.co>", "a@b.co\t",
		"\xc3\xa9@b.co", "a@\xc3\xa9.co", "a@b.c\xc3\xb6m", "a/b@c.de",
		"a%b@c.de", "a\\b@c.de", "a!b@c.de", "a=b@c.de" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_email(bad[i]))
			fail_msg("'%s' was accepted", bad[i]);
}

/*
 * oauth2-proxy: an address with several '@' passed as one of an allowed
 * domain, while the mail system read another.
 */
static void
ghsa_c5c4_8r6x_56w3_several_at_signs_are_refused(void **state)
{
	static const char *const bad[] = { "a@b.co@c.de", "a@b@c.de",
		"a@@b.co", "@a@b.co", "a@b.co@", "a@evil.com@example.com",
		"\"a@evil.com\"@example.com", "a@evil.com,b@example.com",
		"a@evil.com b@example.com", "a@b.co\n@c.de",
		"a@evil.com%40example.com" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (text_email(bad[i]))
			fail_msg("'%s' was accepted", bad[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(well_formed_utf8_is_known),
		TEST(malformed_utf8_is_refused),
		TEST(one_wrong_byte_anywhere_is_found),
		TEST(lengths_count_utf16_units),
		TEST(hex_goes_both_ways),
		TEST(hex_of_another_length_or_alphabet_is_refused),
		TEST(base64_gives_the_published_vectors),
		TEST(base64_that_is_not_canonical_is_refused),
		TEST(percent_escapes_all_but_the_component_letters),
		TEST(percent_decodes_once),
		TEST(malformed_escapes_are_refused),
		TEST(only_ascii_letters_are_lowered),
		TEST(integers_are_decimal_and_bounded),
		TEST(anything_else_is_no_integer),
		TEST(a_number_is_written_as_printf_does),
		TEST(secrets_are_equal_in_every_byte_or_not),
		TEST(prefixes_and_equality),
		TEST(the_contracts_addresses_are_accepted),
		TEST(other_addresses_are_refused),
		TEST(ghsa_c5c4_8r6x_56w3_several_at_signs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
