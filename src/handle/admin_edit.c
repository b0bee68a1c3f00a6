#include "handle/admin.h"

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/reset.h"
#include "handle/subject.h"
#include "handle/user_data.h"
#include "handle/verify.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

#define LINK_SECONDS 86400	/* a day: it waits for somebody else */

/* ---- update-user ------------------------------------------------------- */

struct update {
	struct whom whom;
	struct json_object *data;
};

static const struct form_field update_fields[] = {
	FIELD_ANY(struct update, whom.user_id, "userId", .coerced = true),
	FIELD_OBJECT(struct update, data, "data"),
};
const struct form admin_update_form = FORM(update_fields, struct update);

static enum status
check_data(struct ctx *ctx, const struct json_object *data)
{
	struct view_member first = { 0 };

	if (view_has(data, "password"))
		return refuse(ctx,
		    ST_PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER, "password");
	if (view_has(data, "id"))
		return refuse(ctx, ST_USER_ID_CANNOT_BE_UPDATED, "id");
	return view_next(data, &first) ? ST_OK :
	    refuse(ctx, ST_NO_DATA_TO_UPDATE, "nothing to do");
}

static enum status
set_verified(struct ctx *ctx, struct user *subject, bool verified)
{
	struct json_object *before = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);

	view_bool(before, "emailVerified", subject->email_verified);
	view_bool(after, "emailVerified", verified);
	TRY(store_email_change(ctx, subject, subject->email, verified));
	subject->email_verified = verified;
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.update", .target_type = "user",
	    .target_id = subject->id, .before = before, .after = after });
}

static enum status
set_email(struct ctx *ctx, struct user *subject, const struct user_data *data)
{
	const bool verified = data->verified == CHOICE_ABSENT ?
	    subject->email_verified : data->verified == CHOICE_YES;
	enum status status;

	if (data->email == NULL || text_is(data->email, subject->email))
		return verified == subject->email_verified ? ST_OK :
		    set_verified(ctx, subject, verified);
	status = email_replace(ctx, subject, data->email, verified);
	return status != ST_CONFLICT ? status :
	    refuse(ctx, ST_EMAIL_TAKEN, "the address is taken");
}

static enum status
set_fields(struct ctx *ctx, struct user *subject,
    const struct user_data *data)
{
	const struct user before = *subject;

	if (!data->changes)
		return ST_OK;
	TRY(store_user_update(ctx, &before, &data->change, subject));
	return audit_user_change(ctx, &before, &data->change);
}

enum status
admin_update(struct ctx *ctx)
{
	const struct update *input = ctx->input;
	struct user subject;
	struct user_data data;

	TRY(check_data(ctx, input->data));
	TRY(user_data_read(ctx, input->data, false, &data));
	TRY(user_data_allowed(ctx, &data));
	if (data.banned == CHOICE_YES && is_self(ctx, subject_id(ctx)))
		return refuse(ctx, ST_YOU_CANNOT_BAN_YOURSELF, "oneself");
	TRY(subject_open(ctx, subject_id(ctx), &subject));
	if (data.role != NULL)
		TRY(subject_role(ctx, &subject, data.role));
	TRY(user_data_ban(ctx, &data, &subject));
	TRY(set_email(ctx, &subject, &data));
	TRY(set_fields(ctx, &subject, &data));
	user_view(ctx, ctx->view, &subject);
	return ST_OK;
}

/* ---- links to choose a password ---------------------------------------- */

/* Who reads the letter chooses; no admin knows what (ASVS 6.4.6). */
static enum status
send_link(struct ctx *ctx, const struct user *user, enum letter_kind kind)
{
	return reset_send(ctx, &(struct reset_letter){ .kind = kind,
	    .user = user, .callback = RESET_PAGE, .seconds = LINK_SECONDS });
}

enum status
user_password_link(struct ctx *ctx)
{
	struct user subject;

	if (!reset_enabled(ctx->config))
		return refuse(ctx, ST_RESET_PASSWORD_DISABLED, "switched off");
	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(send_link(ctx, &subject, LETTER_RESET_PASSWORD));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "password.send-link", .target_type = "user",
	    .target_id = subject.id }));
	view_bool(ctx->view, "success", true);
	return subject_next(ctx, &subject,
	    "The e-mail with the link is on its way.");
}

/* ---- create-user ------------------------------------------------------- */

struct create {
	const char *email;
	const char *name;
	const char *password;
	const char *role;
	struct json_object *data;
};

