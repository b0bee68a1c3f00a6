#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "handle/device.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define WEBKIT "AppleWebKit/537.36 (KHTML, like Gecko) "

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

/* Every browser names its ancestors: the youngest name is the right one. */
static void
browsers_and_systems_are_recognised(void **state)
{
	static const struct {
		const char *agent, *name;
	} rows[] = {
		{ "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
		    "Firefox/128.0", "Firefox on Linux" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " WEBKIT
		    "Chrome/126.0.0.0 Safari/537.36", "Chrome on Windows" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " WEBKIT
		    "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
		    "Edge on Windows" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " WEBKIT
		    "Chrome/126.0.0.0 Safari/537.36 OPR/111.0.0.0",
		    "Opera on macOS" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) "
		    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
		    "Safari/605.1.15", "Safari on macOS" },
		{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
		    "AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 "
		    "Mobile/15E148 Safari/604.1", "Chrome on iPhone" },
		{ "Mozilla/5.0 (Linux; Android 14; SM-S921B) " WEBKIT
		    "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile "
		    "Safari/537.36", "Samsung Internet on Android" },
		{ "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " WEBKIT
		    "Chrome/126.0.0.0 Safari/537.36", "Chrome on ChromeOS" },
		{ "curl/8.8.0", "curl" },
		{ "node", "Node.js" },
		{ "something (FreeBSD amd64)", "FreeBSD" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(device_name(*state, rows[i].agent),
		    rows[i].name);
}

static void
anything_else_is_an_unknown_device(void **state)
{
	static const char *const agents[] = { "", " ", "x", "firefox",
		"\xff\xfe", "<script>alert(1)</script>" };

	for (size_t i = 0; i < COUNT(agents); i++)
		assert_string_equal(device_name(*state, agents[i]),
		    "An unknown device");
}

static void
the_headers_own_bytes_are_never_repeated(void **state)
{
	const char *name = device_name(*state,
	    "Firefox/<b>1</b>\"'\x01 Linux <i>\xff");

	assert_string_equal(name, "Firefox on Linux");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(browsers_and_systems_are_recognised),
		TEST(anything_else_is_an_unknown_device),
		TEST(the_headers_own_bytes_are_never_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
