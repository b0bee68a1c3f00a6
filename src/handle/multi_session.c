#include "handle/multi_session.h"

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/multi_session.h"
#include "guard/session.h"
#include "handle/handle.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/device_session.h"
#include "store/user.h"
#include "view/view.h"

#define NOBODY SIZE_MAX

/* Only a hint which cookie is meant, whatever its letters. */
struct chosen {
	const char *token;
};

static const struct form_field chosen_fields[] = {
	FIELD_ANY(struct chosen, token, "sessionToken"),
};
const struct form device_session_form = FORM(chosen_fields, struct chosen);

/* All of them, and which one the body means. */
static enum status
choose(struct ctx *ctx, struct device_sessions *sessions, size_t *chosen)
{
	const struct chosen *input = ctx->input;
	const char *wanted = text_lower(ctx->arena, input->token);

	TRY(multi_session_find(ctx, sessions));
	for (*chosen = 0; *chosen < sessions->count; (*chosen)++)
		if (text_is(text_lower(ctx->arena, sessions->token[*chosen]),
		    wanted))
			return ST_OK;
	return refuse(ctx, ST_INVALID_SESSION_TOKEN, "no such cookie");
}

static size_t
by_id(const struct device_sessions *sessions, const char *id)
{
	for (size_t i = 0; i < sessions->count; i++)
		if (sessions->found[i].live &&
		    text_is(sessions->found[i].session.id, id))
			return i;
	return NOBODY;
}

static bool
is_acting(const struct ctx *ctx, const char *token)
{
	return ctx->session != NULL && text_is(ctx->session->token, token);
}

/* ---- the wire contract ------------------------------------------------- */

static void
view_found(struct ctx *ctx, struct json_object *out,
    const struct session_found *found)
{
	session_view(ctx, view_object(out, "session"), &found->session,
	    found->session.token);
	user_view(ctx, view_object(out, "user"), &found->user);
}

static bool
is_repeated(const struct device_sessions *sessions, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (sessions->found[i].live &&
		    text_is(sessions->found[i].user.id,
		    sessions->found[at].user.id))
			return true;
	return false;
}

enum status
list_device_sessions(struct ctx *ctx)
{
	struct json_object *list = respond_list(ctx);
	struct device_sessions sessions;

	TRY(multi_session_find(ctx, &sessions));
	for (size_t i = 0; i < sessions.count; i++)
		if (sessions.found[i].live && !is_repeated(&sessions, i))
			view_found(ctx, view_object(list, NULL),
			    &sessions.found[i]);
	return ST_OK;
}

static void
make_acting(struct ctx *ctx, const struct session_found *found)
{
	session_cookies(ctx, &found->session, &found->user,
	    !session_is_forgotten(ctx));
}

enum status
set_active_session(struct ctx *ctx)
{
	struct device_sessions sessions;
	size_t i;

	TRY(choose(ctx, &sessions, &i));
	if (!sessions.found[i].live) {
		multi_session_forget(ctx, sessions.cookie[i]);
		return refuse(ctx, ST_INVALID_SESSION_TOKEN,
		    "the session has ended");
	}
	make_acting(ctx, &sessions.found[i]);
	view_found(ctx, ctx->view, &sessions.found[i]);
	return ST_OK;
}

static enum status
audit_end(struct ctx *ctx, const char *user_id)
{
	return store_audit_write(ctx, &(struct audit){
	    .action = "session.end", .target_type = "user",
	    .target_id = user_id });
}

static enum status
end(struct ctx *ctx, const struct session *session)
{
	TRY(store_session_end(ctx, session->id));
	return audit_end(ctx, session->user_id);
}

/* The acting session has ended: another one acts, or nobody does. */
static const struct session_found *
hand_over(struct ctx *ctx, const struct device_sessions *sessions)
{
	for (size_t i = 0; i < sessions->count; i++) {
		if (!sessions->found[i].live ||
		    is_acting(ctx, sessions->token[i]))
			continue;
		make_acting(ctx, &sessions->found[i]);
		return &sessions->found[i];
	}
	session_forget(ctx);
	return NULL;
}

