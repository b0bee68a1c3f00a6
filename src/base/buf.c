#include "base/buf.h"

#include <stdarg.h>
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
	buf_put(buf, &c, 1);
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

/* RFC 8259, section 7; '<' too, so that no answer holds a closing tag. */
void
buf_json_text(struct buf *buf, const char *text, size_t size)
{
	size_t from = 0;

	buf_char(buf, '"');
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)text[i];
		const char *named = NULL;

		if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != 0x7f)
			continue;
		switch (c) {
		case '"':
			named = "\\\"";
			break;
		case '\\':
			named = "\\\\";
			break;
		case '\n':
			named = "\\n";
			break;
		case '\r':
			named = "\\r";
			break;
		case '\t':
			named = "\\t";
			break;
		}
		buf_put(buf, text + from, i - from);
		from = i + 1;
		if (named != NULL)
			buf_text(buf, named);
		else
			buf_printf(buf, "\\u%04x", (unsigned)c);
	}
	buf_put(buf, text + from, size - from);
	buf_char(buf, '"');
}
