#include "handle/verify.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "guard/session.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"
#include "trust/mail_token.h"
#include "view/view.h"

/* What following the link of a verification letter does. */

struct follow {
	const char *token;
	const char *callback_url;
};

static const struct form_field follow_fields[] = {
	FIELD_ANY(struct follow, token, "token"),
	FIELD_ANY(struct follow, callback_url, "callbackURL", .optional = true),
};
const struct form verify_email_form = FORM(follow_fields, struct follow);

static enum status
read_token(struct ctx *ctx, const char *text, struct mail_token *token)
{
	switch (mail_token_read(ctx->arena, ctx->config->server_secret, text,
	    ctx->now, token)) {
	case MAIL_TOKEN_WRONG:
		return refuse(ctx, ST_INVALID_TOKEN, "no token of ours");
	case MAIL_TOKEN_EXPIRED:
		return refuse(ctx, ST_TOKEN_EXPIRED, "out of time");
	case MAIL_TOKEN_RIGHT:
		break;
	}
	return ST_OK;
}

/* The address must still be the user's. A plain token must not be older than
 * the account that has the address now. */
static enum status
owner_of(struct ctx *ctx, const struct mail_token *token, struct user *user)
{
	enum status status = store_user_by_email(ctx, token->email, user);

	if (status == ST_USER_NOT_FOUND)
		return refuse(ctx, ST_USER_NOT_FOUND_401,
		    "nobody has this address");
	TRY(status);
	return token->update_to != NULL ||
	    token->issued_at >= user->created_at / 1000 ? ST_OK :
	    refuse(ctx, ST_INVALID_TOKEN, "older than the account");
}

/* A token that changes the address names its user, whom nobody else must be
 * here for, and its proof, which ends with the address or the password. */
static enum status
may_change(struct ctx *ctx, const struct mail_token *token,
    const struct user *user)
{
	const char *whose = NULL;
	enum status status = ST_NOT_FOUND;

	if (token->nonce != NULL && text_is(token->user_id, user->id))
		status = store_verification_find(ctx,
		    change_proof(ctx, token->nonce), &whose);
	if (status == ST_NOT_FOUND || !text_is(whose, user->id))
		return refuse(ctx, ST_INVALID_TOKEN, "no proof of this user");
	TRY(status);
	if (ctx->session != NULL &&
	    strcmp(ctx->session->user_id, user->id) != 0)
		return refuse(ctx, ST_INVALID_USER, "somebody else is here");
	return user->banned ? refuse_banned(ctx, user) : ST_OK;
}

/* Who is signed in stays so, as himself; whoever nobody knows is let in by the
 * letter if the operator wants it. */
static enum status
session_after(struct ctx *ctx, const struct user *user, bool refresh)
{
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));

	if (ctx->session != NULL) {
		if (refresh && strcmp(ctx->session->user_id, user->id) == 0)
			session_cookies(ctx, ctx->session, user,
			    !ctx->not_remembered);
		return ST_OK;
	}
	if (!ctx->config->verification_auto_sign_in || user->banned)
		return ST_OK;
	return session_start(ctx, user, NULL, !ctx->not_remembered, NULL,
	    session);
}

static enum status
audit_address(struct ctx *ctx, const char *action, const char *id,
    struct json_object *before, struct json_object *after)
{
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = id, .before = before,
	    .after = after });
}

/* However often and by however many it is followed, once it is news. */
static enum status
verify(struct ctx *ctx, struct user *user)
{
	bool news;

	TRY(store_email_verify(ctx, user, &news));
	view_null(ctx->view, "user");
	if (!news)
		return ST_OK;
	user->email_verified = true;
	TRY(audit_address(ctx, "email.verify", user->id, NULL,
	    audit_text(ctx, "email", user->email)));
	if (verification_at_sign_up(ctx->config))
		TRY(letter_send(ctx, &(struct letter){
		    .kind = LETTER_WELCOME, .user = user }));
	return session_after(ctx, user,
	    ctx->config->verification_auto_sign_in);
}

/* On our pages a further letter leads to a further sentence. */
static const char *
callback_after(const char *callback)
{
	return text_is(callback, AGREED_PAGE) ? CHANGED_PAGE : callback;
}

enum status
email_replace(struct ctx *ctx, struct user *user, const char *new_email,
    bool verified)
{
	const char *old = user->email;

	TRY(store_email_change(ctx, user, new_email, verified));
	TRY(store_verification_end(ctx, user->id));
	TRY(audit_address(ctx, "email.change", user->id,
	    audit_text(ctx, "email", old),
	    audit_text(ctx, "email", new_email)));
	/* An address that nobody has proved may be a stranger's. */
	if (user->email_verified)
		TRY(letter_send(ctx, &(struct letter){
		    .kind = LETTER_CHANGE_EMAIL_DONE, .user = user,
		    .new_email = new_email }));
	user->email = new_email;
	user->email_verified = verified;
	user->updated_at = ctx->now;
	return ST_OK;
}

static enum status
change(struct ctx *ctx, struct user *user, const char *new_email)
{
	enum status status = email_replace(ctx, user, new_email, true);

	if (status == ST_CONFLICT)
		return refuse(ctx, ST_INVALID_TOKEN,
		    "taken, or changed meanwhile");
	TRY(status);
	TRY(session_after(ctx, user, true));
	user_view(ctx, view_object(ctx->view, "user"), user);
	return ST_OK;
}

static enum status
follow(struct ctx *ctx, const struct follow *input)
{
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));
	struct mail_token token;

	TRY(read_token(ctx, input->token, &token));
	TRY(owner_of(ctx, &token, user));
	ctx->user = user;
	view_bool(ctx->view, "status", true);
	if (token.update_to == NULL)
		return verify(ctx, user);
	TRY(may_change(ctx, &token, user));
	if (text_is(token.request_type, CHANGE_CONFIRMATION))
		return change_send(ctx, user, &(struct change_letter){
		    .type = CHANGE_VERIFICATION, .new_email = token.update_to,
		    .callback = callback_after(input->callback_url) });
	if (text_is(token.request_type, CHANGE_VERIFICATION))
		return change(ctx, user, token.update_to);
	return refuse(ctx, ST_INVALID_TOKEN, "of an unknown type");
}

/* What is wrong with the token is told to the page that waits for it. */
static bool
is_told(enum status status)
{
	return status == ST_INVALID_TOKEN || status == ST_TOKEN_EXPIRED ||
	    status == ST_USER_NOT_FOUND_401 || status == ST_INVALID_USER ||
	    status == ST_BANNED_USER;
}

enum status
verify_email(struct ctx *ctx)
{
	const struct follow *input = ctx->input;
	const char *callback = input->callback_url;
	enum status status;

	TRY(callback_pass(ctx, callback));
	status = follow(ctx, input);
	if (callback == NULL || callback[0] == '\0')
		return status;
	if (status == ST_OK)
		return link_follow(ctx, callback);
	return !is_told(status) ? status : link_follow(ctx, link_with(ctx,
	    callback, "error", status_code(status)));
}
