#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "trust/stripe_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
refuse_promise_broken(int kept)
{
	if (!kept)
		abort();
}

/*
 * A header, and behind its first line a body: nothing a stranger writes is
 * signed by a secret that he does not know, nor by none at all.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char secret[] = "whsec_0123456789abcdefABCDEF";
	struct arena *arena = arena_new(1 << 20);
	const char *text, *body;

	if (size > 16384)
		size = 16384;
	text = arena_copy(arena, (const char *)data, size);
	body = strchr(text, '\n');
	body = body == NULL ? "" : body + 1;
	text = arena_copy(arena, text, strcspn(text, "\n"));
	refuse_promise_broken(!stripe_signed(arena, secret, text, body,
	    strlen(body), 1700000000));
	refuse_promise_broken(!stripe_signed(arena, ", ,", text, body,
	    strlen(body), 1700000000));
	arena_free(arena);
	return 0;
}
