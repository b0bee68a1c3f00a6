#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "handle/chart.h"
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

/* Of "12.345" the thousandths. */
static int64_t
milli(const struct json_object *object, const char *key)
{
	return (int64_t)(strtod(view_get_text(object, key), NULL) * 1000 +
	    0.5);
}

static void
inside(const struct json_object *bar)
{
	assert_true(milli(bar, "x") >= 0);
	assert_true(milli(bar, "width") > 0);
	assert_true(member(bar, "y") >= 0);
	assert_true(member(bar, "height") >= 0);
	assert_true(milli(bar, "x") + milli(bar, "width") <= WIDTH * 1000);
	assert_int_equal(member(bar, "y") + member(bar, "height"), HEIGHT);
}

static void
bars_stand_on_the_ground_inside_the_drawing(void **state)
{
	static const int64_t days[] = { 1, 7, 30, 90, 92, 93, 365 };
	static int64_t day[3][CHART_DAYS_MAX];
	struct arena *arena = arena_new((size_t)4 << 20);

	(void)state;
	for (int i = 0; i < CHART_DAYS_MAX; i++) {
		day[0][i] = i;
		day[1][i] = INT64_C(1000000000000000) * i;
		day[2][i] = -i;
	}
	for (size_t d = 0; d < sizeof(days) / sizeof(days[0]); d++) {
		struct json_object *shown = draw(arena, &(struct chart){
		    .id = "a", .title = "A", .total = "", .days = days[d],
		    .line = { { "V", day[0] }, { "O", day[1] },
		    { "T", day[2] } } });

		assert_int_equal(length(shown, "lines"), 3);
		for (size_t line = 0; line < 3; line++) {
			struct json_object *bars = item(shown, "lines", line);

			assert_true(length(bars, "bars") <= CHART_BARS_MAX);
			for (size_t i = 0; i < length(bars, "bars"); i++)
				inside(item(bars, "bars", i));
		}
	}
	arena_free(arena);
}

/* A day more than 52 weeks: the first bar has it, and no day is lost. */
static void
a_year_is_shown_by_the_week(void **state)
{
	static int64_t day[CHART_DAYS_MAX];
	struct arena *arena = arena_new((size_t)1 << 20);
	struct json_object *shown;

	(void)state;
	for (int i = 0; i < CHART_DAYS_MAX; i++)
		day[i] = 1;
	shown = draw(arena, &(struct chart){ .id = "a", .title = "A",
	    .total = "", .first = INT64_C(1768867200000), .days = 365,
	    .line = { { "V", day } } });
	assert_int_equal(length(shown, "rows"), 52);
	assert_string_equal(view_get_text(shown, "labelHead"), "Week");
	assert_string_equal(view_get_text(item(item(shown, "rows", 0),
	    "cells", 0), "valueText"), "8");
	assert_string_equal(view_get_text(item(item(shown, "rows", 51),
	    "cells", 0), "valueText"), "7");
	assert_string_equal(view_get_text(item(shown, "rows", 0), "label"),
	    "20 Jan to 27 Jan");
	assert_string_equal(view_get_text(item(shown, "rows", 51), "label"),
	    "13 Jan to 19 Jan");
	assert_string_equal(view_get_text(shown, "first"), "20 Jan");
	assert_string_equal(view_get_text(shown, "last"), "19 Jan");
	arena_free(arena);
}

static void
the_table_says_what_the_bars_show(void **state)
{
	static const int64_t day[30] = { 30600 };
	struct arena *arena = arena_new((size_t)1 << 20);
	struct json_object *shown = draw(arena, &(struct chart){ .id = "a",
	    .title = "A", .total = "", .currency = "EUR", .days = 30,
	    .line = { { "Revenue", day } } });

	(void)state;
	assert_int_equal(length(shown, "rows"), 30);
	assert_string_equal(view_get_text(item(item(shown, "rows", 0),
	    "cells", 0), "valueText"), "€306.00");
	assert_string_equal(view_get_text(item(item(shown, "lines", 0),
	    "bars", 0), "valueText"), "€306");
	assert_string_equal(view_get_text(shown, "maxText"), "€400");
	assert_int_equal(length(shown, "lines"), 1);
	assert_false(view_is_true(shown, "legend"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_top_is_round_and_not_below),
		cmocka_unit_test(bars_stand_on_the_ground_inside_the_drawing),
		cmocka_unit_test(a_year_is_shown_by_the_week),
		cmocka_unit_test(the_table_says_what_the_bars_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
