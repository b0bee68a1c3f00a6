/*
 * connection.h - one PostgreSQL connection that makes and remakes itself
 *
 * Below db.c, and used by it alone. Every wait ends at the deadline. A lost
 * connection is closed here and now; the next connection_ready makes a new
 * one, unless the server was found away a moment ago: attempts are at least
 * CONNECT_PAUSE_MS apart, growing to CONNECT_PAUSE_MAX_MS.
 */
#ifndef STORE_CONNECTION_H
#define STORE_CONNECTION_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/status.h"

#define CONNECT_PAUSE_MS 200
#define CONNECT_PAUSE_MAX_MS 2000
#define PARAMS_MAX 48

struct connection;

/*
 * What became of a question. Only ANSWERED leaves a result, which may be an
 * error of the server's; the others have been logged.
 */
enum answer {
	ANSWERED,
	LOST,		/* the connection broke; the statement may have run */
	LATE,		/* the deadline passed; the statement may have run */
	STALE		/* its plan is outdated; it did not run */
};

/* Parameters as PQsendQueryPrepared wants them. */
struct params {
	bool once;		/* the text is no constant: keep no plan of it */
	int count;
	const char *value[PARAMS_MAX];
	int size[PARAMS_MAX];
	int format[PARAMS_MAX];
};

/*
 * url and role (may be NULL) are kept by reference.
 *
 * connection_only_reads makes it one that cannot write, sees one snapshot a
 * transaction, and looks names up in schema (db.h has its bounds).
 */
struct connection *connection_new(const char *url, const char *role,
    int64_t deadline_ms);
void connection_only_reads(struct connection *connection, const char *schema);

void connection_free(struct connection *connection);

/* Connects if need be: ST_OK or ST_UNAVAILABLE. */
enum status connection_ready(struct connection *connection);

/* Connected, as far as known without asking; PQTRANS_UNKNOWN: it is not. */
PGTransactionStatusType connection_state(const struct connection *connection);

/* Where it leads; only while connected. Lives as long as the connection. */
const char *connection_host(const struct connection *connection);
const char *connection_port(const struct connection *connection);
bool connection_is_encrypted(const struct connection *connection);

/* Lets go of a connection whose other end is closed; one system call. */
void connection_probe(struct connection *connection);

/* Lets go of the connection. */
void connection_drop(struct connection *connection);

/*
 * connection_ask - run sql, preparing it if this connection never has; behind
 *     a BEGIN, before a COMMIT, or both, in one round trip: a failure of theirs
 *     is the answer
 * connection_tell - run one or more statements without parameters
 *
 * Only while connected. The caller clears *out.
 */
enum answer connection_ask(struct connection *connection, bool begin,
    bool commit, const char *sql, const struct params *params,
    PGresult **out);
enum answer connection_tell(struct connection *connection, const char *sql,
    PGresult **out);

/*
 * Logs a failure: SQLSTATE, the primary message and the beginning of the SQL.
 * Never DETAIL or CONTEXT, and no message of class 22: they quote values.
 */
void connection_log(enum log_level level, const PGresult *result,
    const char *message, const char *sql);

#endif
