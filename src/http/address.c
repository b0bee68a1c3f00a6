#include "http/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"

#define ADDRESS_BYTES 16
#define FORWARDED_FOR "HTTP_X_FORWARDED_FOR"

/* IPv4 lives at ::ffff:0:0/96, so that one comparison serves both. */
static bool
parse(const char *text, uint8_t out[ADDRESS_BYTES])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (inet_pton(AF_INET6, text, out) == 1)
		return true;
	memcpy(out, mapped, sizeof(mapped));
	return inet_pton(AF_INET, text, out + sizeof(mapped)) == 1;
}

static bool
is_v4(const uint8_t address[ADDRESS_BYTES])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

const char *
address_normal(struct arena *arena, const char *text)
{
	uint8_t a[ADDRESS_BYTES];

	if (!parse(text, a))
		return NULL;
	/* Of the forms of IPv4, inet_pton takes one. */
	if (strchr(text, ':') == NULL)
		return arena_text(arena, text);
	if (is_v4(a))
		return arena_printf(arena, "%u.%u.%u.%u", (unsigned)a[12],
		    (unsigned)a[13], (unsigned)a[14], (unsigned)a[15]);
	return arena_printf(arena,
	    "%02x%02x:%02x%02x:%02x%02x:%02x%02x:0000:0000:0000:0000",
	    (unsigned)a[0], (unsigned)a[1], (unsigned)a[2], (unsigned)a[3],
	    (unsigned)a[4], (unsigned)a[5], (unsigned)a[6], (unsigned)a[7]);
}

/* bits: how many all addresses of the network begin with alike. */
static bool
parse_network(const char *text, uint8_t out[ADDRESS_BYTES], int64_t *bits)
{
	const char *slash = strchr(text, '/');
	size_t size = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	int64_t most;

	*bits = 8 * ADDRESS_BYTES;
	if (size >= sizeof(address))
		return false;
	memcpy(address, text, size);
	address[size] = '\0';
	if (!parse(address, out))
		return false;
	if (slash == NULL)
		return true;
	most = strchr(address, ':') == NULL ? 32 : 128;
	if (!text_int(slash + 1, 0, most, bits))
		return false;
	*bits += 128 - most;
	return true;
}

bool
address_is_network(const char *text)
{
	uint8_t network[ADDRESS_BYTES];
	int64_t bits;

	return parse_network(text, network, &bits);
}

bool
address_in(const char *address, const char *network)
{
	uint8_t a[ADDRESS_BYTES], n[ADDRESS_BYTES];
	int64_t bits;

	if (!parse(address, a) || !parse_network(network, n, &bits))
		return false;
	for (int64_t bit = 0; bit < bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (((a[bit / 8] ^ n[bit / 8]) & mask) != 0)
			return false;
	}
	return true;
}

bool
address_is_loopback(const char *address)
{
	return address_in(address, "127.0.0.0/8") ||
	    address_in(address, "::1");
}

const char *const address_forwarding[] = { "HTTP_FORWARDED", "HTTP_VIA",
	FORWARDED_FOR, "HTTP_X_FORWARDED_HOST",
	"HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_PORT",
	"HTTP_X_FORWARDED_SERVER", "HTTP_X_FORWARDED_PREFIX",
	"HTTP_X_FORWARDED_URI", "HTTP_X_ORIGINAL_URL", "HTTP_X_REWRITE_URL",
	"HTTP_X_REAL_IP", "HTTP_CLIENT_IP", "HTTP_X_CLIENT_IP",
	"HTTP_TRUE_CLIENT_IP", "HTTP_CF_CONNECTING_IP", NULL };

bool
address_is_forwarded(const struct request *request)
{
	for (const char *const *name = address_forwarding; *name != NULL;
	    name++)
		if (request_param(request, *name) != NULL)
			return true;
	return false;
}

static bool
trusted(const struct list *proxies, const char *address)
{
	for (size_t i = 0; i < proxies->count; i++)
		if (address_in(address, proxies->text[i]))
			return true;
	return false;
}

static char *
trimmed(char *text)
{
	size_t size;

	text += strspn(text, " \t");
	size = strlen(text);
	while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t'))
		text[--size] = '\0';
	return text;
}

/*
 * A header sent as X_Forwarded_For becomes the same variable: the proxy knows
 * nothing of it, adds its own, and the web server passes on both.
 */
static bool
is_sent_twice(const struct request *request)
{
	int count = 0;

	for (size_t i = 0; i < request->params.count; i++)
		count += strcmp(request->params.pair[i].name,
		    FORWARDED_FOR) == 0;
	return count > 1;
}

static void
take(struct request *request, const char *address, const char *why)
{
	request->address = address;
	request->address_why = why;
}

/* The last element of the list that is no trusted proxy. */
static void
walk(struct ctx *ctx, const char *forwarded)
{
	struct request *request = &ctx->request;
	char *list = arena_text(ctx->arena, forwarded), *comma;

	if (is_sent_twice(request)) {
		take(request, "", "unknown: X-Forwarded-For was sent in two "
		    "spellings");
		return;
	}
	do {
		comma = strrchr(list, ',');
		char *item = trimmed(comma != NULL ? comma + 1 : list);
		const char *address = address_normal(ctx->arena, item);

		if (address == NULL) {
			take(request, "", "unknown: X-Forwarded-For holds "
			    "what is no address");
			return;
		}
		if (!trusted(&ctx->config->server_trusted_proxies, item)) {
			take(request, address, "X-Forwarded-For, read from "
			    "its right end over trusted proxies");
			request->is_forwarded = true;
			return;
		}
		if (comma != NULL)
			*comma = '\0';
	} while (comma != NULL);
	take(request, "", "unknown: X-Forwarded-For names trusted proxies "
	    "only");
}

/* With server.client_address = forwarded. */
static void
by_contract(struct ctx *ctx, const char *forwarded)
{
	if (forwarded == NULL)
		take(&ctx->request, "", "unknown: there is no "
		    "X-Forwarded-For");
	else if (strchr(forwarded, ',') != NULL &&
	    ctx->config->server_trusted_proxies.count == 0)
		take(&ctx->request, "", "unknown: X-Forwarded-For has several "
		    "addresses, and no proxy is trusted");
	else
		walk(ctx, forwarded);
}

static void
by_peer(struct ctx *ctx, const char *forwarded)
{
	const char *peer = request_param(&ctx->request, "REMOTE_ADDR");
	const char *address = peer != NULL ?
	    address_normal(ctx->arena, peer) : NULL;

	if (address == NULL)
		take(&ctx->request, "", "unknown: REMOTE_ADDR is no address");
	else if (forwarded == NULL)
		take(&ctx->request, address, "REMOTE_ADDR");
	else if (trusted(&ctx->config->server_trusted_proxies, peer))
		walk(ctx, forwarded);
	else
		take(&ctx->request, address, "REMOTE_ADDR, which is no "
		    "trusted proxy: X-Forwarded-For is not believed");
}

void
address_read(struct ctx *ctx)
{
	const char *forwarded = request_param(&ctx->request, FORWARDED_FOR);

	ctx->request.is_forwarded = false;
	if (strcmp(ctx->config->server_client_address, "forwarded") == 0)
		by_contract(ctx, forwarded);
	else
		by_peer(ctx, forwarded);
}
