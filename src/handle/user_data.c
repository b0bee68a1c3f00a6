#include "handle/user_data.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/subject.h"
#include "handle/username.h"
#include "store/extra.h"
#include "store/user_admin.h"
#include "view/view.h"

static enum status
wrong(struct ctx *ctx, const char *name, const char *type)
{
	return invalid(ctx, "body", arena_printf(ctx->arena, "data.%s", name),
	    arena_printf(ctx->arena, "Invalid input: expected %s", type),
	    arena_printf(ctx->arena, "%s is not valid.", name));
}

enum status
email_check(struct ctx *ctx, const char *email)
{
	return text_email(email) && strlen(email) <= TEXT_MAILABLE_MAX ?
	    ST_OK : refuse(ctx, ST_INVALID_EMAIL, "no e-mail address");
}

/* Absent and null leave *out as it is. */
static enum status
read_text(struct ctx *ctx, const struct json_object *data, const char *name,
    size_t max, const char **out)
{
	struct json_object *value = view_get(data, name);

	if (value == NULL)
		return ST_OK;
	*out = view_get_string(value);
	if (*out == NULL)
		return wrong(ctx, name, "string");
	return text_utf16_length(*out) <= max ? ST_OK :
	    wrong(ctx, name, "a shorter string");
}

static enum status
read_bool(struct ctx *ctx, const struct json_object *data, const char *name,
    enum choice *out)
{
	struct json_object *value = view_get(data, name);

	*out = CHOICE_ABSENT;
	if (value == NULL)
		return ST_OK;
	if (!view_is_bool(value))
		return wrong(ctx, name, "boolean");
	*out = view_is_truthy(value) ? CHOICE_YES : CHOICE_NO;
	return ST_OK;
}

/* An instant as JSON writes dates; null is for ever. */
static enum status
read_until(struct ctx *ctx, const struct json_object *data, int64_t *out)
{
	static const char name[] = "banExpires";
	const char *text = view_get_text(data, name);

	*out = view_has(data, name) ? 0 : FIELD_NONE;
	if (view_get(data, name) == NULL)
		return ST_OK;
	return text != NULL && clock_read_iso(text, out) ? ST_OK :
	    wrong(ctx, name, "date");
}

static enum status
read_username(struct ctx *ctx, const struct json_object *data,
    struct user_change *change)
{
	if (!ctx->config->username_enabled)
		return ST_OK;
	TRY(read_text(ctx, data, "username", INT32_MAX, &change->username));
	TRY(read_text(ctx, data, "displayUsername", USER_NAME_MAX,
	    &change->display_username));
	change->set_username = view_has(data, "username");
	change->set_display_username = change->set_username ||
	    view_has(data, "displayUsername");
	return username_new(ctx, &change->username,
	    &change->display_username);
}

static enum status
read_role(struct ctx *ctx, const struct json_object *data, const char **out)
{
	struct json_object *value = view_get(data, "role");
	const char *words;

	if (value == NULL)
		return ST_OK;
	words = view_words(ctx->arena, value);
	if (words == NULL)
		return refuse(ctx, ST_INVALID_ROLE_TYPE, "no text, no list");
	return role_read(ctx, words, out);
}

/* Also those that nobody may set for himself. */
static enum status
read_fields(struct ctx *ctx, const struct json_object *data, bool creating,
    const char **out, size_t *count)
{
	const struct extra_fields *extra = &ctx->config->user_extra;
	struct extra_field *open = arena_array(ctx->arena, extra->count + 1,
	    sizeof(*open));

	for (size_t i = 0; i < extra->count; i++) {
		open[i] = extra->field[i];
		open[i].input = true;
	}
	return extra_take(ctx, &(struct extra_fields){ open, extra->count },
	    data, creating, out, count);
}

enum status
user_data_read(struct ctx *ctx, const struct json_object *data,
    bool creating, struct user_data *out)
{
	const char *email = NULL;
	size_t count;

	*out = (struct user_data){ .until = FIELD_NONE,
	    .bans = view_has(data, "banned") || view_has(data, "banReason") ||
	    view_has(data, "banExpires") };
	out->change.set_image = view_has(data, "image");
	TRY(read_text(ctx, data, "name", USER_NAME_MAX, &out->change.name));
	TRY(read_text(ctx, data, "email", INT32_MAX, &email));
	TRY(read_bool(ctx, data, "emailVerified", &out->verified));
	TRY(read_text(ctx, data, "image", USER_IMAGE_MAX,
	    &out->change.image));
	TRY(read_username(ctx, data, &out->change));
	TRY(read_role(ctx, data, &out->role));
	TRY(read_bool(ctx, data, "banned", &out->banned));
	TRY(read_text(ctx, data, "banReason", BAN_REASON_MAX, &out->reason));
	TRY(read_until(ctx, data, &out->until));
	TRY(read_fields(ctx, data, creating, &out->change.fields, &count));
	out->changes = out->change.name != NULL || out->change.set_image ||
	    out->change.set_display_username || count > 0;
	if (email == NULL)
		return ST_OK;
	out->email = text_lower(ctx->arena, email);
	return email_check(ctx, email);
}

static enum status
need(struct ctx *ctx, bool asked, enum permission permission,
    enum status refusal)
{
	return !asked || may(ctx, permission) ? ST_OK :
	    refuse(ctx, refusal, "%s lacks %s", ctx->user->role,
	    permission_text(permission));
}

enum status
user_data_allowed(struct ctx *ctx, const struct user_data *data)
{
	TRY(need(ctx, data->role != NULL, PERMISSION_USER_SET_ROLE,
	    ST_YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE));
	TRY(need(ctx, data->bans, PERMISSION_USER_BAN,
	    ST_YOU_ARE_NOT_ALLOWED_TO_BAN_USERS));
	return need(ctx, data->email != NULL ||
	    data->verified != CHOICE_ABSENT, PERMISSION_USER_SET_EMAIL,
	    ST_YOU_ARE_NOT_ALLOWED_TO_SET_USERS_EMAIL);
}

enum status
user_data_ban(struct ctx *ctx, const struct user_data *data,
    struct user *subject)
{
	const char *reason = data->reason;
	int64_t until = data->until;

	if (!data->bans)
		return ST_OK;
	if (data->banned == CHOICE_NO)
		return store_unban(ctx, subject);
	if (data->banned == CHOICE_ABSENT && !subject->banned)
		return ST_OK;
	if (reason == NULL)
		reason = subject->banned ? subject->ban_reason :
		    ctx->config->admin_ban_reason;
	if (until == FIELD_NONE)
		until = subject->banned ? subject->ban_expires_at : 0;
	return store_ban(ctx, subject, reason, until);
}
