#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/arena.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Whatever the gate admits, json-c parses; and what json-c writes of it, the
 * gate admits again and means the same.
 */
static void
try_read(struct arena *arena, const char *text, size_t size)
{
	struct json_object *tree, *again;
	const char *reason, *written;
	bool passed = json_gate(arena, text, size, &reason);

	if (passed != (reason == NULL))
		abort();
	if (json_read(arena, text, size, &tree, &reason) != passed)
		abort();
	if (tree == NULL)
		return;
	written = json_object_to_json_string_ext(tree,
	    JSON_C_TO_STRING_PLAIN);
	if (!json_read(arena, written, strlen(written), &again, &reason) ||
	    json_object_equal(tree, again) != 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 22);

	if (size <= 65536)
		try_read(arena, (const char *)data, size);
	arena_free(arena);
	return 0;
}
