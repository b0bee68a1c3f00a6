#include "base/json.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define NUMBER_BYTES_MAX 64

struct name {
	const char *text;	/* unescaped */
	size_t size;
};

struct gate {
	struct arena *arena;
	const char *at;
	const char *end;
	const char *reason;
	int depth;
	int values;
};

static bool gate_value(struct gate *gate);

static bool
deny(struct gate *gate, const char *reason)
{
	gate->reason = reason;
	return false;
}

/* The next byte, or NUL at the end; a NUL in the text is no UTF-8 to us. */
static char
peek(const struct gate *gate)
{
	return gate->at < gate->end ? *gate->at : '\0';
}

static bool
take(struct gate *gate, char c)
{
	if (peek(gate) != c)
		return false;
	gate->at++;
	return true;
}

static void
skip_blanks(struct gate *gate)
{
	while (gate->at < gate->end && strchr(" \t\n\r", *gate->at) != NULL)
		gate->at++;
}

/* ---- strings ----------------------------------------------------------- */

static bool
take_hex4(struct gate *gate, uint32_t *unit)
{
	char digits[5] = { 0 };
	uint8_t bytes[2];

	if (gate->end - gate->at < 4)
		return deny(gate, "an escape is cut off");
	memcpy(digits, gate->at, 4);
	if (!text_unhex(bytes, 2, digits))
		return deny(gate, "an escape is malformed");
	gate->at += 4;
	*unit = (uint32_t)bytes[0] << 8 | bytes[1];
	return true;
}

/* After "\u". A lone surrogate would become another text in json-c. */
static bool
take_unicode(struct gate *gate, uint32_t *code)
{
	uint32_t low;

	if (!take_hex4(gate, code))
		return false;
	if (*code == 0)
		return deny(gate, "a string holds NUL");
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || !take(gate, '\\') || !take(gate, 'u'))
		return deny(gate, "a surrogate stands alone");
	if (!take_hex4(gate, &low))
		return false;
	if (low < 0xdc00 || low > 0xdfff)
		return deny(gate, "a surrogate stands alone");
	*code = 0x10000 + ((*code - 0xd800) << 10 | (low - 0xdc00));
	return true;
}

/* After the backslash. */
static bool
take_escape(struct gate *gate, uint32_t *code)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *letter;

	if (take(gate, 'u'))
		return take_unicode(gate, code);
	letter = peek(gate) != '\0' ? strchr(letters, peek(gate)) : NULL;
	if (letter == NULL)
		return deny(gate, "an escape is malformed");
	gate->at++;
	*code = (unsigned char)meanings[letter - letters];
	return true;
}

/* After the opening quote, to behind the closing one. */
static bool
gate_string(struct gate *gate, bool *escaped)
{
	uint32_t code;

	*escaped = false;
	while (!take(gate, '"')) {
		unsigned char c = (unsigned char)peek(gate);

		if (c == '\0')
			return deny(gate, "a string is cut off");
		if (c < 0x20)
			return deny(gate, "a string holds a control character");
		gate->at++;
		if (c != '\\')
			continue;
		*escaped = true;
		if (!take_escape(gate, &code))
			return false;
	}
	return true;
}

static size_t
encode_utf8(char *out, uint32_t code)
{
	size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 :
	    3;
	static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = more; i > 0; i--) {
		out[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	out[0] = (char)(lead[more] | code);
	return more + 1;
}

/* The bytes a string that has passed stands for; it is only read again. */
static void
unescape(struct gate *gate, const char *from, const char *to,
    struct name *name)
{
	struct gate again = { .at = from, .end = to };
	char *out = arena_alloc(gate->arena, (size_t)(to - from) + 1);
	uint32_t code;

	name->text = out;
	name->size = 0;
	while (again.at < again.end) {
		if (!take(&again, '\\'))
			out[name->size++] = *again.at++;
		else if (take_escape(&again, &code))
			name->size += encode_utf8(out + name->size, code);
	}
}

static bool
gate_name(struct gate *gate, struct name *name)
{
	const char *from;
	bool escaped;

	if (!take(gate, '"'))
		return deny(gate, "a member has no name");
	from = gate->at;
	if (!gate_string(gate, &escaped))
		return false;
	name->text = from;
	name->size = (size_t)(gate->at - 1 - from);
	if (escaped)
		unescape(gate, from, gate->at - 1, name);
	return true;
}

/* ---- numbers and words ------------------------------------------------- */

static bool
take_digits(struct gate *gate)
{
	const char *from = gate->at;

	while (peek(gate) >= '0' && peek(gate) <= '9')
		gate->at++;
	return gate->at > from;
}

static bool
take_number(struct gate *gate, bool *integer)
{
	*integer = true;
	(void)take(gate, '-');
	if (!take(gate, '0') && !take_digits(gate))
		return false;
	if (take(gate, '.')) {
		*integer = false;
		if (!take_digits(gate))
			return false;
	}
	if (take(gate, 'e') || take(gate, 'E')) {
		*integer = false;
		if (!take(gate, '-'))
			(void)take(gate, '+');
		return take_digits(gate);
	}
	return true;
}

static bool
gate_number(struct gate *gate)
{
	char copy[NUMBER_BYTES_MAX + 1] = { 0 };
	const char *from = gate->at;
	int64_t value;
	size_t size;
	bool integer;

	if (!take_number(gate, &integer))
		return deny(gate, "a value is malformed");
	size = (size_t)(gate->at - from);
	if (size > NUMBER_BYTES_MAX)
		return deny(gate, "a number is too long");
	memcpy(copy, from, size);
	if (integer && !text_int(copy, INT64_MIN, INT64_MAX, &value))
		return deny(gate, "a number is too large");
	if (!integer && !isfinite(strtod(copy, NULL)))
		return deny(gate, "a number is too large");
	return true;
}

static bool
gate_word(struct gate *gate, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(gate->end - gate->at) < size ||
	    memcmp(gate->at, word, size) != 0)
		return deny(gate, "a value is malformed");
	gate->at += size;
	return true;
}

