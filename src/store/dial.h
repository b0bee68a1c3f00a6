/*
 * dial.h - the way to a PostgreSQL server, for connection.c
 */
#ifndef STORE_DIAL_H
#define STORE_DIAL_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

struct dial {
	const char *url;
	const char *role;	/* SET on it; NULL: none */
	const char *schema;	/* it cannot write, and looks there; or NULL */
	int64_t deadline_ms;	/* the server gives up a little earlier */
};

/* An attempt to connect, as PQconnectdbParams ends; NULL after a log line. */
PGconn *dial(const struct dial *to);

/* Whether a connection string names a password. */
bool dial_url_tells(const char *url);

#endif
