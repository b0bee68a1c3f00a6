#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/multi_session.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct config config = {
	.server_secret = "contract-secret-0123456789abcdefABCDEF",
	.cookie_session = "better-auth.session_token",
	.multi_session_enabled = true,
};

/* A cookie that is believed has a token of ours, once, under its own name. */
static void
check(const struct device_sessions *sessions, size_t i)
{
	const char *name = sessions->cookie[i];
	const char *mark = strstr(name, "_multi-");

	if (strlen(sessions->token[i]) != SESSION_TOKEN_LENGTH)
		abort();
	if (mark == NULL || strlen(mark) != strlen("_multi-") +
	    SESSION_TOKEN_LENGTH)
		abort();
	for (size_t j = 0; j < i; j++)
		if (text_is(sessions->cookie[j], name))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .config = &config };
	struct device_sessions sessions;
	char *header;

	ctx.arena = arena_new((size_t)1 << 23);
	if (size <= 16384) {
		header = arena_copy(ctx.arena, (const char *)data, size);
		ctx.request.cookies = cookie_parse(ctx.arena, header);
		multi_session_cookies(&ctx, &sessions);
		if (sessions.count > COOKIES_MAX)
			abort();
		for (size_t i = 0; i < sessions.count; i++)
			check(&sessions, i);
	}
	arena_free(ctx.arena);
	return 0;
}
