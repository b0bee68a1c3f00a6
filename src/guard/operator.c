#include "guard/guard.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/address.h"
#include "trust/sign.h"

#define SCHEME "Bearer "

/* Hashes have one size: the time tells neither length nor beginning. */
static bool
is_token(const char *sent, const char *token)
{
	uint8_t a[SHA256_BYTES], b[SHA256_BYTES];

	sha256(a, sent, strlen(sent));
	sha256(b, token, strlen(token));
	return text_same_secret(a, b, sizeof(a));
}

static enum status
pass_token(struct ctx *ctx, const char *token)
{
	const char *header = request_param(&ctx->request,
	    "HTTP_AUTHORIZATION");

	if (header == NULL ||
	    strncasecmp(header, SCHEME, strlen(SCHEME)) != 0)
		return refuse(ctx, ST_INVALID_TOKEN, "no metrics.token");
	return is_token(header + strlen(SCHEME), token) ? ST_OK :
	    refuse(ctx, ST_INVALID_TOKEN, "not metrics.token");
}

enum status
operator_pass(struct ctx *ctx)
{
	const char *token = ctx->config->metrics_token;
	const char *peer = request_param(&ctx->request, "REMOTE_ADDR");

	if (token[0] != '\0')
		return pass_token(ctx, token);
	if (peer == NULL || !address_is_loopback(peer))
		return refuse(ctx, ST_NOT_FOUND, "not from this machine");
	return address_is_forwarded(&ctx->request) ? refuse(ctx, ST_NOT_FOUND,
	    "for somebody behind a proxy") : ST_OK;
}
