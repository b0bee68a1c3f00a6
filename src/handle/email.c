#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/session.h"
#include "handle/verify.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/user.h"
#include "view/view.h"

struct change {
	const char *email;
	const char *callback_url;
	const char *password;		/* on the page */
};

static const struct form_field change_fields[] = {
	FIELD_EMAIL(struct change, email, "newEmail"),
	FIELD_ANY(struct change, callback_url, "callbackURL", .optional = true),
};
static const struct form_field page_fields[] = {
	FIELD_EMAIL(struct change, email, "newEmail",
	    .label = "The new address"),
	FIELD_ANY(struct change, password, "currentPassword",
	    .optional = true, .secret = true, .label = "Your password"),
};
const struct form change_email_form = FORM(change_fields, struct change);
const struct form email_form = FORM(page_fields, struct change);

struct ask {
	const char *email;
};

static const struct form_field ask_fields[] = {
	FIELD_EMAIL(struct ask, email, "email", .optional = true,
	    .label = "E-mail"),
};
const struct form ask_form = FORM(ask_fields, struct ask);

/* ---- changing it ------------------------------------------------------- */

static enum status
is_possible(struct ctx *ctx, const char *email)
{
	const struct config *config = ctx->config;

	if (!config->user_change_email)
		return refuse(ctx, ST_CHANGE_EMAIL_DISABLED, "switched off");
	if (strcmp(email, ctx->user->email) == 0)
		return refuse(ctx, ST_EMAIL_IS_THE_SAME, "nothing to do");
	return ST_OK;
}

static bool
is_replaced_at_once(const struct ctx *ctx)
{
	return !ctx->user->email_verified &&
	    ctx->config->user_update_email_without_verification;
}

static bool
agrees_first(const struct ctx *ctx)
{
	return ctx->user->email_verified &&
	    ctx->config->user_change_email_confirmation;
}

static enum status
replace_at_once(struct ctx *ctx, const char *email, const char *callback)
{
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));

	*user = *ctx->user;
	TRY(email_replace(ctx, user, email, false));
	session_cookies(ctx, ctx->session, user, !ctx->not_remembered);
	return !ctx->config->verification_enabled ? ST_OK :
	    verification_send(ctx, user, callback, false);
}

/* That an address is taken is not told: it gets no letter, which the caller
 * does not see. */
static enum status
change(struct ctx *ctx, const char *email, const char *callback)
{
	struct user taken;
	enum status status = store_user_by_email(ctx, email, &taken);
	bool free = status == ST_USER_NOT_FOUND;

	if (status != ST_OK && !free)
		return status;
	if (is_replaced_at_once(ctx))
		return free ? replace_at_once(ctx, email, callback) : ST_OK;
	if (!ctx->config->verification_enabled)
		return refuse(ctx, ST_NO_VERIFICATION_EMAIL, "switched off");
	return change_send(ctx, ctx->user, &(struct change_letter){
	    .type = agrees_first(ctx) ? CHANGE_CONFIRMATION :
	    CHANGE_VERIFICATION, .new_email = email, .callback = callback,
	    .decoy = !free });
}

enum status
change_email(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	const char *email = text_lower(ctx->arena, input->email);

	TRY(is_possible(ctx, email));
	TRY(change(ctx, email, input->callback_url));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

/* ---- /account/email ---------------------------------------------------- */

enum status
email_prepare(struct ctx *ctx)
{
	const struct change *input = ctx->input;

	return password_confirm(ctx, input->password);
}

enum status
email_save(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	const char *email = text_lower(ctx->arena, input->email);

	TRY(is_possible(ctx, email));
	TRY(change(ctx, email, agrees_first(ctx) ? AGREED_PAGE :
	    CHANGED_PAGE));
	ctx->response.flash = is_replaced_at_once(ctx) ?
	    "If nobody else has this address, it is yours now." :
	    agrees_first(ctx) ?
	    "We have sent a link to your current address. Follow it to agree "
	    "to the change." :
	    "If nobody else has this address, we have sent a link to it. "
	    "Follow it to finish the change.";
	return respond_next(ctx, "/account");
}

enum status
email_page(struct ctx *ctx)
{
	view_null(view_object(ctx->view, "form"), "newEmail");
	view_bool(ctx->view, "agreesFirst", agrees_first(ctx));
	return password_asked(ctx);
}

/* ---- /verify-email ----------------------------------------------------- */

/* Signed in, it is about the own address, whatever is typed. */
enum status
verification_ask(struct ctx *ctx)
{
	const struct ask *input = ctx->input;
	const char *email = ctx->session != NULL ? ctx->user->email :
	    input->email;

	if (email == NULL)
		return invalid(ctx, "body", "email", "Invalid email address",
		    "E-mail is missing.");
	TRY(verification_ask_for(ctx, text_lower(ctx->arena, email),
	    VERIFIED_PAGE));
	return respond_next(ctx, "/verify-email?sent=1");
}

static bool
is_confirmed(const struct ctx *ctx)
{
	return ctx->session != NULL && ctx->user->email_verified;
}

/* What the visitor has come with; "" is nothing. */
static const char *
state_of(const struct ctx *ctx)
{
	static const char *const done[] = { "verified", "agreed", "changed" };
	const char *how = request_query(&ctx->request, "done");
	const char *none = is_confirmed(ctx) ? "verified" : "";

	if (ctx->route->method != METHOD_GET)
		return none;
	if (request_query(&ctx->request, "error") != NULL)
		return "failed";
	if (request_query(&ctx->request, "sent") != NULL)
		return "sent";
	for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++)
		if (text_is(how, done[i]))
			return done[i];
	return none;
}

enum status
verify_email_page(struct ctx *ctx)
{
	static const char *const states[] = { "verified", "agreed", "changed",
		"failed", "sent" };
	const char *state = state_of(ctx);

	if (state[0] == '\0' && !ctx->config->verification_enabled)
		return refuse(ctx, ST_NOT_FOUND, "verification is off");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		view_bool(ctx->view, states[i], strcmp(state, states[i]) == 0);
	view_bool(ctx->view, "expired", text_is(request_query(&ctx->request,
	    "error"), "TOKEN_EXPIRED"));
	view_bool(ctx->view, "canAsk", ctx->config->verification_enabled &&
	    (state[0] == '\0' || strcmp(state, "failed") == 0) &&
	    !is_confirmed(ctx));
	view_null(view_object(ctx->view, "form"), "email");
	return ST_OK;
}
