#include "handle/admin.h"

#include "ctx.h"
#include "guard/permission.h"
#include "handle/subject.h"
#include "http/form.h"
#include "routes.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

/* What the wire asks about one user, and about oneself. */

struct get_user {
	const char *id;
};

static const struct form_field get_user_fields[] = {
	FIELD_ANY(struct get_user, id, "id"),
};
const struct form get_user_form = FORM(get_user_fields, struct get_user);

enum status
get_user(struct ctx *ctx)
{
	const struct get_user *input = ctx->input;
	struct user user;

	TRY(store_user_by_id(ctx, input->id, &user));
	user_view(ctx, ctx->view, &user);
	return ST_OK;
}

enum status
list_user_sessions(struct ctx *ctx)
{
	return store_session_list_all(ctx, subject_id(ctx), ctx->session,
	    view_list(ctx->view, "sessions"));
}

/* ---- has-permission ---------------------------------------------------- */

struct asked {
	const char *role;
};

static const struct form_field asked_fields[] = {
	FIELD_ANY(struct asked, role, "role", .optional = true),
};

/* { resource: [action, ...], ... } */
static bool
is_question(const struct ctx *ctx, const char *name)
{
	const struct json_object *value = view_get(ctx->body, name);
	struct view_member member = { 0 };

	if (value == NULL || !view_is_object(value))
		return false;
	while (view_next(value, &member))
		if (!view_is_list(member.value) ||
		    view_words(ctx->arena, member.value) == NULL)
			return false;
	return true;
}

/* A union: exactly one of the two must be there. */
static enum status
asked_check(struct ctx *ctx)
{
	const bool plural = is_question(ctx, "permissions");
	const bool single = is_question(ctx, "permission");

	if (plural && single)
		return invalid(ctx, "body", "", "Invalid input: more than one "
		    "option matched", "There are two questions.");
	return plural || single ? ST_OK : invalid(ctx, "body", "",
	    "Invalid input", "There is no question.");
}

const struct form has_permission_form = FORM(asked_fields, struct asked,
    .check = asked_check);

static bool
may_all(const struct ctx *ctx, const struct view_member *asked)
{
	for (size_t i = 0; i < view_count(asked->value); i++)
		if (!may(ctx, permission_named(asked->name,
		    view_get_string(view_at(asked->value, i)))))
			return false;
	return true;
}

/* About the caller, whatever userId and role say; as the reference does. */
enum status
has_permission(struct ctx *ctx)
{
	const struct json_object *asked = view_get(ctx->body, "permissions");
	struct view_member one = { 0 };
	bool success = false;

	if (asked == NULL)
		return refuse(ctx, ST_NO_PERMISSIONS_PASSED, "the old name");
	while (view_next(asked, &one)) {
		success = may_all(ctx, &one);
		if (!success)
			break;
	}
	view_null(ctx->view, "error");
	view_bool(ctx->view, "success", success);
	return ST_OK;
}
