#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "view/view.h"

static int
arena_setup(void **state)
{
	*state = arena_new((size_t)1 << 20);
	return 0;
}

static int
arena_teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
assert_json(struct arena *arena, struct json_object *view, const char *json)
{
	struct buf out;

	buf_init(&out, arena, 16);
	view_write(&out, view);
	assert_string_equal(out.data, json);
}

static void
members_keep_their_order(void **state)
{
	struct json_object *root = view_root(*state), *list;

	view_text(root, "name", "Ada");
	view_int(root, "least", INT64_MIN);
	view_int(root, "most", INT64_MAX);
	view_bool(root, "yes", true);
	view_null(root, "none");
	list = view_list(root, "list");
	view_int(list, NULL, 1);
	view_text(view_object(list, NULL), "a", "b");
	view_list(list, NULL);
	assert_json(*state, root,
	    "{\"name\":\"Ada\",\"least\":-9223372036854775808,"
	    "\"most\":9223372036854775807,\"yes\":true,\"none\":null,"
	    "\"list\":[1,{\"a\":\"b\"},[]]}");
}

static void
a_root_may_be_a_list_or_nothing(void **state)
{
	struct json_object *root = view_root_list(*state);

	view_bool(root, NULL, false);
	view_null(root, NULL);
	assert_json(*state, root, "[false,null]");
	assert_json(*state, NULL, "null");
	assert_json(*state, view_root(*state), "{}");
}

static void
a_slash_is_not_escaped_and_quotes_are(void **state)
{
	struct json_object *root = view_root(*state);

	view_text(root, "a\"b", "/\\\"\n\x01");
	assert_json(*state, root, "{\"a\\\"b\":\"/\\\\\\\"\\n\\u0001\"}");
}

static void
a_text_that_is_absent_is_null(void **state)
{
	struct json_object *root = view_root(*state);

	view_text(root, "a", NULL);
	assert_json(*state, root, "{\"a\":null}");
}

static void
an_instant_is_iso_8601_and_zero_is_null(void **state)
{
	struct json_object *root = view_root(*state);

	view_time(root, "at", 1000);
	view_time(root, "never", 0);
	assert_json(*state, root,
	    "{\"at\":\"1970-01-01T00:00:01.000Z\",\"never\":null}");
}

static void
a_second_value_replaces_the_first(void **state)
{
	struct json_object *root = view_root(*state);

	view_object(root, "a");
	view_int(root, "a", 2);
	assert_json(*state, root, "{\"a\":2}");
}

static void
json_text_is_taken_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *json, *shown;
	} cases[] = {
		{ "{\"a\": [1, 2.5, \"x\"]}", "{\"a\":[1,2.5,\"x\"]}" },
		{ "12", "12" },
		{ "18446744073709551615", "18446744073709551615" },
		{ "\"text\"", "\"text\"" },
		{ "null", "null" },
		{ "{\"a\":1", "null" },
		{ "{\"a\":1} x", "null" },
		{ "[1,]", "null" },
		{ "\"\xff\"", "null" },
		{ "NaN", "null" },
		{ "", "null" },
		{ NULL, "null" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *root = view_root_list(*state);
		struct buf out;

		view_json(root, NULL, cases[i].json);
		buf_init(&out, *state, 16);
		view_write(&out, root);
		out.data[out.size - 1] = '\0';
		assert_string_equal(out.data + 1, cases[i].shown);
	}
}

static void
json_text_that_nests_too_deeply_is_null(void **state)
{
	struct json_object *root = view_root(*state);
	char deep[129] = "";

	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	view_json(root, "a", deep);
	assert_json(*state, root, "{\"a\":null}");
}

static void
a_copy_is_deep(void **state)
{
	struct json_object *root = view_root(*state);
	struct json_object *inner = view_object(root, "a");

	view_json(inner, "n", "[1.50]");
	view_copy(root, "b", inner);
	view_copy(root, "c", NULL);
	view_clear(inner);
	assert_json(*state, root, "{\"a\":{},\"b\":{\"n\":[1.50]},\"c\":null}");
}

static void
what_is_cleared_is_gone(void **state)
{
	struct json_object *root = view_root(*state), *list;

	view_int(root, "a", 1);
	view_int(root, "b", 2);
	list = view_list(root, "list");
	view_int(list, NULL, 3);
	view_clear(list);
	assert_json(*state, root, "{\"a\":1,\"b\":2,\"list\":[]}");
	view_clear(root);
	assert_json(*state, root, "{}");
}

static void
a_member_is_found_or_null(void **state)
{
	struct json_object *root = view_root(*state), *inner;

	inner = view_object(root, "inner");
	view_text(inner, "text", "found");
	view_int(inner, "number", 1);
	assert_ptr_equal(view_get(root, "inner"), inner);
	assert_null(view_get(root, "other"));
	assert_null(view_get(NULL, "other"));
	assert_null(view_get(view_list(root, "list"), "other"));
	assert_string_equal(view_get_text(inner, "text"), "found");
	assert_null(view_get_text(inner, "number"));
	assert_null(view_get_text(inner, "other"));
}

#define PROMISE(test) \
	cmocka_unit_test_setup_teardown(test, arena_setup, arena_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PROMISE(members_keep_their_order),
		PROMISE(a_root_may_be_a_list_or_nothing),
		PROMISE(a_slash_is_not_escaped_and_quotes_are),
		PROMISE(a_text_that_is_absent_is_null),
		PROMISE(an_instant_is_iso_8601_and_zero_is_null),
		PROMISE(a_second_value_replaces_the_first),
		PROMISE(json_text_is_taken_whole_or_not_at_all),
		PROMISE(json_text_that_nests_too_deeply_is_null),
		PROMISE(a_copy_is_deep),
		PROMISE(what_is_cleared_is_gone),
		PROMISE(a_member_is_found_or_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
