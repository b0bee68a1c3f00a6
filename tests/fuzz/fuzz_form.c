#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct pairs *pairs)
{
	if (pairs->count > QUERY_PAIRS_MAX)
		abort();
	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->pair[i];

		if (!text_utf8(pair->name, strlen(pair->name)) ||
		    !text_utf8(pair->value, strlen(pair->value)))
			abort();
		if (pairs_get(pairs, pair->name) == NULL)
			abort();
	}
	(void)pairs_repeated(pairs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 22);
	struct pairs pairs;

	if (size <= 65536 &&
	    query_parse(arena, (const char *)data, size, &pairs))
		check(&pairs);
	arena_free(arena);
	return 0;
}
