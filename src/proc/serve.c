#include "proc/serve.h"

#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "ctx.h"
#include "guard/guard.h"
#include "guard/metric.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "http/form.h"
#include "routes.h"
#include "store/db.h"
#include "view/view.h"

/* The wire contract validates before it asks who you are (contract README,
 * section 2); everywhere else a stranger learns nothing about the form. */
static enum status
admit(struct ctx *ctx)
{
	const struct route *route = ctx->route;

	if (route->face != FACE_AUTH)
		TRY(guard_pass(ctx));
	TRY(form_read(ctx, route->form));
	TRY(login_pass(ctx));
	if (route->face == FACE_AUTH)
		TRY(guard_pass(ctx));
	return ST_OK;
}

static enum status
handle(struct ctx *ctx)
{
	const struct route *route = ctx->route;

	TRY(body_parse(ctx));
	TRY(origin_pass(ctx));
	TRY(admit(ctx));
	if (route->prepare != NULL)
		TRY(route->prepare(ctx));
	if (route->export != NULL)
		return db_transact(ctx, export_list);
	return route->one_read ? route->handler(ctx) :
	    db_transact(ctx, route->handler);
}

/* Limits count unknown paths, too, so that finding comes first and its
 * verdict second. */
static enum status
find(struct ctx *ctx)
{
	enum status found = route_find(ctx);

	TRY(rate_pass(ctx));
	return found;
}

/* Nothing of one request may be seen by the next. */
static void
forget(struct ctx *ctx)
{
	arena_reset(ctx->arena);
	memset((char *)ctx + CTX_KEPT, 0, sizeof(*ctx) - CTX_KEPT);
	db_figures_reset(ctx->db);
	log_request(NULL);
}

void
serve(struct ctx *ctx, struct fcgi *fcgi)
{
	enum status status = request_read(ctx, fcgi);

	log_request(ctx->request.id);
	ctx->view = view_root(ctx->arena);
	if (status == ST_OK)
		status = find(ctx);
	if (status == ST_OK)
		status = handle(ctx);
	if (face_of(ctx) == FACE_PAGE)
		status = page_fill(ctx, status);
	metric_request(ctx, status, respond(ctx, fcgi, status));
	forget(ctx);
}
