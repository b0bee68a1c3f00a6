#include "http/form.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "ctx.h"
#include "http/query.h"
#include "routes.h"
#include "view/view.h"

#define TYPE_JSON "application/json"
#define TYPE_FORM "application/x-www-form-urlencoded"

static bool
type_is(const char *sent, const char *type)
{
	size_t size = strcspn(sent, ";");

	while (size > 0 && (sent[size - 1] == ' ' || sent[size - 1] == '\t'))
		size--;
	return size == strlen(type) && strncasecmp(sent, type, size) == 0;
}

static enum status
parse_form(struct ctx *ctx)
{
	struct pairs pairs;

	if (!query_parse(ctx->arena, ctx->request.body,
	    ctx->request.body_size, &pairs) || pairs_repeated(&pairs))
		return refuse(ctx, ST_BAD_REQUEST, "the form is malformed");
	ctx->body = view_root(ctx->arena);
	for (size_t i = 0; i < pairs.count; i++)
		view_text(ctx->body, pairs.pair[i].name, pairs.pair[i].value);
	return ST_OK;
}

static enum status
parse_json(struct ctx *ctx)
{
	const char *reason = "";

	if (json_read(ctx->arena, ctx->request.body, ctx->request.body_size,
	    &ctx->body, &reason)) {
		ctx->body_null = ctx->body == NULL;
		return ST_OK;
	}
	ctx->refusal.message = "Invalid JSON in request body";
	return refuse(ctx, ST_BAD_REQUEST, "JSON: %s", reason);
}

static enum status
refuse_type(struct ctx *ctx, const char *allowed)
{
	ctx->refusal.message = arena_printf(ctx->arena,
	    "Content-Type \"%s\" is not allowed. Allowed types: %s",
	    ctx->request.content_type, allowed);
	return refuse(ctx, ST_UNSUPPORTED_MEDIA_TYPE, "content type");
}

enum status
body_parse(struct ctx *ctx)
{
	const struct request *request = &ctx->request;
	const struct form *form = ctx->route->form;
	bool page = ctx->route->face == FACE_PAGE;
	bool either = form != NULL && form->form_body;

	/* Bytes without a type are dropped, as the reference does. */
	if (request->body_size == 0 || request->content_type == NULL ||
	    ctx->route->raw)
		return ST_OK;
	if (!page && type_is(request->content_type, TYPE_JSON))
		return parse_json(ctx);
	if ((page || either) && type_is(request->content_type, TYPE_FORM)) {
		ctx->body_is_form = true;
		return parse_form(ctx);
	}
	return refuse_type(ctx, page ? TYPE_FORM :
	    either ? TYPE_FORM ", " TYPE_JSON : TYPE_JSON);
}
