#include "handle/handle.h"

#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/session.h"
#include "handle/username.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/extra.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

struct profile {
	const char *name;
	const char *image;
	const char *username;
	const char *display_username;
};

#define USERNAME_FIELD							\
	FIELD_ANY(struct profile, username, "username",			\
	    WHEN_FIELD(username), .optional = true, .nullable = true,	\
	    .label = "Username")

static const struct form_field update_fields[] = {
	FIELD_TEXT(struct profile, name, "name", 0, USER_NAME_MAX,
	    .optional = true),
	FIELD_TEXT(struct profile, image, "image", 0, USER_IMAGE_MAX,
	    .optional = true, .nullable = true),
	USERNAME_FIELD,
	FIELD_TEXT(struct profile, display_username, "displayUsername", 0,
	    USER_NAME_MAX, WHEN_FIELD(username), .optional = true,
	    .nullable = true),
};
static const struct form_field profile_fields[] = {
	FIELD_TEXT(struct profile, name, "name", 1, USER_NAME_MAX,
	    .label = "Name"),
	FIELD_TEXT(struct profile, image, "image", 0, USER_IMAGE_MAX,
	    .optional = true, .label = "Picture address"),
	USERNAME_FIELD,
};
const struct form update_user_form = FORM(update_fields, struct profile,
    .record = true);
const struct form profile_form = FORM(profile_fields, struct profile);

/* update-user and update-session: any object. */
struct record {
	int64_t nothing;
};
static const struct form_field record_fields[] = {
	FIELD_INT(struct record, nothing, "", 0, 0, .optional = true),
};
const struct form record_form = FORM(record_fields, struct record,
    .record = true);

enum status
update_user(struct ctx *ctx)
{
	const struct profile *input = ctx->input;
	struct user_change change = { .name = input->name,
		.set_image = view_has(ctx->body, "image"),
		.image = input->image };
	struct user changed;
	size_t count;

	if (view_has(ctx->body, "email"))
		return refuse(ctx, ST_EMAIL_CAN_NOT_BE_UPDATED, "email");
	TRY(username_change(ctx, input->username, input->display_username,
	    &change));
	TRY(extra_closed(ctx, ctx->body, false));
	TRY(extra_take(ctx, &ctx->config->user_extra, ctx->body, false,
	    &change.fields, &count));
	if (change.name == NULL && !change.set_image && count == 0 &&
	    !change.set_username && !change.set_display_username)
		return refuse(ctx, ST_NO_FIELDS_TO_UPDATE, "nothing to do");
	TRY(store_user_update(ctx, ctx->user, &change, &changed));
	TRY(audit_user_change(ctx, ctx->user, &change));
	session_cookies(ctx, ctx->session, &changed, !ctx->not_remembered);
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

/* Other sites show it: nothing but a web address. */
static enum status
image_bounds(struct ctx *ctx, const char *image)
{
	if (image == NULL || text_starts(image, "https://") ||
	    text_starts(image, "http://"))
		return ST_OK;
	return invalid(ctx, "body", "image", "Invalid URL",
	    "The picture address must start with https://.");
}

enum status
profile_save(struct ctx *ctx)
{
	const struct profile *input = ctx->input;
	struct user_change change = { .name = input->name, .set_image = true,
		.image = input->image };
	struct user changed;

	TRY(image_bounds(ctx, input->image));
	TRY(username_change(ctx, input->username, NULL, &change));
	TRY(store_user_update(ctx, ctx->user, &change, &changed));
	TRY(audit_user_change(ctx, ctx->user, &change));
	ctx->response.flash = "Your changes are saved.";
	return respond_next(ctx, "/account");
}

enum status
profile_page(struct ctx *ctx)
{
	const struct user *user = ctx->user;
	struct json_object *shown = view_object(ctx->view, "user");
	struct json_object *form = view_object(ctx->view, "form");
	char date[FORMAT_MOMENT_SIZE];

	format_date(date, user->created_at);
	user_view(ctx, shown, user);
	view_text(shown, "roleText", words_role(user->role));
	view_text(shown, "createdAtText", date);
	view_text(form, "name", user->name);
	view_text(form, "image", user->image);
	view_text(form, "username", username_shown(ctx, user));
	view_bool(ctx->view, "usernames", ctx->config->username_enabled);
	view_bool(ctx->view, "usernameStays", user->username != NULL &&
	    ctx->config->username_immutable);
	view_bool(ctx->view, "canChangeEmail",
	    ctx->config->user_change_email);
	view_bool(ctx->view, "canDelete", ctx->config->user_delete);
	return wallet_page(ctx, user->id);
}

enum status
me(struct ctx *ctx)
{
	struct json_object *shown = view_object(ctx->view, "user");

	user_view(ctx, shown, ctx->user);
	view_text(shown, "role", ctx->user->role);
	return wallet_json(ctx, ctx->user->id);
}
