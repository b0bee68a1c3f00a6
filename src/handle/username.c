#include "handle/username.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/user.h"
#include "view/view.h"

enum status
username_check(struct ctx *ctx, const char *username)
{
	const int64_t length = (int64_t)text_utf16_length(username);

	if (length < ctx->config->username_min_length)
		return refuse(ctx, ST_USERNAME_TOO_SHORT, "%lld characters",
		    (long long)length);
	if (length > ctx->config->username_max_length)
		return refuse(ctx, ST_USERNAME_TOO_LONG, "%lld characters",
		    (long long)length);
	if (strspn(username, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") != strlen(username))
		return refuse(ctx, ST_INVALID_USERNAME, "its characters");
	return ST_OK;
}

/* The same codes, but 400: so has the contract where a name is chosen. */
static enum status
check_chosen(struct ctx *ctx, const char *username)
{
	enum status status = username_check(ctx, username);

	if (status == ST_USERNAME_TOO_SHORT)
		return ST_CHOSEN_TOO_SHORT;
	if (status == ST_USERNAME_TOO_LONG)
		return ST_CHOSEN_TOO_LONG;
	return status == ST_INVALID_USERNAME ? ST_CHOSEN_INVALID : status;
}

enum status
username_new(struct ctx *ctx, const char **username,
    const char **display_username)
{
	const char *typed = *username, *shown = *display_username;

	if (shown != NULL && shown[0] == '\0')
		shown = NULL;
	if (typed != NULL)
		TRY(check_chosen(ctx, typed));
	else if (shown != NULL && username_check(ctx, shown) == ST_OK)
		typed = shown;
	refusal_drop(ctx);
	*display_username = shown != NULL ? shown : typed;
	*username = typed != NULL ? text_lower(ctx->arena, typed) : NULL;
	return ST_OK;
}

const char *
username_shown(struct ctx *ctx, const struct user *user)
{
	const char *shown = user->display_username;

	/* It may be another name altogether. */
	return shown != NULL && text_is(text_lower(ctx->arena, shown),
	    user->username) ? shown : user->username;
}

static void
page_change(struct ctx *ctx, const char *username,
    struct user_change *change)
{
	const char *shown = username_shown(ctx, ctx->user);

	change->set_username = view_has(ctx->body, "username") &&
	    (username == NULL ? shown != NULL : !text_is(username, shown));
	change->set_display_username = change->set_username;
	change->display_username = username;
}

enum status
username_change(struct ctx *ctx, const char *username,
    const char *display_username, struct user_change *change)
{
	const char *present = ctx->user->username;

	if (!ctx->config->username_enabled)
		return ST_OK;
	change->set_username = view_has(ctx->body, "username");
	change->set_display_username = view_has(ctx->body, "displayUsername");
	change->display_username = display_username;
	if (is_page(ctx))
		page_change(ctx, username, change);
	if (username != NULL) {
		TRY(check_chosen(ctx, username));
		change->username = text_lower(ctx->arena, username);
	}
	if (ctx->config->username_immutable && change->set_username &&
	    present != NULL && !text_is(present, change->username))
		return refuse(ctx, ST_USERNAME_IS_IMMUTABLE,
		    "username.immutable is on");
	return ST_OK;
}

/* ---- is-username-available --------------------------------------------- */

struct wish {
	const char *username;
};

static const struct form_field wish_fields[] = {
	FIELD_ANY(struct wish, username, "username"),
};
const struct form username_form = FORM(wish_fields, struct wish);

enum status
username_available(struct ctx *ctx)
{
	const struct wish *input = ctx->input;
	bool taken;

	TRY(username_check(ctx, input->username));
	TRY(store_username_taken(ctx, text_lower(ctx->arena,
	    input->username), &taken));
	view_bool(ctx->view, "available", !taken);
	return ST_OK;
}
