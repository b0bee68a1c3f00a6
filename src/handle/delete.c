#include "handle/handle.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "guard/session.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "handle/subscription.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/subscription.h"
#include "store/user.h"
#include "store/verification.h"
#include "view/view.h"

#define TOKEN_LENGTH 32

struct delete {
	const char *callback_url;
	const char *password;
	const char *token;
};

static const struct form_field delete_fields[] = {
	FIELD_ANY(struct delete, callback_url, "callbackURL", .optional = true),
	FIELD_ANY(struct delete, password, "password",
	    .optional = true, .secret = true),
	FIELD_ANY(struct delete, token, "token", .optional = true),
};
const struct form delete_user_form = FORM(delete_fields, struct delete);

struct followed {
	const char *token;
	const char *callback_url;
};

static const struct form_field callback_fields[] = {
	FIELD_ANY(struct followed, token, "token"),
	FIELD_TEXT(struct followed, callback_url, "callbackURL", 0,
	    INT32_MAX, .optional = true),
};
const struct form delete_callback_form = FORM(callback_fields,
    struct followed);

struct goodbye {
	const char *email;
	const char *password;
};

static const struct form_field page_fields[] = {
	FIELD_TEXT(struct goodbye, email, "email", 1, 254,
	    .label = "Your e-mail address"),
	FIELD_ANY(struct goodbye, password, "password",
	    .optional = true, .secret = true, .label = "Your password"),
};
const struct form delete_form = FORM(page_fields, struct goodbye);

static const char *
identifier(struct ctx *ctx, const char *token)
{
	return arena_printf(ctx->arena, "delete-account-%s", token);
}

/* ---- the deed ---------------------------------------------------------- */

static enum status
delete_now(struct ctx *ctx)
{
	/* No name and no address: nobody could delete them again. */
	TRY(store_audit_write(ctx, &(struct audit){ .action = "user.delete",
	    .target_type = "user", .target_id = ctx->user->id,
	    .before = audit_text(ctx, "role", ctx->user->role) }));
	TRY(store_user_delete(ctx, ctx->user->id));
	session_forget(ctx);
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "message", "User deleted");
	return ST_OK;
}

/* Somebody else's stays usable: the refusal takes back that it was taken. */
static enum status
take(struct ctx *ctx, const char *token)
{
	const char *user_id;
	enum status status = store_verification_take(ctx,
	    identifier(ctx, token), &user_id);

	if (status == ST_OK && strcmp(user_id, ctx->user->id) == 0)
		return ST_OK;
	return status != ST_OK && status != ST_NOT_FOUND ? status :
	    refuse(ctx, ST_INVALID_TOKEN_404, "no such link of this user");
}

static enum status
send_link(struct ctx *ctx, const char *callback)
{
	char token[TOKEN_LENGTH + 1];
	const char *lower;

	/* Not a letter with a link that would be refused. */
	TRY(store_subscription_none_lasts(ctx, ctx->user->id));
	/* The contract's alphabet; more than 160 bits are left. */
	random_text(token, TOKEN_LENGTH);
	lower = text_lower(ctx->arena, token);
	TRY(store_verification_add(ctx, &(struct verification){
	    .identifier = identifier(ctx, lower), .value = ctx->user->id,
	    .user_id = ctx->user->id,
	    .seconds = ctx->config->user_delete_expires_in }));
	TRY(letter_send(ctx, &(struct letter){
	    .kind = LETTER_DELETE_ACCOUNT, .user = ctx->user,
	    .url = link_make(ctx, arena_printf(ctx->arena,
	    "/delete-user/callback?token=%s&callbackURL=", lower),
	    link_or_root(callback)) }));
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "message", "Verification email sent");
	return ST_OK;
}

/* ---- the contract's routes --------------------------------------------- */

enum status
delete_prepare(struct ctx *ctx)
{
	const struct delete *input = ctx->input;
	const char *hash, *better;

	if (input->password == NULL)
		return ST_OK;
	if (text_utf16_length(input->password) >
	    (size_t)ctx->config->password_max_length)
		return refuse(ctx, ST_PASSWORD_TOO_LONG, "too long");
	TRY(store_password_get(ctx, ctx->user->id, &hash));
	return password_check(ctx, ctx->user->id, input->password, hash,
	    &better);
}

enum status
delete_user(struct ctx *ctx)
{
	const struct delete *input = ctx->input;

	if (input->token != NULL) {
		TRY(take(ctx, input->token));
		return delete_now(ctx);
	}
	if (ctx->config->user_delete_verification)
		return send_link(ctx, input->callback_url);
	if (input->password == NULL && !session_is_fresh(ctx))
		return refuse(ctx, ST_SESSION_EXPIRED,
		    "no password, and no fresh session");
	return delete_now(ctx);
}

enum status
delete_callback(struct ctx *ctx)
{
	const struct followed *input = ctx->input;
	const char *callback = input->callback_url;

	if (!ctx->config->user_delete)
		return refuse(ctx, ST_NOT_FOUND, "user.delete is off");
	TRY(callback_pass(ctx, callback));
	if (ctx->session == NULL)
		return refuse(ctx, ST_FAILED_TO_GET_USER_INFO,
		    "nobody is signed in");
	TRY(take(ctx, input->token));
	TRY(delete_now(ctx));
	return callback == NULL || callback[0] == '\0' ? ST_OK :
	    link_follow(ctx, callback);
}

/* ---- /account/delete --------------------------------------------------- */

enum status
delete_page_prepare(struct ctx *ctx)
{
	const struct goodbye *input = ctx->input;

	if (strcasecmp(input->email, ctx->user->email) != 0)
		return invalid(ctx, "body", "email", "Invalid input",
		    "This is not the address of your account.");
	return password_confirm(ctx, input->password);
}

enum status
delete_save(struct ctx *ctx)
{
	if (ctx->config->user_delete_verification) {
		TRY(send_link(ctx, "/login"));
		ctx->response.flash = "We have sent you an e-mail. Your "
		    "account is deleted when you follow the link in it.";
		return respond_next(ctx, "/account");
	}
	TRY(delete_now(ctx));
	ctx->response.flash = "Your account is deleted.";
	return respond_next(ctx, "/login");
}

enum status
delete_page(struct ctx *ctx)
{
	view_null(view_object(ctx->view, "form"), "email");
	view_bool(ctx->view, "byLetter",
	    ctx->config->user_delete_verification);
	TRY(lasting_view(ctx, ctx->user->id));
	return password_asked(ctx);
}
