#include "store/connection.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "store/dial.h"

#define SLOTS 1024		/* of the table; find_statement counts on it */
#define SLOTS_USED_MAX 768
#define NAME_SIZE 8
#define LOGGED_SQL 60
#define TLS_SLICE_MS 20

struct statement {
	const char *sql;
	char name[NAME_SIZE];
};

struct connection {
	struct dial to;
	PGconn *pg;			/* NULL while there is none */
	int64_t pause_ms;		/* after the last failed attempt */
	int64_t not_before_us;		/* the next attempt */
	size_t known;
	struct statement statement[SLOTS];
};

struct connection *
connection_new(const char *url, const char *role, int64_t deadline_ms)
{
	struct connection *c = calloc(1, sizeof(*c));

	if (c == NULL)
		panic("no memory for a database connection");
	c->to = (struct dial){ .url = url, .role = role,
	    .deadline_ms = deadline_ms };
	return c;
}

void
connection_only_reads(struct connection *c, const char *schema)
{
	c->to.schema = schema;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	connection_drop(c);
	free(c);
}

void
connection_drop(struct connection *c)
{
	PQfinish(c->pg);
	c->pg = NULL;
	c->known = 0;
	memset(c->statement, 0, sizeof(c->statement));
}

PGTransactionStatusType
connection_state(const struct connection *c)
{
	return PQtransactionStatus(c->pg);
}

const char *
connection_host(const struct connection *c)
{
	return PQhost(c->pg);
}

const char *
connection_port(const struct connection *c)
{
	return PQport(c->pg);
}

bool
connection_is_encrypted(const struct connection *c)
{
	return PQsslInUse(c->pg) != 0;
}

void
connection_log(enum log_level level, const PGresult *result,
    const char *message, const char *sql)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *place = PQresultErrorField(result,
	    PG_DIAG_STATEMENT_POSITION);
	char text[512], start[LOGGED_SQL + 1];

	if (message == NULL)
		message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (message == NULL || (state && text_starts(state, "22")))
		message = "";
	(void)snprintf(text, sizeof(text), "%s", message);
	text[strcspn(text, "\n")] = '\0';
	if (sql != NULL)
		(void)snprintf(start, sizeof(start), "%s", sql);
	log_line(level, "db", (const struct log_field[]){
	    LOG_TEXT("sqlstate", state), LOG_TEXT("message", text),
	    LOG_TEXT("position", place), LOG_TEXT("sql", sql ? start : NULL),
	    LOG_END });
}

/* ---- connecting -------------------------------------------------------- */

static void
ignore_notice(void *unused, const PGresult *notice)
{
	(void)unused;
	(void)notice;
}

/* Jitter keeps a house full of workers from knocking in step. */
static void
wait_longer(struct connection *c)
{
	uint32_t dice;

	random_bytes(&dice, sizeof(dice));
	c->pause_ms *= 2;
	if (c->pause_ms < CONNECT_PAUSE_MS)
		c->pause_ms = CONNECT_PAUSE_MS;
	if (c->pause_ms > CONNECT_PAUSE_MAX_MS)
		c->pause_ms = CONNECT_PAUSE_MAX_MS;
	c->not_before_us = clock_monotonic_us() +
	    1000 * (c->pause_ms + dice % (c->pause_ms / 4));
}

enum status
connection_ready(struct connection *c)
{
	if (c->pg != NULL)
		return ST_OK;
	if (clock_monotonic_us() < c->not_before_us)
		return ST_UNAVAILABLE;
	c->pg = dial(&c->to);
	if (PQstatus(c->pg) != CONNECTION_OK ||
	    PQsetnonblocking(c->pg, 1) != 0) {
		if (c->pg != NULL)
			connection_log(LOG_ERROR_LEVEL, NULL,
			    PQerrorMessage(c->pg), NULL);
		connection_drop(c);
		wait_longer(c);
		return ST_UNAVAILABLE;
	}
	c->pause_ms = 0;
	PQsetNoticeReceiver(c->pg, ignore_notice, NULL);
	return ST_OK;
}

