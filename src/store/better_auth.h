/*
 * better_auth.h - a database of Better Auth's, read
 *
 * In its default shape (contract/schema.md): tables "user", "account",
 * "session" and perhaps others, columns in camelCase. A row is an object of
 * what columns the table has, since releases and plugins differ in them; its
 * "id" and "userId" are texts, whatever type they have there.
 *
 * ctx->db comes from db_open_reader and everything here runs inside one
 * db_transact of it, so that rows of different tables belong together.
 */
#ifndef STORE_BETTER_AUTH_H
#define STORE_BETTER_AUTH_H

#include <stdbool.h>

#include "base/status.h"
#include "store/import.h"

struct ctx;
struct json_object;

#define BETTER_AUTH_ID_SIZE 256	/* longer ids come in no page */
#define BETTER_AUTH_PAGE 1000	/* rows read at once */

/*
 * better_auth_look - are the tables there, with the columns we need?
 *
 * has   receives whether there are rows of a kind to be read
 * left  receives the names of further tables: what is not carried over
 *
 * ST_INVALID  a table or a column is missing, and the reason says which
 */
enum status better_auth_look(struct ctx *ctx, bool has[OWNED_KINDS],
    struct json_object *left);

/* A place in the table of users: whom the last page held. */
struct better_auth_page {
	char first[BETTER_AUTH_ID_SIZE], last[BETTER_AUTH_ID_SIZE];
	bool begun;
};

/*
 * better_auth_users - the next page by id into list out; an empty list is the
 * end
 *
 * page  zero before the first call
 * ST_INVALID  a row cannot be read
 */
enum status better_auth_users(struct ctx *ctx, struct better_auth_page *page,
    struct json_object *out);

/*
 * better_auth_owned - the next page of what the users of page own
 *
 * place  zero before the first call of a kind. Of sessions and API keys only
 *        those that have not expired.
 */
struct better_auth_place {
	char user_id[BETTER_AUTH_ID_SIZE], id[BETTER_AUTH_ID_SIZE];
	bool begun;
};
enum status better_auth_owned(struct ctx *ctx, enum owned kind,
    const struct better_auth_page *page, struct better_auth_place *place,
    struct json_object *out);

/*
 * better_auth_twice - rows that share with others what may be one row's alone
 *
 * users  members of the ids of users with the e-mail address, ignoring case,
 *        or the username of another, each with a text that says so
 * owned  the same, an object for each kind: accounts that are at their
 *        provider what another is, passkeys of one credential
 */
enum status better_auth_twice(struct ctx *ctx, const bool has[OWNED_KINDS],
    struct json_object *users, struct json_object *owned[OWNED_KINDS]);

/*
 * better_auth_long - the rows whose ids do not fit BETTER_AUTH_ID_SIZE
 *
 * users, owned  lists that get an object for each, with "userId": what the
 *               user's id begins with
 */
enum status better_auth_long(struct ctx *ctx, const bool has[OWNED_KINDS],
    struct json_object *users, struct json_object *owned[OWNED_KINDS]);

#endif
