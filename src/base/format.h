/*
 * format.h - numbers, money and instants as people read them (English, UTC)
 *
 * Each writes at most the size its macro names, NUL included.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#define FORMAT_NUMBER_SIZE 28	/* "-9,223,372,036,854,775,808" */
#define FORMAT_MONEY_SIZE 44
#define FORMAT_MOMENT_SIZE 20	/* "21 Nov 2026, 06:51" */

/* "1,234,567" and "-5". */
void format_number(char out[FORMAT_NUMBER_SIZE], int64_t number);

/* "+500", "-120" and "0", for what was added or taken away. */
void format_change(char out[FORMAT_NUMBER_SIZE], int64_t number);

/*
 * An amount in minor units: "€13,549.00", "-$0.05", "¥1,200", "CHF 12.50".
 *
 * currency  ISO 4217 code; an unknown one has two decimals
 * whole     leaves ".00" away, for axes
 */
void format_money(char out[FORMAT_MONEY_SIZE], int64_t minor,
    const char *currency, bool whole);

/* The same as digits and a point, for programs: "13549.00", "-0.05", "1200". */
void format_decimal(char out[FORMAT_MONEY_SIZE], int64_t minor,
    const char *currency);

/*
 * What format_decimal writes, or fewer decimals of it: "9", "9.5", "9.50".
 * False for anything else, a sign for one, and beyond 15 digits.
 */
bool format_read_money(const char *text, const char *currency,
    int64_t *minor);

/* Instants in ms; years 0 .. 9999, others give "". */
void format_moment(char out[FORMAT_MOMENT_SIZE], int64_t instant);
void format_date(char out[FORMAT_MOMENT_SIZE], int64_t instant);
/* "21 Nov" */
void format_day(char out[FORMAT_MOMENT_SIZE], int64_t instant);

/*
 * The instant of "2026-11-21" or of "2026-11-21T06:51:00.123Z"; false when it
 * is anything else, a day that does not exist for one.
 */
bool format_read_instant(const char *text, int64_t *instant);

#endif
