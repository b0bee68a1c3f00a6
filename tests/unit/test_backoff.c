#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "send/backoff.h"

#define FIRST_MS INT64_C(1000)
#define MOST_MS INT64_C(60000)

static void
a_wait_doubles_and_loses_at_most_half(void **state)
{
	(void)state;
	for (int64_t failures = 1, whole = FIRST_MS; whole <= MOST_MS / 2;
	    failures++, whole *= 2) {
		for (int i = 0; i < 200; i++) {
			const int64_t wait = backoff_ms(FIRST_MS, MOST_MS,
			    failures);

			assert_true(wait >= whole / 2 && wait <= whole);
		}
	}
}

static void
a_wait_has_an_end(void **state)
{
	static const int64_t many[] = { 7, 64, 1000, INT64_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++) {
		const int64_t wait = backoff_ms(FIRST_MS, MOST_MS, many[i]);

		assert_true(wait >= MOST_MS / 2 && wait <= MOST_MS);
	}
	assert_in_range(backoff_ms(5000, 1000, 1), 500, 1000);
}

static void
what_failed_together_comes_back_apart(void **state)
{
	int64_t least = MOST_MS, most = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const int64_t wait = backoff_ms(MOST_MS, MOST_MS, 1);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	assert_true(most - least > MOST_MS / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_doubles_and_loses_at_most_half),
		cmocka_unit_test(a_wait_has_an_end),
		cmocka_unit_test(what_failed_together_comes_back_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
