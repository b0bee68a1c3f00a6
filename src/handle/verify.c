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
#include "routes.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"
#include "trust/mail_token.h"
#include "view/view.h"

/* Of the contract; a plain token has no type. */
#define CONFIRMATION "change-email-confirmation"
#define VERIFICATION "change-email-verification"

struct ask {
	const char *email;
	const char *callback_url;
};

static const struct form_field ask_fields[] = {
	FIELD_EMAIL(struct ask, email, "email"),
	FIELD_TEXT(struct ask, callback_url, "callbackURL", 0, INT32_MAX,
	    .optional = true),
};
const struct form send_verification_form = FORM(ask_fields, struct ask);

struct follow {
	const char *token;
	const char *callback_url;
};

static const struct form_field follow_fields[] = {
	FIELD_TEXT(struct follow, token, "token", 0, INT32_MAX),
	FIELD_TEXT(struct follow, callback_url, "callbackURL", 0, INT32_MAX,
	    .optional = true),
};
const struct form verify_email_form = FORM(follow_fields, struct follow);

/* ---- letters ----------------------------------------------------------- */

bool
verification_at_sign_up(const struct config *config)
{
	const char *when = config->verification_send_on_sign_up;

	return config->verification_enabled && (strcmp(when, "on") == 0 ||
	    (strcmp(when, "auto") == 0 &&
	    config->password_require_verification));
}

static const char *
link_of(struct ctx *ctx, const struct user *user, const char *update_to,
    const char *type, const char *callback)
{
	int64_t now = ctx->now / 1000;
	/* A plain one has three claims in the contract; the user is found by
	 * the address alone. */
	struct mail_token token = { .email = user->email,
		.update_to = update_to, .request_type = type,
		.user_id = update_to != NULL ? user->id : NULL,
		.issued_at = now,
		.expires_at = now + ctx->config->verification_expires_in };

	return link_make(ctx, arena_printf(ctx->arena,
	    "/verify-email?token=%s&callbackURL=", mail_token_make(ctx->arena,
	    ctx->config->server_secret, &token)),
	    callback != NULL ? callback : "/");
}

enum status
verification_send(struct ctx *ctx, const struct user *user,
    const char *callback, bool decoy)
{
	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_VERIFY_EMAIL, .user = user, .decoy = decoy,
	    .url = link_of(ctx, user, NULL, NULL, callback) });
}

static enum status
ask_new_address(struct ctx *ctx, const struct user *user,
    const char *new_email, const char *callback, bool decoy)
{
	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_VERIFY_EMAIL, .user = user, .to = new_email,
	    .url = link_of(ctx, user, new_email, VERIFICATION, callback),
	    .decoy = decoy });
}

enum status
change_send(struct ctx *ctx, const struct user *user, const char *new_email,
    const char *callback, bool decoy)
{
	if (!user->email_verified ||
	    !ctx->config->user_change_email_confirmation)
		return ask_new_address(ctx, user, new_email, callback, decoy);
	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_CHANGE_EMAIL_CONFIRMATION, .user = user,
	    .url = link_of(ctx, user, new_email, CONFIRMATION, callback),
	    .new_email = new_email, .decoy = decoy });
}

/* ---- asking for one ---------------------------------------------------- */

/* Whoever asks learns nothing, not even by the time it takes: an address that
 * is unknown, verified or banned costs the work of a letter. */
static enum status
send_to_stranger(struct ctx *ctx, const char *email, const char *callback)
{
	struct user user;
	bool known;

	TRY(store_user_or_nobody(ctx, email, &user, &known));
	return verification_send(ctx, &user, callback,
	    !known || user.email_verified || user.banned);
}

enum status
verification_ask_for(struct ctx *ctx, const char *email,
    const char *callback)
{
	if (!ctx->config->verification_enabled)
		return refuse(ctx, ST_VERIFICATION_EMAIL_NOT_ENABLED,
		    "switched off");
	if (ctx->session == NULL)
		return send_to_stranger(ctx, email, callback);
	if (strcmp(email, ctx->user->email) != 0)
		return refuse(ctx, ST_EMAIL_MISMATCH, "not the caller's own");
	if (ctx->user->email_verified)
		return refuse(ctx, ST_EMAIL_ALREADY_VERIFIED, "nothing to do");
	return verification_send(ctx, ctx->user, callback, false);
}

enum status
send_verification_email(struct ctx *ctx)
{
	const struct ask *input = ctx->input;

	TRY(verification_ask_for(ctx, text_lower(ctx->arena, input->email),
	    input->callback_url));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

/* ---- following one ----------------------------------------------------- */

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

/*
 * Whose token it is: the address must still be the user's. One that changes
 * the address names the user besides, and is of use to nobody else; a plain
 * one must not be older than the account that has the address now.
 */
static enum status
owner_of(struct ctx *ctx, const struct mail_token *token, struct user *user)
{
	enum status status = store_user_by_email(ctx, token->email, user);
	bool change = token->update_to != NULL;

	if (status == ST_USER_NOT_FOUND)
		return refuse(ctx, ST_USER_NOT_FOUND_401,
		    "nobody has this address");
	TRY(status);
	if (change ? !text_is(token->user_id, user->id) :
	    token->issued_at < user->created_at / 1000)
		return refuse(ctx, ST_INVALID_TOKEN, "of another account");
	if (change && ctx->session != NULL &&
	    strcmp(ctx->session->user_id, user->id) != 0)
		return refuse(ctx, ST_INVALID_USER, "somebody else is here");
	return ST_OK;
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

	TRY(store_email_verify(ctx, user->id, &news));
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
	if (text_is(token.request_type, CONFIRMATION))
		return ask_new_address(ctx, user, token.update_to,
		    callback_after(input->callback_url), false);
	if (text_is(token.request_type, VERIFICATION))
		return change(ctx, user, token.update_to);
	return refuse(ctx, ST_INVALID_TOKEN, "of an unknown type");
}

/* What is wrong with the token is told to the page that waits for it. */
static bool
is_told(enum status status)
{
	return status == ST_INVALID_TOKEN || status == ST_TOKEN_EXPIRED ||
	    status == ST_USER_NOT_FOUND_401 || status == ST_INVALID_USER;
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
