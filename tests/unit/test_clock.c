#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
instants_are_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t instant;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 1000, "1970-01-01T00:00:01.000Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000, "1969-12-31T23:59:59.000Z" },
		{ INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
		{ INT64_C(1795243860123), "2026-11-21T06:51:00.123Z" },
		{ INT64_C(2147483648000), "2038-01-19T03:14:08.000Z" },
		{ INT64_C(253402300799999), "9999-12-31T23:59:59.999Z" },
		{ INT64_C(-62167219200000), "0000-01-01T00:00:00.000Z" },
	};
	char out[CLOCK_ISO_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		clock_iso(out, rows[i].instant);
		assert_string_equal(out, rows[i].text);
	}
}

static void
the_extremes_stay_inside_the_buffer(void **state)
{
	static const int64_t extremes[] = { INT64_MIN, INT64_MAX };
	char out[CLOCK_ISO_SIZE + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(extremes); i++) {
		memset(out, '~', sizeof(out));
		clock_iso(out, extremes[i]);
		assert_int_equal(strlen(out), CLOCK_ISO_SIZE - 1);
		assert_int_equal(out[CLOCK_ISO_SIZE], '~');
	}
}

static void
an_instant_that_was_written_is_read(void **state)
{
	static const struct {
		const char *text;
		int64_t instant;
	} rows[] = {
		{ "1970-01-01T00:00:00.000Z", 0 },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "2000-02-29T00:00:00.000Z", INT64_C(951782400000) },
		{ "2000-02-29", INT64_C(951782400000) },
		{ "2000-02-29T00:00Z", INT64_C(951782400000) },
		{ "2000-02-29T00:00:00Z", INT64_C(951782400000) },
		{ "2026-11-21T06:51:00.123Z", INT64_C(1795243860123) },
		{ "9999-12-31T23:59:59.999Z", INT64_C(253402300799999) },
	};
	int64_t instant;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(clock_read_iso(rows[i].text, &instant));
		assert_true(instant == rows[i].instant);
	}
}

static void
what_is_no_instant_is_not_read(void **state)
{
	static const char *const bad[] = { "", "2026", "2026-11", "2026-11-2",
		"2026-02-30", "2025-02-29", "2026-13-01", "2026-00-01",
		"2026-01-00", "0000-01-01", "-026-01-01", "2026-01-01T",
		"2026-01-01T24:00Z", "2026-01-01T00:60Z", "2026-01-01T00:00",
		"2026-01-01T00:00:60Z", "2026-01-01T00:00:00.1Z",
		"2026-01-01T00:00:00.1234Z", "2026-01-01T00:00:00+01:00",
		"2026-01-01 00:00:00Z", "2026-01-01T00:00:00Zx",
		" 2026-01-01", "2026-01-01 ", "20260101", "now" };
	int64_t instant;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (clock_read_iso(bad[i], &instant))
			fail_msg("'%s' is read", bad[i]);
}

static void
now_is_the_system_time_in_milliseconds(void **state)
{
	int64_t before = (int64_t)time(NULL) * 1000;
	int64_t now = clock_now();

	(void)state;
	/* time(NULL) may lag by a tick of the coarse clock */
	assert_true(now >= before - 50 && now <= before + 60000);
}

static void
the_monotonic_clock_never_goes_back(void **state)
{
	int64_t last = clock_monotonic_us();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t next = clock_monotonic_us();

		assert_true(next >= last);
		last = next;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instants_are_written_in_utc_with_milliseconds),
		cmocka_unit_test(the_extremes_stay_inside_the_buffer),
		cmocka_unit_test(an_instant_that_was_written_is_read),
		cmocka_unit_test(what_is_no_instant_is_not_read),
		cmocka_unit_test(now_is_the_system_time_in_milliseconds),
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
