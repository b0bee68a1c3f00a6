#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/words.h"
#include "view/view.h"

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

static void
a_moment_stands_beside_its_iso_text(void **state)
{
	struct json_object *out = view_root(*state);

	view_text(out, "createdAt", "2026-11-21T06:51:00.123Z");
	words_moment(out, "createdAt");
	assert_string_equal(view_get_text(out, "createdAt"),
	    "2026-11-21T06:51:00.123Z");
	assert_string_equal(view_get_text(out, "createdAtText"),
	    "21 Nov 2026, 06:51");
}

/* Templates fail on unknown names: both keys are there in any case. */
static void
no_moment_is_null_twice(void **state)
{
	struct json_object *out = view_root(*state);

	view_null(out, "bannedUntil");
	words_moment(out, "bannedUntil");
	assert_true(view_has(out, "bannedUntil"));
	assert_true(view_has(out, "bannedUntilText"));
	assert_null(view_get_text(out, "bannedUntil"));
	assert_null(view_get_text(out, "bannedUntilText"));
	view_text(out, "odd", "yesterday");
	words_moment(out, "odd");
	assert_string_equal(view_get_text(out, "odd"), "yesterday");
	assert_null(view_get_text(out, "oddText"));
}

static void
a_number_has_its_noun(void **state)
{
	struct ctx ctx = { .arena = *state };

	assert_string_equal(words_plural(&ctx, 0, "day"), "0 days");
	assert_string_equal(words_plural(&ctx, 1, "credit"), "1 credit");
	assert_string_equal(words_plural(&ctx, 1234, "credit"),
	    "1,234 credits");
}

static void
every_role_has_words(void **state)
{
	(void)state;
	for (const char *const *name = role_names; *name != NULL; name++)
		assert_string_not_equal(words_role(*name), *name);
	assert_string_equal(words_role("admin"), words_role("admin_rw"));
	assert_string_equal(words_role("admin_ro"), "Admin (read only)");
}

static void
an_unknown_role_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(words_role("user,editor"), "user,editor");
	assert_string_equal(words_role(""), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_moment_stands_beside_its_iso_text),
		TEST(no_moment_is_null_twice),
		TEST(a_number_has_its_noun),
		TEST(every_role_has_words),
		TEST(an_unknown_role_is_shown_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
