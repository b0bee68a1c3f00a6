#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "http/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const proxies[] = { "10.0.0.0/8", "192.0.2.1", "fd00::/8",
	"::ffff:172.16.0.0/108" };
#define PROXIES (sizeof(proxies) / sizeof(proxies[0]))

/* Unknown, or an address in its one spelling, which is no trusted proxy's. */
static void
check(struct arena *arena, const struct request *request)
{
	const char *again;

	if (request->address_why[0] == '\0')
		abort();
	if (request->address[0] == '\0')
		return;
	again = address_normal(arena, request->address);
	if (again == NULL || strcmp(again, request->address) != 0)
		abort();
	for (size_t i = 0; request->is_forwarded && i < PROXIES; i++)
		if (address_in(request->address, proxies[i]))
			abort();
}

static void
try_header(struct arena *arena, const char *mode, const char *peer,
    const char *forwarded)
{
	struct config config = { .server_client_address = mode,
		.server_trusted_proxies = { proxies, PROXIES } };
	struct pair params[] = { { "REMOTE_ADDR", peer },
		{ "HTTP_X_FORWARDED_FOR", forwarded } };
	struct ctx ctx = { .arena = arena, .config = &config,
		.request.params = { params, 2 } };

	address_read(&ctx);
	check(arena, &ctx.request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	char *text;

	if (size <= 65536) {
		text = arena_alloc(arena, size + 1);
		if (size > 0)
			memcpy(text, data, size);
		try_header(arena, "socket", "10.0.0.1", text);
		try_header(arena, "socket", text, text);
		try_header(arena, "forwarded", "", text);
		(void)address_in("192.0.2.1", text);
		(void)address_is_network(text);
	}
	arena_free(arena);
	return 0;
}
