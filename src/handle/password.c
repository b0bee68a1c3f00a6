#include "handle/handle.h"

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/attempt.h"
#include "guard/hash_slot.h"
#include "guard/session.h"
#include "handle/letter.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"
#include "trust/password.h"
#include "view/view.h"

struct change {
	const char *new_password;
	const char *current_password;
	enum choice revoke_others;
};

static const struct form_field change_fields[] = {
	FIELD_ANY(struct change, new_password, "newPassword",
	    .secret = true, .label = "The new password"),
	FIELD_TEXT(struct change, current_password, "currentPassword", 0,
	    INT32_MAX, .secret = true, .label = "The current password"),
	FIELD_BOOL(struct change, revoke_others, "revokeOtherSessions",
	    .optional = true),
};
const struct form change_password_form = FORM(change_fields, struct change);

struct verify {
	const char *password;
};

static const struct form_field verify_fields[] = {
	FIELD_ANY(struct verify, password, "password", .secret = true),
};
const struct form verify_password_form = FORM(verify_fields, struct verify);

struct changed {
	const char *old, *hash;
};

static struct password_cost
cost(const struct config *config)
{
	return (struct password_cost){
		.memory_kib = (uint32_t)config->password_memory_kib,
		.passes = (uint32_t)config->password_passes,
		.lanes = (uint32_t)config->password_lanes,
	};
}

enum status
password_bounds(struct ctx *ctx, const char *password)
{
	int64_t length = (int64_t)text_utf16_length(password);

	if (length < ctx->config->password_min_length)
		return refuse(ctx, ST_PASSWORD_TOO_SHORT, "%lld characters",
		    (long long)length);
	if (length > ctx->config->password_max_length)
		return refuse(ctx, ST_PASSWORD_TOO_LONG, "%lld characters",
		    (long long)length);
	return ST_OK;
}

static enum status
make(struct ctx *ctx, const char *password, const char **hash)
{
	struct password_cost wanted = cost(ctx->config);
	char out[PASSWORD_HASH_SIZE];

	if (!password_hash(ctx->passwords, &wanted, password, out))
		return refuse(ctx, ST_INVALID_PASSWORD, "cannot be hashed");
	*hash = arena_text(ctx->arena, out);
	return ST_OK;
}

enum status
password_make(struct ctx *ctx, const char *password, const char **hash)
{
	enum status status;

	TRY(hash_slot_take(ctx));
	status = make(ctx, password, hash);
	hash_slot_give(ctx);
	return status;
}

static enum attempt_result
result_of(enum password_verdict verdict)
{
	return verdict == PASSWORD_WRONG ? ATTEMPT_WRONG : ATTEMPT_RIGHT;
}

static enum status
check(struct ctx *ctx, const char *password, const char *hash,
    const char **better, enum attempt_result *result)
{
	struct password_cost wanted = cost(ctx->config);
	enum password_verdict verdict;
	enum status status = ST_OK;

	*result = ATTEMPT_UNTRIED;
	TRY(hash_slot_take(ctx));
	verdict = password_verify(ctx->passwords, &wanted, hash, password);
	if (verdict == PASSWORD_RIGHT_REHASH)
		status = make(ctx, password, better);
	hash_slot_give(ctx);
	*result = result_of(verdict);
	return verdict != PASSWORD_WRONG ? status :
	    refuse(ctx, ST_INVALID_PASSWORD, "wrong password");
}

enum status
password_check(struct ctx *ctx, const char *account, const char *password,
    const char *hash, const char **better)
{
	enum attempt_result result;
	struct attempt attempt;
	enum status status;

	*better = NULL;
	TRY(attempt_begin(ctx, account, &attempt));
	status = check(ctx, password, hash, better, &result);
	attempt_end(ctx, &attempt, result);
	return status;
}

enum status
password_confirm(struct ctx *ctx, const char *password)
{
	const char *hash, *better;
	enum status status = store_password_get(ctx, ctx->user->id, &hash);

	if (status == ST_CREDENTIAL_ACCOUNT_NOT_FOUND)
		return session_is_fresh(ctx) ? ST_OK : refuse(ctx,
		    ST_SESSION_EXPIRED, "no password, and no fresh session");
	TRY(status);
	if (password == NULL)
		return refuse(ctx, ST_INVALID_PASSWORD, "none given");
	return password_check(ctx, ctx->user->id, password, hash, &better);
}

enum status
password_asked(struct ctx *ctx)
{
	const char *hash;
	enum status status = store_password_get(ctx, ctx->user->id, &hash);

	if (status != ST_OK && status != ST_CREDENTIAL_ACCOUNT_NOT_FOUND)
		return status;
	view_bool(ctx->view, "asksPassword", status == ST_OK);
	return ST_OK;
}

/* Users without one take as long, and learn the same. */
enum status
verify_password_prepare(struct ctx *ctx)
{
	const struct verify *verify = ctx->input;
	const char *hash, *better;
	enum status status = store_password_get(ctx, ctx->user->id, &hash);

	if (status == ST_CREDENTIAL_ACCOUNT_NOT_FOUND)
		hash = NULL;
	else
		TRY(status);
	return password_check(ctx, ctx->user->id, verify->password, hash,
	    &better);
}

enum status
verify_password(struct ctx *ctx)
{
	view_bool(ctx->view, "status", true);
	return ST_OK;
}

enum status
change_password_prepare(struct ctx *ctx)
{
	const struct change *change = ctx->input;
	struct changed *changed = arena_alloc(ctx->arena, sizeof(*changed));
	const char *better;

	TRY(password_bounds(ctx, change->new_password));
	TRY(store_password_get(ctx, ctx->user->id, &changed->old));
	TRY(password_check(ctx, ctx->user->id, change->current_password,
	    changed->old, &better));
	TRY(password_make(ctx, change->new_password, &changed->hash));
	ctx->prepared = changed;
	return ST_OK;
}

/* All sessions end, and the caller goes on in a new one (ASVS 7.4.3). */
static enum status
renew_session(struct ctx *ctx, struct session *session)
{
	bool remember = !ctx->not_remembered;

	TRY(store_session_revoke_all(ctx, ctx->user->id, NULL, NULL));
	TRY(store_session_create(ctx, ctx->user->id, NULL, remember ?
	    ctx->config->session_expires_in : SESSION_NOT_REMEMBERED_SECONDS,
	    session));
	return session_begin(ctx, session, ctx->user, remember, NULL);
}

enum status
change_password(struct ctx *ctx)
{
	const struct change *change = ctx->input;
	const struct changed *changed = ctx->prepared;
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));
	bool renew = change->revoke_others == CHOICE_YES;
	enum status status;

	status = store_password_set(ctx, ctx->user->id, changed->old,
	    changed->hash);
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_INVALID_PASSWORD,
		    "the password was changed meanwhile");
	TRY(status);
	TRY(store_verification_end(ctx, ctx->user->id));
	attempt_forget(ctx, ctx->user->id);
	if (renew)
		TRY(renew_session(ctx, session));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "password.change", .target_type = "user",
	    .target_id = ctx->user->id }));
	TRY(letter_send(ctx, &(struct letter){
	    .kind = LETTER_PASSWORD_CHANGED, .user = ctx->user }));
	view_text(ctx->view, "token", renew ? session->token : NULL);
	user_view(ctx, view_object(ctx->view, "user"), ctx->user);
	ctx->response.flash = renew ? "Your password is changed, and all "
	    "other devices are signed out." : "Your password is changed.";
	return respond_next(ctx, "/account/security");
}
