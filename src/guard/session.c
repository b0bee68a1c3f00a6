#include "guard/session.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/multi_session.h"
#include "guard/one_time_token.h"
#include "guard/session_data.h"
#include "routes.h"
#include "store/session.h"
#include "trust/sign.h"

/* Its name is fixed; neither a prefix nor "__Secure-" goes in front. */
#define SIGNED_IN_BY "better-auth.last_used_login_method"
#define SIGNED_IN_BY_SECONDS (30 * DAY_SECONDS)

void
session_forget(struct ctx *ctx)
{
	response_expose(ctx, "set-auth-token", NULL);
	response_cookie(ctx, ctx->config->cookie_session, "", 0);
	session_data_forget(ctx);
	response_cookie(ctx, ctx->config->cookie_dont_remember, "", 0);
}

int64_t
session_cookie_age(const struct ctx *ctx, const struct session *session)
{
	const int64_t age = ctx->config->session_expires_in;
	const int64_t left = (session_latest(ctx, session->created_at) -
	    ctx->now) / 1000;

	return left < age ? left : age;
}

void
session_cookies(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember)
{
	const struct config *config = ctx->config;
	const char *wire = cookie_sign(ctx->arena, config->server_secret,
	    session->token);
	size_t size;

	response_cookie(ctx, config->cookie_session, wire,
	    remember ? session_cookie_age(ctx, session) : -1);
	if (!remember)
		response_cookie(ctx, config->cookie_dont_remember,
		    cookie_sign(ctx->arena, config->server_secret, "true"),
		    -1);
	session_data_put(ctx, session, user, remember);
	if (config->bearer_enabled)
		response_expose(ctx, "set-auth-token", text_unpercent(
		    ctx->arena, wire, strlen(wire), false, &size));
}

static enum status
hand_on(struct ctx *ctx, const struct session *session)
{
	const char *token;

	if (!ctx->config->one_time_token_enabled ||
	    !ctx->config->one_time_token_set_header)
		return ST_OK;
	TRY(one_time_token_new(ctx, session, &token));
	response_expose(ctx, "set-ott", token);
	return ST_OK;
}

enum status
session_begin(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember, const char *method)
{
	session_cookies(ctx, session, user, remember);
	if (ctx->config->last_login_method_enabled && method != NULL)
		response_cookie_readable(ctx, SIGNED_IN_BY, method,
		    SIGNED_IN_BY_SECONDS);
	TRY(hand_on(ctx, session));
	return multi_session_begin(ctx, session);
}

bool
session_is_forgotten(struct ctx *ctx)
{
	const char *cookie = request_cookie(&ctx->request,
	    ctx->config->cookie_dont_remember);

	return cookie != NULL && text_is("true", cookie_verify(ctx->arena,
	    ctx->config->server_secret, cookie));
}

bool
session_is_fresh(const struct ctx *ctx)
{
	int64_t fresh_ms = ctx->config->session_fresh_age * 1000;

	return !ctx->session->by_key && (fresh_ms == 0 ||
	    ctx->now - ctx->session->created_at < fresh_ms);
}

static const char *
bearer(struct ctx *ctx)
{
	const char *credentials = request_bearer(ctx);

	return credentials == NULL ? NULL : bearer_verify(ctx->arena,
	    ctx->config->server_secret, credentials);
}

/* A token in the header replaces the cookie's, as the reference has it. */
static const char *
credential(struct ctx *ctx)
{
	const struct config *config = ctx->config;
	const char *token = bearer(ctx);
	const char *cookie;

	ctx->not_remembered = session_is_forgotten(ctx);
	if (token != NULL)
		return token;
	cookie = request_cookie(&ctx->request, config->cookie_session);
	return cookie != NULL ? cookie_verify(ctx->arena,
	    config->server_secret, cookie) : NULL;
}

/* With deferred refresh, a GET never writes (contract core-session.md, 7). */
static bool
may_write(const struct ctx *ctx)
{
	return !ctx->config->session_defer_refresh ||
	    ctx->route->method != METHOD_GET;
}

static enum status
end_expired(struct ctx *ctx, const struct session *session)
{
	session_forget(ctx);
	if (may_write(ctx))
		TRY(store_session_end(ctx, session->id));
	return refuse(ctx, ST_TOKEN_EXPIRED, "session %s has expired",
	    session->id);
}

/* Neither the session nor its copy is renewed (the contract's step 4). */
static bool
stays_as_it_is(const struct ctx *ctx)
{
	const char *disabled = request_query(&ctx->request, "disableRefresh");

	return ctx->not_remembered ||
	    (disabled != NULL && disabled[0] != '\0');
}

static bool
refresh_is_due(const struct ctx *ctx, const struct session *session)
{
	const struct config *config = ctx->config;

	if (!config->session_refresh || stays_as_it_is(ctx) ||
	    session->impersonated_by != NULL ||
	    session->expires_at >= session_latest(ctx, session->created_at))
		return false;
	return session->expires_at - (config->session_expires_in -
	    config->session_update_age) * 1000 <= ctx->now;
}

static enum status
gone(struct ctx *ctx, const char *why)
{
	session_forget(ctx);
	return refuse(ctx, ST_UNAUTHORIZED, "%s", why);
}

static enum status
extend(struct ctx *ctx, struct session *session, const struct user *user)
{
	enum status status = store_session_extend(ctx, session,
	    ctx->config->session_expires_in);

	if (status == ST_NOT_FOUND)
		return gone(ctx, "the session ended meanwhile");
	TRY(status);
	session_cookies(ctx, session, user, true);
	return ST_OK;
}

enum status
session_find(struct ctx *ctx)
{
	const char *token = credential(ctx);
	struct session *session;
	struct user *user;
	enum status status;
	bool wanted;

	if (token == NULL)
		return refuse(ctx, ST_UNAUTHORIZED, "no valid credential");
	session = arena_alloc(ctx->arena, sizeof(*session));
	user = arena_alloc(ctx->arena, sizeof(*user));
	status = store_session_find(ctx, token, session, user);
	if (status == ST_NOT_FOUND)
		return gone(ctx, "no session of this token");
	TRY(status);
	if (session->expires_at <= ctx->now)
		return end_expired(ctx, session);
	/* Who acts as an admin is none. */
	user->permissions = session->impersonated_by != NULL ? 0 :
	    permissions_of(user->role);
	ctx->refresh_due = refresh_is_due(ctx, session);
	wanted = session_data_wanted(ctx, session);
	if (ctx->refresh_due && may_write(ctx))
		TRY(extend(ctx, session, user));
	else if (wanted && !stays_as_it_is(ctx))
		session_data_put(ctx, session, user, true);
	ctx->session = session;
	ctx->user = user;
	return ST_OK;
}
