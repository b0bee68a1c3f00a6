#include "handle/link.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"

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
link_absolute(struct ctx *ctx, const char *url)
{
	return url[0] != '/' ? url :
	    arena_printf(ctx->arena, "%s%s", ctx->config->origin, url);
}

enum status
link_follow(struct ctx *ctx, const char *url)
{
	ctx->response.content_type = "application/json";
	return respond_redirect(ctx, url);
}
