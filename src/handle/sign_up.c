#include "handle/handle.h"

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "handle/referral.h"
#include "handle/username.h"
#include "handle/verify.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/extra.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

struct sign_up {
	const char *name;
	const char *email;
	const char *password;
	const char *image;
	const char *username;
	const char *display_username;
	const char *callback_url;
	const char *next;		/* on the page */
	enum choice remember;
};

#define EMAIL_FIELD							\
	FIELD_EMAIL(struct sign_up, email, "email", .label = "E-mail")
#define PASSWORD_FIELD							\
	FIELD_TEXT(struct sign_up, password, "password", 1, INT32_MAX,	\
	    .secret = true, .label = "Password")

#define USERNAME_FIELD							\
	FIELD_ANY(struct sign_up, username, "username",			\
	    WHEN_FIELD(username), .optional = true, .nullable = true,	\
	    .label = "Username")

static const struct form_field sign_up_fields[] = {
	FIELD_TEXT(struct sign_up, name, "name", 0, USER_NAME_MAX,
	    .label = "Name"),
	EMAIL_FIELD,
	PASSWORD_FIELD,
	FIELD_TEXT(struct sign_up, image, "image", 0, USER_IMAGE_MAX,
	    .optional = true),
	FIELD_ANY(struct sign_up, callback_url, "callbackURL",
	    .optional = true),
	FIELD_BOOL(struct sign_up, remember, "rememberMe", .optional = true),
	USERNAME_FIELD,
	FIELD_TEXT(struct sign_up, display_username, "displayUsername", 0,
	    USER_NAME_MAX, WHEN_FIELD(username), .optional = true,
	    .nullable = true),
};
static const struct form_field signup_fields[] = {
	FIELD_TEXT(struct sign_up, name, "name", 1, USER_NAME_MAX,
	    .label = "Name"),
	EMAIL_FIELD,
	PASSWORD_FIELD,
	USERNAME_FIELD,
	FIELD_TEXT(struct sign_up, next, "next", 0, LINK_NEXT_MAX,
	    .optional = true),
};
const struct form sign_up_form = FORM(sign_up_fields, struct sign_up,
    .object_and_record = true, .form_body = true);
const struct form signup_form = FORM(signup_fields, struct sign_up,
    .form_body = true);

struct prepared {
	const char *hash;
	const char *fields;
};

enum status
sign_up_prepare(struct ctx *ctx)
{
	struct sign_up *input = ctx->input;
	struct prepared *prepared = arena_alloc(ctx->arena,
	    sizeof(*prepared));
	size_t count;

	if (!ctx->config->password_enabled || !ctx->config->password_sign_up)
		return refuse(ctx, ST_EMAIL_PASSWORD_SIGN_UP_DISABLED,
		    "switched off");
	TRY(username_new(ctx, &input->username, &input->display_username));
	TRY(password_bounds(ctx, input->password));
	TRY(extra_closed(ctx, ctx->body, true));
	TRY(extra_take(ctx, &ctx->config->user_extra, ctx->body, true,
	    &prepared->fields, &count));
	/* Hashed before anybody looks whether the address is taken: the time
	 * of the answer does not tell. */
	TRY(password_make(ctx, input->password, &prepared->hash));
	ctx->prepared = prepared;
	return ST_OK;
}

/* Where a session does not follow, a taken address looks like a free one. */
static bool
signs_in(const struct config *config)
{
	return config->password_auto_sign_in &&
	    !config->password_require_verification;
}

static void
user_of(struct ctx *ctx, const struct user_new *new, struct user *user)
{
	user->id = arena_text(ctx->arena, new->id);
	user->name = new->name;
	user->email = new->email;
	user->image = new->image;
	user->username = new->username;
	user->display_username = new->display_username;
	user->role = new->role;
	user->fields = new->fields;
	user->created_at = user->updated_at = ctx->now;
}

/* A taken address costs a letter, too, to nobody. */
static enum status
send_letter(struct ctx *ctx, const struct user *user, bool taken)
{
	const struct sign_up *input = ctx->input;

	if (verification_at_sign_up(ctx->config))
		return verification_send(ctx, user, is_page(ctx) ?
		    VERIFIED_PAGE : input->callback_url, taken);
	return letter_send(ctx, &(struct letter){ .kind = LETTER_WELCOME,
	    .user = user, .decoy = taken });
}

static enum status
create(struct ctx *ctx, const struct user_new *new, const struct user *user)
{
	enum status status = store_user_create(ctx, new);

	if (status == ST_CONFLICT && signs_in(ctx->config))
		return refuse(ctx, ST_USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
		    "the address is taken");
	if (status == ST_USERNAME_IS_ALREADY_TAKEN)
		return refuse(ctx, status, "%s", new->username);
	if (status == ST_CONFLICT)
		return send_letter(ctx, user, true);
	TRY(status);
	ctx->user = user;
	TRY(store_audit_write(ctx, &(struct audit){ .action = "user.create",
	    .target_type = "user", .target_id = user->id }));
	TRY(referral_take(ctx, user));
	return send_letter(ctx, user, false);
}

enum status
sign_up(struct ctx *ctx)
{
	const struct sign_up *input = ctx->input;
	const struct prepared *prepared = ctx->prepared;
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));
	const char *next = link_next(ctx);
	char id[ID_SIZE];
	struct user_new new = { .id = id, .name = input->name,
		.email = text_lower(ctx->arena, input->email),
		.image = input->image, .role = ctx->config->admin_default_role,
		.username = input->username,
		.display_username = input->display_username,
		.fields = prepared->fields, .password = prepared->hash };

	id_new(id, ctx->now);
	user_of(ctx, &new, user);
	TRY(create(ctx, &new, user));
	if (signs_in(ctx->config))
		TRY(session_start(ctx, user, prepared->hash,
		    input->remember != CHOICE_NO, "email", session));
	view_text(ctx->view, "token", session->token);
	user_view(ctx, view_object(ctx->view, "user"), user);
	if (signs_in(ctx->config))
		return respond_next(ctx, "%s", next != NULL ? next :
		    "/account");
	ctx->response.flash = verification_at_sign_up(ctx->config) ?
	    "Thank you. Now follow the link in the e-mail we have sent you." :
	    "Thank you. You can sign in now.";
	return respond_next(ctx, "%s", link_onward(ctx, "/login"));
}

enum status
signup_alias(struct ctx *ctx)
{
	TRY(sign_up(ctx));
	view_bool(ctx->view, "success", true);
	view_text(ctx->view, "userId", view_get_text(view_get(ctx->view,
	    "user"), "id"));
	return ST_OK;
}

enum status
signup_page(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");

	if (ctx->session != NULL && ctx->route->method == METHOD_GET)
		return respond_next(ctx, "/account");
	if (!ctx->config->password_enabled || !ctx->config->password_sign_up)
		return refuse(ctx, ST_NOT_FOUND, "sign-up is switched off");
	referral_keep(ctx);
	view_null(form, "name");
	view_null(form, "email");
	view_null(form, "username");
	view_text(form, "next", link_next(ctx));
	view_text(ctx->view, "signIn", link_onward(ctx, "/login"));
	view_bool(ctx->view, "usernames", ctx->config->username_enabled);
	view_int(ctx->view, "passwordMin", ctx->config->password_min_length);
	return ST_OK;
}
