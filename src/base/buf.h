/*
 * buf.h - text that grows, in an arena
 *
 * data is always NUL-terminated and never NULL after buf_init. Nothing is
 * freed; the arena's reset takes all of it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct arena;

struct buf {
	struct arena *arena;
	char *data;
	size_t size;		/* bytes in use, without the NUL */
	size_t room;		/* bytes allocated, with it */
};

/* Empty, with room for hint bytes before it has to grow. */
void buf_init(struct buf *buf, struct arena *arena, size_t hint);

void buf_put(struct buf *buf, const char *bytes, size_t size);
void buf_text(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text as a JSON string literal, quotes included; must be valid UTF-8. */
void buf_json_text(struct buf *buf, const char *text, size_t size);

#endif
