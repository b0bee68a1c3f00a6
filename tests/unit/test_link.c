#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "handle/link.h"

static const struct config config = { .origin = "https://login.example.com",
	.server_base_path = "/api/auth" };

static int
setup(void **state)
{
	static struct ctx ctx;

	ctx = (struct ctx){ .config = &config,
	    .arena = arena_new((size_t)1 << 16) };
	*state = &ctx;
	return 0;
}

static int
teardown(void **state)
{
	struct ctx *ctx = *state;

	arena_free(ctx->arena);
	return 0;
}

static void
a_link_is_absolute_and_its_callback_encoded(void **state)
{
	assert_string_equal(link_make(*state, "/x?callbackURL=",
	    "/a?b=c&d#e f"), "https://login.example.com/api/auth/x?callbackURL="
	    "%2Fa%3Fb%3Dc%26d%23e%20f");
}

static void
a_parameter_goes_behind_the_query_and_before_the_fragment(void **state)
{
	static const char *const rows[][2] = {
		{ "/a", "/a?error=X%2B1" },
		{ "/a?b", "/a?b&error=X%2B1" },
		{ "/a?b=c&d", "/a?b=c&d&error=X%2B1" },
		{ "/a#b", "/a?error=X%2B1#b" },
		{ "/a?b#c?d", "/a?b&error=X%2B1#c?d" },
		{ "/a#b?c", "/a?error=X%2B1#b?c" },
		{ "app://x", "app://x?error=X%2B1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(link_with(*state, rows[i][0], "error",
		    "X+1"), rows[i][1]);
}

static void
a_reference_gets_our_origin_and_an_address_stays(void **state)
{
	assert_string_equal(link_absolute(*state, "/a?b#c"),
	    "https://login.example.com/a?b#c");
	assert_string_equal(link_absolute(*state, "https://app.example.com/"),
	    "https://app.example.com/");
	assert_string_equal(link_absolute(*state, "myapp://done"),
	    "myapp://done");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_link_is_absolute_and_its_callback_encoded),
		TEST(a_parameter_goes_behind_the_query_and_before_the_fragment),
		TEST(a_reference_gets_our_origin_and_an_address_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
