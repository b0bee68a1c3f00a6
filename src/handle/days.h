/*
 * days.h - the days between which a list's entries lie
 */
#ifndef HANDLE_DAYS_H
#define HANDLE_DAYS_H

#include <stdint.h>

#include "base/status.h"

struct ctx;

#define DAY_TEXT_MAX 10		/* "2026-11-21" */

struct days {
	int64_t from, to;	/* instants: from <= it < to */
};

/*
 * days_read - the query's fields "from" and "to", days in UTC
 *
 * The day of to is within. NULL or "": no bound.
 * ST_VALIDATION_ERROR with an error for each that is no day.
 */
enum status days_read(struct ctx *ctx, const char *from, const char *to,
    struct days *out);

#endif
