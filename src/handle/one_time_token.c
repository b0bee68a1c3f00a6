#include "handle/handle.h"

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "guard/one_time_token.h"
#include "guard/session.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/session.h"
#include "view/view.h"

struct handed {
	const char *token;
};

static const struct form_field handed_fields[] = {
	FIELD_ANY(struct handed, token, "token"),
};
const struct form one_time_token_form = FORM(handed_fields, struct handed);

enum status
one_time_token_generate(struct ctx *ctx)
{
	const char *token;

	if (ctx->config->one_time_token_disable_client_request)
		return refuse(ctx, ST_CLIENT_REQUESTS_DISABLED,
		    "one_time_token.disable_client_request is on");
	TRY(one_time_token_new(ctx, ctx->session, &token));
	view_text(ctx->view, "token", token);
	return ST_OK;
}

/* Before the transaction: whatever becomes of it, the token is used. */
enum status
one_time_token_prepare(struct ctx *ctx)
{
	const struct handed *input = ctx->input;
	const char *session_token;
	enum status status = one_time_token_take(ctx, input->token,
	    &session_token);

	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_ONE_TIME_TOKEN_INVALID,
		    "unknown, used or expired");
	TRY(status);
	ctx->prepared = arena_text(ctx->arena, session_token);
	return ST_OK;
}

enum status
one_time_token_verify(struct ctx *ctx)
{
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));
	enum status status = store_session_find(ctx, ctx->prepared, session,
	    user);

	if (status == ST_NOT_FOUND)
		return refuse(ctx, ST_HANDED_SESSION_NOT_FOUND,
		    "the session has ended");
	TRY(status);
	if (session->expires_at <= ctx->now)
		return refuse(ctx, ST_HANDED_SESSION_EXPIRED, "session %s",
		    session->id);
	ctx->user = user;
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "session.hand-on", .target_type = "user",
	    .target_id = user->id }));
	TRY(session_begin(ctx, session, user, !session_is_forgotten(ctx),
	    NULL));
	session_view(ctx, view_object(ctx->view, "session"), session,
	    session->token);
	user_view(ctx, view_object(ctx->view, "user"), user);
	return ST_OK;
}
