#include "base/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MONEY_DIGITS_MAX 15	/* that are read */
#define INSTANT_MIN INT64_C(-62167219200000)	/* 0000-01-01 */
#define INSTANT_MAX INT64_C(253402300799999)	/* 9999-12-31 */

static const char *const months[12] = { "Jan", "Feb", "Mar", "Apr", "May",
	"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Currencies with a sign of their own, or with other than two decimals. */
static const struct currency {
	const char *code;
	const char *sign;
	int decimals;
} currencies[] = {
	{ "EUR", "€", 2 }, { "USD", "$", 2 }, { "GBP", "£", 2 },
	{ "JPY", "¥", 0 }, { "KRW", "₩", 0 }, { "INR", "₹", 2 },
	{ "BIF", NULL, 0 }, { "CLP", NULL, 0 }, { "DJF", NULL, 0 },
	{ "GNF", NULL, 0 }, { "ISK", NULL, 0 }, { "KMF", NULL, 0 },
	{ "PYG", NULL, 0 }, { "RWF", NULL, 0 }, { "UGX", NULL, 0 },
	{ "VND", NULL, 0 }, { "VUV", NULL, 0 }, { "XAF", NULL, 0 },
	{ "XOF", NULL, 0 }, { "XPF", NULL, 0 }, { "BHD", NULL, 3 },
	{ "IQD", NULL, 3 }, { "JOD", NULL, 3 }, { "KWD", NULL, 3 },
	{ "LYD", NULL, 3 }, { "OMR", NULL, 3 }, { "TND", NULL, 3 },
};
#define CURRENCIES (sizeof(currencies) / sizeof(currencies[0]))

/* Without its sign, so that the least integer is no special case. */
static uint64_t
magnitude(int64_t number)
{
	return number < 0 ? -(uint64_t)number : (uint64_t)number;
}

static void
put_grouped(char out[FORMAT_NUMBER_SIZE], uint64_t number)
{
	char text[FORMAT_NUMBER_SIZE], *at = text + sizeof(text) - 1;

	*at = '\0';
	for (int i = 0; i == 0 || number > 0; i++, number /= 10) {
		if (i > 0 && i % 3 == 0)
			*--at = ',';
		*--at = (char)('0' + number % 10);
	}
	memcpy(out, at, (size_t)(text + sizeof(text) - at));
}

void
format_number(char out[FORMAT_NUMBER_SIZE], int64_t number)
{
	if (number < 0)
		*out++ = '-';
	put_grouped(out, magnitude(number));
}

void
format_change(char out[FORMAT_NUMBER_SIZE], int64_t number)
{
	if (number > 0)
		*out++ = '+';
	format_number(out, number);
}

static const struct currency *
currency_find(const char *code)
{
	for (size_t i = 0; i < CURRENCIES; i++)
		if (strcmp(currencies[i].code, code) == 0)
			return &currencies[i];
	return NULL;
}

static uint64_t
minor_units(int decimals)
{
	uint64_t unit = 1;

	for (int i = 0; i < decimals; i++)
		unit *= 10;
	return unit;
}

void
format_money(char out[FORMAT_MONEY_SIZE], int64_t minor, const char *code,
    bool whole)
{
	const struct currency *currency = currency_find(code);
	const int decimals = currency == NULL ? 2 : currency->decimals;
	const char *sign = currency == NULL ? NULL : currency->sign;
	const uint64_t unit = minor_units(decimals);
	char number[FORMAT_NUMBER_SIZE], rest[8] = "";

	put_grouped(number, magnitude(minor) / unit);
	if (decimals > 0 && (!whole || magnitude(minor) % unit != 0))
		(void)snprintf(rest, sizeof(rest),
		    decimals == 3 ? ".%03u" : ".%02u",
		    (unsigned)(magnitude(minor) % unit) % 1000);
	(void)snprintf(out, FORMAT_MONEY_SIZE, "%s%.4s%s%s%s",
	    minor < 0 ? "-" : "", sign == NULL ? code : sign,
	    sign == NULL ? " " : "", number, rest);
}

void
format_decimal(char out[FORMAT_MONEY_SIZE], int64_t minor, const char *code)
{
	const struct currency *currency = currency_find(code);
	const int decimals = currency == NULL ? 2 : currency->decimals;
	const uint64_t unit = minor_units(decimals);
	const char *sign = minor < 0 ? "-" : "";

	if (decimals == 0)
		(void)snprintf(out, FORMAT_MONEY_SIZE, "%s%" PRIu64, sign,
		    magnitude(minor));
	else
		(void)snprintf(out, FORMAT_MONEY_SIZE, "%s%" PRIu64 ".%0*"
		    PRIu64, sign, magnitude(minor) / unit, decimals,
		    magnitude(minor) % unit);
}

bool
format_read_money(const char *text, const char *code, int64_t *minor)
{
	const struct currency *currency = currency_find(code);
	const size_t decimals = currency == NULL ? 2 :
	    (size_t)currency->decimals;
	const size_t whole = strspn(text, "0123456789");
	const char *rest = text + whole + (text[whole] == '.');
	const size_t part = strspn(rest, "0123456789");
	int64_t sum = 0;

	if (whole == 0 || whole + decimals > MONEY_DIGITS_MAX ||
	    rest[part] != '\0' || part > decimals ||
	    (text[whole] == '.') != (part > 0))
		return false;
	for (size_t i = 0; i < whole; i++)
		sum = sum * 10 + (text[i] - '0');
	for (size_t i = 0; i < decimals; i++)
		sum = sum * 10 + (i < part ? rest[i] - '0' : 0);
	*minor = sum;
	return true;
}

static bool
split(int64_t instant, struct tm *tm)
{
	int64_t ms = instant % 1000;
	time_t seconds;

	if (instant < INSTANT_MIN || instant > INSTANT_MAX)
		return false;
	seconds = (time_t)((instant - (ms < 0 ? ms + 1000 : ms)) / 1000);
	return gmtime_r(&seconds, tm) != NULL;
}

void
format_date(char out[FORMAT_MOMENT_SIZE], int64_t instant)
{
	struct tm tm;

	out[0] = '\0';
	if (split(instant, &tm))
		(void)snprintf(out, FORMAT_MOMENT_SIZE, "%u %s %u",
		    (unsigned)tm.tm_mday % 32, months[tm.tm_mon],
		    (unsigned)(tm.tm_year + 1900) % 10000);
}

void
format_day(char out[FORMAT_MOMENT_SIZE], int64_t instant)
{
	struct tm tm;

	out[0] = '\0';
	if (split(instant, &tm))
		(void)snprintf(out, FORMAT_MOMENT_SIZE, "%u %s",
		    (unsigned)tm.tm_mday % 32, months[tm.tm_mon]);
}

void
format_moment(char out[FORMAT_MOMENT_SIZE], int64_t instant)
{
	struct tm tm;

	out[0] = '\0';
	if (split(instant, &tm))
		(void)snprintf(out, FORMAT_MOMENT_SIZE, "%u %s %u, %02u:%02u",
		    (unsigned)tm.tm_mday % 32, months[tm.tm_mon],
		    (unsigned)(tm.tm_year + 1900) % 10000,
		    (unsigned)tm.tm_hour % 24, (unsigned)tm.tm_min % 60);
}

/* Digits exactly where pattern has '0', its own characters elsewhere. */
static bool
matches(const char *text, const char *pattern)
{
	for (; *pattern != '\0'; text++, pattern++) {
		bool digit = *text >= '0' && *text <= '9';

		if (*pattern == '0' ? !digit : *text != *pattern)
			return false;
	}
	return *text == '\0';
}

static int
digits(const char *text, int count)
{
	int number = 0;

	for (int i = 0; i < count; i++)
		number = number * 10 + (text[i] - '0');
	return number;
}

bool
format_read_instant(const char *text, int64_t *instant)
{
	const bool day = matches(text, "0000-00-00");
	struct tm tm = { 0 }, again;
	time_t seconds;

	if (!day && !matches(text, "0000-00-00T00:00:00.000Z"))
		return false;
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	if (!day) {
		tm.tm_hour = digits(text + 11, 2);
		tm.tm_min = digits(text + 14, 2);
		tm.tm_sec = digits(text + 17, 2);
	}
	again = tm;
	seconds = timegm(&again);
	/* timegm makes 1 March of 29 February 2026; we do not. */
	if (again.tm_mon != tm.tm_mon || again.tm_mday != tm.tm_mday ||
	    again.tm_hour != tm.tm_hour || again.tm_min != tm.tm_min)
		return false;
	*instant = (int64_t)seconds * 1000 + (day ? 0 : digits(text + 20, 3));
	return true;
}
