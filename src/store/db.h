/*
 * db.h - the only door to PostgreSQL
 *
 * A query is a static const char sql[] in the store function that runs it;
 * values travel as $1. Each statement is prepared once per connection, keyed
 * by the text's address, so pass only string constants. Every wait has a
 * deadline; results belong to the request's arena.
 *
 * Parameter types are inferred from the query; where nothing tells, cast
 * ($1::text). After a failure inside db_transact the transaction is aborted:
 * return, do not go on. Outside of one, a text that begins with SELECT is run
 * again when the connection turns out to be dead, so it must not write.
 *
 * Outcomes of every call:
 *   ST_OK
 *   ST_NOT_FOUND    (db_one, db_view_one) no row
 *   ST_CONFLICT     unique, exclusion or foreign key violation
 *   ST_INVALID      CHECK, NOT NULL or a value PostgreSQL cannot read
 *   ST_RETRY        serialization failure or deadlock; db_transact repeats
 *   ST_UNAVAILABLE  no connection, deadline, shutting down
 *   ST_INTERNAL     anything else, logged
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct db;
struct json_object;

enum db_kind { DB_NULL, DB_TEXT, DB_INT, DB_BOOL, DB_BYTES, DB_TIME };

struct db_arg {
	enum db_kind kind;
	const void *data;
	size_t size;
	int64_t number;
};

static inline struct db_arg
db_text(const char *text)
{
	return (struct db_arg){ .kind = text ? DB_TEXT : DB_NULL,
	    .data = text };
}

static inline struct db_arg
db_int(int64_t number)
{
	return (struct db_arg){ .kind = DB_INT, .number = number };
}

static inline struct db_arg
db_bool(bool truth)
{
	return (struct db_arg){ .kind = DB_BOOL, .number = truth };
}

static inline struct db_arg
db_bytes(const void *bytes, size_t size)
{
	return (struct db_arg){ .kind = bytes ? DB_BYTES : DB_NULL,
	    .data = bytes, .size = size };
}

/* An instant in ms UTC, for timestamptz. */
static inline struct db_arg
db_time(int64_t instant)
{
	return (struct db_arg){ .kind = DB_TIME, .number = instant };
}

static inline struct db_arg
db_null(void)
{
	return (struct db_arg){ .kind = DB_NULL };
}

/* NULL where it is 0, which in C says that there is none. */
static inline struct db_arg
db_int_or_null(int64_t number)
{
	return number == 0 ? db_null() : db_int(number);
}

static inline struct db_arg
db_time_or_null(int64_t instant)
{
	return instant == 0 ? db_null() : db_time(instant);
}

struct db_args {
	const struct db_arg *arg;
	size_t count;
};
#define DB_ARGS(...) ((struct db_args){					\
	(const struct db_arg[]){ __VA_ARGS__ },				\
	sizeof((const struct db_arg[]){ __VA_ARGS__ }) /		\
	    sizeof(struct db_arg) })
#define DB_NONE ((struct db_args){ NULL, 0 })

/* Rows of an answer; lives until the request ends. */
struct db_rows {
	const void *result;
	size_t count;
};

/* Runs a statement whose rows nobody reads; changed may be NULL. */
enum status db_run(struct ctx *ctx, const char *sql, struct db_args args,
    int64_t *changed);

/* All rows; exactly the first row (ST_NOT_FOUND when there is none). */
enum status db_all(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args);
enum status db_one(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args);

/*
 * db_all_once - db_all for a text put together from constants
 *
 * Of what a stranger sent nothing may be in it; values travel as $1 here, too.
 * It is planned for these values and no plan is kept, which costs some tenths
 * of a millisecond.
 */
enum status db_all_once(struct ctx *ctx, struct db_rows *rows,
    const char *sql, struct db_args args);

/*
 * db_named - status, but missing where a statement found no row
 *
 * id  what was looked for, for the log; no secret
 */
enum status db_named(struct ctx *ctx, enum status status,
    enum status missing, const char *id);

/*
 * db_all_last - db_all for the statement a transaction ends with
 *
 * COMMIT goes along with it, in one round trip. What it did therefore stays,
 * even if the handler refuses afterwards, so a refusal must be a statement
 * that did nothing; a further statement panics.
 */
enum status db_all_last(struct ctx *ctx, struct db_rows *rows,
    const char *sql, struct db_args args);

