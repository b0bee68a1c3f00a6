/*
 * text.h - bytes and encodings
 *
 * No function allocates unless it takes an arena. Encoders write exactly the
 * size their macro names, NUL included.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define TEXT_HEX_SIZE(n) (2 * (n) + 1)
#define TEXT_BASE64_SIZE(n) (((n) + 2) / 3 * 4 + 1)

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool text_utf8(const char *text, size_t size);

/* No control characters of ASCII, a line end among them; DEL is one. */
bool text_is_clean(const char *text);

/* Length in UTF-16 code units, as the wire contract counts passwords. */
size_t text_utf16_length(const char *text);

/* Lower-case hex. */
void text_hex(char *out, const uint8_t *bytes, size_t size);
/* Exactly 2 * size hex digits of either case; false leaves out undefined. */
bool text_unhex(uint8_t *out, size_t size, const char *hex);

/* RFC 4648 section 4 with padding, and section 5 without. */
void text_base64(char *out, const uint8_t *bytes, size_t size);
void text_base64url(char *out, const uint8_t *bytes, size_t size);
/*
 * Strict: canonical, the alphabet's own padding rule, no white space.
 * Returns the number of bytes written to out (room: size / 4 * 3 + 3), or -1.
 */
long text_unbase64(uint8_t *out, const char *text, size_t size);
long text_unbase64url(uint8_t *out, const char *text, size_t size);
/* The same in the arena: as text, and as bytes with a NUL behind them that
 * *size does not count, or NULL. */
char *text_to_base64url(struct arena *arena, const void *bytes, size_t size);
uint8_t *text_from_base64url(struct arena *arena, const char *text,
    size_t length, size_t *size);

/* ECMAScript encodeURIComponent: all but A-Z a-z 0-9 - _ . ! ~ * ' ( ) */
char *text_percent(struct arena *arena, const char *text);
/*
 * One pass of percent-decoding; plus also turns '+' into a space. NULL when an
 * escape is malformed. The result may hold NUL: its size goes to *size.
 */
char *text_unpercent(struct arena *arena, const char *text, size_t length,
    bool plus, size_t *size);

/* A copy with A-Z lowered; other bytes as they are. */
char *text_lower(struct arena *arena, const char *text);

/* A decimal integer, optional '-', no blanks, min .. max; else false. */
bool text_int(const char *text, int64_t min, int64_t max, int64_t *out);

/* The decimal text of a number and its length; printf costs ten times as
 * much. */
#define TEXT_DECIMAL_SIZE 21	/* "-9223372036854775808" and NUL */
size_t text_decimal(char out[TEXT_DECIMAL_SIZE], int64_t number);

/* Equality in time that depends on the sizes only. */
bool text_same_secret(const void *a, const void *b, size_t size);

bool text_starts(const char *text, const char *prefix);
/* NULL-safe equality. */
bool text_is(const char *a, const char *b);

/* The wire contract's e-mail syntax (contract README, section 4). */
bool text_email(const char *text);

/*
 * text_mailable - may this address go to a mail server, and into a header?
 *
 * One "@" with something on both sides, TEXT_MAILABLE_MAX printing ASCII
 * characters at most, and none of those that mean something there: no quotes,
 * brackets, commas, blanks, controls. Wider than text_email, for imported
 * addresses.
 */
#define TEXT_MAILABLE_MAX 254		/* RFC 5321, section 4.5.3.1.3 */
bool text_mailable(const char *text);

#endif
