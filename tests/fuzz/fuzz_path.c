#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "http/origin.h"
#include "http/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const patterns[] = { "https://app.example.com",
	"https://*.apps.example.com", "*.shops.example.com",
	"https://10.0.0.*", "myapp://callback/done", "exp://10.*.*.*:*/**" };

/* A canonical path is clean, and its own canonical path. */
static void
try_canonical(struct arena *arena, const char *target)
{
	bool same;
	char *once = path_canonical(arena, target, &same), *twice;

	if (once == NULL)
		return;
	if (once[0] != '/' || strstr(once, "//") != NULL ||
	    strstr(once, "/../") != NULL || strstr(once, "/./") != NULL)
		abort();
	twice = path_canonical(arena, once, &same);
	if (twice == NULL || !same || strcmp(once, twice) != 0)
		abort();
}

static void
try_redirect(struct arena *arena, const char *url)
{
	size_t count = sizeof(patterns) / sizeof(patterns[0]);
	char *origin, *again;

	if (path_next(url) && (url[0] != '/' || url[1] == '/' ||
	    strpbrk(url, "\\\r\n\t") != NULL))
		abort();
	if (origin_callback_trusted(url, patterns, count) &&
	    strpbrk(url, "\\\r\n\t") != NULL)
		abort();
	if (!origin_of(arena, url, &origin))
		return;
	if (strlen(origin) >= ORIGIN_BYTES_MAX ||
	    !origin_of(arena, origin, &again) || strcmp(origin, again) != 0)
		abort();
	if (origin_trusted(url, patterns, count) !=
	    origin_trusted(origin, patterns, count))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 22);
	char *text;

	if (size <= 65536) {
		text = arena_alloc(arena, size + 1);
		if (size > 0)
			memcpy(text, data, size);
		try_canonical(arena, text);
		try_redirect(arena, text);
	}
	arena_free(arena);
	return 0;
}
