#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/access.h"
#include "guard/key.h"
#include "http/response.h"
#include "store/key.h"
#include "store/user.h"
#include "trust/sign.h"
#include "trust/token.h"
#include "view/view.h"

#define ETAG_BYTES 16

enum status
token_route(struct ctx *ctx)
{
	const char *token;

	TRY(access_token(ctx, &token));
	if (token == NULL)
		return refuse(ctx, ST_INTERNAL, "the token of user %s would "
		    "be longer than %d bytes", ctx->user->id, TOKEN_BYTES_MAX);
	view_text(ctx->view, "token", token);
	return ST_OK;
}

enum status
jwks(struct ctx *ctx)
{
	TRY(key_ready(ctx));
	return store_key_publish(ctx, view_list(ctx->view, "keys"));
}

/* Kept no longer than a new key is announced before it signs. */
enum status
jwks_document(struct ctx *ctx)
{
	char hex[TEXT_HEX_SIZE(ETAG_BYTES)];
	uint8_t hash[SHA256_BYTES];
	struct buf body;

	TRY(jwks(ctx));
	buf_init(&body, ctx->arena, 1024);
	view_write(&body, ctx->view);
	sha256(hash, body.data, body.size);
	text_hex(hex, hash, ETAG_BYTES);
	return respond_document(ctx, &(struct document){ .body = body.data,
	    .size = body.size, .type = "application/json",
	    .etag = arena_printf(ctx->arena, "\"%s\"", hex),
	    .cache = arena_printf(ctx->arena, "public, max-age=%d",
	    KEY_NOTICE_SECONDS) });
}
