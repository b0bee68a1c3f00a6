#include "handle/subject.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "routes.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

const char *
subject_id(const struct ctx *ctx)
{
	return ctx->route->face == FACE_AUTH ?
	    ((const struct whom *)ctx->input)->user_id : ctx->param[0];
}

bool
may(const struct ctx *ctx, enum permission permission)
{
	return permission_in(ctx->user->permissions, permission);
}

bool
covers(const struct ctx *ctx, const char *roles)
{
	return (permissions_of(roles) & ~ctx->user->permissions) == 0;
}

bool
may_give(const struct ctx *ctx, const char *from, const char *to)
{
	if (!covers(ctx, from) || !covers(ctx, to))
		return false;
	return may(ctx, PERMISSION_USER_SET_ADMIN) ||
	    (!role_is_admin(from) && !role_is_admin(to));
}

bool
is_self(const struct ctx *ctx, const char *user_id)
{
	return text_is(ctx->user->id, user_id);
}

enum status
subject_lock(struct ctx *ctx, const char *id, struct user *out)
{
	/* In the order of the ids, or two who act on each other deadlock. */
	const bool first = strcmp(ctx->user->id, id) < 0;

	if (first)
		TRY(store_actor_hold(ctx));
	TRY(store_user_lock(ctx, id, out));
	return first ? ST_OK : store_actor_hold(ctx);
}

enum status
subject_open(struct ctx *ctx, const char *id, struct user *out)
{
	TRY(subject_lock(ctx, id, out));
	return covers(ctx, out->role) ? ST_OK :
	    refuse(ctx, guard_refusal(ctx), "%s is %s", out->id, out->role);
}

/* ---- roles ------------------------------------------------------------- */

static bool
is_listed(const struct list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->text[i], name) == 0)
			return true;
	return false;
}

static enum status
check_role(struct ctx *ctx, const char *name)
{
	const struct list *further = &ctx->config->admin_roles;
	const bool wire = ctx->route->face == FACE_AUTH;

	if (role_exists(name) || is_listed(further, name) ||
	    (wire && further->count == 0 && text_is_clean(name)))
		return ST_OK;
	if (wire)
		return refuse(ctx,
		    ST_YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE,
		    "no such role");
	return invalid(ctx, "body", "role", "Invalid option",
	    "Role is not one of the choices.");
}

enum status
role_read(struct ctx *ctx, const char *text, const char **out)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 64);
	while (*text != '\0') {
		size_t size, end;
		const char *name;

		text += strspn(text, " ");
		size = end = strcspn(text, ",");
		while (size > 0 && text[size - 1] == ' ')
			size--;
		name = arena_copy(ctx->arena, text, size);
		if (size > 0) {
			TRY(check_role(ctx, name));
			buf_printf(&buf, "%s%s", buf.size > 0 ? "," : "",
			    name);
		}
		text += end + (text[end] == ',');
	}
	*out = buf.data;
	if (buf.size == 0)
		return invalid(ctx, "body", "role", "Too small: expected "
		    "string to have >=1 characters", "Role is missing.");
	return buf.size <= ROLE_MAX ? ST_OK : invalid(ctx, "body", "role",
	    "Too big", "Role is too long.");
}

enum status
subject_role(struct ctx *ctx, struct user *subject, const char *role)
{
	if (text_is(role, subject->role))
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

/* ---- answers ----------------------------------------------------------- */

enum status
subject_next(struct ctx *ctx, const struct user *subject, const char *flash)
{
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/users/%s",
	    text_percent(ctx->arena, subject->id));
}

enum status
subject_changed(struct ctx *ctx, const struct user *subject,
    const char *flash)
{
	struct json_object *user = view_object(ctx->view, "user");

	if (ctx->route->face == FACE_AUTH)
		user_view(ctx, user, subject);
	else if (ctx->route->face == FACE_JSON)
		TRY(store_user_show(ctx, subject->id, user));
	return subject_next(ctx, subject, flash);
}
