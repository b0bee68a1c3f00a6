#include "handle/admin.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/access.h"
#include "guard/key.h"
#include "guard/permission.h"
#include "handle/handle.h"
#include "handle/words.h"
#include "http/response.h"
#include "store/key.h"
#include "store/user.h"
#include "trust/jwk.h"
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

/* ---- /admin/keys ------------------------------------------------------- */

static const struct choice_word states[] = {
	{ "next", "Next" }, { "signing", "Signing" },
	{ "verifying", "Verifying" }, { "expired", "Expired" },
	{ "retired", "Withdrawn" }, { NULL, NULL }
};

static void
key_words(struct ctx *ctx, struct json_object *key)
{
	const char *state = view_get_text(key, "state");

	(void)ctx;
	view_text(key, "stateText", words_label(states, state));
	view_bool(key, "canRetire", !text_is(state, "retired") &&
	    !text_is(state, "expired"));
	words_moment(key, "createdAt");
	words_moment(key, "expiresAt");
	words_moment(key, "retiredAt");
}

static bool
is_shared(const struct ctx *ctx)
{
	return jwk_alg_of(ctx->config->jwt_algorithm) == JWK_HS256;
}

enum status
admin_keys(struct ctx *ctx)
{
	struct json_object *keys = view_list(ctx->view, "keys");

	TRY(store_key_list(ctx, keys));
	view_text(ctx->view, "algorithm", ctx->config->jwt_algorithm);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, keys, key_words);
	view_bool(ctx->view, "shared", is_shared(ctx));
	view_bool(ctx->view, "canChange", permission_in(
	    ctx->user->permissions, PERMISSION_KEY_WRITE));
	return ST_OK;
}

/* A pair is made before the first statement, so while a transaction has not
 * begun. */
enum status
key_rotate(struct ctx *ctx)
{
	enum status status;
	struct jwk *key;

	if (is_shared(ctx))
		return refuse(ctx, ST_CONFLICT, "HS256 has jwt.secret");
	key = jwk_generate(jwk_alg_of(ctx->config->jwt_algorithm),
	    ctx->config->jwt_rsa_bits);
	status = store_key_add(ctx, key, false);
	if (status == ST_OK)
		view_text(ctx->view, "id", key->kid);
	jwk_free(key);
	TRY(status);
	ctx->response.flash = "The next key is made. It signs in five minutes.";
	return respond_next(ctx, "/admin/keys");
}

enum status
key_retire(struct ctx *ctx)
{
	TRY(store_key_retire(ctx, ctx->param[0]));
	view_bool(ctx->view, "success", true);
	ctx->response.flash = "The key is withdrawn. Its tokens are refused.";
	return respond_next(ctx, "/admin/keys");
}
