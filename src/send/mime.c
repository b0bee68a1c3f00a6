#include "send/mime.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/random.h"
#include "base/text.h"

#define BOUNDARY_CHARS 30
#define WORD_BYTES 42	/* in an encoded word of 75 characters, RFC 2047 */
#define PLAIN_MAX 60	/* of a header text that needs no encoding */

/* A line end in a value would begin a header of somebody else's choice. */
static bool
header_fits(const char *text)
{
	return text_is_clean(text) && text_utf8(text, strlen(text));
}

static bool
message_id_fits(const char *id)
{
	const size_t size = strlen(id);

	return size > 2 && size <= MIME_LINE_MAX * 4 && id[0] == '<' &&
	    id[size - 1] == '>' && header_fits(id) &&
	    strcspn(id + 1, "<> ") == size - 2;
}

/* How many bytes of text, at most room, end with a whole character. */
static size_t
whole_characters(const char *text, size_t room)
{
	size_t size = strnlen(text, room);

	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* As it is, or as encoded words of a line each. */
static void
put_words(struct buf *out, const char *text)
{
	char word[TEXT_BASE64_SIZE(WORD_BYTES)];
	const char *separator = "";

	while (*text != '\0') {
		const size_t size = whole_characters(text, WORD_BYTES);

		text_base64(word, (const uint8_t *)text, size);
		buf_printf(out, "%s=?UTF-8?B?%s?=", separator, word);
		separator = "\r\n ";
		text += size;
	}
}

static bool
is_plain(const char *text)
{
	const size_t size = strlen(text);

	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] >= 0x80)
			return false;
	/* "=?" would be read as the beginning of an encoded word */
	return size <= PLAIN_MAX && strstr(text, "=?") == NULL;
}

static void
put_header_text(struct buf *out, const char *name, const char *text)
{
	buf_printf(out, "%s: ", name);
	if (is_plain(text))
		buf_text(out, text);
	else
		put_words(out, text);
	buf_text(out, "\r\n");
}

/* Atoms and blanks stand as they are, other names are encoded: no quoting. */
static void
put_from(struct buf *out, const struct mime *mime)
{
	const char *name = mime->from_name;

	buf_text(out, "From: ");
	if (is_plain(name) && strpbrk(name, "\"(),.:;<>@[\\]") == NULL)
		buf_text(out, name);
	else
		put_words(out, name);
	buf_printf(out, "%s<%s>\r\n", name[0] == '\0' ? "" : "\r\n ",
	    mime->from);
}

/* Not strftime: the names are English whatever the locale. */
static void
put_date(struct buf *out, int64_t instant)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	const time_t seconds = instant / 1000;
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL)
		return;
	buf_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/*
 * Quoted-printable (RFC 2045, section 6.7). Blanks at the end of a line and a
 * dot at its beginning are encoded: the former get lost on the way, the latter
 * is what SMTP ends a message with.
 */
static void
put_quoted(struct buf *out, const char *text)
{
	size_t column = 0;

	for (const char *p = text; *p != '\0'; p++) {
		const unsigned char c = (unsigned char)*p;
		const bool ends = p[1] == '\n' || p[1] == '\0';
		const bool plain = (c > ' ' && c < 0x7f && c != '=' &&
		    (c != '.' || column > 0)) || (c == ' ' && !ends);

		if (c == '\n') {
			buf_text(out, "\r\n");
			column = 0;
			continue;
		}
		/* one column is the "=" of a line that goes on */
		if (column + (plain ? 1 : 3) > MIME_LINE_MAX - 1) {
			buf_text(out, "=\r\n");
			column = 0;
		}
		if (plain && (c != '.' || column > 0))
			buf_char(out, *p);
		else
			buf_printf(out, "=%02X", c);
		column += plain ? 1 : 3;
	}
	buf_text(out, "\r\n");
}

static void
put_part(struct buf *out, const char *boundary, const char *type,
    const char *text)
{
	buf_printf(out, "--%s\r\nContent-Type: %s; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", boundary,
	    type);
	put_quoted(out, text);
}

enum status
mime_build(struct buf *out, const struct mime *mime)
{
	char boundary[BOUNDARY_CHARS + 1];

	if (!text_mailable(mime->from) || !text_mailable(mime->to) ||
	    !header_fits(mime->from_name) || !header_fits(mime->subject) ||
	    !message_id_fits(mime->message_id))
		return ST_INVALID;
	/* Nobody who writes a part knows it. */
	random_text(boundary, BOUNDARY_CHARS);
	put_date(out, mime->date);
	put_from(out, mime);
	buf_printf(out, "To: <%s>\r\n", mime->to);
	put_header_text(out, "Subject", mime->subject);
	buf_printf(out, "Message-ID: %s\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n",
	    mime->message_id, boundary);
	put_part(out, boundary, "text/plain", mime->text);
	put_part(out, boundary, "text/html", mime->html);
	buf_printf(out, "--%s--\r\n", boundary);
	return ST_OK;
}
