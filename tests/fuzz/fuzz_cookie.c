#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct pair *pair)
{
	if (pair->name[0] == '\0' || strpbrk(pair->name, "=; \t") != NULL)
		abort();
	if (strpbrk(pair->value, ";\r\n") != NULL)
		abort();
	if (!text_utf8(pair->name, strlen(pair->name)) ||
	    !text_utf8(pair->value, strlen(pair->value)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 22);
	struct pairs pairs;
	char *header;

	if (size <= 65536) {
		header = arena_alloc(arena, size + 1);
		if (size > 0)
			memcpy(header, data, size);
		pairs = cookie_parse(arena, header);
		if (pairs.count > COOKIES_MAX)
			abort();
		for (size_t i = 0; i < pairs.count; i++)
			check(&pairs.pair[i]);
	}
	arena_free(arena);
	return 0;
}
