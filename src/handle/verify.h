/*
 * verify.h - letters that prove an address, and what following them does
 */
#ifndef HANDLE_VERIFY_H
#define HANDLE_VERIFY_H

#include <stdbool.h>

#include "base/status.h"

struct config;
struct ctx;
struct user;

/* Where links end that were asked for on our pages. */
#define VERIFIED_PAGE "/verify-email?done=verified"
#define AGREED_PAGE "/verify-email?done=agreed"
#define CHANGED_PAGE "/verify-email?done=changed"

/* Whether sign-up sends a verification letter; welcome comes afterwards. */
bool verification_at_sign_up(const struct config *config);

/*
 * verification_send - a letter whose link verifies user->email
 *
 * callback  where the browser goes afterwards; NULL: the start, as the
 *           contract has it
 * decoy     the work of it, for nobody
 */
enum status verification_send(struct ctx *ctx, const struct user *user,
    const char *callback, bool decoy);

/*
 * verification_ask_for - the same because somebody asks for it
 *
 * Nobody learns whether an address that is not his own is known.
 * ST_VERIFICATION_EMAIL_NOT_ENABLED
 * ST_EMAIL_MISMATCH, ST_EMAIL_ALREADY_VERIFIED  the caller is signed in, and it
 *     is not his address, or it is verified
 */
enum status verification_ask_for(struct ctx *ctx, const char *email,
    const char *callback);

/* Of the contract; a plain token has no type. */
#define CHANGE_CONFIRMATION "change-email-confirmation"
#define CHANGE_VERIFICATION "change-email-verification"

/*
 * change_send - a letter whose link changes the address
 *
 * Of CHANGE_CONFIRMATION to the address as it is, which has to agree; of
 * CHANGE_VERIFICATION to the new one.
 */
struct change_letter {
	const char *type;
	const char *new_email;
	const char *callback;		/* as verification_send has it */
	bool decoy;
};
enum status change_send(struct ctx *ctx, const struct user *user,
    const struct change_letter *letter);

/* Identifier of the proof that goes with such a link. */
const char *change_proof(struct ctx *ctx, const char *nonce);

/*
 * email_replace - new_email in place of user->email, and what follows from it
 *
 * Proofs that were handed out before stand for nothing any more, and a verified
 * old address is told. user has the new address afterwards.
 * ST_CONFLICT  it is taken, or the old one is no longer the user's
 */
enum status email_replace(struct ctx *ctx, struct user *user,
    const char *new_email, bool verified);

#endif
