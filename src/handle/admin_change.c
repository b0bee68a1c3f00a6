#include "handle/admin.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/attempt.h"
#include "guard/guard.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/session.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

#define BAN_DAYS_MAX 3650
#define BAN_SECONDS_MAX (100 * 365 * DAY_SECONDS)

#define USER_ID(s, m)							\
	FIELD_ANY(s, m, "userId", .coerced = true)

static const struct form_field whom_fields[] = {
	USER_ID(struct whom, user_id),
};
const struct form whom_form = FORM(whom_fields, struct whom);

/* ---- role -------------------------------------------------------------- */

struct role_change {
	struct whom whom;
	const char *role;
};

#define ROLE								\
	FIELD_WORDS(struct role_change, role, "role", 1, ROLE_MAX,	\
	    .label = "Role")

static const struct form_field role_fields[] = { ROLE };
static const struct form_field set_role_fields[] = {
	USER_ID(struct role_change, whom.user_id), ROLE
};
const struct form role_form = FORM(role_fields, struct role_change);
const struct form set_role_form = FORM(set_role_fields, struct role_change);

enum status
role_change(struct ctx *ctx)
{
	const struct role_change *input = ctx->input;
	struct user subject;
	const char *role = input->role;

	TRY(subject_open(ctx, subject_id(ctx), &subject));
	/* A page sends back what it showed, be it what it may. */
	if (!text_is(role, subject.role))
		TRY(role_read(ctx, role, &role));
	TRY(subject_role(ctx, &subject, role));
	return subject_changed(ctx, &subject, arena_printf(ctx->arena,
	    "The role is now: %s.", words_role(role)));
}

/* ---- ban --------------------------------------------------------------- */

struct ban {
	struct whom whom;
	const char *reason;
	int64_t days;		/* FIELD_NONE: for ever */
	int64_t seconds;	/* the wire's; FIELD_NONE: as configured */
};

static const struct form_field ban_fields[] = {
	FIELD_TEXT(struct ban, reason, "reason", 1, BAN_REASON_MAX,
	    .label = "Reason"),
	FIELD_INT(struct ban, days, "days", 1, BAN_DAYS_MAX,
	    .optional = true, .label = "Days"),
};
static const struct form_field ban_user_fields[] = {
	USER_ID(struct ban, whom.user_id),
	FIELD_TEXT(struct ban, reason, "banReason", 0, BAN_REASON_MAX,
	    .optional = true),
	FIELD_INT(struct ban, seconds, "banExpiresIn", 0, BAN_SECONDS_MAX,
	    .optional = true),
};
const struct form ban_form = FORM(ban_fields, struct ban);
const struct form ban_user_form = FORM(ban_user_fields, struct ban);

/* When the ban ends; 0: never. */
static int64_t
ban_end(const struct ctx *ctx, const struct ban *input)
{
	int64_t seconds = input->seconds;

	if (ctx->route->face != FACE_AUTH)
		return input->days == FIELD_NONE ? 0 :
		    ctx->now + input->days * DAY_MS;
	if (seconds == FIELD_NONE || seconds == 0)
		seconds = ctx->config->admin_ban_seconds;
	return seconds == 0 ? 0 : ctx->now + seconds * 1000;
}

enum status
user_ban(struct ctx *ctx)
{
	const struct ban *input = ctx->input;
	const char *reason = input->reason;
	struct user subject;

	if (is_self(ctx, subject_id(ctx)))
		return refuse(ctx, ST_YOU_CANNOT_BAN_YOURSELF, "oneself");
	TRY(subject_open(ctx, subject_id(ctx), &subject));
	if (reason == NULL || reason[0] == '\0')
		reason = ctx->config->admin_ban_reason;
	TRY(store_ban(ctx, &subject, reason, ban_end(ctx, input)));
	return subject_changed(ctx, &subject,
	    "The user is banned and signed out everywhere.");
}

enum status
user_unban(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, subject_id(ctx), &subject));
	TRY(store_unban(ctx, &subject));
	return subject_changed(ctx, &subject, "The ban is lifted.");
}

/* ---- sessions ---------------------------------------------------------- */

struct session_named {
	const char *handle;
};

static const struct form_field session_fields[] = {
	FIELD_TEXT(struct session_named, handle, "sessionToken", 0,
	    INT32_MAX),
};
const struct form revoke_user_session_form = FORM(session_fields,
    struct session_named);

