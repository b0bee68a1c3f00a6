#include "guard/form_token.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/origin.h"
#include "store/session.h"
#include "trust/sign.h"
#include "view/view.h"

#define NONCE_LENGTH 32

static const char *
token_of(struct ctx *ctx, const char *kind, const char *subject)
{
	const char *message = arena_printf(ctx->arena, "%s:%s", kind, subject);
	char *token = arena_alloc(ctx->arena, TEXT_BASE64_SIZE(SHA256_BYTES));
	uint8_t mac[SHA256_BYTES];

	hmac_sha256(mac, ctx->form_key, SHA256_BYTES, message,
	    strlen(message));
	text_base64url(token, mac, sizeof(mac));
	return token;
}

static const char *
nonce(const struct ctx *ctx)
{
	const char *cookie = request_cookie(&ctx->request,
	    ctx->config->cookie_form);

	return cookie != NULL && strlen(cookie) == NONCE_LENGTH ? cookie :
	    NULL;
}

const char *
form_token(struct ctx *ctx)
{
	const char *sent = nonce(ctx);
	char *fresh;

	if (ctx->session != NULL)
		return token_of(ctx, "session", ctx->session->id);
	if (sent != NULL)
		return token_of(ctx, "form", sent);
	fresh = arena_alloc(ctx->arena, NONCE_LENGTH + 1);
	random_text(fresh, NONCE_LENGTH);
	response_cookie(ctx, ctx->config->cookie_form, fresh, -1);
	return token_of(ctx, "form", fresh);
}

/*
 * A neighbour can plant the cookie that a visitor's token belongs to, and hide
 * its name in a sandboxed frame; the browser still says that it is foreign.
 */
static bool
is_foreign(const struct ctx *ctx)
{
	const char *origin = request_param(&ctx->request, "HTTP_ORIGIN");
	const char *site = request_param(&ctx->request,
	    "HTTP_SEC_FETCH_SITE");

	if (origin != NULL && strcmp(origin, "null") != 0)
		return !origin_trusted(origin, ctx->config->origins,
		    ctx->config->origins_count);
	if (site == NULL)
		return origin != NULL;
	return strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;
}

enum status
form_token_check(struct ctx *ctx)
{
	const char *sent = view_get_text(ctx->body, FORM_TOKEN_FIELD);
	const char *wanted = NULL;

	if (is_foreign(ctx))
		return refuse(ctx, ST_INVALID_ORIGIN, "form of another site");
	if (ctx->session != NULL)
		wanted = token_of(ctx, "session", ctx->session->id);
	else if (nonce(ctx) != NULL)
		wanted = token_of(ctx, "form", nonce(ctx));
	if (wanted == NULL || sent == NULL || strlen(sent) != strlen(wanted) ||
	    !text_same_secret(sent, wanted, strlen(wanted)))
		return refuse(ctx, ST_INVALID_CSRF_TOKEN,
		    "form token missing, old or wrong");
	return ST_OK;
}
