/*
 * chart.h - numbers of a month to the rectangles of templates/part/chart
 */
#ifndef HANDLE_CHART_H
#define HANDLE_CHART_H

#include <stdint.h>

struct json_object;
struct series;

struct chart {
	const char *id;			/* letters */
	const char *title;
	const char *total;		/* a sentence about all of it */
	const char *value_head;		/* of the table's columns */
	const char *other_head;		/* NULL: one series only */
	const char *currency;		/* of the values; NULL: plain numbers */
	const struct series *series;
};

/* The chart as one object of list out. */
void chart_view(struct json_object *out, const struct chart *chart);

/* The least round number that is not below value: 1, 2, 3, 4, 5, 6, 8, 10,
 * 20, ...; 1 for 0. */
int64_t chart_top(int64_t value);

#endif
