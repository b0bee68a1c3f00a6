/*
 * letter.h - mail that leaves the house, written in the transaction of what
 * it tells
 *
 * Requests never wait for a mail server: what is written here is sent by the
 * mailer, once the transaction has committed.
 */
#ifndef HANDLE_LETTER_H
#define HANDLE_LETTER_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

enum letter_kind {
	LETTER_WELCOME,
	LETTER_VERIFY_EMAIL,
	LETTER_RESET_PASSWORD,
	LETTER_CHANGE_EMAIL_CONFIRMATION, /* to the old address: is it so? */
	LETTER_CHANGE_EMAIL_DONE,	/* to the old address, afterwards */
	LETTER_DELETE_ACCOUNT,
	LETTER_PASSWORD_CHANGED,
	LETTER_NEW_DEVICE,		/* the one that sends this request */
	LETTER_ACCOUNT_CREATED,		/* made by an admin */
	LETTER_FEEDBACK_ANSWER,
	LETTER_RECEIPT,			/* an order was paid */
	LETTER_REFUNDED,		/* some of it, or all */
	LETTER_RESERVATION_CONFIRMED,
	LETTER_RESERVATION_CANCELLED
};

struct letter {
	enum letter_kind kind;
	const struct user *user;	/* whose account; NULL: nobody's */
	const char *to;			/* NULL: user->email */
	const char *url;		/* the link in it, absolute; or NULL */
	const char *new_email;		/* change of address; else NULL */
	const struct json_object *about; /* what else the kind's templates
					 * name, or NULL */
	bool decoy;			/* the work of it, for nobody */
};

/* A text of several lines as a list of them, for about: in the plain part no
 * value begins a line of its own. */
void letter_lines(struct ctx *ctx, struct json_object *out, const char *key,
    const char *text);

/*
 * letter_send - render, seal and queue a letter
 *
 * The name of the user stands in it only once the address is verified, or
 * strangers could send words of their own to anybody by signing up.
 *
 * A decoy costs what the letter would and reaches nobody: for answers that
 * must not tell by their time whether an address is known.
 *
 * ST_OK       queued, also when letters of the kind are switched off, or too
 *             many went to this address
 * ST_INVALID  the address is not text_mailable
 */
enum status letter_send(struct ctx *ctx, const struct letter *letter);

/*
 * letter_render - what letter_send does before it seals
 *
 * The first line of KIND.txt.mustache is the subject.
 */
struct letter_text {
	const char *subject, *text, *html;
};
enum status letter_render(struct ctx *ctx, const struct letter *letter,
    struct letter_text *out);

/* What body is sealed for: its purpose (trust/seal.h). */
const char *letter_purpose(struct ctx *ctx, const char *id);

#endif
