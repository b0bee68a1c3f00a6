/*
 * mime.h - a letter as bytes (RFC 5322, 2045 to 2047, 3834)
 */
#ifndef SEND_MIME_H
#define SEND_MIME_H

#include <stdint.h>

#include "base/status.h"

struct buf;

#define MIME_LINE_MAX 76		/* of what we write, without CRLF */

struct mime {
	const char *from;		/* text_mailable */
	const char *from_name;		/* UTF-8, shown before it */
	const char *to;			/* text_mailable */
	const char *subject;		/* UTF-8 */
	const char *message_id;		/* "<id@host>" */
	int64_t date;			/* instant, ms */
	const char *text, *html;	/* UTF-8, lines end in LF */
};

/*
 * mime_build - the whole message, lines ending in CRLF, appended to out
 *
 * ST_OK       only ASCII, no line longer than MIME_LINE_MAX but those of
 *             header fields that hold one long word
 * ST_INVALID  an address is not mailable, or a header would hold a control
 *             character; nothing appended
 */
enum status mime_build(struct buf *out, const struct mime *mime);

#endif
