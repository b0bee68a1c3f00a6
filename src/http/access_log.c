#include "http/access_log.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "ctx.h"
#include "routes.h"
#include "store/db.h"
#include "store/session.h"
#include "store/user.h"

#define SECRET_RUN 20	/* letters and digits; no secret of ours has fewer */

/* What was wrong with the input says no value that was in it. */
static const char *
reason_text(struct ctx *ctx)
{
	if (ctx->refusal.reason != NULL || ctx->errors == NULL)
		return ctx->refusal.reason;
	return invalid_text(ctx);
}

/* A path that is no row's may be a link to one all the same, with its secret:
 * programs ask with HEAD first, and people lose its beginning or end. */
static const char *
path_shown(struct ctx *ctx)
{
	char *path = arena_text(ctx->arena, ctx->request.path);

	for (char *p = path; *p != '\0';) {
		size_t run = strspn(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		    "abcdefghijklmnopqrstuvwxyz0123456789");

		if (run >= SECRET_RUN)
			memset(p, '*', run);
		p += run > 0 ? run : 1;
	}
	return path;
}

void
access_log(struct ctx *ctx, int http, size_t bytes, bool delivered)
{
	const struct route *route = ctx->route;
	const struct db_figures db = db_figures(ctx->db);

	log_line(http >= 500 ? LOG_ERROR_LEVEL : LOG_INFO_LEVEL, "request",
	    (const struct log_field[]){
		LOG_TEXT("method", ctx->request.method_text),
		LOG_TEXT("route", route != NULL ? route->path : NULL),
		LOG_TEXT("path", route != NULL ? NULL : path_shown(ctx)),
		LOG_INT("status", http),
		LOG_INT("bytes", (int64_t)bytes),
		LOG_INT("us", clock_monotonic_us() - ctx->request.started_us),
		LOG_INT("statements", db.statements),
		LOG_INT("dbUs", db.us),
		LOG_TEXT("userId", ctx->user != NULL ? ctx->user->id : NULL),
		LOG_TEXT("apiKey", ctx->session != NULL &&
		    ctx->session->by_key ? ctx->session->id : NULL),
		LOG_TEXT("address", ctx->request.address),
		LOG_TEXT("reason", reason_text(ctx)),
		LOG_TEXT("lost", delivered ? NULL : "the web server left"),
		LOG_END });
}
