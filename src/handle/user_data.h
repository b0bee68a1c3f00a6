/*
 * user_data.h - "data" of the wire's create-user and update-user
 *
 * Any column of a user, also those that nobody may set for himself; unknown
 * members are ignored. contract/admin.md.
 */
#ifndef HANDLE_USER_DATA_H
#define HANDLE_USER_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "http/form.h"
#include "store/user.h"

struct ctx;
struct json_object;

struct user_data {
	struct user_change change;	/* name, image, further fields */
	bool changes;			/* any of these is there */
	const char *email;		/* lower case; NULL: not there */
	enum choice verified;
	const char *role;		/* NULL: not there */
	bool bans;			/* any of these is there: */
	enum choice banned;
	const char *reason;		/* NULL: not there */
	int64_t until;			/* FIELD_NONE: not there; 0: for ever */
};

/* ST_INVALID_EMAIL */
enum status email_check(struct ctx *ctx, const char *email);

/*
 * user_data_read - all of it, bounded
 *
 * data      an object; NULL is an empty one
 * creating  further fields get their defaults
 *
 * ST_VALIDATION_ERROR, ST_INVALID_ROLE_TYPE, ST_INVALID_EMAIL, and what
 * role_read refuses
 */
enum status user_data_read(struct ctx *ctx, const struct json_object *data,
    bool creating, struct user_data *out);

/* Whether the caller may set what is there: the contract's codes. */
enum status user_data_allowed(struct ctx *ctx, const struct user_data *data);

/* What is said of a ban, to the locked subject; what is left out stays. */
enum status user_data_ban(struct ctx *ctx, const struct user_data *data,
    struct user *subject);

#endif
