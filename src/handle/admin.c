#include "handle/admin.h"

#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/device.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/figures.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "store/user_list.h"
#include "view/view.h"

#define LATEST 10		/* transfers and audit rows on a user's page */
#define BAN_DAYS_MAX 3650

/* ---- who may act on whom ----------------------------------------------- */

/* Whether the caller may do all that somebody of these roles may do. */
static bool
covers(const struct ctx *ctx, const char *roles)
{
	return (permissions_of(roles) & ~ctx->user->permissions) == 0;
}

static bool
may(const struct ctx *ctx, enum permission permission)
{
	return permission_in(ctx->user->permissions, permission);
}

static bool
is_self(const struct ctx *ctx, const char *id)
{
	return text_is(ctx->user->id, id);
}

enum status
subject_open(struct ctx *ctx, const char *id, struct user *out)
{
	/* In the order of the ids, or two who act on each other deadlock. */
	const bool first = strcmp(ctx->user->id, id) < 0;

	if (first)
		TRY(store_actor_hold(ctx));
	TRY(store_subject_lock(ctx, id, out));
	if (!first)
		TRY(store_actor_hold(ctx));
	if (!covers(ctx, out->role))
		return refuse(ctx, ST_FORBIDDEN, "%s is %s", out->id,
		    out->role);
	return ST_OK;
}

enum status
subject_next(struct ctx *ctx, const struct user *subject,
    const char *flash)
{
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/users/%s",
	    text_percent(ctx->arena, subject->id));
}

/* Becoming or ceasing to be an admin is for those who make admins. */
static bool
may_give(const struct ctx *ctx, const char *from, const char *to)
{
	if (!covers(ctx, from) || !covers(ctx, to))
		return false;
	return may(ctx, PERMISSION_USER_SET_ADMIN) ||
	    (!role_is_admin(from) && !role_is_admin(to));
}

/* ---- changes ----------------------------------------------------------- */

struct role_change {
	const char *role;
};

static const struct form_field role_fields[] = {
	FIELD_ENUM(struct role_change, role, "role", role_names,
	    .label = "Role"),
};
const struct form role_form = FORM(role_fields, struct role_change);

enum status
role_change(struct ctx *ctx)
{
	const struct role_change *input = ctx->input;
	struct user subject;

	if (is_self(ctx, ctx->param[0]))
		return refuse(ctx, ST_YOU_CANNOT_CHANGE_YOUR_OWN_ROLE,
		    "own role");
	TRY(subject_open(ctx, ctx->param[0], &subject));
	if (!may_give(ctx, subject.role, input->role))
		return refuse(ctx, ST_FORBIDDEN, "from %s to %s",
		    subject.role, input->role);
	TRY(store_role_set(ctx, &subject, input->role));
	return subject_next(ctx, &subject, arena_printf(ctx->arena,
	    "The role is now: %s.", words_role(input->role)));
}

struct ban {
	const char *reason;
	int64_t days;
};

static const struct form_field ban_fields[] = {
	FIELD_TEXT(struct ban, reason, "reason", 1, BAN_REASON_MAX,
	    .label = "Reason"),
	FIELD_INT(struct ban, days, "days", 1, BAN_DAYS_MAX,
	    .optional = true, .label = "Days"),
};
const struct form ban_form = FORM(ban_fields, struct ban);

enum status
user_ban(struct ctx *ctx)
{
	const struct ban *input = ctx->input;
	struct user subject;

	if (is_self(ctx, ctx->param[0]))
		return refuse(ctx, ST_YOU_CANNOT_BAN_YOURSELF, "oneself");
	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_ban(ctx, &subject, input->reason,
	    input->days == FIELD_NONE ? 0 :
	    ctx->now + input->days * DAY_MS));
	return subject_next(ctx, &subject,
	    "The user is banned and signed out everywhere.");
}

enum status
user_unban(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_unban(ctx, &subject));
	return subject_next(ctx, &subject, "The ban is lifted.");
}

