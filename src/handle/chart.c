#include "handle/chart.h"

#include <stddef.h>

#include "base/format.h"
#include "store/figures.h"
#include "view/view.h"

/* In the drawing's own units, which the page stretches. */
#define WIDTH 600
#define HEIGHT 160
#define SLOT (WIDTH / FIGURES_DAYS)
#define BAR 14
#define BAR_OF_TWO 8

int64_t
chart_top(int64_t value)
{
	static const int steps[] = { 1, 2, 3, 4, 5, 6, 8 };
	const size_t count = sizeof(steps) / sizeof(steps[0]);

	for (int64_t unit = 1; unit <= INT64_MAX / 100; unit *= 10)
		for (size_t i = 0; i < count; i++)
			if (value <= steps[i] * unit)
				return steps[i] * unit;
	return INT64_MAX;
}

static int64_t
highest(const struct chart *chart)
{
	const struct series *series = chart->series;
	int64_t most = 0;

	for (int i = 0; i < FIGURES_DAYS; i++) {
		if (series->day[i] > most)
			most = series->day[i];
		if (chart->other_head != NULL && series->other[i] > most)
			most = series->other[i];
	}
	return most;
}

/* What is there is seen: a bar of one unit at least. */
static int64_t
height_of(int64_t value, int64_t top)
{
	int64_t height;

	if (value <= 0)
		return 0;
	height = (int64_t)((double)value / (double)top * HEIGHT + 0.5);
	return height < 1 ? 1 : height > HEIGHT ? HEIGHT : height;
}

static void
value_text(struct json_object *out, const char *key,
    const struct chart *chart, int64_t value, bool whole)
{
	char text[FORMAT_MONEY_SIZE];

	if (chart->currency != NULL)
		format_money(text, value, chart->currency, whole);
	else
		format_number(text, value);
	view_text(out, key, text);
}

static void
day_text(struct json_object *out, const char *key, const struct chart *chart,
    int day)
{
	char text[FORMAT_MOMENT_SIZE];

	format_day(text, chart->series->first + day * DAY_MS);
	view_text(out, key, text);
}

/* Where the bars of a day begin inside its slot, and how wide they are. */
struct place {
	int x, width;
};

static void
bars_view(struct json_object *bars, const struct chart *chart,
    const int64_t values[FIGURES_DAYS], int64_t top, struct place place)
{
	for (int i = 0; i < FIGURES_DAYS; i++) {
		struct json_object *bar = view_object(bars, NULL);
		const int64_t height = height_of(values[i], top);

		view_int(bar, "x", i * SLOT + place.x);
		view_int(bar, "y", HEIGHT - height);
		view_int(bar, "width", place.width);
		view_int(bar, "height", height);
		day_text(bar, "label", chart, i);
		value_text(bar, "valueText", chart, values[i], true);
	}
}

static void
drawing_view(struct json_object *out, const struct chart *chart, int64_t top)
{
	const struct series *series = chart->series;
	const bool two = chart->other_head != NULL;
	struct json_object *bars = view_list(out, "bars");
	struct json_object *others = view_list(out, "others");

	view_int(out, "width", WIDTH);
	view_int(out, "height", HEIGHT);
	if (!two) {
		bars_view(bars, chart, series->day, top,
		    (struct place){ (SLOT - BAR) / 2, BAR });
		return;
	}
	bars_view(bars, chart, series->day, top,
	    (struct place){ (SLOT - 2 * BAR_OF_TWO) / 2, BAR_OF_TWO });
	bars_view(others, chart, series->other, top,
	    (struct place){ SLOT / 2, BAR_OF_TWO });
}

static void
table_view(struct json_object *out, const struct chart *chart)
{
	const struct series *series = chart->series;
	struct json_object *rows = view_list(out, "rows");

	view_text(out, "labelHead", "Day");
	view_text(out, "valueHead", chart->value_head);
	view_text(out, "otherHead", chart->other_head);
	for (int i = 0; i < FIGURES_DAYS; i++) {
		struct json_object *row = view_object(rows, NULL);

		day_text(row, "label", chart, i);
		value_text(row, "valueText", chart, series->day[i], false);
		if (chart->other_head != NULL)
			value_text(row, "otherText", chart, series->other[i],
			    false);
		else
			view_null(row, "otherText");
	}
}

static void
legend_view(struct json_object *out, const struct chart *chart)
{
	struct json_object *legend;

	if (chart->other_head == NULL) {
		view_null(out, "legend");
		return;
	}
	legend = view_object(out, "legend");
	view_text(legend, "bars", chart->value_head);
	view_text(legend, "others", chart->other_head);
}

void
chart_view(struct json_object *out, const struct chart *chart)
{
	struct json_object *shown = view_object(out, NULL);
	const int64_t top = chart_top(highest(chart));

	view_text(shown, "id", chart->id);
	view_text(shown, "title", chart->title);
	view_text(shown, "totalText", chart->total);
	drawing_view(shown, chart, top);
	legend_view(shown, chart);
	value_text(shown, "maxText", chart, top, true);
	day_text(shown, "first", chart, 0);
	day_text(shown, "last", chart, FIGURES_DAYS - 1);
	table_view(shown, chart);
}
