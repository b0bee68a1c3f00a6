#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/multi_session.h"
#include "handle/nav.h"
#include "http/assets.h"
#include "http/form.h"
#include "routes.h"
#include "store/db.h"
#include "store/session.h"
#include "store/user.h"
#include "trust/sign.h"
#include "view/view.h"

#define FLASH_SECONDS 60

/* What a person may do about it, where the sentence alone does not say. */
static const struct {
	int http;
	const char *title, *text, *hint;
} error_pages[] = {
	{ 403, "Not allowed", NULL,
	    "Ask an administrator if you think that you should be able to "
	    "see this." },
	{ 404, "Not found", "There is no page at this address.",
	    "Check the address for a typing error, or start again from your "
	    "account." },
	{ 405, "Not possible here", NULL, NULL },
	{ 413, "Too large", NULL, "Send less at once." },
	{ 429, "Too many attempts", NULL, "Wait a little, then try again." },
	{ 500, "Something went wrong", NULL,
	    "It is not your fault. Try again in a moment." },
	{ 503, "Back in a moment", NULL,
	    "Nothing is lost. Go back and send it again in a few seconds." },
};

/* Refusals of a handler that one field of the form can mend. */
static const struct {
	enum status status;
	const char *field;
} blames[] = {
	{ ST_INVALID_EMAIL, "email" },
	{ ST_USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL, "email" },
	{ ST_EXPIRES_IN_IS_TOO_SMALL, "days" },
	{ ST_EXPIRES_IN_IS_TOO_LARGE, "days" },
	{ ST_CHOSEN_TOO_SHORT, "username" },
	{ ST_CHOSEN_TOO_LONG, "username" },
	{ ST_CHOSEN_INVALID, "username" },
	{ ST_USERNAME_IS_ALREADY_TAKEN, "username" },
	{ ST_USERNAME_IS_IMMUTABLE, "username" },
	{ ST_PASSWORD_TOO_SHORT, "newPassword" },
	{ ST_PASSWORD_TOO_SHORT, "password" },
	{ ST_PASSWORD_TOO_LONG, "newPassword" },
	{ ST_PASSWORD_TOO_LONG, "password" },
	{ ST_INVALID_PASSWORD, "currentPassword" },
	{ ST_INVALID_PASSWORD, "password" },
	{ ST_EMAIL_IS_THE_SAME, "newEmail" },
	{ ST_PLAN_NAME_TAKEN, "name" },
	{ ST_ITEM_NAME_TAKEN, "name" },
	{ ST_ITEM_TAKEN, "from" },
	{ ST_RESERVATION_EXISTS, "from" },
	{ ST_INSUFFICIENT_CREDITS, "amount" },
	{ ST_BALANCE_LIMIT_EXCEEDED, "amount" },
};

static void
fill_user(struct ctx *ctx)
{
	const struct user *user = ctx->session != NULL ? ctx->user : NULL;
	struct json_object *shown;

	if (user == NULL) {
		view_null(ctx->page, "user");
		view_bool(ctx->page, "unverified", false);
		view_bool(ctx->page, "canAdmin", false);
		view_bool(ctx->page, "canWrite", false);
		return;
	}
	shown = view_object(ctx->page, "user");
	view_text(shown, "id", user->id);
	view_text(shown, "name", user->name);
	view_text(shown, "email", user->email);
	view_text(shown, "role", user->role);
	if (ctx->session->entitlements != NULL)
		view_json(ctx->page, "entitlements",
		    ctx->session->entitlements);
	view_bool(ctx->page, "unverified", !user->email_verified &&
	    ctx->config->verification_enabled);
	view_bool(ctx->page, "canAdmin", permission_in(user->permissions,
	    PERMISSION_SYSTEM_READ));
	view_bool(ctx->page, "canWrite", permission_in(user->permissions,
	    PERMISSION_USER_UPDATE));
}

static void
fill_impersonation(struct ctx *ctx)
{
	struct json_object *shown;

	if (ctx->session == NULL || ctx->session->impersonated_by == NULL) {
		view_null(ctx->page, "impersonation");
		return;
	}
	shown = view_object(ctx->page, "impersonation");
	view_text(shown, "name", ctx->user->name[0] != '\0' ?
	    ctx->user->name : ctx->user->email);
	view_text(shown, "email", ctx->user->email);
}

/* A message from before the redirect: shown once. */
static void
fill_flash(struct ctx *ctx)
{
	const char *cookie = request_cookie(&ctx->request,
	    ctx->config->cookie_flash);
	const char *text = cookie == NULL ? NULL : cookie_verify(ctx->arena,
	    ctx->config->server_secret, cookie);

	if (cookie != NULL)
		response_cookie(ctx, ctx->config->cookie_flash, "", 0);
	if (text != NULL && text_starts(text, "flash:"))
		view_text(view_object(ctx->page, "flash"), "text",
		    text + strlen("flash:"));
	else
		view_null(ctx->page, "flash");
}

static const char *
title_of(const struct ctx *ctx)
{
	const char *title = ctx->response.title;

	return title != NULL ? title : ctx->route->title;
}

static void
fill_page(struct ctx *ctx, const char *title)
{
	struct json_object *assets = view_object(ctx->page, "assets");

	view_text(ctx->page, "title", title);
	view_text(ctx->page, "brand", ctx->config->server_brand);
	view_text(ctx->page, "path", ctx->request.path);
	view_text(ctx->page, "csrf", ctx->form_token != NULL ?
	    ctx->form_token : "");
	view_text(ctx->page, "requestId", ctx->request.id);
	view_text(assets, "css", assets_path(ctx->assets, "app.css"));
	view_text(assets, "js", assets_path(ctx->assets, "app.js"));
	view_text(assets, "icon", assets_path(ctx->assets, "icon.svg"));
	view_null(ctx->page, "switcher");
	fill_user(ctx);
	fill_impersonation(ctx);
	nav_fill(ctx);
	fill_flash(ctx);
}

