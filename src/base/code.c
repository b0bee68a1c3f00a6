#include "base/code.h"

#include <stdint.h>
#include <string.h>

#include "base/random.h"

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
code_new(char *out, size_t length)
{
	random_bytes(out, length);
	for (size_t i = 0; i < length; i++)
		out[i] = alphabet[(uint8_t)out[i] % 32];
	out[length] = '\0';
}

static char
meant(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	switch (c) {
	case 'o':
		return '0';
	case 'i':
	case 'l':
		return '1';
	default:
		return c;
	}
}

bool
code_read(char *out, size_t length, const char *text)
{
	size_t size = 0;

	for (; *text != '\0'; text++) {
		const char c = meant(*text);

		if (c == '-')
			continue;
		if (size == length || strchr(alphabet, c) == NULL)
			return false;
		out[size++] = c;
	}
	out[size] = '\0';
	return size == length;
}
