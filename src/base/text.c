#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"

static const char STANDARD[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Bytes of the sequence starting here, or 0 when it is not well-formed. */
static size_t
utf8_sequence(const unsigned char *s, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t size;

	if (s[0] < 0x80)
		return s[0] != 0;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		size = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		size = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > left)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;	/* overlong */
	else if (s[0] == 0xed)
		high = 0x9f;	/* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;	/* overlong */
	else if (s[0] == 0xf4)
		high = 0x8f;	/* above U+10FFFF */
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < size; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return size;
}

/* How much of it is ASCII, in steps of eight bytes: most text is. */
static size_t
ascii_size(const unsigned char *s, size_t size)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	size_t i = 0;
	uint64_t word;

	for (; size - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s + i, sizeof(word));
		/* A NUL borrows from its own top bit. */
		if (((word | (word - ones)) & tops) != 0)
			break;
	}
	return i;
}

bool
text_utf8(const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = ascii_size(s, size); i < size;) {
		size_t step = utf8_sequence(s + i, size - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

bool
text_is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

size_t
text_utf16_length(const char *text)
{
	size_t units = 0;

	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c & 0xc0) != 0x80)
			units += c >= 0xf0 ? 2 : 1;
	}
	return units;
}

void
text_hex(char *out, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * size] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
text_unhex(uint8_t *out, size_t size, const char *hex)
{
	for (size_t i = 0; i < size; i++) {
		int high = hex_digit(hex[2 * i]), low;

		if (high < 0 || (low = hex_digit(hex[2 * i + 1])) < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return hex[2 * size] == '\0';
}

static size_t
encode64(char *out, const uint8_t *bytes, size_t size, const char *alphabet)
{
	char *p = out;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;

		if (i + 1 < size)
			three |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < size)
			three |= bytes[i + 2];
		*p++ = alphabet[three >> 18];
		*p++ = alphabet[three >> 12 & 63];
		if (i + 1 < size)
			*p++ = alphabet[three >> 6 & 63];
		if (i + 2 < size)
			*p++ = alphabet[three & 63];
	}
	*p = '\0';
	return (size_t)(p - out);
}

void
text_base64(char *out, const uint8_t *bytes, size_t size)
{
	size_t length = encode64(out, bytes, size, STANDARD);

	while (length % 4 != 0)
		out[length++] = '=';
	out[length] = '\0';
}

void
text_base64url(char *out, const uint8_t *bytes, size_t size)
{
	(void)encode64(out, bytes, size, URL);
}

static int
digit64(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[62])
		return 62;
	if (c == alphabet[63])
		return 63;
	return -1;
}

static long
decode64(uint8_t *out, const char *text, size_t size, const char *alphabet)
{
	uint32_t bits = 0;
	unsigned have = 0;
	long written = 0;

	if (size % 4 == 1)
		return -1;
	for (size_t i = 0; i < size; i++) {
		int digit = digit64(text[i], alphabet);

		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[written++] = (uint8_t)(bits >> have);
		}
	}
	/* Canonical: the bits beyond the last byte are zero. */
	if ((bits & ((1U << have) - 1)) != 0)
		return -1;
	return written;
}

long
text_unbase64(uint8_t *out, const char *text, size_t size)
{
	if (size % 4 != 0)
		return -1;
	if (size > 0 && text[size - 1] == '=')
		size -= text[size - 2] == '=' ? 2 : 1;
	return decode64(out, text, size, STANDARD);
}

long
text_unbase64url(uint8_t *out, const char *text, size_t size)
{
	return decode64(out, text, size, URL);
}

char *
text_to_base64url(struct arena *arena, const void *bytes, size_t size)
{
	char *text = arena_alloc(arena, TEXT_BASE64_SIZE(size));

	text_base64url(text, bytes, size);
	return text;
}

uint8_t *
text_from_base64url(struct arena *arena, const char *text, size_t length,
    size_t *size)
{
	uint8_t *bytes = arena_alloc(arena, length / 4 * 3 + 4);
	long count = text_unbase64url(bytes, text, length);

	if (count < 0)
		return NULL;
	bytes[count] = '\0';
	*size = (size_t)count;
	return bytes;
}

char *
text_percent(struct arena *arena, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	struct buf buf;

	buf_init(&buf, arena, strlen(text) + 16);
	for (const char *p = text; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (isalnum(c) || strchr("-_.!~*'()", c) != NULL) {
			buf_char(&buf, *p);
			continue;
		}
		buf_char(&buf, '%');
		buf_char(&buf, digits[c >> 4]);
		buf_char(&buf, digits[c & 15]);
	}
	return buf.data;
}

char *
text_unpercent(struct arena *arena, const char *text, size_t length, bool plus,
    size_t *size)
{
	char *out = arena_alloc(arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '%') {
			uint8_t byte;
			char two[3] = { 0 };

			if (length - i < 3)
				return NULL;
			memcpy(two, text + i + 1, 2);
			if (!text_unhex(&byte, 1, two))
				return NULL;
			c = (char)byte;
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		out[used++] = c;
	}
	out[used] = '\0';
	*size = used;
	return out;
}

char *
text_lower(struct arena *arena, const char *text)
{
	char *lower = arena_text(arena, text);

	for (char *p = lower; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return lower;
}

bool
text_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end;
	long long value;

	if (digits[0] == '\0' || strspn(digits, "0123456789") != strlen(digits))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return false;
	*out = value;
	return true;
}

size_t
text_decimal(char out[TEXT_DECIMAL_SIZE], int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[TEXT_DECIMAL_SIZE];
	size_t at = sizeof(digits) - 1, size;

	digits[at] = '\0';
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) != 0);
	if (number < 0)
		digits[--at] = '-';
	size = sizeof(digits) - 1 - at;
	memcpy(out, digits + at, size + 1);
	return size;
}

bool
text_same_secret(const void *a, const void *b, size_t size)
{
	const volatile uint8_t *x = a, *y = b;
	uint8_t differs = 0;

	for (size_t i = 0; i < size; i++)
		differs = (uint8_t)(differs | (x[i] ^ y[i]));
	return differs == 0;
}

bool
text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_is(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool
email_local(const char *text, size_t size)
{
	if (size == 0 || text[0] == '.')
		return false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (!isalnum((unsigned char)c) && strchr("_'+-.", c) == NULL)
			return false;
		if (c == '.' && i > 0 && text[i - 1] == '.')
			return false;
	}
	return text[size - 1] != '.' && text[size - 1] != '\'';
}

static bool
email_domain(const char *text)
{
	size_t label = 0, labels = 0;
	bool alpha = true;

	for (;; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '.' || c == '\0') {
			if (label == 0)
				return false;
			labels++;
			if (c == '\0')
				return labels >= 2 && label >= 2 && alpha;
			label = 0;
			alpha = true;
			continue;
		}
		if (c >= 0x80 || (!isalnum(c) && c != '-') ||
		    (label == 0 && c == '-'))
			return false;
		if (!isalpha(c))
			alpha = false;
		label++;
	}
}

bool
text_email(const char *text)
{
	const char *at = strchr(text, '@');

	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return false;
	return at != NULL && email_local(text, (size_t)(at - text)) &&
	    strstr(text, "..") == NULL && email_domain(at + 1);
}

bool
text_mailable(const char *text)
{
	const char *at = strchr(text, '@');

	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f ||
		    strchr("\"(),:;<>[\\]", *p) != NULL)
			return false;
	return at != NULL && at > text && at[1] != '\0' &&
	    strchr(at + 1, '@') == NULL && strlen(text) <= TEXT_MAILABLE_MAX;
}
