/*
 * db_state.h - what db.c and transact.c both know of a connection
 */
#ifndef STORE_DB_STATE_H
#define STORE_DB_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/connection.h"
#include "store/db.h"

struct db {
	struct connection *connection;
	bool transaction;	/* inside db_transact */
	bool begun;		/* and BEGIN has been sent: on its first need */
	bool last;		/* and this statement takes COMMIT along */
	bool ended;		/* and that has been sent */
	bool collided;		/* and it must be run again */
	struct db_figures figures;
};

bool db_is_connected(const struct db *db);

/* Counts what began at started_us and has come to status, which it returns. */
enum status db_note(struct db *db, int64_t started_us, enum status status);

/* What the server's answer means; a failure is logged, result freed. */
enum status db_judge_last(struct db *db, PGresult *result, const char *sql);

#endif