enum status
revoke_device_session(struct ctx *ctx)
{
	struct device_sessions sessions;
	size_t i;

	TRY(choose(ctx, &sessions, &i));
	if (sessions.found[i].live)
		TRY(end(ctx, &sessions.found[i].session));
	multi_session_forget(ctx, sessions.cookie[i]);
	if (is_acting(ctx, sessions.token[i]))
		(void)hand_over(ctx, &sessions);
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

enum status
device_sessions_end(struct ctx *ctx)
{
	struct device_sessions sessions;

	multi_session_cookies(ctx, &sessions);
	if (sessions.count > 0)
		TRY(store_device_sessions_end(ctx, sessions.token,
		    sessions.count, sessions.found));
	for (size_t i = 0; i < sessions.count; i++) {
		if (sessions.found[i].live)
			TRY(audit_end(ctx,
			    sessions.found[i].session.user_id));
		multi_session_forget(ctx, sessions.cookie[i]);
	}
	return ST_OK;
}

/* ---- pages ------------------------------------------------------------- */

enum status
account_switch(struct ctx *ctx)
{
	struct device_sessions sessions;
	size_t i;

	TRY(multi_session_find(ctx, &sessions));
	i = by_id(&sessions, ctx->param[0]);
	if (i == NOBODY) {
		ctx->response.flash =
		    "That account is no longer signed in here.";
		return respond_next(ctx, "/account");
	}
	make_acting(ctx, &sessions.found[i]);
	ctx->response.flash = arena_printf(ctx->arena,
	    "You are now signed in as %s.", sessions.found[i].user.email);
	return respond_next(ctx, "/account");
}

/* Out of the acting account, which may lack a cookie of its own. */
static enum status
leave_acting(struct ctx *ctx, const struct device_sessions *sessions)
{
	const struct session_found *next;

	TRY(end(ctx, ctx->session));
	for (size_t i = 0; i < sessions->count; i++)
		if (is_acting(ctx, sessions->token[i]))
			multi_session_forget(ctx, sessions->cookie[i]);
	next = hand_over(ctx, sessions);
	ctx->response.flash = next == NULL ? "You are signed out." :
	    arena_printf(ctx->arena, "%s is signed out. You are now signed in"
	    " as %s.", ctx->user->email, next->user.email);
	return respond_next(ctx, next == NULL ? "/login" : "/account");
}

enum status
account_leave(struct ctx *ctx)
{
	struct device_sessions sessions;
	size_t i;

	TRY(multi_session_find(ctx, &sessions));
	if (text_is(ctx->session->id, ctx->param[0]))
		return leave_acting(ctx, &sessions);
	i = by_id(&sessions, ctx->param[0]);
	if (i != NOBODY) {
		TRY(end(ctx, &sessions.found[i].session));
		multi_session_forget(ctx, sessions.cookie[i]);
		ctx->response.flash = arena_printf(ctx->arena,
		    "%s is signed out.", sessions.found[i].user.email);
	}
	return respond_next(ctx, "/account");
}

static void
view_other(struct json_object *list, const struct session_found *found)
{
	struct json_object *other = view_object(list, NULL);

	view_text(other, "id", found->session.id);
	view_text(other, "name", found->user.name);
	view_text(other, "email", found->user.email);
}

void
switcher_fill(struct ctx *ctx)
{
	struct device_sessions sessions;
	struct json_object *out, *others;

	if (!ctx->config->multi_session_enabled || ctx->session == NULL ||
	    ctx->session->impersonated_by != NULL)
		return;
	out = view_object(ctx->page, "switcher");
	others = view_list(out, "others");
	view_text(out, "id", ctx->session->id);
	multi_session_cookies(ctx, &sessions);
	/* A page is no worse for not showing them. */
	if (sessions.count == 0 || (sessions.count == 1 &&
	    is_acting(ctx, sessions.token[0])) ||
	    multi_session_find(ctx, &sessions) != ST_OK)
		sessions.count = 0;
	for (size_t i = 0; i < sessions.count; i++)
		if (sessions.found[i].live &&
		    !is_acting(ctx, sessions.token[i]))
			view_other(others, &sessions.found[i]);
	view_bool(out, "several", view_count(others) > 0);
}
