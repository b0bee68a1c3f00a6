#include "base/clock.h"

#include <ctype.h>
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

/* count digits behind the character before (0: none); else false. */
static bool
read_digits(const char **text, char before, int count, int *out)
{
	const char *at = *text;

	if (before != '\0' && *at++ != before)
		return false;
	*out = 0;
	while (count-- > 0) {
		if (!isdigit((unsigned char)*at))
			return false;
		*out = *out * 10 + (*at++ - '0');
	}
	*text = at;
	return true;
}

/* From the character behind the date on; "" is midnight. */
static bool
read_time(const char *text, struct tm *tm, int *ms)
{
	if (*text == '\0')
		return true;
	if (!read_digits(&text, 'T', 2, &tm->tm_hour) ||
	    !read_digits(&text, ':', 2, &tm->tm_min))
		return false;
	if (*text == ':' && !read_digits(&text, ':', 2, &tm->tm_sec))
		return false;
	if (*text == '.' && !read_digits(&text, '.', 3, ms))
		return false;
	return text[0] == 'Z' && text[1] == '\0' && tm->tm_hour < 24 &&
	    tm->tm_min < 60 && tm->tm_sec < 60;
}

bool
clock_read_iso(const char *text, int64_t *instant_ms)
{
	struct tm tm = { 0 };
	int year, month, day, ms = 0;

	if (!read_digits(&text, '\0', 4, &year) ||
	    !read_digits(&text, '-', 2, &month) ||
	    !read_digits(&text, '-', 2, &day) ||
	    !read_time(text, &tm, &ms))
		return false;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	*instant_ms = (int64_t)timegm(&tm) * 1000 + ms;
	/* timegm makes the 1st of March of a 29th of February. */
	return year > 0 && tm.tm_year == year - 1900 && tm.tm_mon == month - 1 &&
	    tm.tm_mday == day;
}
