/*
 * user.h - users and the ways they sign in
 */
#ifndef STORE_USER_H
#define STORE_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct db_rows;
struct json_object;

#define USER_NAME_MAX 200
#define USER_IMAGE_MAX 2000

/* A row that C decides upon. Texts live in the request's arena. */
struct user {
	const char *id;
	const char *name;
	const char *email;
	bool email_verified;
	const char *image;		/* NULL: none */
	const char *role;
	const char *username;		/* lower case; NULL: none */
	const char *display_username;	/* as its owner writes it */
	bool banned;			/* now: ban_expires_at is considered */
	bool ban_stored;		/* the column, which a ban that has
					 * run out keeps until sign-in */
	const char *ban_reason;		/* NULL: none */
	int64_t ban_expires_at;		/* 0: never */
	const char *fields;		/* JSON object text */
	const char *stripe_customer_id;	/* NULL: none */
	int64_t created_at, updated_at;
	uint64_t permissions;		/* of the role */
};

/*
 * USER_BANNED - is the user of a row banned at the instant now, both in SQL?
 *
 * A ban that has run out counts as none, everywhere a row is read.
 */
#define USER_BANNED(now)						\
	"(banned AND coalesce(ban_expires_at > " now ", true))"

/* SQL: the id of who has an e-mail address, as anybody may write it, or null;
 * USER_NAMED the same of a text that may be an id. */
#define USER_OF_EMAIL(text)						\
	"(SELECT id FROM users WHERE email COLLATE \"C\" = lower(" text "))"
#define USER_NAMED(text)						\
	"coalesce(" USER_OF_EMAIL(text) ", " text ")"

/*
 * USER_COLUMNS - what user_row reads, for every statement that joins users
 *
 * first is the number of the columns' first one in rows. All of out is
 * written: no row has permissions, so they are none until a guard gives them.
 */
#define USER_COLUMNS							\
	"u.id, u.name, u.email, u.email_verified, u.image, u.role,"	\
	" u.username, u.display_username, u.banned, u.ban_reason,"	\
	" u.ban_expires_at, u.fields, u.created_at, u.updated_at,"	\
	" u.stripe_customer_id"
#define USER_COLUMN_COUNT 15
void user_row(struct ctx *ctx, const struct db_rows *rows, size_t row,
    int first, struct user *out);

/* The wire's user object (contract core-session.md) into out. */
void user_view(struct ctx *ctx, struct json_object *out,
    const struct user *user);

struct user_new {
	const char *id;
	const char *name;
	const char *email;		/* lower case */
	const char *image;		/* NULL: none */
	const char *role;
	const char *username;		/* lower case; NULL: none */
	const char *display_username;	/* NULL: none */
	const char *fields;		/* JSON object text */
	const char *password;		/* hash; NULL: cannot sign in by it */
	bool email_verified;
};

/*
 * store_user_create - user, credential account and wallet at ctx->now
 *
 * ST_CONFLICT                   the e-mail is taken; nothing changed
 * ST_USERNAME_IS_ALREADY_TAKEN  nothing changed; comes before the e-mail
 */
enum status store_user_create(struct ctx *ctx, const struct user_new *new);

/* The user of an id, of a lower-case e-mail. ST_USER_NOT_FOUND. */
enum status store_user_by_id(struct ctx *ctx, const char *id,
    struct user *out);
enum status store_user_by_email(struct ctx *ctx, const char *email,
    struct user *out);

/*
 * store_user_or_nobody - the same for an answer that must cost the same
 *
 * *known  somebody has the address. If not, out is nobody with that address;
 *         its id, of whoever comes next, is for rows that are written for the
 *         sake of their cost: a foreign key that is null costs less. NULL when
 *         nobody comes next.
 */
enum status store_user_or_nobody(struct ctx *ctx, const char *email,
    struct user *out, bool *known);

/*
 * store_user_lock - the user as he is now, and stays until the commit
 *
 * Rows that refer to him may be added meanwhile.
 *
 * ST_USER_NOT_FOUND
 */
enum status store_user_lock(struct ctx *ctx, const char *id,
    struct user *out);

/*
 * What sign-in needs, in one statement: the user of the e-mail and the hash.
 * ST_USER_NOT_FOUND; *password NULL: there is no password to compare.
 */
enum status store_user_credential(struct ctx *ctx, const char *email,
    struct user *out, const char **password);
/* The same of a lower-case username. */
enum status store_user_credential_of_name(struct ctx *ctx,
    const char *username, struct user *out, const char **password);

/* Whether somebody has the lower-case username. */
enum status store_username_taken(struct ctx *ctx, const char *username,
    bool *taken);

/* The caller's own hash. ST_CREDENTIAL_ACCOUNT_NOT_FOUND. */
enum status store_password_get(struct ctx *ctx, const char *user_id,
    const char **password);

/*
 * store_password_set - a new hash in place of old
 *
 * ST_CONFLICT  the stored hash is no longer old; nothing changed
 */
enum status store_password_set(struct ctx *ctx, const char *user_id,
    const char *old, const char *hash);

/*
 * store_password_better - a costlier hash of the same password
 *
 * Others who sign in as this user share the row: then it stays as it is.
 */
enum status store_password_better(struct ctx *ctx, const char *user_id,
    const char *old, const char *hash);

/* A new hash whatever the old one was; makes the account when there is none. */
enum status store_password_replace(struct ctx *ctx, const char *user_id,
    const char *hash);

/*
 * store_user_update - names, image and further fields
 *
 * NULL name keeps it; set_* tell whether image, username (lower case) and
 * display_username count, NULL taking them away; fields is a JSON object
 * merged into the stored one.
 *
 * out  the user as he is then, with the permissions he had
 * ST_USERNAME_IS_ALREADY_TAKEN  the transaction is over
 */
struct user_change {
	const char *name;
	bool set_image, set_username, set_display_username;
	const char *image, *username, *display_username;
	const char *fields;
};
enum status store_user_update(struct ctx *ctx, const struct user *user,
    const struct user_change *change, struct user *out);

/* user->email, if it still is the user's, is verified; *changed tells whether
 * that is news. */
enum status store_email_verify(struct ctx *ctx, const struct user *user,
    bool *changed);

/*
 * store_email_change - another address, lower case, in place of user->email
 *
 * ST_CONFLICT  it is taken, or user->email is the address no longer; nothing
 *              changed
 */
enum status store_email_change(struct ctx *ctx, const struct user *user,
    const char *email, bool verified);

/*
 * store_user_delete - the user and all that hangs on him
 *
 * The ledger of his wallet, his orders and the audit stay.
 * ST_USER_NOT_FOUND
 * ST_USER_HAS_ACTIVE_SUBSCRIPTION  Stripe would go on billing him; nothing
 *                                  changed
 */
enum status store_user_delete(struct ctx *ctx, const char *id);

/* list-accounts of the contract: an object a way to sign in. */
enum status store_account_list(struct ctx *ctx, const char *user_id,
    struct json_object *out);

/*
 * store_account_unlink - one way to sign in less, by the row's id
 *
 * The user must be locked.
 * ST_FAILED_TO_UNLINK_LAST_ACCOUNT  it would be none, whatever the id
 * ST_ACCOUNT_NOT_FOUND              not of this user
 */
enum status store_account_unlink(struct ctx *ctx, const char *user_id,
    const char *account_id);

#endif
