#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/format.h"

static void
number_is(int64_t number, const char *expected)
{
	char out[FORMAT_NUMBER_SIZE];

	format_number(out, number);
	assert_string_equal(out, expected);
}

static void
groups_thousands(void **state)
{
	(void)state;
	number_is(0, "0");
	number_is(999, "999");
	number_is(1000, "1,000");
	number_is(-1234567, "-1,234,567");
	number_is(INT64_C(1000000000000000), "1,000,000,000,000,000");
	number_is(INT64_MAX, "9,223,372,036,854,775,807");
	number_is(INT64_MIN, "-9,223,372,036,854,775,808");
}

static void
change_is(int64_t number, const char *expected)
{
	char out[FORMAT_NUMBER_SIZE];

	format_change(out, number);
	assert_string_equal(out, expected);
}

static void
signs_changes(void **state)
{
	(void)state;
	change_is(500, "+500");
	change_is(-1200, "-1,200");
	change_is(0, "0");
	change_is(INT64_MIN, "-9,223,372,036,854,775,808");
}

static void
money_is(int64_t minor, const char *currency, bool whole,
    const char *expected)
{
	char out[FORMAT_MONEY_SIZE];

	format_money(out, minor, currency, whole);
	assert_string_equal(out, expected);
}

static void
knows_minor_units(void **state)
{
	(void)state;
	money_is(1354900, "EUR", false, "€13,549.00");
	money_is(1354900, "EUR", true, "€13,549");
	money_is(1354905, "EUR", true, "€13,549.05");
	money_is(-5, "USD", false, "-$0.05");
	money_is(0, "GBP", false, "£0.00");
	money_is(1200, "JPY", false, "¥1,200");
	money_is(1200, "CHF", false, "CHF 12.00");
	money_is(1234, "KWD", false, "KWD 1.234");
	money_is(INT64_MIN, "EUR", false, "-€92,233,720,368,547,758.08");
}

static void
decimal_is(int64_t minor, const char *currency, const char *expected)
{
	char out[FORMAT_MONEY_SIZE];

	format_decimal(out, minor, currency);
	assert_string_equal(out, expected);
}

static void
writes_money_for_programs(void **state)
{
	(void)state;
	decimal_is(1354900, "EUR", "13549.00");
	decimal_is(-5, "USD", "-0.05");
	decimal_is(1200, "JPY", "1200");
	decimal_is(1234, "KWD", "1.234");
	decimal_is(7, "", "0.07");
	decimal_is(INT64_MIN, "EUR", "-92233720368547758.08");
}

static void
moment_is(int64_t instant, const char *moment, const char *date,
    const char *day)
{
	char out[FORMAT_MOMENT_SIZE];

	format_moment(out, instant);
	assert_string_equal(out, moment);
	format_date(out, instant);
	assert_string_equal(out, date);
	format_day(out, instant);
	assert_string_equal(out, day);
}

static void
says_when(void **state)
{
	(void)state;
	moment_is(INT64_C(1795243860123), "21 Nov 2026, 06:51",
	    "21 Nov 2026", "21 Nov");
	moment_is(0, "1 Jan 1970, 00:00", "1 Jan 1970", "1 Jan");
	moment_is(-1, "31 Dec 1969, 23:59", "31 Dec 1969", "31 Dec");
	moment_is(INT64_C(253402300799999), "31 Dec 9999, 23:59",
	    "31 Dec 9999", "31 Dec");
	moment_is(INT64_C(253402300800000), "", "", "");
	moment_is(INT64_MIN, "", "", "");
}

static void
reads_only_days_that_exist(void **state)
{
	int64_t instant = 0;

	(void)state;
	assert_true(format_read_instant("1970-01-02", &instant));
	assert_int_equal(instant, 86400000);
	assert_true(format_read_instant("2024-02-29", &instant));
	assert_true(format_read_instant("2026-11-21T06:51:00.123Z",
	    &instant));
	assert_true(instant == INT64_C(1795243860123));
	assert_false(format_read_instant("2026-02-29", &instant));
	assert_false(format_read_instant("2026-13-01", &instant));
	assert_false(format_read_instant("2026-00-10", &instant));
	assert_false(format_read_instant("2026-11-21T24:00:00.000Z",
	    &instant));
	assert_false(format_read_instant("2026-11-21T06:51:00Z", &instant));
	assert_false(format_read_instant("2026-11-21 ", &instant));
	assert_false(format_read_instant("", &instant));
}

static void
amounts_are_read_as_they_are_typed(void **state)
{
	static const struct {
		const char *text, *currency;
		int64_t minor;		/* -1: refused */
	} cases[] = {
		{ "9", "EUR", 900 }, { "9.5", "EUR", 950 },
		{ "9.50", "EUR", 950 }, { "0.05", "EUR", 5 },
		{ "1200", "JPY", 1200 }, { "1.234", "KWD", 1234 },
		{ "9999999999999.99", "EUR", 999999999999999 },
		{ "10000000000000.00", "EUR", -1 },
		{ "", "EUR", -1 }, { ".5", "EUR", -1 }, { "5.", "EUR", -1 },
		{ "9.505", "EUR", -1 }, { "12.5", "JPY", -1 },
		{ "-9", "EUR", -1 }, { "+9", "EUR", -1 }, { "9 ", "EUR", -1 },
		{ "9,50", "EUR", -1 }, { "1.2.3", "EUR", -1 },
		{ "99999999999999999999", "EUR", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t minor = 0;
		bool read = format_read_money(cases[i].text,
		    cases[i].currency, &minor);

		assert_int_equal(read, cases[i].minor >= 0);
		if (read)
			assert_int_equal(minor, cases[i].minor);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_thousands),
		cmocka_unit_test(signs_changes),
		cmocka_unit_test(knows_minor_units),
		cmocka_unit_test(writes_money_for_programs),
		cmocka_unit_test(says_when),
		cmocka_unit_test(reads_only_days_that_exist),
		cmocka_unit_test(amounts_are_read_as_they_are_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
