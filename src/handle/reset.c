#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/attempt.h"
#include "guard/guard.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "handle/reset.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"
#include "view/view.h"

#define TOKEN_LENGTH 24

struct forgotten {
	const char *email;
	const char *redirect_to;
};

static const struct form_field request_fields[] = {
	FIELD_EMAIL(struct forgotten, email, "email"),
	FIELD_ANY(struct forgotten, redirect_to, "redirectTo",
	    .optional = true),
};
static const struct form_field forgot_fields[] = {
	FIELD_EMAIL(struct forgotten, email, "email", .label = "E-mail"),
};
const struct form request_reset_form = FORM(request_fields, struct forgotten);
const struct form forgot_form = FORM(forgot_fields, struct forgotten);

struct followed {
	const char *callback_url;
};

static const struct form_field link_fields[] = {
	FIELD_TEXT(struct followed, callback_url, "callbackURL", 0,
	    INT32_MAX),
};
const struct form reset_link_form = FORM(link_fields, struct followed);

struct reset {
	const char *new_password;
	const char *token;		/* or in the query: token_of */
	enum choice revoke;
};

#define NEW_PASSWORD							\
	FIELD_TEXT(struct reset, new_password, "newPassword", 0,	\
	    INT32_MAX, .secret = true, .label = "The new password")
#define TOKEN								\
	FIELD_ANY(struct reset, token, "token",				\
	    .optional = true)

static const struct form_field reset_fields[] = { NEW_PASSWORD, TOKEN };
static const struct form_field choose_fields[] = { NEW_PASSWORD, TOKEN,
	FIELD_BOOL(struct reset, revoke, "revokeSessions",
	    .optional = true),
};
const struct form reset_password_form = FORM(reset_fields, struct reset);
const struct form choose_password_form = FORM(choose_fields, struct reset);

static const char *
identifier(struct ctx *ctx, const char *token)
{
	return arena_printf(ctx->arena, "reset-password:%s", token);
}

/* ---- asking for a link ------------------------------------------------- */

bool
reset_enabled(const struct config *config)
{
	return config->password_enabled && config->password_reset;
}

static enum status
is_enabled(struct ctx *ctx)
{
	return reset_enabled(ctx->config) ? ST_OK :
	    refuse(ctx, ST_RESET_PASSWORD_DISABLED, "switched off");
}

enum status
reset_send(struct ctx *ctx, const struct reset_letter *letter)
{
	char token[TOKEN_LENGTH + 1], nobody[ID_SIZE];

	random_text(token, TOKEN_LENGTH);
	id_new(nobody, ctx->now);
	TRY(store_verification_add(ctx, &(struct verification){
	    .identifier = identifier(ctx, token),
	    .value = arena_printf(ctx->arena, "%s %s", letter->decoy ?
	    nobody : letter->user->id, letter->user->email),
	    .user_id = letter->user->id,
	    .seconds = letter->seconds }));
	return letter_send(ctx, &(struct letter){ .kind = letter->kind,
	    .user = letter->user, .decoy = letter->decoy,
	    .url = link_make(ctx, arena_printf(ctx->arena,
	    "/reset-password/%s?callbackURL=", token), letter->callback) });
}

enum status
request_reset(struct ctx *ctx)
{
	const struct forgotten *input = ctx->input;
	const char *email = text_lower(ctx->arena, input->email);
	const char *callback = is_page(ctx) ? RESET_PAGE : input->redirect_to;
	struct user user;
	bool known;

	TRY(is_enabled(ctx));
	TRY(store_user_or_nobody(ctx, email, &user, &known));
	TRY(reset_send(ctx, &(struct reset_letter){
	    .kind = LETTER_RESET_PASSWORD, .user = &user,
	    .callback = callback != NULL ? callback : "",
	    .seconds = ctx->config->password_reset_expires_in,
	    .decoy = !known || user.banned }));
	view_bool(ctx->view, "status", true);
	view_text(ctx->view, "message", "If this email exists in our system, "
	    "check your email for the reset link");
	return respond_next(ctx, "/forgot-password?sent=1");
}

enum status
forgot_page(struct ctx *ctx)
{
	TRY(is_enabled(ctx));
	view_null(view_object(ctx->view, "form"), "email");
	view_bool(ctx->view, "sent", ctx->route->method == METHOD_GET &&
	    request_query(&ctx->request, "sent") != NULL);
	return ST_OK;
}

/* ---- following it ------------------------------------------------------ */

