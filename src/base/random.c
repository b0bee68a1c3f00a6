#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/panic.h"
#include "base/text.h"

void
random_bytes(void *out, size_t size)
{
	unsigned char *p = out;

	while (size > 0) {
		ssize_t got = getrandom(p, size, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			panic("getrandom: %s", strerror(errno));
		p += got;
		size -= (size_t)got;
	}
}

/* Multiples of letters below 256; what lies above would favour some. */
static void
pick(char *out, size_t size, const char *alphabet, size_t letters)
{
	const size_t fair = 256 / letters * letters;
	uint8_t bytes[64];
	size_t used = 0;

	while (used < size) {
		random_bytes(bytes, sizeof(bytes));
		for (size_t i = 0; i < sizeof(bytes) && used < size; i++)
			if (bytes[i] < fair)
				out[used++] = alphabet[bytes[i] % letters];
	}
	out[size] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
}

/* Letters first. */
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
#define LETTERS 52

void
random_text(char *out, size_t size)
{
	pick(out, size, alphabet, sizeof(alphabet) - 1);
}

void
random_letters(char *out, size_t size)
{
	pick(out, size, alphabet, LETTERS);
}

void
id_new(char out[ID_SIZE], int64_t now_ms)
{
	uint8_t id[16];

	random_bytes(id + 6, sizeof(id) - 6);
	for (int i = 0; i < 6; i++)
		id[i] = (uint8_t)(now_ms >> (40 - 8 * i));
	id[6] = (uint8_t)(0x70 | (id[6] & 0x0f));
	id[8] = (uint8_t)(0x80 | (id[8] & 0x3f));
	text_hex(out, id, sizeof(id));
}
