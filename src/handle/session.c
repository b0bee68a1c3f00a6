#include "handle/handle.h"

#include <string.h>

#include "config.h"
#include "ctx.h"
#include "guard/access.h"
#include "guard/session.h"
#include "handle/admin.h"
#include "handle/device.h"
#include "handle/multi_session.h"
#include "handle/reset.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/entitlement.h"
#include "store/extra.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

struct revoke {
	const char *token;
};

static const struct form_field revoke_fields[] = {
	FIELD_ANY(struct revoke, token, "token"),
};
const struct form revoke_session_form = FORM(revoke_fields, struct revoke);

/* An API key stands for a session, and is found by another statement. */
static enum status
view_entitlements(struct ctx *ctx)
{
	const char *text = ctx->session->entitlements;

	if (!ctx->config->entitlements_enabled ||
	    !ctx->config->entitlements_in_session)
		return ST_OK;
	if (text == NULL)
		TRY(store_entitlement_text(ctx, "user", ctx->user->id, &text));
	view_json(ctx->view, "entitlements", text);
	return ST_OK;
}

static enum status
view_both(struct ctx *ctx)
{
	session_view(ctx, view_object(ctx->view, "session"), ctx->session,
	    ctx->session->token);
	user_view(ctx, view_object(ctx->view, "user"), ctx->user);
	return view_entitlements(ctx);
}

/* A signing key that cannot be read, as after a change of server.secret, must
 * not sign everybody out: there is a session, and no token. */
static enum status
offer_token(struct ctx *ctx)
{
	const char *token;
	enum status status;

	/* A key makes no token that would outlive it. */
	if (!ctx->config->jwt_enabled || !ctx->config->jwt_set_header ||
	    ctx->session->by_key)
		return ST_OK;
	status = access_token(ctx, &token);
	if (status == ST_INTERNAL)
		return ST_OK;
	TRY(status);
	response_expose(ctx, "set-auth-jwt", token);
	return ST_OK;
}

static enum status
show_session(struct ctx *ctx)
{
	if (ctx->session == NULL)
		return respond_null(ctx);
	TRY(view_both(ctx));
	return offer_token(ctx);
}

enum status
get_session(struct ctx *ctx)
{
	response_header(ctx, "Pragma", "no-cache");
	TRY(show_session(ctx));
	if (ctx->config->session_defer_refresh && ctx->session != NULL)
		view_bool(ctx->view, "needsRefresh", ctx->refresh_due);
	return ST_OK;
}

enum status
post_session(struct ctx *ctx)
{
	response_header(ctx, "Pragma", "no-cache");
	if (!ctx->config->session_defer_refresh)
		return refuse(ctx,
		    ST_METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED,
		    "session.defer_refresh is off");
	return show_session(ctx);
}

enum status
list_sessions(struct ctx *ctx)
{
	return store_session_list(ctx, ctx->user->id, ctx->session,
	    respond_list(ctx));
}

static enum status
audit_revoke(struct ctx *ctx, const char *action)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = ctx->user->id });
}

enum status
revoke_session(struct ctx *ctx)
{
	const struct revoke *input = ctx->input;
	int64_t count = 0;

	TRY(store_session_revoke(ctx, ctx->user->id, input->token, &count));
	if (count > 0)
		TRY(audit_revoke(ctx, "session.revoke"));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

enum status
revoke_sessions(struct ctx *ctx)
{
	TRY(store_session_revoke_all(ctx, ctx->user->id, NULL, NULL));
	TRY(audit_revoke(ctx, "session.revoke-all"));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

/* The JSON route and the page's button. */
enum status
revoke_other_sessions(struct ctx *ctx)
{
	TRY(store_session_revoke_all(ctx, ctx->user->id, ctx->session->id,
	    NULL));
	TRY(audit_revoke(ctx, "session.revoke-others"));
	view_bool(ctx->view, "status", true);
	ctx->response.flash = "All other devices are signed out.";
	return respond_next(ctx, "/account/security");
}

enum status
security_revoke(struct ctx *ctx)
{
	int64_t count = 0;

	TRY(store_session_revoke(ctx, ctx->user->id, ctx->param[0], &count));
	if (count == 0)
		return refuse(ctx, ST_SESSION_NOT_FOUND, "no such session");
	TRY(audit_revoke(ctx, "session.revoke"));
	ctx->response.flash = "The device is signed out.";
	return respond_next(ctx, "/account/security");
}

enum status
update_session(struct ctx *ctx)
{
	struct session session = *ctx->session;
	const char *fields;
	size_t count;

	TRY(extra_take(ctx, &ctx->config->session_extra, ctx->body, false,
	    &fields, &count));
	if (count == 0)
		return refuse(ctx, ST_NO_FIELDS_TO_UPDATE, "nothing to do");
	TRY(store_session_update(ctx, &session, fields));
	session_view(ctx, view_object(ctx->view, "session"), &session,
	    ctx->session->token);
	session_cookies(ctx, &session, ctx->user, !ctx->not_remembered);
	return ST_OK;
}

/* Always succeeds and always says so with the deletion cookies, once. */
enum status
sign_out(struct ctx *ctx)
{
	if (ctx->session != NULL) {
		TRY(store_session_end(ctx, ctx->session->id));
		TRY(audit_revoke(ctx, "session.end"));
	}
	if (ctx->session != NULL || ctx->response.headers == NULL)
		session_forget(ctx);
	if (ctx->session != NULL)
		TRY(impersonation_end(ctx));
	TRY(device_sessions_end(ctx));
	view_bool(ctx->view, "success", true);
	ctx->response.flash = "You are signed out.";
	return respond_next(ctx, "/login");
}

enum status
session_alias(struct ctx *ctx)
{
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "userId", ctx->user->id);
	view_text(ctx->view, "token", ctx->session->token);
	return view_both(ctx);
}

enum status
logout_page(struct ctx *ctx)
{
	return ctx->session == NULL ? respond_next(ctx, "/login") : ST_OK;
}

/* ---- /account/security ------------------------------------------------- */

static void
view_device(struct ctx *ctx, struct json_object *out,
    const struct json_object *session)
{
	const char *address = view_get_text(session, "ipAddress");
	const char *id = view_get_text(session, "id");

	view_text(out, "id", id);
	view_text(out, "device", device_name(ctx->arena,
	    view_get_text(session, "userAgent")));
	view_text(out, "ipAddress", address[0] != '\0' ? address : NULL);
	view_text(out, "createdAt", view_get_text(session, "createdAt"));
	words_moment(out, "createdAt");
	view_text(out, "updatedAt", view_get_text(session, "updatedAt"));
	words_moment(out, "updatedAt");
	view_bool(out, "current", strcmp(id, ctx->session->id) == 0);
}

enum status
security_page(struct ctx *ctx)
{
	struct json_object *list = view_list(ctx->view, "sessions");
	struct json_object *rows = view_root_list(ctx->arena);

	TRY(store_session_list(ctx, ctx->user->id, ctx->session, rows));
	for (size_t i = 0; i < view_count(rows); i++)
		view_device(ctx, view_object(list, NULL), view_at(rows, i));
	view_bool(ctx->view, "others", view_count(rows) > 1);
	view_null(view_object(ctx->view, "form"), "revokeOtherSessions");
	view_int(ctx->view, "passwordMin", ctx->config->password_min_length);
	view_bool(ctx->view, "canResetPassword", reset_enabled(ctx->config));
	return password_asked(ctx);
}
