#include "store/db.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/panic.h"
#include "base/text.h"
#include "ctx.h"
#include "store/connection.h"
#include "store/db_state.h"
#include "store/dial.h"
#include "view/view.h"

/* Longest prefix first. Anything else is a fault of ours. */
static const struct verdict {
	const char *state;
	enum status status;
	enum log_level level;
} verdicts[] = {
	{ "40001", ST_RETRY, LOG_INFO_LEVEL },	/* serialization failure */
	{ "40P01", ST_RETRY, LOG_INFO_LEVEL },	/* deadlock */
	{ "23502", ST_INVALID, LOG_WARN_LEVEL },	/* NOT NULL */
	{ "23514", ST_INVALID, LOG_WARN_LEVEL },	/* CHECK */
	{ "23001", ST_CONFLICT, LOG_DEBUG_LEVEL },	/* RESTRICT */
	{ "23503", ST_CONFLICT, LOG_DEBUG_LEVEL },	/* foreign key */
	{ "23505", ST_CONFLICT, LOG_DEBUG_LEVEL },	/* unique */
	{ "23P01", ST_CONFLICT, LOG_DEBUG_LEVEL },	/* exclusion */
	{ "25006", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* on a standby */
	{ "25P03", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* idle too long */
	{ "55P03", ST_UNAVAILABLE, LOG_WARN_LEVEL },	/* lock timeout */
	{ "57014", ST_UNAVAILABLE, LOG_WARN_LEVEL },	/* statement timeout */
	{ "57P", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* shutting down */
	{ "08", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* connection */
	{ "22", ST_INVALID, LOG_WARN_LEVEL },	/* value not readable */
	{ "53", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* resources */
	{ "58", ST_UNAVAILABLE, LOG_ERROR_LEVEL },	/* I/O error */
	{ "", ST_INTERNAL, LOG_ERROR_LEVEL },
};

struct db *
db_open(const char *url, const char *role, int64_t deadline_ms)
{
	struct db *db = calloc(1, sizeof(*db));

	if (db == NULL)
		panic("no memory for the database");
	db->connection = connection_new(url, role, deadline_ms);
	return db;
}

struct db *
db_open_reader(const char *url, const char *schema, int64_t deadline_ms)
{
	struct db *db = db_open(url, NULL, deadline_ms);

	connection_only_reads(db->connection, schema);
	return db;
}

bool
db_url_tells(const char *url)
{
	return dial_url_tells(url);
}

void
db_close(struct db *db)
{
	if (db == NULL)
		return;
	connection_free(db->connection);
	free(db);
}

enum status
db_ready(struct db *db)
{
	connection_probe(db->connection);
	return connection_ready(db->connection);
}

struct db_target
db_target(const struct db *db)
{
	return (struct db_target){ .host = connection_host(db->connection),
	    .port = connection_port(db->connection),
	    .encrypted = connection_is_encrypted(db->connection) };
}

const char *
db_library_version(struct ctx *ctx)
{
	return arena_printf(ctx->arena, "%d.%d", PQlibVersion() / 10000,
	    PQlibVersion() % 10000);
}

struct db_figures
db_figures(const struct db *db)
{
	return db->figures;
}

void
db_figures_reset(struct db *db)
{
	db->figures = (struct db_figures){ 0 };
}

enum status
db_note(struct db *db, int64_t started_us, enum status status)
{
	db->figures.us += clock_monotonic_us() - started_us;
	if (status == ST_UNAVAILABLE || status == ST_INTERNAL)
		db->figures.failures++;
	return status;
}

/* What the server's answer means; a failure is logged. */
static enum status
judge(struct db *db, const PGresult *result, const char *sql)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const struct verdict *verdict = verdicts;

	if (PQresultStatus(result) == PGRES_TUPLES_OK ||
	    PQresultStatus(result) == PGRES_COMMAND_OK)
		return ST_OK;
	while (!text_starts(state ? state : "", verdict->state))
		verdict++;
	connection_log(verdict->level, result, NULL, sql);
	if (verdict->status == ST_RETRY)
		db->collided = true;
	/* The primary has moved: the next connection will look for it. */
	if (text_is(state, "25006"))
		connection_drop(db->connection);
	return verdict->status;
}

enum status
db_judge_last(struct db *db, PGresult *result, const char *sql)
{
	enum status status = judge(db, result, sql);

	PQclear(result);
	return status;
}

bool
db_is_connected(const struct db *db)
{
	return connection_state(db->connection) != PQTRANS_UNKNOWN;
}

static bool
is_select(const char *sql)
{
	return text_starts(sql, "SELECT");
}

/* Makes the connection fit for sql. */
static enum status
get_ready(struct db *db, const char *sql)
{
	if (db->begun)
		return db_is_connected(db) ? ST_OK : ST_UNAVAILABLE;
	/* A lone write cannot be repeated, so look before it leaps. */
	if (!db->transaction && !is_select(sql))
		connection_probe(db->connection);
	return connection_ready(db->connection);
}

/* Nothing lasts of a transaction that was lost before its COMMIT. */
static bool
is_repeatable(const struct db *db, const char *sql, enum answer answer)
{
	if (db->begun || answer == LATE)
		return false;
	return answer == STALE || is_select(sql) ||
	    (db->transaction && !db->last);
}

/* The first statement of a transaction takes its BEGIN along, the last one,
 * where it is known to be the last, its COMMIT. */
static enum answer
ask_once(struct db *db, const char *sql, const struct params *params,
    PGresult **out)
{
	const bool begin = db->transaction && !db->begun;
	const enum answer answer = connection_ask(db->connection, begin,
	    db->last, sql, params, out);

	if (answer == ANSWERED)
		db->begun = db->transaction &&
		    connection_state(db->connection) != PQTRANS_IDLE;
	else if (db->last && answer != STALE)
		connection_log(LOG_ERROR_LEVEL, NULL,
		    "nobody knows whether this transaction is committed", sql);
	db->ended = db->last;
	return answer;
}

/* The caller clears *out, which is NULL or an answer that was judged. */
static enum status
ask(struct db *db, const char *sql, const struct params *params,
    PGresult **out)
{
	enum answer answer;

	*out = NULL;
	if (db->ended)
		panic("a statement after the last of its transaction");
	db->figures.statements++;
	for (int try = 0; try < 2; try++) {
		TRY(get_ready(db, sql));
		answer = ask_once(db, sql, params, out);
		if (answer == ANSWERED)
			return judge(db, *out, sql);
		if (!is_repeatable(db, sql, answer))
			break;
	}
	if (answer != STALE)
		return ST_UNAVAILABLE;
	db->collided = true;
	return ST_RETRY;
}

/* numbers is room for the texts of numbers and instants. */
static void
write_params(struct params *params, char numbers[PARAMS_MAX][CLOCK_ISO_SIZE],
    struct db_args args)
{
	if (args.count > PARAMS_MAX)
		panic("%zu parameters in one statement", args.count);
	params->count = (int)args.count;
	for (size_t i = 0; i < args.count; i++) {
		const struct db_arg *arg = &args.arg[i];
		char *text = numbers[i];

		params->value[i] = text;
		params->size[i] = 0;
		params->format[i] = 0;
		switch (arg->kind) {
		case DB_NULL:
			params->value[i] = NULL;
			break;
		case DB_TEXT:
			params->value[i] = arg->data;
			break;
		case DB_INT:
			(void)snprintf(text, CLOCK_ISO_SIZE, "%lld",
			    (long long)arg->number);
			break;
		case DB_BOOL:
			(void)strcpy(text, arg->number ? "t" : "f");
			break;
		case DB_TIME:
			clock_iso(text, arg->number);
			break;
		case DB_BYTES:
			if (arg->size > INT_MAX)
				panic("%zu bytes in one value", arg->size);
			params->value[i] = arg->data;
			params->size[i] = (int)arg->size;
			params->format[i] = 1;
			break;
		}
	}
}

static enum status
run(struct ctx *ctx, const char *sql, struct db_args args, bool once,
    PGresult **out)
{
	struct params params;
	char numbers[PARAMS_MAX][CLOCK_ISO_SIZE];
	const int64_t started = clock_monotonic_us();

	write_params(&params, numbers, args);
	params.once = once;
	return db_note(ctx->db, started, ask(ctx->db, sql, &params, out));
}

enum status
db_run(struct ctx *ctx, const char *sql, struct db_args args,
    int64_t *changed)
{
	PGresult *result;
	enum status status = run(ctx, sql, args, false, &result);
	int64_t count = 0;

	if (status == ST_OK)
		(void)text_int(PQcmdTuples(result), 0, INT64_MAX, &count);
	if (changed != NULL)
		*changed = count;
	PQclear(result);
	return status;
}

static void
free_result(void *result)
{
	PQclear(result);
}

static enum status
all(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args, bool once)
{
	PGresult *result;
	enum status status = run(ctx, sql, args, once, &result);

	*rows = (struct db_rows){ NULL, 0 };
	if (result == NULL)
		return status;
	arena_defer(ctx->arena, free_result, result);
	if (status == ST_OK)
		*rows = (struct db_rows){ result, (size_t)PQntuples(result) };
	return status;
}

enum status
db_all(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args)
{
	return all(ctx, rows, sql, args, false);
}

enum status
db_all_once(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args)
{
	return all(ctx, rows, sql, args, true);
}

enum status
db_all_last(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args)
{
	enum status status;

	ctx->db->last = ctx->db->transaction;
	status = db_all(ctx, rows, sql, args);
	ctx->db->last = false;
	return status;
}

enum status
db_one(struct ctx *ctx, struct db_rows *rows, const char *sql,
    struct db_args args)
{
	TRY(db_all(ctx, rows, sql, args));
	return rows->count > 0 ? ST_OK : ST_NOT_FOUND;
}

enum status
db_named(struct ctx *ctx, enum status status, enum status missing,
    const char *id)
{
	return status != ST_NOT_FOUND ? status :
	    refuse(ctx, missing, "nothing with id %s", id);
}

enum status
db_view_one(struct ctx *ctx, struct json_object *out, const char *sql,
    struct db_args args)
{
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, args));
	db_view_row(out, &rows, 0);
	return ST_OK;
}

enum status
db_view_all(struct ctx *ctx, struct json_object *out, const char *sql,
    struct db_args args)
{
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, args));
	for (size_t row = 0; row < rows.count; row++)
		db_view_row(view_object(out, NULL), &rows, row);
	return ST_OK;
}

