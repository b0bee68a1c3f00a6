/*
 * change.h - what changes of credits say: whose, under which key, until when
 */
#ifndef HANDLE_CHANGE_H
#define HANDLE_CHANGE_H

#include <stdint.h>

#include "base/status.h"
#include "http/form.h"
#include "store/credit.h"

struct ctx;
struct user;

/*
 * What every change of credits says. Forms fill some of it: a page's path has
 * the user, a program's body has the user or the organization.
 */
struct change {
	const char *user_id, *organization_id;
	int64_t amount;
	const char *reason;
	const char *key;
	const char *expires_at;		/* a date, through which it lasts, or
					 * an instant */
	int64_t expires_in_days;	/* grant */
	int64_t expires_in;		/* hold, seconds */
	const char *transfer_id;	/* refund */
};

#define GRANT_DAYS_MAX 3650
#define HOLD_SECONDS_MAX 31536000

#define CHANGE_OWNER							\
	FIELD_TEXT(struct change, user_id, "userId", 1, 64,		\
	    .optional = true, .label = "User"),				\
	FIELD_TEXT(struct change, organization_id, "organizationId", 1,	\
	    64, .optional = true, .label = "Organization")
#define CHANGE_AMOUNT(lo, hi, ...)					\
	FIELD_INT(struct change, amount, "amount", lo, hi, __VA_ARGS__)
#define CHANGE_REASON(lo, ...)						\
	FIELD_TEXT(struct change, reason, "reason", lo,			\
	    CREDIT_REASON_MAX, .label = "Reason", __VA_ARGS__)
/* Not shown again: after a refusal the form gets a key that is fresh. */
#define CHANGE_KEY							\
	FIELD_TEXT(struct change, key, "key", 1, CREDIT_KEY_MAX,	\
	    .optional = true, .secret = true, .label = "Key")
#define CHANGE_EXPIRES_IN						\
	FIELD_INT(struct change, expires_in, "expiresIn", 1,		\
	    HOLD_SECONDS_MAX, .optional = true, .label = "Lifetime")

/*
 * change_read - ctx->input as a change of the caller's own wallet
 *
 * amount is CREDIT_ALL where none was sent, reason "". As idempotency_key.
 */
enum status change_read(struct ctx *ctx, struct credit *out);

/*
 * change_open - the same, by an admin: of the body's user or organization, of
 * the path's user on a page
 *
 * The user is locked, or the admin alone; then subject is left as it is. As
 * change_read and subject_open. ST_VALIDATION_ERROR: the body names none, or
 * both.
 *
 * change_done - back to that user's page, with a message in which the numbers
 * of the transfer in ctx->view are: "%s credits VERB. The balance is %s."
 */
enum status change_open(struct ctx *ctx, struct user *subject,
    struct credit *credit);
enum status change_done(struct ctx *ctx, const struct user *subject,
    const char *verb);
/* The hold's lifetime, or the configured one. */
void change_lifetime(struct ctx *ctx, struct credit *credit);

/* A grant's end: an instant, a day, through which it lasts, or so many days
 * from now. ST_VALIDATION_ERROR. */
enum status change_expiry(struct ctx *ctx, struct credit *credit);

#endif
