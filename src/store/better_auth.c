#include "store/better_auth.h"

#include <stdio.h>

#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

/* Which of the columns in want, rows (t, c), are not there. */
#define MISSING(want)							\
	"SELECT string_agg(w.t || '.' || w.c, ', ') FROM (VALUES " want	\
	") AS w (t, c) WHERE NOT EXISTS ("				\
	"SELECT FROM information_schema.columns c"			\
	" WHERE c.table_schema = current_schema()"			\
	" AND c.table_name = w.t AND c.column_name = w.c)"

static enum status
look_for(struct ctx *ctx, const char *sql, const char **missing)
{
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_NONE));
	*missing = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
better_auth_look(struct ctx *ctx, bool has[OWNED_KINDS],
    struct json_object *left)
{
	static const char core[] = MISSING("('user', 'id'), ('user', 'name'),"
	    "('user', 'email'), ('account', 'id'), ('account', 'userId'),"
	    "('account', 'providerId'), ('account', 'accountId'),"
	    "('session', 'id'), ('session', 'userId'), ('session', 'token'),"
	    "('session', 'expiresAt')");
	static const char passkeys[] = MISSING("('passkey', 'id'),"
	    "('passkey', 'userId'), ('passkey', 'publicKey'),"
	    "('passkey', 'credentialID'), ('passkey', 'deviceType')");
	static const char api_keys[] = MISSING("('apikey', 'id'),"
	    "('apikey', 'referenceId'), ('apikey', 'key')");
	static const char others[] =
	    "SELECT table_name::text AS name FROM information_schema.tables"
	    " WHERE table_schema = current_schema() AND table_name NOT IN"
	    "  ('user', 'account', 'session', 'verification', 'rateLimit')"
	    "  AND NOT (table_name = 'passkey' AND $1)"
	    "  AND NOT (table_name = 'apikey' AND $2)"
	    " ORDER BY 1";
	const char *missing;

	TRY(look_for(ctx, core, &missing));
	if (missing != NULL)
		return refuse(ctx, ST_INVALID, "the source lacks, or does not"
		    " let us read, %s", missing);
	has[OWNED_ACCOUNT] = has[OWNED_SESSION] = true;
	TRY(look_for(ctx, passkeys, &missing));
	has[OWNED_PASSKEY] = missing == NULL;
	TRY(look_for(ctx, api_keys, &missing));
	has[OWNED_API_KEY] = missing == NULL;
	return db_view_all(ctx, left, others, DB_ARGS(
	    db_bool(has[OWNED_PASSKEY]), db_bool(has[OWNED_API_KEY])));
}

/* What no page has: from an id to the next it must be remembered. */
#define FITS(id) "octet_length(" id "::text) < 256"
_Static_assert(BETTER_AUTH_ID_SIZE == 256, "FITS says the same");

static void
keep_id(char out[BETTER_AUTH_ID_SIZE], const struct db_rows *rows, size_t row,
    int column)
{
	(void)snprintf(out, BETTER_AUTH_ID_SIZE, "%s",
	    db_get_text(rows, row, column));
}

/* Column 0 is the row, 1 the user's id. */
static enum status
put_rows(struct ctx *ctx, struct json_object *out, const struct db_rows *rows)
{
	for (size_t row = 0; row < rows->count; row++) {
		view_json(out, NULL, db_get_text(rows, row, 0));
		/* A column of jsonb may be nested deeper than we read. */
		if (view_at(out, view_count(out) - 1) == NULL)
			return refuse(ctx, ST_INVALID, "a row of user %s cannot"
			    " be read", db_get_text(rows, row, 1));
	}
	return ST_OK;
}

/* Ids are compared in their own type and order, whatever those are; to us
 * they are texts. */
#define USERS(where)							\
	"SELECT to_jsonb(u) || jsonb_build_object('id', u.id::text),"	\
	" u.id::text FROM \"user\" u WHERE " FITS("u.id") where	\
	" ORDER BY u.id LIMIT $1"

enum status
better_auth_users(struct ctx *ctx, struct better_auth_page *page,
    struct json_object *out)
{
	static const char first[] = USERS("");
	static const char next[] = USERS(" AND u.id > $2");
	const struct db_arg limit = db_int(BETTER_AUTH_PAGE);
	struct db_rows rows;

	TRY(page->begun ?
	    db_all(ctx, &rows, next, DB_ARGS(limit, db_text(page->last))) :
	    db_all(ctx, &rows, first, DB_ARGS(limit)));
	page->begun = true;
	if (rows.count == 0)
		return ST_OK;
	keep_id(page->first, &rows, 0, 1);
	keep_id(page->last, &rows, rows.count - 1, 1);
	return put_rows(ctx, out, &rows);
}

#define OWNED(table, owner, where)					\
	"SELECT to_jsonb(c) || jsonb_build_object('id', c.id::text,"	\
	"  'userId', " owner "::text), " owner "::text, c.id::text"	\
	" FROM " table " c WHERE " owner " BETWEEN $2 AND $3"		\
	" AND " FITS(owner) " AND " FITS("c.id") where			\
	" ORDER BY " owner ", c.id LIMIT $1"