enum status
user_session_revoke(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_session_end_one(ctx, &subject, ctx->param[1]));
	view_bool(ctx->view, "success", true);
	return subject_next(ctx, &subject, "The session is revoked.");
}

/* The contract does not say whether there was such a session. */
enum status
revoke_user_session(struct ctx *ctx)
{
	const struct session_named *input = ctx->input;
	struct user subject;
	const char *session_id, *user_id;
	enum status status = store_session_named(ctx, input->handle,
	    &session_id, &user_id);

	view_bool(ctx->view, "success", true);
	if (status == ST_NOT_FOUND)
		return ST_OK;
	TRY(status);
	TRY(subject_open(ctx, user_id, &subject));
	return store_session_end_one(ctx, &subject, session_id);
}

/* Nor whether there is such a user. */
enum status
user_sessions_revoke(struct ctx *ctx)
{
	struct user subject;
	enum status status = subject_open(ctx, subject_id(ctx), &subject);

	view_bool(ctx->view, "success", true);
	if (status == ST_USER_NOT_FOUND && ctx->route->face == FACE_AUTH)
		return ST_OK;
	TRY(status);
	TRY(store_session_end_all(ctx, &subject));
	return subject_next(ctx, &subject, "All sessions are revoked.");
}

/* ---- password ---------------------------------------------------------- */

struct set_password {
	struct whom whom;
	const char *password;
};

#define NEW_PASSWORD(s)							\
	FIELD_TEXT(s, password, "newPassword", 1, INT32_MAX,		\
	    .secret = true, .label = "The new password",		\
	    .too_short = "newPassword cannot be empty")

static const struct form_field password_fields[] = {
	NEW_PASSWORD(struct set_password)
};
static const struct form_field set_password_fields[] = {
	NEW_PASSWORD(struct set_password),
	FIELD_TEXT(struct set_password, whom.user_id, "userId", 1, INT32_MAX,
	    .coerced = true, .too_short = "userId cannot be empty"),
};
const struct form user_password_form = FORM(password_fields,
    struct set_password);
const struct form set_user_password_form = FORM(set_password_fields,
    struct set_password);

enum status
user_password_prepare(struct ctx *ctx)
{
	const struct set_password *input = ctx->input;
	const char *hash;

	if (!ctx->config->admin_set_password)
		return refuse(ctx, guard_refusal(ctx),
		    "admin.set_password is off");
	TRY(password_bounds(ctx, input->password));
	TRY(password_make(ctx, input->password, &hash));
	ctx->prepared = arena_text(ctx->arena, hash);
	return ST_OK;
}

/* On the wire the user's sessions go on; elsewhere they end (ASVS 7.4.3). */
enum status
user_password_set(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, subject_id(ctx), &subject));
	TRY(store_subject_password(ctx, &subject, ctx->prepared));
	attempt_forget(ctx, subject.id);
	if (ctx->route->face != FACE_AUTH)
		TRY(store_session_end_all(ctx, &subject));
	TRY(letter_send(ctx, &(struct letter){
	    .kind = LETTER_PASSWORD_CHANGED, .user = &subject }));
	attempt_forget(ctx, subject.id);
	view_bool(ctx->view, "status", true);
	return subject_next(ctx, &subject,
	    "The password is set, and the user signed out everywhere.");
}

/* ---- removal ----------------------------------------------------------- */

struct removal {
	const char *email;
};

static const struct form_field remove_fields[] = {
	FIELD_ANY(struct removal, email, "email", .label = "The address"),
};
const struct form remove_form = FORM(remove_fields, struct removal);

/* Whoever types the address knows whose account goes. */
static enum status
confirm(struct ctx *ctx, const struct user *subject)
{
	const struct removal *input = ctx->input;

	if (ctx->route->face != FACE_PAGE ||
	    text_is(text_lower(ctx->arena, input->email), subject->email))
		return ST_OK;
	return invalid(ctx, "body", "email", "Invalid input",
	    "That is not the e-mail address of this user.");
}

enum status
user_remove(struct ctx *ctx)
{
	struct user subject;

	if (is_self(ctx, subject_id(ctx)))
		return refuse(ctx, ST_YOU_CANNOT_REMOVE_YOURSELF, "oneself");
	TRY(subject_open(ctx, subject_id(ctx), &subject));
	TRY(confirm(ctx, &subject));
	TRY(store_subject_remove(ctx, &subject));
	view_bool(ctx->view, "success", true);
	ctx->response.flash = arena_printf(ctx->arena,
	    "The account of %s is gone.", subject.email);
	return respond_next(ctx, "/admin/users");
}
