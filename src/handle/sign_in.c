#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/multi_session.h"
#include "guard/session.h"
#include "handle/admin.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "handle/username.h"
#include "handle/verify.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

struct login {
	const char *email;
	const char *username;		/* NULL: signs in by the e-mail */
	const char *password;
	const char *callback_url;	/* on the wire */
	const char *next;		/* on the page */
	enum choice add;		/* and that others stay signed in */
	enum choice remember;
};

#define EMAIL_FIELD							\
	FIELD_ANY(struct login, email, "email",				\
	    .label = "E-mail")
#define PASSWORD_FIELD							\
	FIELD_ANY(struct login, password, "password",			\
	    .secret = true, .label = "Password")
#define CALLBACK_FIELD							\
	FIELD_TEXT(struct login, callback_url, "callbackURL", 0,	\
	    INT32_MAX, .optional = true)
#define REMEMBER_FIELD							\
	FIELD_BOOL(struct login, remember, "rememberMe", .optional = true)

static const struct form_field sign_in_fields[] = {
	EMAIL_FIELD,
	PASSWORD_FIELD,
	CALLBACK_FIELD,
	REMEMBER_FIELD,
};
static const struct form_field login_fields[] = {
	EMAIL_FIELD,
	PASSWORD_FIELD,
	FIELD_TEXT(struct login, next, "next", 0, LINK_NEXT_MAX,
	    .optional = true),
	FIELD_BOOL(struct login, add, "add", WHEN_FIELD(multi_session),
	    .optional = true),
	REMEMBER_FIELD,
};
static const struct form_field alias_fields[] = {
	EMAIL_FIELD,
	PASSWORD_FIELD,
	REMEMBER_FIELD,
};
static const struct form_field username_fields[] = {
	FIELD_ANY(struct login, username, "username"),
	PASSWORD_FIELD,
	REMEMBER_FIELD,
	CALLBACK_FIELD,
};
const struct form sign_in_username_form = FORM(username_fields, struct login);
const struct form sign_in_form = FORM(sign_in_fields, struct login,
    .form_body = true);
const struct form login_form = FORM(login_fields, struct login);
const struct form signin_form = FORM(alias_fields, struct login,
    .form_body = true);

struct checked {
	struct user user;
	const char *hash;	/* the one the password was held against */
	const char *better;	/* to replace it, or NULL */
};

/* The user of a name, of whichever kind, in lower case. */
static enum status
find(struct ctx *ctx, const struct login *login, const char *name,
    struct checked *checked)
{
	return login->username != NULL ?
	    store_user_credential_of_name(ctx, name, &checked->user,
	    &checked->hash) : store_user_credential(ctx, name,
	    &checked->user, &checked->hash);
}

/*
 * Unknown and known names answer alike in status, body and time: a dummy hash
 * is computed where there is none, and what else may be wrong with the account
 * is told only to who knows the password.
 */
static enum status
check(struct ctx *ctx, const struct login *login, struct checked *checked)
{
	const char *account = text_lower(ctx->arena,
	    login->username != NULL ? login->username : login->email);
	enum status status = find(ctx, login, account, checked);

	if (status != ST_OK && status != ST_USER_NOT_FOUND)
		return status;
	if (status == ST_USER_NOT_FOUND)
		checked->hash = NULL;
	else
		account = checked->user.id;
	status = password_check(ctx, account, login->password, checked->hash,
	    &checked->better);
	if (status == ST_INVALID_PASSWORD)
		return refuse(ctx, login->username != NULL ?
		    ST_INVALID_USERNAME_OR_PASSWORD :
		    ST_INVALID_EMAIL_OR_PASSWORD, "%s",
		    checked->hash == NULL ? "no such credential" :
		    "wrong password");
	return status;
}

enum status
refuse_banned(struct ctx *ctx, const struct user *user)
{
	if (ctx->config->admin_banned_message[0] != '\0')
		ctx->refusal.message = ctx->config->admin_banned_message;
	return refuse(ctx, ST_BANNED_USER, "user %s is banned", user->id);
}

static enum status
send_verification(struct ctx *ctx)
{
	const struct login *login = ctx->input;
	const struct checked *checked = ctx->prepared;

	return verification_send(ctx, &checked->user, is_page(ctx) ?
	    VERIFIED_PAGE : login->callback_url, false);
}

/* The letter stays though the sign-in is refused. */
static enum status
refuse_unverified(struct ctx *ctx, const struct user *user)
{
	const struct config *config = ctx->config;

	if (config->verification_enabled &&
	    config->verification_send_on_sign_in)
		TRY(db_transact(ctx, send_verification));
	return refuse(ctx, ST_EMAIL_NOT_VERIFIED, "user %s", user->id);
}

/* No username has an "@": one field of the page takes both. */
static void
take_username(const struct ctx *ctx, struct login *login)
{
	if (ctx->config->username_enabled && is_page(ctx) &&
	    strchr(login->email, '@') == NULL)
		login->username = login->email;
}