enum status
user_session_revoke(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_session_end_one(ctx, &subject, ctx->param[1]));
	return subject_next(ctx, &subject, "The session is revoked.");
}

enum status
user_sessions_revoke(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_session_end_all(ctx, &subject));
	return subject_next(ctx, &subject, "All sessions are revoked.");
}

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
	    .optional = true, .label = "State"),
	FIELD_TEXT(struct users_query, cursor, "cursor", 0, 512,
	    .optional = true, .label = "Page"),
	FIELD_INT(struct users_query, limit, "limit", 1, PAGE_LIMIT_MAX,
	    .optional = true, .label = "Limit"),
};
const struct form users_form = FORM(users_fields, struct users_query);

static void
user_words(struct ctx *ctx, struct json_object *user)
{
	(void)ctx;
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
	bool exact;

	if (!whole) {
		view_null(ctx->view, "countText");
		return ST_OK;
	}
	TRY(store_user_count(ctx, &count, &exact));
	format_number(text, count);
	view_text(ctx->view, "countText", arena_printf(ctx->arena,
	    "%s%s %s", exact ? "" : "About ", text,
	    count == 1 ? "user" : "users"));
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

static void
audit_words(struct ctx *ctx, struct json_object *entry)
{
	(void)ctx;
	words_moment(entry, "createdAt");
}

static enum status
lists_view(struct ctx *ctx, const char *id)
{
	struct json_object *sessions = view_list(ctx->view, "sessions");
	struct json_object *ledger = view_list(ctx->view, "ledger");
	struct json_object *audit = view_list(ctx->view, "audit");
	struct page page;

	TRY(store_user_sessions(ctx, id, sessions));
	words_each(ctx, sessions, session_words);
	(void)page_read(ctx, NULL, LATEST, &page);
	TRY(store_ledger_of(ctx, id, true, &page, ledger));
	words_transfers(ctx, ledger);
	TRY(store_audit_list(ctx, "user", id, LATEST, audit));
	words_each(ctx, audit, audit_words);
	return ST_OK;
}

/* What the user is, and what the caller could make of him. */
static void
roles_view(struct ctx *ctx, const char *role)
{
	struct json_object *roles = view_list(ctx->view, "roles");

	for (const struct choice_word *c = user_roles + 1; c->value != NULL;
	    c++) {
		const bool is = text_is(c->value, role);
		struct json_object *choice;

		if (!is && !may_give(ctx, role, c->value))
			continue;
		choice = view_object(roles, NULL);
		view_text(choice, "value", c->value);
		view_text(choice, "label", c->label);
		view_bool(choice, "selected", is);
	}
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
		{ "quota", credit_quota },
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
wallet_words(struct ctx *ctx, const struct json_object *user)
{
	const bool quota = view_get(user, "monthlyCreditsQuota") != NULL;

	words_wallet(ctx, ctx->view, &(struct wallet){
	    .balance = view_get_int(user, "balance"),
	    .quota = quota ? view_get_int(user, "monthlyCreditsQuota") :
	    QUOTA_NONE, .spent = view_get_int(user, "monthlySpent") });
}

enum status
admin_user(struct ctx *ctx)
{
	struct json_object *user = view_object(ctx->view, "user");
	const char *role;

	TRY(store_user_show(ctx, ctx->param[0], user));
	if (!is_page(ctx))
		return ST_OK;
	role = view_get_text(user, "role");
	user_words(ctx, user);
	words_moment(user, "updatedAt");
	words_moment(user, "banExpires");
	wallet_words(ctx, user);
	roles_view(ctx, role);
	view_bool(ctx->view, "canManage",
	    may(ctx, PERMISSION_USER_BAN) && covers(ctx, role) &&
	    !is_self(ctx, ctx->param[0]));
	refused_view(ctx);
	return lists_view(ctx, ctx->param[0]);
}
