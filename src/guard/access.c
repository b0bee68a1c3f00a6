#include "guard/access.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "config.h"
#include "ctx.h"
#include "guard/key.h"
#include "guard/permission.h"
#include "store/entitlement.h"
#include "store/key.h"
#include "store/session.h"
#include "store/user.h"
#include "trust/token.h"
#include "view/view.h"

/* Last what a further field of users may not stand for. */
static const char *
claims_of(struct ctx *ctx, const char *entitlements)
{
	const struct config *config = ctx->config;
	struct json_object *claims = view_root(ctx->arena);

	user_view(ctx, claims, ctx->user);
	if (entitlements != NULL)
		view_json(claims, "entitlements", entitlements);
	view_int(claims, "iat", ctx->now / 1000);
	view_text(claims, "sub", ctx->user->id);
	view_int(claims, "exp", ctx->now / 1000 + config->jwt_expires_in);
	view_text(claims, "iss", config->jwt_issuer);
	view_text(claims, "aud", config->jwt_audience);
	return view_as_text(ctx->arena, claims);
}

/* NULL unless the settings want them told. */
static enum status
entitlements_of(struct ctx *ctx, const char **out)
{
	*out = NULL;
	if (!ctx->config->entitlements_enabled ||
	    !ctx->config->entitlements_in_token)
		return ST_OK;
	if (ctx->session != NULL)
		*out = ctx->session->entitlements;
	return *out != NULL ? ST_OK :
	    store_entitlement_text(ctx, "user", ctx->user->id, out);
}

enum status
access_token(struct ctx *ctx, const char **out)
{
	const char *entitlements;
	const struct jwk *key;

	*out = NULL;
	if (ctx->session != NULL && ctx->session->impersonated_by != NULL)
		return ST_OK;
	TRY(entitlements_of(ctx, &entitlements));
	TRY(key_signer(ctx, &key));
	*out = token_sign(ctx->arena, key, claims_of(ctx, entitlements));
	return ST_OK;
}

/* A session's token has no dot, or one before its signature. */
bool
access_claimed(struct ctx *ctx)
{
	const char *text = request_bearer(ctx);
	const char *dot = text != NULL ? strchr(text, '.') : NULL;

	return dot != NULL && strchr(dot + 1, '.') != NULL;
}

static enum status
invalid_token(struct ctx *ctx, const char *reason)
{
	return refuse(ctx, ST_INVALID_TOKEN, "%s", reason);
}

static enum status
read_token(struct ctx *ctx, const char *text, struct token *token,
    struct json_object **claims)
{
	const struct token_rules rules = { .now = ctx->now,
		.issuer = ctx->config->jwt_issuer,
		.audience = ctx->config->origin };
	const struct jwk *key;
	const char *reason;
	enum status status;

	if (!token_admit(ctx->arena, text, token, &reason))
		return invalid_token(ctx, reason);
	status = key_verifier(ctx, token->kid, &key);
	if (status == ST_NOT_FOUND)
		return invalid_token(ctx, "the key is none of ours");
	TRY(status);
	if (!token_verify(token, key))
		return invalid_token(ctx, "the signature is wrong");
	status = token_claims(ctx->arena, token, &rules, claims, &reason);
	return status == ST_OK ? status : refuse(ctx, status, "%s", reason);
}

enum status
access_find(struct ctx *ctx)
{
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));
	struct json_object *claims;
	struct token token;
	const char *subject;
	enum status status;

	TRY(read_token(ctx, request_bearer(ctx), &token, &claims));
	subject = json_text(claims, "sub");
	if (subject == NULL)
		return invalid_token(ctx, "it names nobody");
	status = store_key_user(ctx, token.alg == JWK_HS256 ? NULL :
	    token.kid, subject, user);
	if (status == ST_NOT_FOUND)
		return invalid_token(ctx,
		    "the key is retired, or the user gone or banned");
	TRY(status);
	user->permissions = permissions_of(user->role);
	ctx->user = user;
	return ST_OK;
}
