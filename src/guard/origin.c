#include "guard/guard.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/origin.h"
#include "routes.h"
#include "view/view.h"

#define CALLBACK_BYTES_MAX 4096

static bool
changes(const struct request *request)
{
	return request->method != METHOD_GET &&
	    request->method != METHOD_HEAD &&
	    request->method != METHOD_OPTIONS;
}

static bool
trusted(const struct ctx *ctx, const char *origin)
{
	return origin_trusted(origin, ctx->config->origins,
	    ctx->config->origins_count);
}

/* Origin, else the Referer's; the text "null" and nothing are the same. */
static enum status
check_origin(struct ctx *ctx)
{
	const struct request *request = &ctx->request;
	const char *origin = request_param(request, "HTTP_ORIGIN");
	char *from_referer = NULL;

	if (text_is(origin, "null") && text_is(request_param(request,
	    "HTTP_SEC_FETCH_SITE"), "same-origin"))
		return ST_OK;
	if (origin == NULL || origin[0] == '\0') {
		const char *referer = request_param(request, "HTTP_REFERER");

		if (referer != NULL && referer[0] != '\0')
			origin = origin_of(ctx->arena, referer,
			    &from_referer) ? from_referer : referer;
	}
	if (origin == NULL || origin[0] == '\0' ||
	    strcmp(origin, "null") == 0)
		return refuse(ctx, ST_MISSING_OR_NULL_ORIGIN, "no origin");
	if (!trusted(ctx, origin))
		return refuse(ctx, ST_INVALID_ORIGIN, "origin %s", origin);
	return ST_OK;
}

static const struct {
	const char *name;
	const char *title;	/* in the contract's text */
	enum status status;
} callbacks[] = {
	{ "callbackURL", "callbackURL", ST_INVALID_CALLBACK_URL },
	{ "redirectTo", "redirectURL", ST_INVALID_REDIRECT_URL },
	{ "errorCallbackURL", "errorCallbackURL",
	    ST_INVALID_ERROR_CALLBACK_URL },
	{ "newUserCallbackURL", "newUserCallbackURL",
	    ST_INVALID_NEW_USER_CALLBACK_URL },
};

/* Strangers' ones go into letters, some times larger there than they came. */
static enum status
trust_callback(struct ctx *ctx, const char *url, size_t i)
{
	if (url == NULL || url[0] == '\0' || (strlen(url) <=
	    CALLBACK_BYTES_MAX && origin_callback_trusted(url,
	    ctx->config->origins, ctx->config->origins_count)))
		return ST_OK;
	return refuse(ctx, callbacks[i].status, "%s is not trusted",
	    callbacks[i].name);
}

enum status
callback_pass(struct ctx *ctx, const char *url)
{
	return ctx->config->origin_check ? trust_callback(ctx, url, 0) :
	    ST_OK;
}

static enum status
check_callback(struct ctx *ctx, size_t i)
{
	const struct json_object *value = view_get(ctx->body,
	    callbacks[i].name);
	const char *url = view_get_text(ctx->body, callbacks[i].name);

	if (value != NULL && url == NULL) {
		/* Whatever is false to JavaScript is no callback. */
		if (!view_is_truthy(value))
			return ST_OK;
		ctx->refusal.message = arena_printf(ctx->arena,
		    "Invalid %s: expected a string", callbacks[i].title);
		return refuse(ctx, ST_CALLBACK_NOT_TEXT, "%s is no text",
		    callbacks[i].name);
	}
	if (url == NULL && i == 0)
		url = request_query(&ctx->request, callbacks[i].name);
	return trust_callback(ctx, url, i);
}

enum status
origin_pass(struct ctx *ctx)
{
	if (ctx->route->face == FACE_PAGE || !changes(&ctx->request) ||
	    ctx->route->raw || !ctx->config->origin_check)
		return ST_OK;
	if (ctx->request.has_cookie)
		TRY(check_origin(ctx));
	for (size_t i = 0; i < sizeof(callbacks) / sizeof(callbacks[0]); i++)
		TRY(check_callback(ctx, i));
	return ST_OK;
}

enum status
login_pass(struct ctx *ctx)
{
	const struct request *request = &ctx->request;
	const char *site = request_param(request, "HTTP_SEC_FETCH_SITE");
	const char *mode = request_param(request, "HTTP_SEC_FETCH_MODE");
	const char *dest = request_param(request, "HTTP_SEC_FETCH_DEST");

	if (!ctx->route->login || ctx->route->face == FACE_PAGE ||
	    request->has_cookie || !ctx->config->origin_check)
		return ST_OK;
	if (site != NULL || mode != NULL || dest != NULL) {
		if (text_is(site, "cross-site") && text_is(mode, "navigate"))
			return refuse(ctx,
			    ST_CROSS_SITE_NAVIGATION_LOGIN_BLOCKED,
			    "cross-site navigation");
		return check_origin(ctx);
	}
	if (request_param(request, "HTTP_ORIGIN") != NULL ||
	    request_param(request, "HTTP_REFERER") != NULL)
		return check_origin(ctx);
	return ST_OK;
}