#define ROLE								\
	FIELD_WORDS(struct create, role, "role", 1, ROLE_MAX,		\
	    .optional = true, .label = "Role")

static const struct form_field create_user_fields[] = {
	FIELD_ANY(struct create, email, "email"),
	FIELD_ANY(struct create, password, "password", .optional = true),
	FIELD_TEXT(struct create, name, "name", 0, USER_NAME_MAX),
	ROLE,
	FIELD_OBJECT(struct create, data, "data", .optional = true),
};
static const struct form_field create_fields[] = {
	FIELD_TEXT(struct create, name, "name", 1, USER_NAME_MAX,
	    .label = "Name"),
	FIELD_EMAIL(struct create, email, "email", .label = "E-mail"),
	ROLE,
	FIELD_ANY(struct create, password, "password",
	    .optional = true, .secret = true, .label = "Password"),
};
const struct form create_user_form = FORM(create_user_fields,
    struct create);
const struct form user_create_form = FORM(create_fields, struct create);

/* On the wire a short one will do, as the reference has it. */
static enum status
check_password(struct ctx *ctx, const char *password)
{
	if (!ctx->config->admin_set_password)
		return refuse(ctx, ST_YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD,
		    "admin.set_password is off");
	if (ctx->route->face != FACE_AUTH)
		return password_bounds(ctx, password);
	return (int64_t)text_utf16_length(password) <=
	    ctx->config->password_max_length ? ST_OK :
	    refuse(ctx, ST_PASSWORD_TOO_LONG, "too long");
}

enum status
user_create_prepare(struct ctx *ctx)
{
	const struct create *input = ctx->input;
	const char *hash;

	TRY(email_check(ctx, input->email));
	if (input->password == NULL || input->password[0] == '\0')
		return ST_OK;
	TRY(check_password(ctx, input->password));
	TRY(password_make(ctx, input->password, &hash));
	ctx->prepared = arena_text(ctx->arena, hash);
	return ST_OK;
}

/* The role asked for, wherever it stands, or the one that new users have. */
static enum status
choose_role(struct ctx *ctx, struct user_data *data)
{
	const struct create *input = ctx->input;

	if (input->role != NULL)
		TRY(role_read(ctx, input->role, &data->role));
	TRY(user_data_allowed(ctx, data));
	if (data->role == NULL)
		data->role = ctx->config->admin_default_role;
	else if (!may_give(ctx, ctx->config->admin_default_role, data->role))
		return refuse(ctx, ST_YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE,
		    "to %s", data->role);
	return ST_OK;
}

static enum status
insert(struct ctx *ctx, const struct user_data *data, const char *id)
{
	const struct create *input = ctx->input;
	enum status status = store_user_create(ctx, &(struct user_new){
	    .id = id, .name = input->name,
	    .email = text_lower(ctx->arena, input->email),
	    .image = data->change.image, .role = data->role,
	    .username = data->change.username,
	    .display_username = data->change.display_username,
	    .fields = data->change.fields, .password = ctx->prepared,
	    .email_verified = data->verified == CHOICE_YES });

	if (status == ST_CONFLICT)
		return refuse(ctx, ctx->route->face == FACE_AUTH ?
		    ST_EMAIL_TAKEN : ST_USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL,
		    "the address is taken");
	TRY(status);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.create", .target_type = "user", .target_id = id,
	    .after = audit_text(ctx, "role", data->role) });
}

/* On the wire the reference sends none. */
static enum status
send_letter(struct ctx *ctx, const struct user *user)
{
	if (ctx->route->face == FACE_AUTH)
		return ST_OK;
	if (ctx->prepared == NULL && reset_enabled(ctx->config))
		return send_link(ctx, user, LETTER_ACCOUNT_CREATED);
	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_ACCOUNT_CREATED, .user = user });
}

enum status
user_create(struct ctx *ctx)
{
	const struct create *input = ctx->input;
	struct user subject;
	struct user_data data;
	char id[ID_SIZE];

	TRY(user_data_read(ctx, input->data, true, &data));
	TRY(choose_role(ctx, &data));
	TRY(store_actor_hold(ctx));
	id_new(id, ctx->now);
	TRY(insert(ctx, &data, id));
	TRY(store_user_lock(ctx, id, &subject));
	TRY(user_data_ban(ctx, &data, &subject));
	TRY(send_letter(ctx, &subject));
	return subject_changed(ctx, &subject,
	    "The account is created, and an e-mail about it on its way.");
}
