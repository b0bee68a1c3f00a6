#include "handle/admin.h"

#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/api_key.h"
#include "handle/device.h"
#include "handle/entitlement.h"
#include "handle/export.h"
#include "handle/reset.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/subscription.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/affiliate_list.h"
#include "store/credit.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "store/user_list.h"
#include "view/view.h"

#define LATEST 10		/* transfers and audit rows on a user's page */

/* ---- the list ---------------------------------------------------------- */

struct users_query {
	const char *q, *role, *state, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "active", "unverified",
	"banned", NULL };
static const struct form_field users_fields[] = {
	FIELD_TEXT(struct users_query, q, "q", 0, 254, .optional = true,
	    .label = "Search"),
	FIELD_ENUM(struct users_query, role, "role", role_names,
	    .optional = true, .label = "Role"),
	FIELD_ENUM(struct users_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct users_query),
};
const struct form users_form = FORM(users_fields, struct users_query);

static const struct export_column users_columns[] = {
	{ "Id", "id", NULL }, { "Joined", "createdAt", NULL },
	{ "Name", "name", NULL }, { "E-mail", "email", NULL },
	{ "Confirmed", "emailVerified", NULL }, { "Role", "role", NULL },
	{ "Status", "state", NULL }, { "Balance", "balance", NULL },
};
const struct export users_export = EXPORT("users", "users", users_columns);

static void
user_words(struct ctx *ctx, struct json_object *user)
{
	const char *name = view_get_text(user, "name");

	(void)ctx;
	view_text(user, "nameText", name != NULL && name[0] != '\0' ? name :
	    view_get_text(user, "email"));
	view_text(user, "roleText", words_role(view_get_text(user, "role")));
	view_text(user, "stateText", words_label(user_states,
	    view_get_text(user, "state")));
	words_number(user, "balanceText", view_get_int(user, "balance"));
	words_moment(user, "createdAt");
}

/* Only of the whole list: counting matches would cost more than they do. */
static enum status
count_view(struct ctx *ctx, bool whole)
{
	char text[FORMAT_NUMBER_SIZE];
	int64_t count;

	if (!whole) {
		view_null(ctx->view, "countText");
		return ST_OK;
	}
	TRY(store_user_count(ctx, &count));
	format_number(text, count);
	view_text(ctx->view, "countText", arena_printf(ctx->arena, "%s %s",
	    text, count == 1 ? "user" : "users"));
	return ST_OK;
}

static enum status
users_words(struct ctx *ctx, const struct page *page,
    const struct users_query *query)
{
	const char *const filters[] = { "q", query->q, "role", query->role,
		"state", query->state, NULL };
	const bool filtered = query->role != NULL || query->state != NULL ||
	    (query->q != NULL && query->q[0] != '\0');

	words_each(ctx, view_get(ctx->view, "users"), user_words);
	view_text(view_object(ctx->view, "filter"), "q", query->q);
	words_choices(ctx->view, "roles", user_roles, query->role);
	words_choices(ctx->view, "states", user_states, query->state);
	view_bool(ctx->view, "filtered", filtered);
	view_bool(ctx->view, "canCreate", may(ctx, PERMISSION_USER_CREATE));
	words_next(ctx, page, filters);
	return count_view(ctx, !filtered && !page->further);
}

static enum status
users_list(struct ctx *ctx, const struct users_query *query,
    struct page *page)
{
	TRY(store_user_list(ctx, &(struct user_filter){ .q = query->q,
	    .role = query->role, .state = query->state }, page,
	    view_list(ctx->view, "users")));
	if (is_page(ctx))
		return users_words(ctx, page, query);
	words_next(ctx, page, NULL);
	return ST_OK;
}

enum status
admin_users(struct ctx *ctx)
{
	const struct users_query *query = ctx->input;
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return users_list(ctx, query, &page);
}

/* ---- one user ---------------------------------------------------------- */

static void
session_words(struct ctx *ctx, struct json_object *session)
{
	view_text(session, "device", device_name(ctx->arena,
	    view_get_text(session, "userAgent")));
	words_moment(session, "createdAt");
	words_moment(session, "updatedAt");
}

/* "referral": who brought the user, if somebody did. */
static enum status
referral_view(struct ctx *ctx, const char *id)
{
	struct json_object *found = view_root(ctx->arena);

	if (ctx->config->affiliates_enabled)
		TRY(store_referral_of(ctx, id, found));
	if (view_has(found, "affiliateId"))
		view_copy(ctx->view, "referral", found);
	else
		view_null(ctx->view, "referral");
	return ST_OK;
}

static enum status
entitlements_view(struct ctx *ctx, const char *id)
{
	view_bool(ctx->view, "entitlementsOn",
	    ctx->config->entitlements_enabled);
	if (!ctx->config->entitlements_enabled)
		return ST_OK;
	TRY(entitlements_show(ctx, id));
	return licences_show(ctx, id);
}

/* What the refund's form offers, of the movements that are shown. */
static void
refundable_view(struct ctx *ctx, const struct json_object *ledger)
{
	struct json_object *choices = view_list(ctx->view, "refundable");

	for (size_t i = 0; i < view_count(ledger); i++) {
		const struct json_object *transfer = view_at(ledger, i);
		const char *kind = view_get_text(transfer, "kind");
		const char *reason = view_get_text(transfer, "reason");
		struct json_object *choice;

		if (!text_is(kind, "spend") && !text_is(kind, "capture"))
			continue;
		choice = view_object(choices, NULL);
		view_text(choice, "id", view_get_text(transfer, "id"));
		view_bool(choice, "selected", text_is(view_get_text(ctx->body,
		    "transferId"), view_get_text(transfer, "id")));
		words_number(choice, "amountText", view_get_int(transfer,
		    "amount"));
		view_text(choice, "reason", reason);
		view_text(choice, "createdAtText", view_get_text(transfer,
		    "createdAtText"));
	}
	view_bool(ctx->view, "anyRefundable", view_count(choices) > 0);
}