#define AFTER(owner) " AND (" owner ", c.id) > ($4, $5)"
/* The first page of a kind, and the next ones. */
#define PAGES(table, owner, where)					\
	{ OWNED(table, owner, where), OWNED(table, owner, where AFTER(owner)) }
#define USER "c.\"userId\""
#define KEY_USER "c.\"referenceId\""
#define ALIVE " AND c.\"expiresAt\" > now()"
#define NOT_ENDED							\
	" AND coalesce((to_jsonb(c) ->> 'expiresAt')::timestamptz"	\
	"  > now(), true)"

enum status
better_auth_owned(struct ctx *ctx, enum owned kind,
    const struct better_auth_page *page, struct better_auth_place *place,
    struct json_object *out)
{
	static const struct { const char *first, *next; } sql[OWNED_KINDS] = {
	    [OWNED_ACCOUNT] = PAGES("account", USER, ""),
	    [OWNED_SESSION] = PAGES("session", USER, ALIVE),
	    [OWNED_PASSKEY] = PAGES("passkey", USER, ""),
	    [OWNED_API_KEY] = PAGES("apikey", KEY_USER, NOT_ENDED),
	};
	const struct db_arg args[] = { db_int(BETTER_AUTH_PAGE),
	    db_text(page->first), db_text(page->last),
	    db_text(place->user_id), db_text(place->id) };
	struct db_rows rows;

	TRY(db_all(ctx, &rows, place->begun ? sql[kind].next : sql[kind].first,
	    (struct db_args){ args, place->begun ? 5 : 3 }));
	place->begun = true;
	if (rows.count == 0)
		return ST_OK;
	keep_id(place->user_id, &rows, rows.count - 1, 1);
	keep_id(place->id, &rows, rows.count - 1, 2);
	return put_rows(ctx, out, &rows);
}

enum status
better_auth_twice(struct ctx *ctx, const bool has[OWNED_KINDS],
    struct json_object *users, struct json_object *owned[OWNED_KINDS])
{
	static const char emails[] =
	    "SELECT id::text, 'the e-mail address is another user''s, too'"
	    " FROM \"user\" WHERE lower(email) IN (SELECT lower(email)"
	    "  FROM \"user\" GROUP BY 1 HAVING count(*) > 1)";
	static const char names[] =
	    "WITH named AS (SELECT id, lower(to_jsonb(u) ->> 'username')"
	    "  AS username FROM \"user\" u)"
	    " SELECT id::text, 'the username is another user''s, too'"
	    " FROM named WHERE username IN (SELECT username FROM named"
	    "  WHERE username <> '' GROUP BY 1 HAVING count(*) > 1)";
	static const char *const sql[OWNED_KINDS] = {
	    [OWNED_ACCOUNT] =
	    "SELECT id::text, concat('the account at ', \"providerId\","
	    "  ' is there more than once')"
	    " FROM account WHERE (\"providerId\", \"accountId\") IN ("
	    "  SELECT \"providerId\", \"accountId\" FROM account"
	    "  GROUP BY 1, 2 HAVING count(*) > 1)",
	    [OWNED_PASSKEY] =
	    "SELECT id::text, 'a passkey is there more than once'"
	    " FROM passkey WHERE \"credentialID\" IN ("
	    "  SELECT \"credentialID\" FROM passkey"
	    "  GROUP BY 1 HAVING count(*) > 1)",
	};

	TRY(db_view_pairs(ctx, users, emails, DB_NONE));
	TRY(db_view_pairs(ctx, users, names, DB_NONE));
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		if (has[kind] && sql[kind] != NULL)
			TRY(db_view_pairs(ctx, owned[kind], sql[kind],
			    DB_NONE));
	return ST_OK;
}

/* Rows of users who fit; what belongs to another goes with him. */
#define LONG(table, owner, where)					\
	"SELECT " owner "::text AS \"userId\" FROM " table " c"		\
	" WHERE " FITS(owner) " AND NOT " FITS("c.id") where

enum status
better_auth_long(struct ctx *ctx, const bool has[OWNED_KINDS],
    struct json_object *users, struct json_object *owned[OWNED_KINDS])
{
	static const char long_users[] =
	    "SELECT concat(left(u.id::text, 60), '...') AS \"userId\""
	    " FROM \"user\" u WHERE NOT " FITS("u.id");
	static const char *const sql[OWNED_KINDS] = {
	    [OWNED_ACCOUNT] = LONG("account", USER, ""),
	    [OWNED_SESSION] = LONG("session", USER, ALIVE),
	    [OWNED_PASSKEY] = LONG("passkey", USER, ""),
	    [OWNED_API_KEY] = LONG("apikey", KEY_USER, NOT_ENDED),
	};

	TRY(db_view_all(ctx, users, long_users, DB_NONE));
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		if (has[kind])
			TRY(db_view_all(ctx, owned[kind], sql[kind],
			    DB_NONE));
	return ST_OK;
}
