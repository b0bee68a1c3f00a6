/*
 * chart.h - numbers by day to the rectangles of templates/part/chart
 */
#ifndef HANDLE_CHART_H
#define HANDLE_CHART_H

#include <stdint.h>

struct json_object;

#define CHART_LINES_MAX 3
#define CHART_DAYS_MAX 365
#define CHART_BARS_MAX 92	/* more days than this are shown by the week */

struct chart_line {
	const char *head;	/* of the table's column, and in the legend */
	const int64_t *day;	/* chart.days numbers; of what is below zero
				 * nothing is drawn */
};

struct chart {
	const char *id;			/* letters */
	const char *title;		/* "Sign-ups" */
	const char *total;		/* a sentence about all of it */
	const char *currency;		/* of the values; NULL: plain numbers */
	int64_t first;			/* instant the first day begins */
	int64_t days;			/* 1 .. CHART_DAYS_MAX */
	struct chart_line line[CHART_LINES_MAX];	/* to the first
				 * without a head */
};

/* The chart as one object of list out. */
void chart_view(struct json_object *out, const struct chart *chart);

/* The least round number that is not below value: 1, 2, 3, 4, 5, 6, 8, 10,
 * 20, ...; 1 for 0. */
int64_t chart_top(int64_t value);

#endif
