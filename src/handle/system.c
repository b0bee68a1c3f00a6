#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

enum status
home(struct ctx *ctx)
{
	return respond_redirect(ctx, ctx->session != NULL ? "/account" :
	    "/login");
}

enum status
ok(struct ctx *ctx)
{
	view_bool(ctx->view, "ok", true);
	return ST_OK;
}

/* Space is '+' in these redirects (contract README, section 14). */
static const char *
plus_spaces(struct arena *arena, const char *text)
{
	struct buf buf;

	buf_init(&buf, arena, strlen(text) + 1);
	for (const char *p = text; *p != '\0'; p++) {
		if (p[0] == '%' && p[1] == '2' && p[2] == '0') {
			buf_char(&buf, '+');
			p += 2;
		} else {
			buf_char(&buf, *p);
		}
	}
	return buf.data;
}

/* A code is echoed only when it can be nothing but a code. */
enum status
error_route(struct ctx *ctx)
{
	const char *code = request_query(&ctx->request, "error");
	const char *text = request_query(&ctx->request, "error_description");
	const char *location;

	if (code == NULL || code[0] == '\0' || strspn(code,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_'-+") != strlen(code))
		code = "UNKNOWN";
	location = arena_printf(ctx->arena, "/?error=%s",
	    text_percent(ctx->arena, code));
	if (text != NULL && text[0] != '\0')
		location = arena_printf(ctx->arena, "%s&error_description=%s",
		    location, plus_spaces(ctx->arena,
		    text_percent(ctx->arena, text)));
	return respond_redirect(ctx, location);
}

enum status
health(struct ctx *ctx)
{
	TRY(db_ready(ctx->db));
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "status", "ok");
	view_text(ctx->view, "database", "ok");
	return ST_OK;
}
