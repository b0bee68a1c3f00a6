#include "handle/admin.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/session.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "trust/sign.h"
#include "view/view.h"

#define REASON_MAX 200

/*
 * While an admin acts as a user, his own session waits in a cookie: its token,
 * and whether it outlives the browser (contract admin.md).
 */
struct waiting {
	const char *token;
	bool remember;
};

/* ---- beginning --------------------------------------------------------- */

struct impersonation {
	const char *reason;
};

static const struct form_field impersonate_fields[] = {
	FIELD_TEXT(struct impersonation, reason, "reason", 1, REASON_MAX,
	    .label = "Reason"),
};
const struct form impersonate_form = FORM(impersonate_fields,
    struct impersonation);

static enum status
check(struct ctx *ctx, const struct user *subject)
{
	if (is_self(ctx, subject->id) || !covers(ctx, subject->role) ||
	    (role_is_admin(subject->role) &&
	    !may(ctx, PERMISSION_USER_IMPERSONATE_ADMINS)))
		return refuse(ctx, ST_YOU_CANNOT_IMPERSONATE_ADMINS,
		    "%s is %s", subject->id, subject->role);
	if (subject->banned) {
		ctx->refusal.message = "This user is banned.";
		return refuse(ctx, ST_BANNED_USER, "%s", subject->id);
	}
	return ST_OK;
}

static enum status
audit(struct ctx *ctx, const char *action, const char *user_id,
    struct json_object *after)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = user_id, .after = after });
}

static void
set_aside(struct ctx *ctx)
{
	const char *value = arena_printf(ctx->arena, "%s:%s",
	    ctx->session->token, ctx->not_remembered ? "true" : "");

	session_forget(ctx);
	response_cookie(ctx, ctx->config->cookie_admin, cookie_sign(
	    ctx->arena, ctx->config->server_secret, value),
	    session_cookie_age(ctx, ctx->session));
}

static void
show(struct ctx *ctx, const struct session *session, const struct user *user)
{
	session_view(ctx, view_object(ctx->view, "session"), session,
	    session->token);
	user_view(ctx, view_object(ctx->view, "user"), user);
}

enum status
impersonate(struct ctx *ctx)
{
	const struct impersonation *input = ctx->input;
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	struct user subject;

	TRY(subject_lock(ctx, subject_id(ctx), &subject));
	TRY(check(ctx, &subject));
	TRY(store_session_impersonate(ctx, &subject,
	    ctx->config->admin_impersonation_seconds, session));
	TRY(audit(ctx, "impersonation.start", subject.id, is_page(ctx) ?
	    audit_text(ctx, "reason", input->reason) : NULL));
	set_aside(ctx);
	TRY(session_begin(ctx, session, &subject, false, NULL));
	show(ctx, session, &subject);
	return respond_next(ctx, "/account");
}

/* ---- ending ------------------------------------------------------------ */

/* False when the cookie is missing, or none of ours. */
static bool
waiting_read(struct ctx *ctx, struct waiting *out)
{
	const char *cookie = request_cookie(&ctx->request,
	    ctx->config->cookie_admin);
	char *value = cookie == NULL ? NULL : cookie_verify(ctx->arena,
	    ctx->config->server_secret, cookie);
	char *colon = value == NULL ? NULL : strrchr(value, ':');

	if (colon == NULL)
		return false;
	*colon = '\0';
	*out = (struct waiting){ .token = value,
	    .remember = strcmp(colon + 1, "true") != 0 };
	return true;
}

/* The waiting session, which must be that of the admin who acts. */
static enum status
waiting_find(struct ctx *ctx, struct waiting *waiting,
    struct session *session, struct user *admin)
{
	enum status status;

	if (!waiting_read(ctx, waiting))
		return refuse(ctx, ST_ADMIN_SESSION_GONE, "no cookie");
	status = store_session_find(ctx, waiting->token, session, admin);
	if (status == ST_OK && session->expires_at > ctx->now &&
	    text_is(session->user_id, ctx->session->impersonated_by))
		return ST_OK;
	return status != ST_OK && status != ST_NOT_FOUND ? status :
	    refuse(ctx, ST_ADMIN_SESSION_GONE, "none of this admin's");
}

static enum status
give_back(struct ctx *ctx, bool remember, const struct session *session,
    const struct user *admin)
{
	const struct config *config = ctx->config;

	session_cookies(ctx, session, admin, remember);
	response_cookie(ctx, config->cookie_admin, "", 0);
	/* On the wire the reference leaves it behind. */
	if (is_page(ctx) && remember)
		response_cookie(ctx, config->cookie_dont_remember, "", 0);
	show(ctx, session, admin);
	return subject_next(ctx, ctx->user, NULL);
}

static enum status
end(struct ctx *ctx)
{
	TRY(store_session_end(ctx, ctx->session->id));
	return audit(ctx, "impersonation.stop", ctx->user->id, NULL);
}

/* On a page there must be a way out, even when nothing waits. */
static enum status
leave(struct ctx *ctx)
{
	TRY(end(ctx));
	session_forget(ctx);
	response_cookie(ctx, ctx->config->cookie_admin, "", 0);
	ctx->response.flash = "Your own session has ended in the meantime.";
	return respond_next(ctx, "/login");
}

enum status
stop_impersonating(struct ctx *ctx)
{
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	struct user *admin = arena_alloc(ctx->arena, sizeof(*admin));
	struct waiting waiting;
	enum status status;

	if (ctx->session->impersonated_by == NULL)
		return refuse(ctx, ST_NOT_IMPERSONATING, "one's own session");
	status = waiting_find(ctx, &waiting, session, admin);
	if (status == ST_ADMIN_SESSION_GONE && is_page(ctx))
		return leave(ctx);
	TRY(status);
	TRY(end(ctx));
	return give_back(ctx, waiting.remember, session, admin);
}

enum status
impersonation_end(struct ctx *ctx)
{
	struct session session;
	struct user admin;
	struct waiting waiting;
	enum status status;

	if (ctx->session->impersonated_by == NULL)
		return ST_OK;
	response_cookie(ctx, ctx->config->cookie_admin, "", 0);
	status = waiting_find(ctx, &waiting, &session, &admin);
	if (status == ST_ADMIN_SESSION_GONE)
		return ST_OK;
	TRY(status);
	return store_session_end(ctx, session.id);
}
