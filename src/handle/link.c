#include "handle/link.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/path.h"
#include "http/request.h"
#include "view/view.h"

const char *
link_make(struct ctx *ctx, const char *path, const char *callback)
{
	return arena_printf(ctx->arena, "%s%s%s%s", ctx->config->origin,
	    ctx->config->server_base_path, path,
	    text_percent(ctx->arena, callback));
}

const char *
link_with(struct ctx *ctx, const char *url, const char *name,
    const char *value)
{
	size_t size = strcspn(url, "#");
	bool more = memchr(url, '?', size) != NULL;

	return arena_printf(ctx->arena, "%.*s%c%s=%s%s", (int)size, url,
	    more ? '&' : '?', name, text_percent(ctx->arena, value),
	    url + size);
}

const char *
link_or_root(const char *url)
{
	return url != NULL && url[0] != '\0' ? url : "/";
}

const char *
link_absolute(struct ctx *ctx, const char *url)
{
	return url[0] != '/' ? url :
	    arena_printf(ctx->arena, "%s%s", ctx->config->origin, url);
}

const char *
link_next(const struct ctx *ctx)
{
	const char *next = ctx->body != NULL ?
	    view_get_text(ctx->body, "next") :
	    request_query(&ctx->request, "next");

	return next != NULL && path_next(next) ? next : NULL;
}

const char *
link_onward(struct ctx *ctx, const char *page)
{
	const char *next = link_next(ctx);

	return next == NULL ? page : link_with(ctx, page, "next", next);
}

enum status
link_follow(struct ctx *ctx, const char *url)
{
	ctx->response.content_type = "application/json";
	return respond_redirect(ctx, url);
}