enum status
db_view_pairs(struct ctx *ctx, struct json_object *out, const char *sql,
    struct db_args args)
{
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, args));
	for (size_t row = 0; row < rows.count; row++)
		view_text(out, db_get_text(&rows, row, 0),
		    db_get_text(&rows, row, 1));
	return ST_OK;
}

/* Nothing of the transaction has been sent, so a dead connection costs one
 * more try and nobody notices. */
static enum status
begin(struct db *db)
{
	PGresult *result = NULL;

	for (int try = 0; try < 2; try++) {
		TRY(connection_ready(db->connection));
		if (connection_tell(db->connection, "BEGIN", &result)
		    != ANSWERED)
			continue;
		TRY(db_judge_last(db, result, "BEGIN"));
		db->begun = true;
		return ST_OK;
	}
	return ST_UNAVAILABLE;
}

enum status
db_script(struct ctx *ctx, const char *script)
{
	struct db *db = ctx->db;
	PGresult *result;

	db->figures.statements++;
	TRY(db->transaction && !db->begun ? begin(db) : get_ready(db, script));
	if (connection_tell(db->connection, script, &result) != ANSWERED)
		return ST_UNAVAILABLE;
	TRY(db_judge_last(db, result, script));
	if (!db->begun || connection_state(db->connection) == PQTRANS_INTRANS)
		return ST_OK;
	connection_log(LOG_ERROR_LEVEL, NULL,
	    "the script ended the transaction it runs in", script);
	connection_drop(db->connection);
	return ST_INTERNAL;
}
