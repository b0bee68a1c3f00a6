#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

#define LINE_BYTES 4096		/* PIPE_BUF: such a write is never split */
#define MEMBER_ROOM 32		/* a number, quotes, and the line's end */

/* The one mutable global: what this process writes in front of its lines. */
static struct {
	const char *process;
	const char *request;
	enum log_level least;
} logger = { "tollgate", NULL, LOG_INFO_LEVEL };

static const char *const level_name[] = {
	[LOG_DEBUG_LEVEL] = "debug",
	[LOG_INFO_LEVEL] = "info",
	[LOG_WARN_LEVEL] = "warn",
	[LOG_ERROR_LEVEL] = "error",
};

struct line {
	char text[LINE_BYTES];
	size_t size;
};

enum log_level
log_level_of(const char *word)
{
	int level = LOG_DEBUG_LEVEL;

	while (level < LOG_ERROR_LEVEL && strcmp(level_name[level], word) != 0)
		level++;
	return (enum log_level)level;
}

void
log_open(const char *process, enum log_level least)
{
	logger.process = process;
	logger.least = least;
}

void
log_request(const char *id)
{
	logger.request = id;
}

static void
put(struct line *line, const char *bytes, size_t size)
{
	const size_t room = sizeof(line->text) - 4 - line->size;

	if (size > room)
		size = room;
	memcpy(line->text + line->size, bytes, size);
	line->size += size;
}

static size_t
plain_size(const char *text)
{
	const char *p = text;

	while (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	return (size_t)(p - text);
}

/* Anything that is not printable ASCII becomes \u00xx: no byte of a stranger
 * can end a line, start an escape sequence, or break the JSON. */
static void
put_string(struct line *line, const char *text)
{
	put(line, "\"", 1);
	for (;;) {
		size_t size = plain_size(text);
		char escape[8];

		put(line, text, size);
		text += size;
		if (*text == '\0' || line->size + 16 > sizeof(line->text))
			break;
		(void)snprintf(escape, sizeof(escape), "\\u%04x",
		    (unsigned)(unsigned char)*text++);
		put(line, escape, 6);
	}
	/* put leaves room for the closing quote and brace */
	line->text[line->size++] = '"';
}

static void
put_member(struct line *line, const struct log_field *field)
{
	char number[TEXT_DECIMAL_SIZE];

	/* a number is written whole, or not at all: half of one is a lie */
	if (line->size + strlen(field->name) + MEMBER_ROOM >
	    sizeof(line->text))
		return;
	put(line, line->size == 0 ? "{\"" : ",\"", 2);
	put(line, field->name, strlen(field->name));
	put(line, "\":", 2);
	if (field->text != NULL)
		put_string(line, field->text);
	else
		put(line, number, text_decimal(number, field->number));
}

void
log_line(enum log_level level, const char *event,
    const struct log_field *fields)
{
	struct line line;
	char when[CLOCK_ISO_SIZE];

	if (level < logger.least)
		return;
	clock_iso(when, clock_now());
	line.size = 0;
	put_member(&line, &LOG_TEXT("time", when));
	put_member(&line, &LOG_TEXT("level", level_name[level]));
	put_member(&line, &LOG_TEXT("process", logger.process));
	put_member(&line, &LOG_INT("pid", getpid()));
	put_member(&line, &LOG_TEXT("event", event));
	if (logger.request != NULL)
		put_member(&line, &LOG_TEXT("requestId", logger.request));
	for (; fields->name != NULL; fields++)
		if (!fields->absent)
			put_member(&line, fields);
	line.text[line.size++] = '}';
	line.text[line.size++] = '\n';
	/* A log that cannot be written must not stop the service. */
	if (write(STDERR_FILENO, line.text, line.size) < 0)
		return;
}

static void log_text(enum log_level level, const char *event,
    const char *format, va_list args) __attribute__((format(printf, 3, 0)));

static void
log_text(enum log_level level, const char *event, const char *format,
    va_list args)
{
	char text[1024];

	if (level < logger.least)
		return;
	(void)vsnprintf(text, sizeof(text), format, args);
	log_line(level, event, (const struct log_field[]){
	    LOG_TEXT("message", text), LOG_END });
}

#define LOG_FUNCTION(name, level)				\
void								\
name(const char *event, const char *format, ...)		\
{								\
	va_list args;						\
								\
	va_start(args, format);					\
	log_text(level, event, format, args);			\
	va_end(args);						\
}

LOG_FUNCTION(log_error, LOG_ERROR_LEVEL)
LOG_FUNCTION(log_warn, LOG_WARN_LEVEL)
LOG_FUNCTION(log_info, LOG_INFO_LEVEL)
LOG_FUNCTION(log_debug, LOG_DEBUG_LEVEL)
