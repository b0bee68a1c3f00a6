#include "guard/multi_session.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/session.h"
#include "trust/sign.h"

/* The full name of a token's cookie. */
static const char *
name_of(struct ctx *ctx, const char *token)
{
	return arena_printf(ctx->arena, "%s_multi-%s",
	    ctx->config->cookie_session, text_lower(ctx->arena, token));
}

/*
 * Whoever planted a cookie under another name, or the same one twice, is not
 * believed: a token counts once, under its own name.
 */
static void
read_cookie(struct ctx *ctx, const struct pair *cookie,
    struct device_sessions *out)
{
	const char *token = cookie_verify(ctx->arena,
	    ctx->config->server_secret, cookie->value);

	if (token == NULL || strlen(token) != SESSION_TOKEN_LENGTH ||
	    !text_is(name_of(ctx, token), cookie->name))
		return;
	for (size_t i = 0; i < out->count; i++)
		if (text_is(out->cookie[i], cookie->name))
			return;
	out->cookie[out->count] = cookie->name;
	out->token[out->count++] = token;
}

void
multi_session_cookies(struct ctx *ctx, struct device_sessions *out)
{
	const struct pairs *cookies = &ctx->request.cookies;
	const char *prefix = name_of(ctx, "");

	*out = (struct device_sessions){ 0 };
	if (!ctx->config->multi_session_enabled)
		return;
	out->cookie = arena_array(ctx->arena, cookies->count,
	    sizeof(*out->cookie));
	out->token = arena_array(ctx->arena, cookies->count,
	    sizeof(*out->token));
	for (size_t i = 0; i < cookies->count; i++)
		if (text_starts(cookies->pair[i].name, prefix))
			read_cookie(ctx, &cookies->pair[i], out);
	out->found = arena_array(ctx->arena, out->count, sizeof(*out->found));
}

static bool
has_token(const struct device_sessions *sessions, const char *token)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (text_is(sessions->token[i], token))
			return true;
	return false;
}

enum status
multi_session_find(struct ctx *ctx, struct device_sessions *out)
{
	multi_session_cookies(ctx, out);
	return out->count == 0 ? ST_OK : store_device_sessions(ctx,
	    out->token, out->count, out->found);
}

void
multi_session_forget(struct ctx *ctx, const char *cookie)
{
	response_cookie(ctx, cookie, "", 0);
}

/* It outlives the browser even where the session's own does not. */
static void
give_cookie(struct ctx *ctx, const struct session *session)
{
	response_cookie(ctx, name_of(ctx, session->token), cookie_sign(
	    ctx->arena, ctx->config->server_secret, session->token),
	    session_cookie_age(ctx, session));
}

void
multi_session_keep(struct ctx *ctx, const struct session *session)
{
	struct device_sessions sessions;

	multi_session_cookies(ctx, &sessions);
	if (ctx->config->multi_session_enabled &&
	    !has_token(&sessions, session->token))
		give_cookie(ctx, session);
}

void
multi_session_drop(struct ctx *ctx, const struct session *session)
{
	struct device_sessions sessions;

	multi_session_cookies(ctx, &sessions);
	if (has_token(&sessions, session->token))
		multi_session_forget(ctx, name_of(ctx, session->token));
}

enum status
multi_session_begin(struct ctx *ctx, const struct session *session)
{
	struct device_sessions others;
	int64_t kept = 0;

	multi_session_cookies(ctx, &others);
	if (!ctx->config->multi_session_enabled ||
	    session->impersonated_by != NULL ||
	    has_token(&others, session->token))
		return ST_OK;
	if (others.count > 0)
		TRY(store_device_sessions_replace(ctx, others.token,
		    others.count, session->user_id, others.found));
	for (size_t i = 0; i < others.count; i++) {
		if (others.found[i].live)
			kept++;
		else
			multi_session_forget(ctx, others.cookie[i]);
	}
	if (kept < ctx->config->multi_session_maximum)
		give_cookie(ctx, session);
	return ST_OK;
}
