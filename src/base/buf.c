#include "base/buf.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/panic.h"

void
buf_init(struct buf *buf, struct arena *arena, size_t hint)
{
	buf->arena = arena;
	buf->room = hint + 1;
	buf->data = arena_alloc(arena, buf->room);
	buf->size = 0;
}

static void
reserve(struct buf *buf, size_t more)
{
	char *grown;
	size_t room;

	if (more < buf->room - buf->size)
		return;
	if (more > SIZE_MAX / 4 || buf->room > SIZE_MAX / 4)
		panic("buf: %zu more bytes", more);
	room = buf->room * 2;
	if (room < buf->size + more + 1)
		room = buf->size + more + 1;
	grown = arena_alloc(buf->arena, room);
	memcpy(grown, buf->data, buf->size);
	buf->data = grown;
	buf->room = room;
}

void
buf_put(struct buf *buf, const char *bytes, size_t size)
{
	if (size == 0)
		return;
	reserve(buf, size);
	memcpy(buf->data + buf->size, bytes, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void
buf_char(struct buf *buf, char c)
{
	reserve(buf, 1);
	buf->data[buf->size++] = c;
	buf->data[buf->size] = '\0';
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args, again;
	size_t room;
	int length;

	va_start(args, format);
	va_copy(again, args);
	room = buf->room - buf->size;
	length = vsnprintf(buf->data + buf->size, room, format, args);
	va_end(args);
	if (length < 0)
		panic("buf: cannot format '%s'", format);
	if ((size_t)length >= room) {
		reserve(buf, (size_t)length);
		room = buf->room - buf->size;
		if (vsnprintf(buf->data + buf->size, room, format, again) !=
		    length)
			panic("buf: '%s' changed its length", format);
	}
	va_end(again);
	buf->size += (size_t)length;
}

/* How many bytes of text may stand in a JSON string as they are. */
static size_t
plain_size(const char *text, size_t size)
{
	/* RFC 8259, section 7; '<' too, so that no answer holds a closing
	 * tag. */
	static const bool escaped[256] = {
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		['"'] = 1, ['\\'] = 1, ['<'] = 1, [0x7f] = 1
	};
	size_t i = 0;

	while (i < size && !escaped[(unsigned char)text[i]])
		i++;
	return i;
}

static void
put_escaped(struct buf *buf, char c)
{
	switch (c) {
	case '"':
		buf_text(buf, "\\\"");
		break;
	case '\\':
		buf_text(buf, "\\\\");
		break;
	case '\n':
		buf_text(buf, "\\n");
		break;
	case '\r':
		buf_text(buf, "\\r");
		break;
	case '\t':
		buf_text(buf, "\\t");
		break;
	default:
		buf_printf(buf, "\\u%04x", (unsigned)(unsigned char)c);
		break;
	}
}

void
buf_json_text(struct buf *buf, const char *text, size_t size)
{
	size_t plain = plain_size(text, size);

	buf_char(buf, '"');
	buf_put(buf, text, plain);
	for (size_t i = plain; i < size; i += plain) {
		put_escaped(buf, text[i++]);
		plain = plain_size(text + i, size - i);
		buf_put(buf, text + i, plain);
	}
	buf_char(buf, '"');
}