static enum status
lists_view(struct ctx *ctx, const char *id)
{
	struct json_object *sessions = view_list(ctx->view, "sessions");
	struct json_object *ledger = view_list(ctx->view, "ledger");
	struct page page = page_first(LATEST);

	TRY(store_user_sessions(ctx, id, sessions));
	words_each(ctx, sessions, session_words);
	view_bool(ctx->view, "anySessions", view_count(sessions) > 0);
	view_bool(ctx->view, "keysOn", ctx->config->api_key_enabled);
	if (ctx->config->api_key_enabled)
		TRY(api_key_show(ctx, id));
	TRY(referral_view(ctx, id));
	TRY(entitlements_view(ctx, id));
	TRY(store_ledger_of(ctx, &(struct ledger_filter){ .user = id,
	    .to = PAGE_START }, true, &page, ledger));
	words_transfers(ctx, ledger);
	refundable_view(ctx, ledger);
	return words_trail(ctx, "user", id, LATEST);
}

static bool
role_choice(struct ctx *ctx, struct json_object *roles, const char *role,
    const char *value)
{
	const char *typed = view_get_text(ctx->body, "role");
	const bool is = text_is(value, role);
	struct json_object *choice;

	if (!is && !may_give(ctx, role, value))
		return false;
	choice = view_object(roles, NULL);
	view_text(choice, "value", value);
	view_text(choice, "label", words_role(value));
	view_bool(choice, "selected", typed != NULL ?
	    text_is(value, typed) : is);
	return is;
}

/* What the user is, and what the caller could make of him. */
static void
roles_view(struct ctx *ctx, const char *role)
{
	const struct list *further = &ctx->config->admin_roles;
	struct json_object *roles = view_list(ctx->view, "roles");
	bool known = false;

	for (size_t i = 0; role_names[i] != NULL; i++)
		known |= role_choice(ctx, roles, role, role_names[i]);
	for (size_t i = 0; i < further->count; i++)
		known |= role_choice(ctx, roles, role, further->text[i]);
	if (!known)
		(void)role_choice(ctx, roles, role, role);
}

/* Which form of the page was refused, if one was. */
static void
refused_view(struct ctx *ctx)
{
	static const struct {
		const char *key;
		enum status (*handler)(struct ctx *ctx);
	} forms[] = {
		{ "role", role_change }, { "ban", user_ban },
		{ "grant", credit_grant }, { "adjust", credit_adjust },
		{ "refund", credit_refund }, { "quota", credit_quota },
		{ "impersonate", impersonate },
		{ "password", user_password_set }, { "remove", user_remove },
		{ "entitlement", entitlement_add },
		{ "licence", licence_issue }, { "revoke", licence_revoke },
	};
	struct json_object *refused = view_object(ctx->view, "refused");
	char key[ID_SIZE];

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		view_bool(refused, forms[i].key,
		    ctx->route->handler == forms[i].handler);
	id_new(key, ctx->now);
	view_text(view_object(ctx->view, "form"), "key", key);
}

static void
password_view(struct ctx *ctx)
{
	view_bool(ctx->view, "canSetPassword",
	    ctx->config->admin_set_password);
	view_int(ctx->view, "passwordMin", ctx->config->password_min_length);
}

/* What the page offers; the handlers decide again. */
static void
powers_view(struct ctx *ctx, const struct json_object *user)
{
	const char *role = view_get_text(user, "role");
	const bool above = covers(ctx, role) && !is_self(ctx, ctx->param[0]);

	view_bool(ctx->view, "canManage", above && may(ctx,
	    PERMISSION_USER_BAN));
	view_bool(ctx->view, "canImpersonate", above &&
	    !view_is_true(user, "banned") && may(ctx, role_is_admin(role) ?
	    PERMISSION_USER_IMPERSONATE_ADMINS : PERMISSION_USER_IMPERSONATE));
	view_bool(ctx->view, "canEntitle", covers(ctx, role) &&
	    may(ctx, PERMISSION_ENTITLEMENT_WRITE));
	view_bool(ctx->view, "canLicense", covers(ctx, role) &&
	    may(ctx, PERMISSION_LICENCE_WRITE));
	view_bool(ctx->view, "canSendLink", reset_enabled(ctx->config));
	password_view(ctx);
}

enum status
admin_user(struct ctx *ctx)
{
	struct json_object *user = view_object(ctx->view, "user");

	TRY(store_user_show(ctx, ctx->param[0], user));
	if (!is_page(ctx))
		return ST_OK;
	user_words(ctx, user);
	ctx->response.title = view_get_text(user, "nameText");
	words_moment(user, "updatedAt");
	words_moment(user, "banExpires");
	TRY(wallet_parts(ctx, ctx->param[0]));
	roles_view(ctx, view_get_text(user, "role"));
	powers_view(ctx, user);
	refused_view(ctx);
	TRY(lasting_view(ctx, ctx->param[0]));
	return lists_view(ctx, ctx->param[0]);
}

enum status
admin_user_sessions(struct ctx *ctx)
{
	return store_user_sessions(ctx, ctx->param[0],
	    view_list(ctx->view, "sessions"));
}

enum status
admin_user_new(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");

	view_null(form, "name");
	view_null(form, "email");
	roles_view(ctx, ctx->config->admin_default_role);
	password_view(ctx);
	return ST_OK;
}
