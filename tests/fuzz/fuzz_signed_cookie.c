#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "trust/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
refuse_promise_broken(int kept)
{
	if (!kept)
		abort();
}

/*
 * Whatever is accepted is a value in bounds, and signing it again makes a
 * cookie that is accepted too; whatever we sign within bounds comes back.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char secret[] = "contract-secret-0123456789abcdefABCDEF";
	struct arena *arena = arena_new(1 << 20);
	const char *wire, *value;

	if (size > 8192)
		size = 8192;
	wire = arena_copy(arena, (const char *)data, size);
	value = cookie_verify(arena, secret, wire);
	if (value != NULL) {
		refuse_promise_broken(value[0] != '\0' &&
		    strlen(value) <= 512);
		refuse_promise_broken(cookie_verify(arena, secret,
		    cookie_sign(arena, secret, value)) != NULL);
	}
	value = bearer_verify(arena, secret, wire);
	refuse_promise_broken(value == NULL || strchr(value, '.') == NULL);
	arena_free(arena);
	return 0;
}