void
connection_probe(struct connection *c)
{
	struct pollfd end = { .events = POLLRDHUP };

	if (c->pg == NULL)
		return;
	end.fd = PQsocket(c->pg);
	if (poll(&end, 1, 0) == 0)
		return;
	connection_log(LOG_WARN_LEVEL, NULL, "the server has hung up", NULL);
	connection_drop(c);
}

/* ---- waiting ----------------------------------------------------------- */

static int
left_ms(const struct connection *c, int64_t until_us)
{
	int64_t left = (until_us - clock_monotonic_us() + 999) / 1000;

	if (left <= 0)
		return 0;
	/* libpq may hold decrypted bytes that poll cannot see. */
	if (PQsslInUse(c->pg) && left > TLS_SLICE_MS)
		return TLS_SLICE_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}

/*
 * Sends what is left to send and reads until PQgetResult will not block;
 * false when it is too late. A broken connection counts as ready: PQgetResult
 * then says what broke it.
 */
static bool
wait_ready(const struct connection *c, int64_t until_us)
{
	struct pollfd end = { .fd = PQsocket(c->pg) };
	int unsent, left;

	for (;;) {
		unsent = PQflush(c->pg);
		if (unsent < 0 || (unsent == 0 && !PQisBusy(c->pg)))
			return true;
		left = left_ms(c, until_us);
		if (left == 0)
			return false;
		end.events = (short)(unsent ? POLLIN | POLLOUT : POLLIN);
		if (poll(&end, 1, left) < 0 && errno != EINTR)
			panic("poll: %s", strerror(errno));
		if (!PQconsumeInput(c->pg))
			return true;
	}
}

/* Of several results the first failure counts, else the last. */
static void
keep(PGresult **kept, PGresult *result)
{
	const ExecStatusType kind = PQresultStatus(result);

	if (kind == PGRES_COPY_IN || kind == PGRES_COPY_OUT)
		panic("COPY has no place here");
	if (PQresultStatus(*kept) == PGRES_FATAL_ERROR && *kept != NULL) {
		PQclear(result);
		return;
	}
	PQclear(*kept);
	*kept = result;
}

static enum answer
give_up(struct connection *c, enum answer answer, PGresult **out,
    const char *message, const char *sql)
{
	connection_log(LOG_WARN_LEVEL, *out, message, sql);
	PQclear(*out);
	*out = NULL;
	connection_drop(c);
	return answer;
}

static enum answer
wait_answer(struct connection *c, const char *sql, PGresult **out)
{
	const int64_t until = clock_monotonic_us() + c->to.deadline_ms * 1000;
	PGresult *result;

	*out = NULL;
	while (wait_ready(c, until)) {
		result = PQgetResult(c->pg);
		if (result != NULL) {
			keep(out, result);
			continue;
		}
		if (PQstatus(c->pg) == CONNECTION_OK && *out != NULL)
			return ANSWERED;
		return give_up(c, LOST, out, PQresultErrorField(*out,
		    PG_DIAG_SQLSTATE) ? NULL : "the connection broke", sql);
	}
	return give_up(c, LATE, out, "no answer before the deadline", sql);
}

/* ---- asking ------------------------------------------------------------ */

static struct statement *
find_statement(struct connection *c, const char *sql)
{
	size_t at = (size_t)(((uintptr_t)sql * 0x9e3779b97f4a7c15u) >> 54);

	while (c->statement[at].sql != NULL && c->statement[at].sql != sql)
		at = (at + 1) % SLOTS;
	return &c->statement[at];
}

static struct statement *
plan_of(struct connection *c, const char *sql, const struct params *params)
{
	return params->once ? NULL : find_statement(c, sql);
}

static enum answer
prepare(struct connection *c, struct statement *statement, const char *sql,
    PGresult **out)
{
	enum answer answer;

	if (c->known == SLOTS_USED_MAX)
		panic("more than %d statements: a text is no constant",
		    SLOTS_USED_MAX);
	(void)snprintf(statement->name, NAME_SIZE, "q%zu", c->known);
	*out = NULL;
	if (!PQsendPrepare(c->pg, statement->name, sql, 0, NULL))
		return give_up(c, LOST, out, "cannot send", sql);
	answer = wait_answer(c, sql, out);
	if (answer == ANSWERED && PQresultStatus(*out) == PGRES_COMMAND_OK) {
		statement->sql = sql;
		c->known++;
	}
	return answer;
}