/* ---- lists and objects ------------------------------------------------- */

/* The cap of JSON_MEMBERS_MAX bounds what this search can cost. */
static bool
is_known(const struct name *names, size_t count, const struct name *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i].size == name->size &&
		    memcmp(names[i].text, name->text, name->size) == 0)
			return true;
	return false;
}

static bool
gate_member(struct gate *gate, struct name *names, size_t *count)
{
	if (*count == JSON_MEMBERS_MAX)
		return deny(gate, "an object has too many members");
	if (!gate_name(gate, &names[*count]))
		return false;
	if (is_known(names, *count, &names[*count]))
		return deny(gate, "a member name occurs twice");
	++*count;
	skip_blanks(gate);
	if (!take(gate, ':'))
		return deny(gate, "a member has no value");
	return gate_value(gate);
}

/* After '{'. */
static bool
gate_object(struct gate *gate)
{
	struct name names[JSON_MEMBERS_MAX];
	size_t count = 0;

	skip_blanks(gate);
	if (take(gate, '}'))
		return true;
	do {
		skip_blanks(gate);
		if (!gate_member(gate, names, &count))
			return false;
		if (take(gate, '}'))
			return true;
	} while (take(gate, ','));
	return deny(gate, "an object is not closed");
}

/* After '['. */
static bool
gate_list(struct gate *gate)
{
	skip_blanks(gate);
	if (take(gate, ']'))
		return true;
	do {
		if (!gate_value(gate))
			return false;
		if (take(gate, ']'))
			return true;
	} while (take(gate, ','));
	return deny(gate, "a list is not closed");
}

static bool
gate_container(struct gate *gate, bool (*inside)(struct gate *))
{
	bool passed;

	if (gate->depth == JSON_DEPTH_MAX)
		return deny(gate, "it is nested too deeply");
	gate->depth++;
	passed = inside(gate);
	gate->depth--;
	return passed;
}

static bool
gate_bare(struct gate *gate)
{
	bool escaped;

	if (take(gate, '{'))
		return gate_container(gate, gate_object);
	if (take(gate, '['))
		return gate_container(gate, gate_list);
	if (take(gate, '"'))
		return gate_string(gate, &escaped);
	switch (peek(gate)) {
	case 't':
		return gate_word(gate, "true");
	case 'f':
		return gate_word(gate, "false");
	case 'n':
		return gate_word(gate, "null");
	default:
		return gate_number(gate);
	}
}

/* A value and the blanks around it. */
static bool
gate_value(struct gate *gate)
{
	if (gate->values++ == JSON_VALUES_MAX)
		return deny(gate, "it has too many values");
	skip_blanks(gate);
	if (!gate_bare(gate))
		return false;
	skip_blanks(gate);
	return true;
}

bool
json_gate(struct arena *arena, const char *text, size_t size,
    const char **reason)
{
	struct gate gate = { .arena = arena, .at = text, .end = text + size };
	bool passed;

	if (size > INT_MAX)
		passed = deny(&gate, "it is too long");
	else if (!text_utf8(text, size))
		passed = deny(&gate, "it is not UTF-8");
	else
		passed = gate_value(&gate);
	if (passed && gate.at != gate.end)
		passed = deny(&gate, "something follows the value");
	*reason = gate.reason;
	return passed;
}
