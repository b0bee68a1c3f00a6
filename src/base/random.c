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

void
random_text(char *out, size_t size)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t letters = sizeof(alphabet) - 1;
	uint8_t bytes[64];
	size_t used = 0;

	while (used < size) {
		random_bytes(bytes, sizeof(bytes));
		/* 248 = 4 * 62: what lies above would favour some letters. */
		for (size_t i = 0; i < sizeof(bytes) && used < size; i++)
			if (bytes[i] < 256 / letters * letters)
				out[used++] = alphabet[bytes[i] % letters];
	}
	out[size] = '\0';
	explicit_bzero(bytes, sizeof(bytes));
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
