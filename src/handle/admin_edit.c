#include "handle/admin.h"

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/subject.h"
#include "handle/user_data.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "store/verification.h"
#include "view/view.h"

#define LINK_TOKEN_LENGTH 32
#define LINK_SECONDS 86400

/* ---- update-user ------------------------------------------------------- */

struct update {
	struct whom whom;
	struct json_object *data;
};

static const struct form_field update_fields[] = {
	FIELD_TEXT(struct update, whom.user_id, "userId", 0, INT32_MAX,
	    .coerced = true),
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
set_role(struct ctx *ctx, struct user *subject, const char *role)
{
	if (role == NULL || text_is(role, subject->role))
		return ST_OK;
	if (is_self(ctx, subject->id))
		return refuse(ctx, ST_YOU_CANNOT_CHANGE_YOUR_OWN_ROLE,
		    "own role");
	if (!may_give(ctx, subject->role, role))
		return refuse(ctx,
		    ST_YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE,
		    "from %s to %s", subject->role, role);
	return store_role_set(ctx, subject, role);
}

/* Who reads mail at the old address learns that it counts no longer. */
static enum status
set_email(struct ctx *ctx, const struct user *subject,
    const struct user_data *data)
{
	const char *email = data->email != NULL ? data->email :
	    subject->email;
	const bool verified = data->verified == CHOICE_ABSENT ?
	    subject->email_verified : data->verified == CHOICE_YES;
	const bool moves = !text_is(email, subject->email);
	enum status status;

	if (!moves && verified == subject->email_verified)
		return ST_OK;
	status = store_subject_email(ctx, subject, email, verified);
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_EMAIL_TAKEN, "the address is taken");
	TRY(status);
	return !moves ? ST_OK : letter_send(ctx, &(struct letter){
	    .kind = LETTER_CHANGE_EMAIL_DONE, .user = subject,
	    .to = subject->email, .new_email = email });
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
	TRY(set_role(ctx, &subject, data.role));
	TRY(user_data_ban(ctx, &data, &subject));
	TRY(set_email(ctx, &subject, &data));
	if (data.changes)
		TRY(store_subject_edit(ctx, &subject, &data.change));
	TRY(store_user_by_id(ctx, subject.id, &subject));
	user_view(ctx, ctx->view, &subject);
	return ST_OK;
}

/* ---- links to choose a password ---------------------------------------- */

/* Who reads the letter chooses; no admin knows what (ASVS 6.4.6). */
static enum status
send_link(struct ctx *ctx, const struct user *user, enum letter_kind kind)
{
	char token[LINK_TOKEN_LENGTH + 1];

	random_text(token, LINK_TOKEN_LENGTH);
	TRY(store_verification_add(ctx, &(struct verification){
	    .identifier = arena_printf(ctx->arena, "reset-password:%s", token),
	    .value = user->id, .user_id = user->id,
	    .seconds = LINK_SECONDS }));
	return letter_send(ctx, &(struct letter){ .kind = kind, .user = user,
	    .url = arena_printf(ctx->arena, "%s/reset-password?token=%s",
	    ctx->config->origin, token) });
}

enum status
user_password_link(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(send_link(ctx, &subject, LETTER_RESET_PASSWORD));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "password.send-link", .target_type = "user",
	    .target_id = subject.id }));
	view_bool(ctx->view, "success", true);
	return subject_next(ctx, &subject, "A letter with the link is on its "
	    "way.");
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
	FIELD_TEXT(struct create, email, "email", 0, INT32_MAX),
	FIELD_TEXT(struct create, password, "password", 0, INT32_MAX,
	    .optional = true),
	FIELD_TEXT(struct create, name, "name", 0, USER_NAME_MAX),
	ROLE,
	FIELD_OBJECT(struct create, data, "data", .optional = true),
};
static const struct form_field create_fields[] = {
	FIELD_TEXT(struct create, name, "name", 1, USER_NAME_MAX,
	    .label = "Name"),
	FIELD_EMAIL(struct create, email, "email", .label = "E-mail"),
	ROLE,
	FIELD_TEXT(struct create, password, "password", 0, INT32_MAX,
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

	if (!text_email(input->email))
		return refuse(ctx, ST_INVALID_EMAIL, "no e-mail address");
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

/* On the wire an account without a password sends no letter. */
static enum status
welcome(struct ctx *ctx, const struct user *subject)
{
	return ctx->route->face == FACE_AUTH || ctx->prepared != NULL ? ST_OK :
	    send_link(ctx, subject, LETTER_ACCOUNT_CREATED);
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
	TRY(store_subject_lock(ctx, id, &subject));
	TRY(user_data_ban(ctx, &data, &subject));
	TRY(welcome(ctx, &subject));
	return subject_changed(ctx, &subject, ctx->prepared != NULL ?
	    "The account is made." : "The account is made, and a letter with "
	    "a link to choose a password is on its way.");
}