static enum status
bounds(struct ctx *ctx, const struct login *login)
{
	if (login->username != NULL && (login->username[0] == '\0' ||
	    login->password[0] == '\0'))
		return refuse(ctx, ST_INVALID_USERNAME_OR_PASSWORD, "empty");
	if (login->username != NULL)
		return username_check(ctx, login->username);
	if (!text_email(login->email))
		return refuse(ctx, ST_INVALID_EMAIL, "no e-mail address");
	if (text_utf16_length(login->password) >
	    (size_t)ctx->config->password_max_length)
		return refuse(ctx, ST_PASSWORD_TOO_LONG, "too long");
	return ST_OK;
}

enum status
sign_in_prepare(struct ctx *ctx)
{
	struct login *login = ctx->input;
	struct checked *checked = arena_alloc(ctx->arena, sizeof(*checked));

	if (!ctx->config->password_enabled)
		return refuse(ctx, ST_EMAIL_PASSWORD_DISABLED, "switched off");
	take_username(ctx, login);
	TRY(bounds(ctx, login));
	TRY(check(ctx, login, checked));
	if (checked->user.banned)
		return refuse_banned(ctx, &checked->user);
	ctx->prepared = checked;
	if (ctx->config->password_require_verification &&
	    !checked->user.email_verified)
		return refuse_unverified(ctx, &checked->user);
	return ST_OK;
}

/* A page's visitor says so; on the wire, silence means yes. */
static bool
is_remembered(const struct ctx *ctx, const struct login *login)
{
	return is_page(ctx) ? login->remember == CHOICE_YES :
	    login->remember != CHOICE_NO;
}

/* The old session's; the new one makes its own. */
static void
forget_choice(struct ctx *ctx)
{
	if (is_page(ctx) && ctx->not_remembered)
		response_cookie(ctx, ctx->config->cookie_dont_remember, "",
		    0);
}

/*
 * In a browser the old session ends with the new one's birth (ASVS 7.2.4),
 * unless another user joins in; the wire contract leaves it to its owner.
 */
static enum status
end_old_session(struct ctx *ctx, const struct login *login,
    const struct user *user)
{
	const struct session *old = ctx->session;
	const bool same = old != NULL && text_is(old->user_id, user->id);

	if (!is_page(ctx) || old == NULL)
		return ST_OK;
	if (!same && login->add == CHOICE_YES) {
		multi_session_keep(ctx, old);
		return ST_OK;
	}
	if (!same)
		multi_session_drop(ctx, old);
	TRY(impersonation_end(ctx));
	return store_session_end(ctx, old->id);
}

enum status
session_start(struct ctx *ctx, const struct user *user, const char *hash,
    bool remember, const char *method, struct session *session)
{
	TRY(store_session_create(ctx, user->id, hash, remember ?
	    ctx->config->session_expires_in : SESSION_NOT_REMEMBERED_SECONDS,
	    session));
	ctx->user = user;
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "session.create", .target_type = "user",
	    .target_id = user->id }));
	if (session->new_device)
		TRY(letter_send(ctx, &(struct letter){
		    .kind = LETTER_NEW_DEVICE, .user = user }));
	return session_begin(ctx, session, user, remember, method);
}

enum status
sign_in(struct ctx *ctx)
{
	const struct login *login = ctx->input;
	const struct checked *checked = ctx->prepared;
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	bool remember = is_remembered(ctx, login);
	const char *next = link_next(ctx);

	forget_choice(ctx);
	/* Before the old one ends: it may be the only one that knows the
	 * device. */
	TRY(session_start(ctx, &checked->user, checked->hash, remember,
	    login->username == NULL ? "email" : NULL, session));
	TRY(end_old_session(ctx, login, &checked->user));
	if (checked->better != NULL)
		TRY(store_password_better(ctx, checked->user.id,
		    checked->hash, checked->better));
	view_bool(ctx->view, "redirect", login->callback_url != NULL);
	view_text(ctx->view, "token", session->token);
	if (login->callback_url != NULL) {
		view_text(ctx->view, "url", login->callback_url);
		ctx->response.location = login->callback_url;
	}
	user_view(ctx, view_object(ctx->view, "user"), &checked->user);
	return respond_next(ctx, "%s", next != NULL ? next : "/account");
}

enum status
signin_alias(struct ctx *ctx)
{
	TRY(sign_in(ctx));
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "userId", ctx->user->id);
	return ST_OK;
}

enum status
login_page(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");
	const char *add = ctx->config->multi_session_enabled ?
	    request_query(&ctx->request, "add") : NULL;

	if (ctx->session != NULL && ctx->route->method == METHOD_GET &&
	    add == NULL)
		return respond_next(ctx, "/account");
	view_text(form, "add", ctx->session != NULL ? add : NULL);
	view_null(form, "email");
	view_null(form, "rememberMe");
	view_text(form, "next", link_next(ctx));
	view_text(ctx->view, "signUp", link_onward(ctx, "/signup"));
	view_bool(ctx->view, "canSignUp", ctx->config->password_enabled &&
	    ctx->config->password_sign_up);
	view_bool(ctx->view, "canResetPassword", ctx->config->password_enabled
	    && ctx->config->password_reset);
	view_bool(ctx->view, "canVerify", ctx->config->verification_enabled &&
	    ctx->config->password_require_verification);
	view_bool(ctx->view, "usernames", ctx->config->username_enabled);
	return ST_OK;
}
