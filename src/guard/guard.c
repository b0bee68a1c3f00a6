#include "guard/guard.h"

#include "config.h"
#include "ctx.h"
#include "guard/access.h"
#include "guard/api_key.h"
#include "guard/form_token.h"
#include "guard/session.h"
#include "routes.h"
#include "store/session.h"
#include "store/user.h"

enum status
guard_refusal(const struct ctx *ctx)
{
	const enum status refusal = ctx->route->guard.refusal;

	return refusal != ST_OK ? refusal : ST_FORBIDDEN;
}

/* The same refusal in the words of each face (DESIGN, errors). */
static enum status
anonymous(struct ctx *ctx, enum status found)
{
	bool nobody = found == ST_UNAUTHORIZED || found == ST_TOKEN_EXPIRED;

	ctx->response.bare = nobody && ctx->route->guard.bare;
	if (nobody && ctx->route->face == FACE_AUTH)
		return ST_UNAUTHORIZED;
	if (found == ST_UNAUTHORIZED && ctx->route->face == FACE_JSON)
		return ST_INVALID_TOKEN;
	return found;
}

/* A row that a token opens needs nothing of a session; a key stands for one,
 * whatever else was sent. */
static enum status
find_caller(struct ctx *ctx)
{
	const char *key = api_key_sent(ctx);

	if (key != NULL)
		return api_key_find(ctx, key);
	return ctx->route->by_token && ctx->config->jwt_enabled &&
	    access_claimed(ctx) ? access_find(ctx) : session_find(ctx);
}

static enum status
pass_level(struct ctx *ctx, const struct guard *guard)
{
	enum status found;

	if (guard->level == GUARD_ANYONE)
		return ST_OK;
	if (guard->level == GUARD_OPERATOR)
		return operator_pass(ctx);
	found = find_caller(ctx);
	if (guard->level == GUARD_VISITOR &&
	    (refusal_is(ctx, found, ST_UNAUTHORIZED) ||
	    refusal_is(ctx, found, ST_TOKEN_EXPIRED)))
		return ST_OK;
	TRY(anonymous(ctx, found));
	switch (guard->level) {
	case GUARD_VISITOR:
	case GUARD_SESSION:
		return ST_OK;
	case GUARD_FRESH:
		return session_is_fresh(ctx) ? ST_OK :
		    refuse(ctx, ST_SESSION_NOT_FRESH, "signed in too long ago");
	case GUARD_PERMISSION:
		return permission_in(ctx->user->permissions,
		    guard->permission) ? ST_OK :
		    refuse(ctx, guard_refusal(ctx), "%s lacks %s",
		    ctx->user->role, permission_text(guard->permission));
	case GUARD_NONE:
	case GUARD_ANYONE:
	case GUARD_OPERATOR:
		break;
	}
	return refuse(ctx, ST_FORBIDDEN, "the route has no guard");
}

/* What opens an account, or ends it, is its owner's. */
static enum status
pass_own(struct ctx *ctx)
{
	return !ctx->route->guard.own || ctx->session == NULL ||
	    ctx->session->impersonated_by == NULL ? ST_OK :
	    refuse(ctx, ST_IMPERSONATING, "by %s",
	    ctx->session->impersonated_by);
}

static enum status
pass(struct ctx *ctx)
{
	const struct guard *guard = &ctx->route->guard;

	if (guard->level == GUARD_NONE)
		return refuse(ctx, ST_FORBIDDEN, "the route has no guard");
	TRY(pass_level(ctx, guard));
	return pass_own(ctx);
}

enum status
guard_pass(struct ctx *ctx)
{
	const enum status status = pass(ctx);

	if (ctx->route->face != FACE_PAGE)
		return status;
	/* The page of a refusal has forms, too: the ways out of it. */
	if (status == ST_OK || ctx->session != NULL)
		ctx->form_token = form_token(ctx);
	TRY(status);
	return ctx->route->method == METHOD_GET ? ST_OK :
	    form_token_check(ctx);
}
