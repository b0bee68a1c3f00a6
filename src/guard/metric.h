/*
 * metric.h - what the workers of a host have done, for /metrics
 *
 * Part of the memory they share: only ever added to, by lock-free atomics, so
 * that a request is counted in less than a microsecond and a worker may be
 * killed at any instruction. shared may be NULL, for a worker that runs alone:
 * nothing is counted then.
 */
#ifndef GUARD_METRIC_H
#define GUARD_METRIC_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct letter_figures;
struct shared;

#define METRIC_ROUTES 512	/* rows of routes/, and one for no row */
#define METRIC_BUCKETS 8	/* of a histogram, the last without bound */
#define METRIC_STATUSES 18	/* HTTP statuses, the last for any other */

extern const int metric_statuses[METRIC_STATUSES];	/* 0: other */

/* Upper bounds in microseconds; the last one is INT64_MAX. */
extern const int64_t metric_bounds_us[METRIC_BUCKETS];

struct metric_time {
	_Atomic uint64_t bucket[METRIC_BUCKETS];	/* not cumulative */
	_Atomic uint64_t us;				/* the sum */
};

struct metric_route {
	_Atomic uint64_t status[METRIC_STATUSES];
	struct metric_time time;
};

/* How an attempt to sign in ended. */
enum metric_outcome {
	OUTCOME_ACCEPTED,
	OUTCOME_REFUSED,	/* wrong, or nobody's */
	OUTCOME_FORBIDDEN,	/* right, but banned or not verified */
	OUTCOME_LIMITED,
	OUTCOME_BUSY,		/* no hash slot */
	OUTCOME_MALFORMED,	/* by the client */
	OUTCOME_FAILED,		/* by us */
	OUTCOMES
};

enum metric_limit {
	METRIC_REQUESTS,	/* per address and path */
	METRIC_ACCOUNT,		/* wrong secrets of one account */
	METRIC_NETWORK,		/* wrong secrets from one network */
	METRIC_LIMITS
};

enum metric_process {
	PROCESS_WORKER, PROCESS_JANITOR, PROCESS_MAILER, PROCESSES
};

struct metrics {
	int64_t started;		/* by the master, ms UTC */
	struct metric_route route[METRIC_ROUTES];
	_Atomic uint64_t sign_in[OUTCOMES];
	_Atomic uint64_t limit[METRIC_LIMITS];
	_Atomic uint64_t births[PROCESSES], failures[PROCESSES];
	struct metric_time hash_wait;	/* of those that got a slot */
	_Atomic uint64_t hash_refusals;
	_Atomic uint64_t db_statements, db_failures, db_us;
	_Atomic int64_t counted_ms;	/* by the janitor; 0: not yet */
	_Atomic int64_t sessions;
	_Atomic int64_t letters_queued, letters_failed, letters_oldest_s;
};

/*
 * metric_request - a request was answered
 *
 * status  what the handler came to; http  what was sent
 * Takes route, time and database figures from ctx.
 */
void metric_request(struct ctx *ctx, enum status status, int http);

/* A wait of us microseconds for a hash slot ended: with one, or refused. */
void metric_hash_wait(struct shared *shared, int64_t us, enum status status);

/* By the master: a child was born, or ended otherwise than with status 0. */
void metric_birth(struct shared *shared, enum metric_process process);
void metric_failure(struct shared *shared, enum metric_process process);

/* By the janitor: what the database had at now (ms UTC). */
void metric_database(struct shared *shared, int64_t now, int64_t sessions,
    const struct letter_figures *letters);

/* A limit has refused a request. */
void metric_limit_hit(struct shared *shared, enum metric_limit limit);

#endif
