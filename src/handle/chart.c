#include "handle/chart.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/format.h"
#include "view/view.h"

/* In the drawing's own units, which the page stretches; thousandths of one are
 * what places are counted in. */
#define WIDTH 600
#define HEIGHT 160
#define MILLI 1000
#define GAP 30			/* hundredths of a slot between two bars */
#define WEEK 7
#define NUMBER_SIZE 24

/* What is drawn: a bar a day or a week, of which the first may have more days
 * than the others. */
struct bars {
	const struct chart *chart;
	int lines, count;
	int64_t each;			/* days */
	int64_t value[CHART_LINES_MAX][CHART_BARS_MAX];
	int64_t top;
};

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

/* The bar of a day. Weeks are counted back from the last day. */
static int64_t
bar_of(const struct bars *bars, int64_t day)
{
	const int64_t bar = bars->count - 1 -
	    (bars->chart->days - 1 - day) / bars->each;

	return bar < 0 ? 0 : bar;
}

static void
bars_sum(struct bars *bars, const struct chart *chart)
{
	int64_t most = 0;

	*bars = (struct bars){ .chart = chart,
	    .each = chart->days > CHART_BARS_MAX ? WEEK : 1 };
	bars->count = (int)(chart->days / bars->each);
	while (bars->lines < CHART_LINES_MAX &&
	    chart->line[bars->lines].head != NULL)
		bars->lines++;
	for (int i = 0; i < bars->lines; i++)
		for (int64_t day = 0; day < chart->days; day++) {
			int64_t *value = &bars->value[i][bar_of(bars, day)];

			*value += chart->line[i].day[day];
			most = *value > most ? *value : most;
		}
	bars->top = chart_top(most);
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
value_text(struct json_object *out, const char *key, const struct bars *bars,
    int64_t value, bool whole)
{
	const char *currency = bars->chart->currency;
	char text[FORMAT_MONEY_SIZE];

	if (currency != NULL)
		format_money(text, value, currency, whole);
	else
		format_number(text, value);
	view_text(out, key, text);
}

static int64_t
first_day(const struct bars *bars, int64_t bar)
{
	return bar == 0 ? 0 :
	    bars->chart->days - (bars->count - bar) * bars->each;
}

/* "21 Nov", or "15 Nov to 21 Nov". */
static void
label_text(struct json_object *out, const char *key, const struct bars *bars,
    int64_t bar)
{
	const int64_t from = first_day(bars, bar);
	const int64_t to = first_day(bars, bar + 1) - 1;
	char first[FORMAT_MOMENT_SIZE], last[FORMAT_MOMENT_SIZE];
	char text[2 * FORMAT_MOMENT_SIZE + 4];

	format_day(first, bars->chart->first + from * DAY_MS);
	format_day(last, bars->chart->first + to * DAY_MS);
	(void)snprintf(text, sizeof(text), from == to ? "%s" : "%s to %s",
	    first, last);
	view_text(out, key, text);
}

/* "12.345" of 12345. */
static void
milli_text(struct json_object *out, const char *key, int64_t number)
{
	char text[NUMBER_SIZE];

	(void)snprintf(text, sizeof(text), "%d.%03d", (int)(number / MILLI),
	    (int)(number % MILLI));
	view_text(out, key, text);
}

static void
line_view(struct json_object *lines, const struct bars *bars, int line)
{
	static const char *const names[CHART_LINES_MAX] = { "bars", "others",
		"thirds" };
	const int64_t slot = WIDTH * MILLI / bars->count;
	const int64_t width = slot * (100 - GAP) / 100 / bars->lines;
	struct json_object *shown = view_object(lines, NULL);
	struct json_object *list;

	view_text(shown, "name", names[line]);
	view_text(shown, "head", bars->chart->line[line].head);
	list = view_list(shown, "bars");
	for (int i = 0; i < bars->count; i++) {
		struct json_object *bar = view_object(list, NULL);
		const int64_t value = bars->value[line][i];
		const int64_t height = height_of(value, bars->top);

		milli_text(bar, "x", i * slot + slot * GAP / 200 +
		    line * width);
		view_int(bar, "y", HEIGHT - height);
		milli_text(bar, "width", width);
		view_int(bar, "height", height);
		label_text(bar, "label", bars, i);
		value_text(bar, "valueText", bars, value, true);
	}
}

static void
table_view(struct json_object *out, const struct bars *bars)
{
	struct json_object *rows = view_list(out, "rows");

	view_text(out, "labelHead", bars->each == 1 ? "Day" : "Week");
	for (int i = 0; i < bars->count; i++) {
		struct json_object *row = view_object(rows, NULL);
		struct json_object *cells;

		label_text(row, "label", bars, i);
		cells = view_list(row, "cells");
		for (int line = 0; line < bars->lines; line++)
			value_text(view_object(cells, NULL), "valueText",
			    bars, bars->value[line][i], false);
	}
}

void
chart_view(struct json_object *out, const struct chart *chart)
{
	struct json_object *shown = view_object(out, NULL);
	struct json_object *lines;
	struct bars bars;
	char day[FORMAT_MOMENT_SIZE];

	bars_sum(&bars, chart);
	view_text(shown, "id", chart->id);
	view_text(shown, "title", chart->title);
	view_text(shown, "byText", bars.each == 1 ? "per day" : "per week");
	view_text(shown, "totalText", chart->total);
	view_int(shown, "width", WIDTH);
	view_int(shown, "height", HEIGHT);
	lines = view_list(shown, "lines");
	for (int line = 0; line < bars.lines; line++)
		line_view(lines, &bars, line);
	view_bool(shown, "legend", bars.lines > 1);
	value_text(shown, "maxText", &bars, bars.top, true);
	format_day(day, chart->first);
	view_text(shown, "first", day);
	format_day(day, chart->first + (chart->days - 1) * DAY_MS);
	view_text(shown, "last", day);
	table_view(shown, &bars);
}
