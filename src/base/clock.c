#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

int64_t
clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_monotonic_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static char *
put_digits(char *out, int value, int count)
{
	for (int i = count; i-- > 0; value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + count;
}

/* By hand: an answer holds a handful, and printf costs ten times as much. */
void
clock_iso(char out[CLOCK_ISO_SIZE], int64_t instant_ms)
{
	time_t seconds = (time_t)(instant_ms / 1000);
	int ms = (int)(instant_ms % 1000);
	struct tm tm;

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	(void)gmtime_r(&seconds, &tm);
	out = put_digits(out, abs((tm.tm_year + 1900) % 10000), 4);
	*out++ = '-';
	out = put_digits(out, tm.tm_mon + 1, 2);
	*out++ = '-';
	out = put_digits(out, tm.tm_mday, 2);
	*out++ = 'T';
	out = put_digits(out, tm.tm_hour, 2);
	*out++ = ':';
	out = put_digits(out, tm.tm_min, 2);
	*out++ = ':';
	out = put_digits(out, tm.tm_sec, 2);
	*out++ = '.';
	out = put_digits(out, ms, 3);
	*out++ = 'Z';
	*out = '\0';
}
