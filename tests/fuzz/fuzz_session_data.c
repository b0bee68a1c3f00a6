#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "guard/session_data.h"
#include "store/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((int64_t)1700000000000)

/* A cookie that is not good is deleted, and deletes nothing but itself. */
static void
try_way(struct ctx *ctx, const char *way)
{
	static const struct session session = { .id = "s1",
		.token = "AbCdEfGhIjKlMnOpQrStUvWxYz012345" };
	struct config config = {
		.server_secret = "contract-secret-0123456789abcdefABCDEF",
		.cookie_data = "session_data", .session_cookie_cache = way,
		.session_cookie_cache_version = "1" };
	const struct header *header;
	bool wanted;

	ctx->config = &config;
	ctx->response.headers = NULL;
	wanted = session_data_wanted(ctx, &session);
	header = ctx->response.headers;
	if (wanted != (header != NULL))
		abort();
	for (; header != NULL; header = header->next)
		if (strncmp(header->value, "session_data", 12) != 0 ||
		    strstr(header->value, "=; Max-Age=0; ") == NULL)
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ways[] = { "compact", "jwt", "jwe" };
	struct arena *arena = arena_new((size_t)8 << 20);
	struct pair cookie = { "session_data", NULL };
	struct ctx ctx = { .arena = arena, .now = NOW };

	cookie.value = arena_copy(arena, (const char *)data,
	    size > 16384 ? 16384 : size);
	ctx.request.cookies = (struct pairs){ &cookie, 1 };
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		try_way(&ctx, ways[i]);
	arena_free(arena);
	return 0;
}