static bool
has_field(const struct form *form, const char *name)
{
	for (size_t i = 0; form != NULL && i < form->count; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return true;
	return false;
}

static const char *
blamed_field(const struct ctx *ctx, enum status status)
{
	for (size_t i = 0; i < sizeof(blames) / sizeof(blames[0]); i++)
		if (blames[i].status == status &&
		    has_field(ctx->route->form, blames[i].field))
			return blames[i].field;
	return NULL;
}

static void
fill_error(struct json_object *errors, const char *field, const char *text)
{
	struct json_object *entry = view_object(errors, NULL);

	view_text(entry, "field", field);
	view_text(entry, "text", text);
}

static void
fill_errors(struct ctx *ctx, enum status status)
{
	struct json_object *errors = view_list(ctx->view, "errors");
	const char *text = refusal_text(ctx, status);
	const char *field;

	if (status == ST_OK) {
		view_null(ctx->page, "error");
		return;
	}
	for (const struct input_error *e = ctx->errors; e != NULL; e = e->next)
		fill_error(errors, e->field, e->human);
	field = ctx->errors == NULL ? blamed_field(ctx, status) : NULL;
	if (field != NULL)
		fill_error(errors, field, text);
	view_text(view_object(ctx->page, "error"), "text",
	    ctx->errors != NULL || field != NULL ?
	    "Please correct this:" : text);
}

static enum status
error_page(struct ctx *ctx, enum status status)
{
	int http = status_http(status);
	const char *title = "Not possible", *hint = NULL;
	const char *text = refusal_text(ctx, status);

	for (size_t i = 0; i < sizeof(error_pages) / sizeof(error_pages[0]);
	    i++) {
		if (error_pages[i].http != http)
			continue;
		title = error_pages[i].title;
		hint = error_pages[i].hint;
		if (error_pages[i].text != NULL)
			text = error_pages[i].text;
	}
	view_clear(ctx->view);
	view_int(ctx->view, "status", http);
	view_text(ctx->view, "title", title);
	view_text(ctx->view, "text", text);
	view_text(ctx->view, "hint", hint);
	view_text(ctx->view, "requestId", ctx->request.id);
	fill_page(ctx, title);
	fill_errors(ctx, ST_OK);
	return status;
}

/* Whoever is not signed in comes back here afterwards; only a GET can. */
static enum status
to_login(struct ctx *ctx)
{
	const char *path = ctx->request.path;

	if (ctx->request.query_text[0] != '\0')
		path = arena_printf(ctx->arena, "%s?%s", path,
		    ctx->request.query_text);
	if (ctx->route->method == METHOD_GET)
		return respond_next(ctx, "/login?next=%s",
		    text_percent(ctx->arena, path));
	return respond_next(ctx, "/login");
}

static bool
is_shown_again(const struct ctx *ctx, enum status status)
{
	int http = status_http(status);

	/* Too many requests are refused unread, too many wrong secrets not. */
	if (http == 429)
		return ctx->route->again != NULL && ctx->form_token != NULL;
	if (ctx->route->again == NULL || (http != 400 && http != 401 &&
	    http != 403 && http != 409 && http != 422 && http != 503))
		return false;
	/* The guard's refusals are about the visitor, not about the form. */
	return status != ST_FORBIDDEN && status != ST_UNAVAILABLE &&
	    status != ST_RETRY && status != ST_GONE_AWAY &&
	    (ctx->user != NULL || ctx->route->guard.level <= GUARD_VISITOR);
}

static enum status
show_again(struct ctx *ctx, enum status status)
{
	struct json_object *form;
	const struct refusal refused = ctx->refusal;
	enum status again = db_transact(ctx, ctx->route->again);

	if (again != ST_OK)
		return error_page(ctx, again);
	ctx->refusal = refused;
	form = view_get(ctx->view, "form");
	if (form == NULL)
		form = view_object(ctx->view, "form");
	form_view(ctx, ctx->route->form, form);
	fill_page(ctx, title_of(ctx));
	switcher_fill(ctx);
	fill_errors(ctx, status);
	ctx->shown_again = true;
	return status;
}

static void
set_flash(struct ctx *ctx)
{
	if (ctx->response.flash == NULL)
		return;
	response_cookie(ctx, ctx->config->cookie_flash, cookie_sign(
	    ctx->arena, ctx->config->server_secret, arena_printf(ctx->arena,
	    "flash:%s", ctx->response.flash)), FLASH_SECONDS);
}

enum status
page_fill(struct ctx *ctx, enum status status)
{
	ctx->page = view_root(ctx->arena);
	if (ctx->response.body != NULL || status == ST_NOT_MODIFIED)
		return status;
	if (status == ST_OK && ctx->response.redirect != 0) {
		set_flash(ctx);
		return ST_OK;
	}
	if (status == ST_OK) {
		fill_page(ctx, title_of(ctx));
		switcher_fill(ctx);
		fill_errors(ctx, ST_OK);
		return ST_OK;
	}
	if (ctx->route != NULL &&
	    (status == ST_UNAUTHORIZED || status == ST_TOKEN_EXPIRED))
		return to_login(ctx);
	if (ctx->route != NULL && is_shown_again(ctx, status))
		return show_again(ctx, status);
	return error_page(ctx, status);
}
