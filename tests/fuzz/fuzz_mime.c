#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "send/mime.h"

/* The input is five texts with a NUL between them. */
enum { FROM_NAME, TO, SUBJECT, TEXT, HTML, TEXTS };
#define HEADERS 8	/* Date .. Content-Type, and each in one place */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines end in CRLF, are short, hold ASCII only, and no dot begins one. */
static void
check_lines(const char *text, size_t size)
{
	size_t column = 0;

	for (size_t i = 0; i < size; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c >= 0x80 || (c < ' ' && c != '\r' && c != '\n') ||
		    (c == '.' && column == 0) || column > 998)
			abort();
		if (c == '\r' && text[i + 1] != '\n')
			abort();
		if (c == '\n' && (i == 0 || text[i - 1] != '\r'))
			abort();
		column = c == '\n' ? 0 : column + 1;
	}
}

/* Nothing of the input has become a header of its own. */
static void
check_headers(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");
	size_t headers = 0;

	if (end == NULL)
		abort();
	for (const char *line = text; line < end + 2;
	    line = strstr(line, "\r\n") + 2)
		headers += *line != ' ';
	if (headers != HEADERS)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	const char *input = arena_copy(arena, (const char *)data, size);
	const char *text[TEXTS], *at = input;
	struct buf out;

	for (int i = 0; i < TEXTS; i++) {
		text[i] = at;
		at += strlen(at) + (at + strlen(at) < input + size);
	}
	buf_init(&out, arena, 1024);
	if (mime_build(&out, &(struct mime){ .from = "a@example.com",
	    .from_name = text[FROM_NAME], .to = text[TO],
	    .subject = text[SUBJECT], .message_id = "<1@example.com>",
	    .date = 1, .text = text[TEXT], .html = text[HTML] }) == ST_OK) {
		check_lines(out.data, out.size);
		check_headers(out.data);
	} else if (out.size > 0) {
		abort();
	}
	arena_free(arena);
	return 0;
}
