#include "routes.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config.h"
#include "ctx.h"
#include "handle/admin.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/assets.h"
#include "http/form.h"

/*
 * The rows are in routes/, one file a face and audience; the first that fits a
 * path is taken. These words keep a row on two or three lines.
 */
#define AUTH(verb, p) .face = FACE_AUTH, .method = METHOD_##verb, .path = p
#define JSON(verb, p) .face = FACE_JSON, .method = METHOD_##verb, .path = p
#define PAGE(verb, p, t) .face = FACE_PAGE, .method = METHOD_##verb,	\
	.path = p, .title = t
/* The list of the page at path as a file (handle/export.h). */
#define CSV(p, table) .face = FACE_PAGE, .method = METHOD_GET,		\
	.path = p ".csv", .title = "Export", .export = &table
#define ANYONE .guard = { .level = GUARD_ANYONE }
#define VISITOR .guard = { .level = GUARD_VISITOR }
#define SESSION .guard = { .level = GUARD_SESSION }
#define VISITOR_OWN .guard = { GUARD_VISITOR, PERMISSION_NONE, .own = true }
#define OWN .guard = { .level = GUARD_SESSION, .own = true }
#define FRESH .guard = { .level = GUARD_FRESH }
#define FRESH_OWN .guard = { .level = GUARD_FRESH, .own = true }
#define MAY(p) .guard = { .level = GUARD_PERMISSION,			\
	.permission = PERMISSION_##p }
#define OPERATOR .guard = { .level = GUARD_OPERATOR }
/* Of the contract's administrators: nobody gets 401 without a body, who may
 * not a code of the row. */
#define BARE .guard = { .level = GUARD_SESSION, .bare = true }
#define MAY_OR(p, status) .guard = { .level = GUARD_PERMISSION,		\
	.permission = PERMISSION_##p,					\
	.refusal = ST_YOU_ARE_NOT_ALLOWED_TO_##status, .bare = true }
#define READ .one_read = true
/* Asks Stripe first, and is limited as the contract's row that does. */
#define PAYS .rate = "/subscription/upgrade"
/* Of what an API key must be allowed for it; KEYS: any will do. */
#define KEY(name) .scope = name
#define KEYS KEY("")
#define TOKEN .by_token = true
#define ADMIN_READS TOKEN, KEY("admin:read")
#define ADMIN_WRITES TOKEN, KEY("admin:write")
/* Of a caller who signs the body as it is. */
#define RAW .raw = true
/* Of a feature that an operator switches on by a setting, or a section. */
#define ONLY(setting) .when = offsetof(struct config, setting)
#define WHEN(section) ONLY(section##_enabled)

const struct route routes[] = {
#include "routes/contract.def"
#include "routes/account.def"
#include "routes/admin.def"
#include "routes/api.def"
#include "routes/api_admin.def"
};
const size_t routes_count = sizeof(routes) / sizeof(routes[0]);

static const char *
method_text(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_HEAD:
		return "HEAD";
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_PATCH:
		return "PATCH";
	case METHOD_DELETE:
		return "DELETE";
	case METHOD_OPTIONS:
		return "OPTIONS";
	case METHOD_OTHER:
		break;
	}
	return "?";
}

const char *
route_method(const struct route *route)
{
	return method_text(route->method);
}

/* Segments equal, or ":name" against one segment that is not empty. */
static bool
path_fits(struct ctx *ctx, const char *pattern, const char *path)
{
	size_t count = 0;

	while (*pattern != '\0') {
		if (*pattern != ':') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t size = strcspn(path, "/");

		if (size == 0 || count == CTX_PARAMS)
			return false;
		ctx->param[count++] = arena_copy(ctx->arena, path, size);
		path += size;
		pattern += strcspn(pattern, "/");
	}
	return *path == '\0';
}

/* HEAD is GET without the body, but the contract knows no HEAD. */
static bool
method_fits(const struct route *route, enum method method)
{
	return route->method == method || (method == METHOD_HEAD &&
	    route->method == METHOD_GET && route->face != FACE_AUTH);
}

static void
allow(struct buf *allowed, const struct route *route)
{
	const char *method = method_text(route->method);

	if (strstr(allowed->data, method) != NULL)
		return;
	buf_printf(allowed, "%s%s", allowed->size > 0 ? ", " : "", method);
	if (route->method == METHOD_GET)
		buf_text(allowed, ", HEAD");
}

/* The path as rows of the contract spell it, or NULL outside of it. */
static const char *
below_base(const struct ctx *ctx)
{
	const char *base = ctx->config->server_base_path;
	size_t size = strlen(base);

	return strncmp(ctx->request.path, base, size) == 0 &&
	    ctx->request.path[size] == '/' ? ctx->request.path + size : NULL;
}

bool
route_is_on(const struct config *config, const struct route *route)
{
	return config_is_on(config, route->when);
}

/* What a row's pattern is compared with; NULL: it cannot be meant. A parameter
 * of ours does not take the base path for somebody's id. */
static const char *
path_for(const struct ctx *ctx, const struct route *route, const char *below)
{
	if (!route_is_on(ctx->config, route))
		return NULL;
	if (route->face == FACE_AUTH)
		return below;
	return below != NULL && strchr(route->path, ':') != NULL ? NULL :
	    ctx->request.path;
}

enum status
route_find(struct ctx *ctx)
{
	const char *below = below_base(ctx);
	struct buf allowed;

	buf_init(&allowed, ctx->arena, 64);
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *route = &routes[i];
		const char *path = path_for(ctx, route, below);

		if (path == NULL || !path_fits(ctx, route->path, path))
			continue;
		if (method_fits(route, ctx->request.method)) {
			ctx->route = route;
			return ST_OK;
		}
		if (route->face != FACE_AUTH)
			allow(&allowed, route);
	}
	if (allowed.size == 0)
		return refuse(ctx, ST_NOT_FOUND, "no such route");
	response_header(ctx, "Allow", allowed.data);
	return refuse(ctx, ST_METHOD_NOT_ALLOWED, "no such method here");
}

const struct route *
route_export(const struct route *route)
{
	const size_t size = strlen(route->path);

	for (size_t i = 0; i < routes_count; i++)
		if (routes[i].export != NULL &&
		    routes[i].handler == route->handler &&
		    strncmp(routes[i].path, route->path, size) == 0 &&
		    strcmp(routes[i].path + size, ".csv") == 0)
			return &routes[i];
	return NULL;
}

void
routes_print(const struct config *config)
{
	static const char *const faces[] = { [FACE_PAGE] = "page",
		[FACE_JSON] = "json", [FACE_AUTH] = "auth" };
	static const char *const levels[] = { [GUARD_NONE] = "nobody",
		[GUARD_ANYONE] = "anyone", [GUARD_VISITOR] = "visitor",
		[GUARD_SESSION] = "session", [GUARD_FRESH] = "fresh",
		[GUARD_PERMISSION] = "", [GUARD_OPERATOR] = "operator" };

	for (size_t i = 0; i < routes_count; i++) {
		const struct route *route = &routes[i];

		if (!route_is_on(config, route))
			continue;
		(void)printf("%-6s %s%s %s %s%s\n", route_method(route),
		    route->face == FACE_AUTH ? config->server_base_path :
		    "", route->path,
		    faces[route->face], levels[route->guard.level],
		    permission_text(route->guard.permission));
	}
}
