/*
 * days.h - the days between which a list's entries lie, and moments
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

/*
 * moment_read - a moment in UTC
 *
 * text  ISO 8601, "2026-11-21T06:51:00.123Z"; as pages send it without the
 *       seconds and the Z
 *
 * ST_VALIDATION_ERROR with an error for field, which is in slot.
 */
#define MOMENT_TEXT_MAX 24
enum status moment_read(struct ctx *ctx, const char *slot, const char *field,
    const char *text, int64_t *out);

#endif
