#include "handle/verify.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/link.h"
#include "http/form.h"
#include "routes.h"
#include "store/user.h"
#include "store/verification.h"
#include "trust/mail_token.h"
#include "view/view.h"

#define NONCE_LENGTH 24

struct ask {
	const char *email;
	const char *callback_url;
};

static const struct form_field ask_fields[] = {
	FIELD_EMAIL(struct ask, email, "email"),
	FIELD_ANY(struct ask, callback_url, "callbackURL", .optional = true),
};
const struct form send_verification_form = FORM(ask_fields, struct ask);

/* ---- letters ----------------------------------------------------------- */

bool
verification_at_sign_up(const struct config *config)
{
	const char *when = config->verification_send_on_sign_up;

	return config->verification_enabled && (strcmp(when, "on") == 0 ||
	    (strcmp(when, "auto") == 0 &&
	    config->password_require_verification));
}

static const char *
link_of(struct ctx *ctx, struct mail_token *token, const char *callback)
{
	token->issued_at = ctx->now / 1000;
	token->expires_at = token->issued_at +
	    ctx->config->verification_expires_in;
	return link_make(ctx, arena_printf(ctx->arena,
	    "/verify-email?token=%s&callbackURL=", mail_token_make(ctx->arena,
	    ctx->config->server_secret, token)),
	    link_or_root(callback));
}

/* Three claims in the contract: the user is found by the address alone. */
enum status
verification_send(struct ctx *ctx, const struct user *user,
    const char *callback, bool decoy)
{
	struct mail_token token = { .email = user->email };

	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_VERIFY_EMAIL, .user = user, .decoy = decoy,
	    .url = link_of(ctx, &token, callback) });
}

const char *
change_proof(struct ctx *ctx, const char *nonce)
{
	return arena_printf(ctx->arena, "change-email:%s", nonce);
}

/* The secret alone must not move anybody's account: a proof in the database
 * goes with the token. */
static enum status
change_link(struct ctx *ctx, const struct user *user,
    const struct change_letter *letter, const char **url)
{
	char nonce[NONCE_LENGTH + 1];
	struct mail_token token = { .email = user->email,
		.update_to = letter->new_email, .request_type = letter->type,
		.user_id = user->id, .nonce = nonce };

	random_text(nonce, NONCE_LENGTH);
	TRY(store_verification_add(ctx, &(struct verification){
	    .identifier = change_proof(ctx, nonce), .value = user->id,
	    .user_id = user->id,
	    .seconds = ctx->config->verification_expires_in }));
	*url = link_of(ctx, &token, letter->callback);
	return ST_OK;
}

enum status
change_send(struct ctx *ctx, const struct user *user,
    const struct change_letter *letter)
{
	bool agree = text_is(letter->type, CHANGE_CONFIRMATION);
	const char *url;

	TRY(change_link(ctx, user, letter, &url));
	return letter_send(ctx, &(struct letter){ .user = user, .url = url,
	    .kind = agree ? LETTER_CHANGE_EMAIL_CONFIRMATION :
	    LETTER_VERIFY_EMAIL, .to = agree ? NULL : letter->new_email,
	    .new_email = agree ? letter->new_email : NULL,
	    .decoy = letter->decoy });
}

/* ---- asking for one ---------------------------------------------------- */

/* Whoever asks learns nothing, not even by the time it takes: an address that
 * is unknown, verified or banned costs the work of a letter. */
static enum status
send_to_stranger(struct ctx *ctx, const char *email, const char *callback)
{
	struct user user;
	bool known;

	TRY(store_user_or_nobody(ctx, email, &user, &known));
	return verification_send(ctx, &user, callback,
	    !known || user.email_verified || user.banned);
}

enum status
verification_ask_for(struct ctx *ctx, const char *email,
    const char *callback)
{
	if (!ctx->config->verification_enabled)
		return refuse(ctx, ST_VERIFICATION_EMAIL_NOT_ENABLED,
		    "switched off");
	if (ctx->session == NULL)
		return send_to_stranger(ctx, email, callback);
	if (strcmp(email, ctx->user->email) != 0)
		return refuse(ctx, ST_EMAIL_MISMATCH, "not the caller's own");
	if (ctx->user->email_verified)
		return refuse(ctx, ST_EMAIL_ALREADY_VERIFIED, "nothing to do");
	return verification_send(ctx, ctx->user, callback, false);
}

enum status
send_verification_email(struct ctx *ctx)
{
	const struct ask *input = ctx->input;

	TRY(verification_ask_for(ctx, text_lower(ctx->arena, input->email),
	    input->callback_url));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}
