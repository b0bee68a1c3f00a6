/*
 * clock.h - instants and durations
 *
 * An instant is milliseconds since 1970-01-01 UTC in an int64_t; durations
 * name their unit. A request reads the clock once, into ctx->now.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)
#define DAY_SECONDS INT64_C(86400)

#define CLOCK_ISO_SIZE 25	/* "2026-11-21T06:51:00.123Z" and NUL */

int64_t clock_now(void);
/* Microseconds of a clock that never jumps, for measuring. */
int64_t clock_monotonic_us(void);
/* ISO 8601 with three fraction digits and Z; years 0000 .. 9999. */
void clock_iso(char out[CLOCK_ISO_SIZE], int64_t instant_ms);
/*
 * clock_read_iso - the instant of such a text
 *
 * The time may be missing, or its seconds, or their fraction; then it is the
 * beginning of what is named. False for anything else, and for what no
 * calendar has.
 */
bool clock_read_iso(const char *text, int64_t *instant_ms);

#endif
