#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/username.h"
#include "store/user.h"

/* What of a username needs no database. */

static const struct config config = { .username_enabled = true,
	.username_min_length = 3, .username_max_length = 30 };

static int
setup(void **state)
{
	static struct ctx ctx;

	ctx = (struct ctx){ .config = &config,
	    .arena = arena_new((size_t)1 << 20) };
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
a_name_has_letters_digits_dots_and_underscores(void **state)
{
	static const struct {
		const char *name;
		enum status status;
	} rows[] = {
		{ "abc", ST_OK },
		{ "A_b.9", ST_OK },
		{ "...", ST_OK },
		{ "012345678901234567890123456789", ST_OK },
		{ "", ST_USERNAME_TOO_SHORT },
		{ "ab", ST_USERNAME_TOO_SHORT },
		{ "0123456789012345678901234567890", ST_USERNAME_TOO_LONG },
		{ "a b", ST_INVALID_USERNAME },
		{ "a@b.c", ST_INVALID_USERNAME },
		{ "a-b", ST_INVALID_USERNAME },
		{ "a\nb", ST_INVALID_USERNAME },
		{ "a%00", ST_INVALID_USERNAME },
		{ "\xd0\xb0lice", ST_INVALID_USERNAME },	/* Cyrillic a */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(username_check(*state, rows[i].name),
		    rows[i].status);
}

static bool
same(const char *a, const char *b)
{
	return a == NULL ? b == NULL : text_is(a, b);
}

static void
each_name_stands_in_for_the_other(void **state)
{
	static const struct {
		const char *sent, *shown, *name, *display;
		enum status status;
	} rows[] = {
		{ NULL, NULL, NULL, NULL, ST_OK },
		{ "Anna", NULL, "anna", "Anna", ST_OK },
		{ NULL, "Anna", "anna", "Anna", ST_OK },
		{ NULL, "Anna L.!", NULL, "Anna L.!", ST_OK },
		{ NULL, "", NULL, NULL, ST_OK },
		{ "Anna", "Somebody", "anna", "Somebody", ST_OK },
		{ "", NULL, NULL, NULL, ST_CHOSEN_TOO_SHORT },
		{ "a-b", "Anna", NULL, NULL, ST_CHOSEN_INVALID },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name = rows[i].sent, *display = rows[i].shown;

		assert_int_equal(username_new(*state, &name, &display),
		    rows[i].status);
		if (rows[i].status != ST_OK)
			continue;
		assert_true(same(name, rows[i].name));
		assert_true(same(display, rows[i].display));
	}
}

static void
a_field_shows_the_name_as_its_owner_writes_it(void **state)
{
	struct user user = { .username = "anna", .display_username = "Anna" };

	assert_string_equal(username_shown(*state, &user), "Anna");
	user.display_username = "Somebody";
	assert_string_equal(username_shown(*state, &user), "anna");
	user.display_username = NULL;
	assert_string_equal(username_shown(*state, &user), "anna");
	user.username = NULL;
	assert_null(username_shown(*state, &user));
	user.display_username = "Somebody";
	assert_null(username_shown(*state, &user));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_has_letters_digits_dots_and_underscores),
		TEST(each_name_stands_in_for_the_other),
		TEST(a_field_shows_the_name_as_its_owner_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