/*
 * The schema changed under a prepared statement, or somebody deallocated it.
 * The server says so before it runs anything.
 */
static bool
is_outdated(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return text_is(state, "0A000") || text_is(state, "26000");
}

/* Ready to be sent, as a text without a plan (NULL) is, or *out says why. */
static enum answer
need_prepared(struct connection *c, struct statement *statement,
    const char *sql, PGresult **out)
{
	enum answer answer;

	*out = NULL;
	if (statement == NULL || statement->sql != NULL)
		return ANSWERED;
	answer = prepare(c, statement, sql, out);
	if (answer == ANSWERED && statement->sql != NULL) {
		PQclear(*out);
		*out = NULL;
	}
	return answer;
}

static bool
send_one(struct connection *c, const struct statement *statement,
    const char *sql, const struct params *params)
{
	if (statement == NULL)
		return PQsendQueryParams(c->pg, sql, params->count, NULL,
		    params->value, params->size, params->format, 0) != 0;
	return PQsendQueryPrepared(c->pg, statement->name, params->count,
	    params->value, params->size, params->format, 0) != 0;
}

/* The answers of a pipeline, up to its sync: the wanted one, or the first
 * failure. What came after a failure was not run. */
static enum answer
wait_pipeline(struct connection *c, const char *sql, int wanted,
    PGresult **out)
{
	const int64_t until = clock_monotonic_us() + c->to.deadline_ms * 1000;

	for (int nth = 0; wait_ready(c, until);) {
		PGresult *result = PQgetResult(c->pg);
		const ExecStatusType kind = PQresultStatus(result);

		if (PQstatus(c->pg) != CONNECTION_OK) {
			PQclear(result);
			return give_up(c, LOST, out, "the connection broke",
			    sql);
		}
		if (result == NULL)
			continue;
		if (kind == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return PQexitPipelineMode(c->pg) ? ANSWERED :
			    give_up(c, LOST, out, "the pipeline is stuck", sql);
		}
		if (nth++ == wanted || kind == PGRES_FATAL_ERROR)
			keep(out, result);
		else
			PQclear(result);
	}
	return give_up(c, LATE, out, "no answer before the deadline", sql);
}

static bool
send_word(struct connection *c, const char *word)
{
	return PQsendQueryParams(c->pg, word, 0, NULL, NULL, NULL, NULL, 0) !=
	    0;
}

static bool
send_pipeline(struct connection *c, bool begin, bool commit,
    const struct statement *statement, const char *sql,
    const struct params *params)
{
	return PQenterPipelineMode(c->pg) &&
	    (!begin || send_word(c, "BEGIN")) &&
	    send_one(c, statement, sql, params) &&
	    (!commit || send_word(c, "COMMIT")) && PQpipelineSync(c->pg);
}

enum answer
connection_ask(struct connection *c, bool begin, bool commit, const char *sql,
    const struct params *params, PGresult **out)
{
	const bool alone = !begin && !commit;
	struct statement *statement = plan_of(c, sql, params);
	const bool known = statement != NULL && statement->sql != NULL;
	enum answer answer = need_prepared(c, statement, sql, out);

	if (statement != NULL && statement->sql == NULL)
		return answer;
	if (!(alone ? send_one(c, statement, sql, params) :
	    send_pipeline(c, begin, commit, statement, sql, params)))
		return give_up(c, LOST, out, "cannot send", sql);
	answer = alone ? wait_answer(c, sql, out) :
	    wait_pipeline(c, sql, begin ? 1 : 0, out);
	if (answer == ANSWERED && known && is_outdated(*out))
		return give_up(c, STALE, out, NULL, sql);
	return answer;
}

enum answer
connection_tell(struct connection *c, const char *sql, PGresult **out)
{
	*out = NULL;
	if (!PQsendQuery(c->pg, sql))
		return give_up(c, LOST, out, "cannot send", sql);
	return wait_answer(c, sql, out);
}