/* Values by column number. Texts live in the arena; NULL when SQL says so. */
const char *db_get_text(const struct db_rows *rows, size_t row, int column);
bool db_is_null(const struct db_rows *rows, size_t row, int column);
int64_t db_get_int(const struct db_rows *rows, size_t row, int column);
bool db_get_bool(const struct db_rows *rows, size_t row, int column);
/* A bytea in the arena and its size; NULL when SQL says so. */
const uint8_t *db_get_bytes(struct ctx *ctx, const struct db_rows *rows,
    size_t row, int column, size_t *size);
/* A timestamptz in ms UTC; 0 when NULL. */
int64_t db_get_time(const struct db_rows *rows, size_t row, int column);

/*
 * Rows into the view: column names become keys, types follow the column:
 * boolean, integers, timestamptz as ISO 8601 text, jsonb as it is, the rest
 * as text, NULL as null.
 *
 * db_view_row   one row's columns into object out
 * db_view_one   runs, then the first row into object out
 * db_view_all   runs, then an object a row appended to list out
 * db_view_pairs runs, then column 0 of each row as a member of object out whose
 *               text is column 1
 */
void db_view_row(struct json_object *out, const struct db_rows *rows,
    size_t row);
enum status db_view_one(struct ctx *ctx, struct json_object *out,
    const char *sql, struct db_args args);
enum status db_view_all(struct ctx *ctx, struct json_object *out,
    const char *sql, struct db_args args);
enum status db_view_pairs(struct ctx *ctx, struct json_object *out,
    const char *sql, struct db_args args);

/*
 * db_transact - run work in one transaction
 *
 * Commits when it returns ST_OK, else rolls back and passes the status on.
 * ST_RETRY repeats it, at most DB_TRIES times, then becomes ST_BUSY. work must
 * be repeatable: db_transact empties ctx->view and the response between tries,
 * and after a commit that failed. Not nested.
 */
#define DB_TRIES 5
enum status db_transact(struct ctx *ctx, enum status (*work)(struct ctx *));
/* The same of work that wants an argument. */
enum status db_transact_with(struct ctx *ctx,
    enum status (*work)(struct ctx *, void *), void *arg);

/*
 * db_savepoint - what follows in this transaction may be undone
 * db_undo - undo all that has happened since the last db_savepoint
 *
 * Only inside db_transact. A statement that failed may be followed by db_undo,
 * after which the transaction goes on, unless it was ST_RETRY or
 * ST_UNAVAILABLE, for then there is no transaction left.
 */
enum status db_savepoint(struct ctx *ctx);
enum status db_undo(struct ctx *ctx);

/*
 * What was asked since the request began, for metrics and the budgets in
 * tests. BEGIN, COMMIT and preparing are time, but no statements; failures are
 * ST_UNAVAILABLE and ST_INTERNAL.
 */
struct db_figures {
	int64_t statements;
	int64_t failures;
	int64_t us;
};
struct db_figures db_figures(const struct db *db);
void db_figures_reset(struct db *db);

/*
 * db_open - a connection that makes and remakes itself when used
 *
 * url is kept by reference; role, unless NULL, is SET on every connection.
 * Nothing is contacted here. db_close accepts NULL.
 */
struct db *db_open(const char *url, const char *role, int64_t deadline_ms);
/*
 * db_open_reader - somebody else's database, which we only read
 *
 * Writing is refused by the server, a transaction sees one snapshot, and names
 * are looked up in schema: 1 .. DB_SCHEMA_MAX of A-Z a-z 0-9 _ and -.
 */
#define DB_SCHEMA_MAX 63
struct db *db_open_reader(const char *url, const char *schema,
    int64_t deadline_ms);
/* Whether a connection string, which others may see, names a password. */
bool db_url_tells(const char *url);
void db_close(struct db *db);
/* Connects if need be. ST_UNAVAILABLE while the server is away. */
enum status db_ready(struct db *db);

/* Where a connection leads that has just answered; texts live as long as it. */
struct db_target {
	const char *host;	/* a name, an address, or a directory */
	const char *port;
	bool encrypted;
};
struct db_target db_target(const struct db *db);

/* "15.10", of the client library. */
const char *db_library_version(struct ctx *ctx);

/* A script of several statements without parameters (migrations only). */
enum status db_script(struct ctx *ctx, const char *script);

#endif
