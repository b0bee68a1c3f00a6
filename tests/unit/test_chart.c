#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "handle/chart.h"
#include "store/figures.h"
#include "view/view.h"

#define WIDTH 600
#define HEIGHT 160

static int64_t
member(const struct json_object *object, const char *key)
{
	return json_object_get_int64(view_get(object, key));
}

static struct json_object *
item(const struct json_object *chart, const char *key, size_t i)
{
	return json_object_array_get_idx(view_get(chart, key), i);
}

static size_t
length(const struct json_object *chart, const char *key)
{
	return json_object_array_length(view_get(chart, key));
}

static struct json_object *
draw(struct arena *arena, const struct chart *chart)
{
	struct json_object *list = view_root_list(arena);

	chart_view(list, chart);
	return json_object_array_get_idx(list, 0);
}

static void
the_top_is_round_and_not_below(void **state)
{
	static const int64_t pairs[][2] = { { 0, 1 }, { 1, 1 }, { 2, 2 },
		{ 3, 3 }, { 7, 8 }, { 9, 10 }, { 11, 20 }, { 213, 300 },
		{ 13116, 20000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(chart_top(pairs[i][0]), pairs[i][1]);
	assert_true(chart_top(INT64_MAX) == INT64_MAX);
}

static void
inside(const struct json_object *bar)
{
	assert_true(member(bar, "x") >= 0);
	assert_true(member(bar, "y") >= 0);
	assert_true(member(bar, "height") >= 0);
	assert_true(member(bar, "x") + member(bar, "width") <= WIDTH);
	assert_int_equal(member(bar, "y") + member(bar, "height"), HEIGHT);
}

static void
bars_stand_on_the_ground_inside_the_drawing(void **state)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	struct series series = { .first = INT64_C(1768867200000) };
	struct chart chart = { .id = "a", .title = "A", .total = "",
	    .value_head = "V", .other_head = "O", .series = &series };
	struct json_object *shown;

	(void)state;
	for (int i = 0; i < FIGURES_DAYS; i++) {
		series.day[i] = i;
		series.other[i] = INT64_C(1000000000000000) * i;
	}
	shown = draw(arena, &chart);
	assert_int_equal(length(shown, "bars"), FIGURES_DAYS);
	assert_int_equal(length(shown, "others"), FIGURES_DAYS);
	for (size_t i = 0; i < FIGURES_DAYS; i++) {
		inside(item(shown, "bars", i));
		inside(item(shown, "others", i));
	}
	assert_int_equal(member(item(shown, "bars", 0), "height"), 0);
	assert_int_equal(member(item(shown, "bars", 1), "height"), 1);
	assert_string_equal(view_get_text(shown, "first"), "20 Jan");
	assert_string_equal(view_get_text(shown, "last"), "18 Feb");
	arena_free(arena);
}

static void
the_table_says_what_the_bars_show(void **state)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	struct series series = { .first = 0, .day = { 30600 },
	    .other = { 999999999 } };
	struct chart chart = { .id = "a", .title = "A", .total = "",
	    .value_head = "Revenue", .currency = "EUR", .series = &series };
	struct json_object *shown = draw(arena, &chart);

	(void)state;
	assert_int_equal(length(shown, "rows"), FIGURES_DAYS);
	assert_string_equal(view_get_text(item(shown, "rows", 0),
	    "valueText"), "€306.00");
	assert_string_equal(view_get_text(item(shown, "bars", 0),
	    "valueText"), "€306");
	/* A second number without a head is not drawn, nor does it count. */
	assert_string_equal(view_get_text(shown, "maxText"), "€400");
	assert_int_equal(length(shown, "others"), 0);
	assert_null(view_get(shown, "legend"));
	assert_null(view_get(item(shown, "rows", 0), "otherText"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_is_round_and_not_below),
		cmocka_unit_test(bars_stand_on_the_ground_inside_the_drawing),
		cmocka_unit_test(the_table_says_what_the_bars_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