/* Looks only: programs that open links in letters must not use them up. */
enum status
reset_link(struct ctx *ctx)
{
	const struct followed *input = ctx->input;
	const char *callback = input->callback_url, *token = ctx->param[0];
	const char *proof;
	enum status status;

	TRY(callback_pass(ctx, callback));
	status = attempt_proof(ctx, identifier(ctx, token), &proof);
	if (status != ST_OK && status != ST_NOT_FOUND)
		return status;
	if (callback[0] == '\0')
		return link_follow(ctx, link_make(ctx,
		    "/error?error=INVALID_TOKEN", ""));
	callback = link_absolute(ctx, callback);
	return link_follow(ctx, status == ST_OK ?
	    link_with(ctx, callback, "token", token) :
	    link_with(ctx, callback, "error", "INVALID_TOKEN"));
}

/* Also when the form was not even read, since its page had expired. */
static const char *
token_of(const struct ctx *ctx)
{
	const char *token = view_get_text(ctx->body, "token");

	return token != NULL ? token : request_query(&ctx->request, "token");
}

static enum status
is_usable(struct ctx *ctx, const char *token, const char **proof)
{
	enum status status = token == NULL || token[0] == '\0' ?
	    ST_NOT_FOUND : attempt_proof(ctx, identifier(ctx, token),
	    proof);

	return status != ST_NOT_FOUND ? status :
	    refuse(ctx, ST_INVALID_TOKEN_400, "no such link, or none any more");
}

enum status
reset_prepare(struct ctx *ctx)
{
	const struct reset *input = ctx->input;
	const char *token = token_of(ctx), *proof, *hash;

	if (token == NULL || token[0] == '\0')
		return refuse(ctx, ST_INVALID_TOKEN_400, "no token");
	TRY(password_bounds(ctx, input->new_password));
	/* Before it is hashed: strangers' guesses cost us little. */
	TRY(is_usable(ctx, token, &proof));
	TRY(password_make(ctx, input->new_password, &hash));
	ctx->prepared = arena_text(ctx->arena, hash);
	return ST_OK;
}

/* The proof names the address besides the user: one that was asked for while
 * it changed was not there yet when all of the user's were ended. */
static enum status
lock_user(struct ctx *ctx, const char *proof, struct user *user)
{
	const char *space = strrchr(proof, ' ');

	if (space == NULL)
		return ST_NOT_FOUND;
	TRY(store_user_lock(ctx, arena_copy(ctx->arena, proof,
	    (size_t)(space - proof)), user));
	return text_is(user->email, space + 1) ? ST_OK : ST_NOT_FOUND;
}

/* The link is used up by whoever takes it first, and by nobody when anything
 * fails from here on. */
static enum status
take_user(struct ctx *ctx, struct user *user)
{
	const char *proof;
	enum status status = store_verification_take(ctx,
	    identifier(ctx, token_of(ctx)), &proof);

	if (status == ST_OK)
		status = lock_user(ctx, proof, user);
	if (status == ST_NOT_FOUND || status == ST_USER_NOT_FOUND)
		return refuse(ctx, ST_INVALID_TOKEN_400,
		    "no such link, or none any more");
	TRY(status);
	return user->banned ? refuse_banned(ctx, user) : ST_OK;
}

/*
 * A new password and no session: whoever has the link still signs in as
 * everybody does, further factors included (ASVS 6.4.3).
 */
enum status
reset_password(struct ctx *ctx)
{
	const struct reset *input = ctx->input;
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));

	TRY(take_user(ctx, user));
	ctx->user = user;
	TRY(store_password_replace(ctx, user->id, ctx->prepared));
	TRY(store_verification_end(ctx, user->id));
	if (input->revoke == CHOICE_YES ||
	    ctx->config->password_revoke_sessions_on_reset)
		TRY(store_session_revoke_all(ctx, user->id, NULL, NULL));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "password.reset", .target_type = "user",
	    .target_id = user->id }));
	TRY(letter_send(ctx, &(struct letter){
	    .kind = LETTER_PASSWORD_CHANGED, .user = user }));
	attempt_forget(ctx, user->id);
	view_bool(ctx->view, "status", true);
	ctx->response.flash = "Your password is changed. "
	    "You can sign in with it now.";
	return respond_next(ctx, "/login");
}

enum status
reset_page(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");
	const char *token = token_of(ctx), *proof;
	enum status status = is_usable(ctx, token, &proof);

	if (!refusal_is(ctx, status, ST_INVALID_TOKEN_400))
		TRY(status);
	view_bool(ctx->view, "usable", status == ST_OK);
	view_text(form, "token", status == ST_OK ? token : NULL);
	view_bool(form, "revokeSessions", ctx->route->method == METHOD_GET);
	view_int(ctx->view, "passwordMin", ctx->config->password_min_length);
	return ST_OK;
}
