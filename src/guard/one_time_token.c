#include "guard/one_time_token.h"

#include "base/arena.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "store/session.h"
#include "store/verification.h"

#define TOKEN_LENGTH 32

static const char *
identifier(struct ctx *ctx, const char *token)
{
	return arena_printf(ctx->arena, "one-time-token:%s", token);
}

enum status
one_time_token_new(struct ctx *ctx, const struct session *session,
    const char **token)
{
	char text[TOKEN_LENGTH + 1];

	random_text(text, TOKEN_LENGTH);
	*token = arena_text(ctx->arena, text);
	return store_verification_add(ctx, &(struct verification){
	    .identifier = identifier(ctx, text), .value = session->token,
	    .user_id = session->user_id,
	    .seconds = ctx->config->one_time_token_expires_in });
}

enum status
one_time_token_take(struct ctx *ctx, const char *token,
    const char **session_token)
{
	return store_verification_take(ctx, identifier(ctx, token),
	    session_token);
}
