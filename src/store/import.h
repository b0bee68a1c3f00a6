/*
 * import.h - users of another system become ours
 *
 * Rows are lists of objects with the members that import.c names; dates are
 * texts that PostgreSQL reads, ids keep their text. A user comes with all he
 * owns in one transaction, and once: whom this database has ever known, it
 * does not take again. So an import that was interrupted goes on when it is
 * run again, and one that is run again brings back neither a user who was
 * deleted nor a session that was ended meanwhile.
 */
#ifndef STORE_IMPORT_H
#define STORE_IMPORT_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

/* What belongs to a user, in the order in which it is copied. */
enum owned {
	OWNED_ACCOUNT,
	OWNED_SESSION,
	OWNED_PASSKEY,
	OWNED_API_KEY,
	OWNED_KINDS
};

/* Of the users, those this database knows: members of object known. */
enum status import_known(struct ctx *ctx, struct json_object *users,
    struct json_object *known);

/*
 * import_taken_users, import_taken_accounts, import_taken_passkeys - of these
 * rows, those that want what somebody has here: members of object taken, each
 * with a text that says what
 *
 * An e-mail address or a username; a subject of a provider; a credential.
 */
enum status import_taken_users(struct ctx *ctx, struct json_object *users,
    struct json_object *taken);
enum status import_taken_accounts(struct ctx *ctx,
    struct json_object *accounts, struct json_object *taken);
enum status import_taken_passkeys(struct ctx *ctx,
    struct json_object *passkeys, struct json_object *taken);

/*
 * import_users - users and their wallets, from ctx->now on
 *
 * made, count  receive a JSON list of the ids of those who are new, and how
 *              many those are. Who is known, or whose address or username is
 *              taken, is left out.
 */
enum status import_users(struct ctx *ctx, struct json_object *users,
    const char **made, int64_t *count);

/*
 * import_owned - what users own, if they are of made
 *
 * Rows whose unique values are taken are left out. *count receives how many
 * there are now.
 */
enum status import_owned(struct ctx *ctx, enum owned kind,
    struct json_object *rows, const char *made, int64_t *count);

#endif
