/*
 * log.h - one JSON object a line, on standard error
 *
 * Each line is one write(2), so lines of several processes never mix. Values
 * are escaped; no value may be a secret. Levels: error (we or the world
 * failed), warn (somebody should look), info (what happened).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG_LEVEL, LOG_INFO_LEVEL, LOG_WARN_LEVEL,
	LOG_ERROR_LEVEL };

/* "debug", "info", "warn" or "error"; whatever else is an error. */
enum log_level log_level_of(const char *word);

/* What every line of this process begins with, e.g. "worker". Kept by
 * reference. */
void log_open(const char *process, enum log_level least);

/* event is a short constant word; the text says what was attempted. */
void log_error(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(const char *event, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Sets the request id that following lines carry, NULL for none. */
void log_request(const char *id);

/*
 * log_line - a line with members of its own
 *
 * A list of (name, value) pairs; a NULL value leaves the member out. A value
 * is written as a JSON string, or bare when the field says it is a number.
 */
struct log_field {
	const char *name;
	const char *text;	/* NULL: use number unless absent is set */
	int64_t number;
	bool absent;
};
#define LOG_TEXT(n, t) ((struct log_field){ .name = (n), .text = (t), \
	.absent = (t) == NULL })
#define LOG_INT(n, v) ((struct log_field){ .name = (n), .number = (v) })
#define LOG_END ((struct log_field){ .name = NULL })

void log_line(enum log_level level, const char *event,
    const struct log_field *fields);

#endif
