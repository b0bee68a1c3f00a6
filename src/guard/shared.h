/*
 * shared.h - memory that all workers of a host share
 *
 * Made by the master before the first worker, passed on as a descriptor. No
 * truth lives here: losing it costs some counts. A worker may be killed at any
 * instruction; its locks are robust and the master frees what it held.
 */
#ifndef GUARD_SHARED_H
#define GUARD_SHARED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "guard/limit.h"
#include "guard/metric.h"

#define SHARED_WORKERS 64
#define LIMIT_BUCKETS 8192	/* sets of LIMIT_WAYS entries */
#define LIMIT_WAYS 4
#define LIMIT_LOCKS 64

enum worker_state {
	WORKER_NONE, WORKER_STARTING, WORKER_IDLE, WORKER_BUSY,
	WORKER_WAITING,		/* for a hash slot */
	WORKER_HASHING,
	WORKER_CALLING,		/* somebody else's server */
	WORKER_STATES
};
extern const char *const worker_state_names[WORKER_STATES];

struct worker_slot {
	_Atomic pid_t pid;
	_Atomic int state;	/* enum worker_state */
	_Atomic uint64_t served;
};

struct limit_entry {
	uint64_t key;		/* 0: free */
	int64_t count;
	int64_t last_ms;	/* when the last one was counted */
	int64_t forget_ms;	/* when all of them are forgotten */
};

struct limits {
	pthread_mutex_t lock[LIMIT_LOCKS];
	struct limit_entry entry[LIMIT_BUCKETS][LIMIT_WAYS];
};

struct shared {
	/* hash slots: states change under the lock, waiters sleep on turn */
	pthread_mutex_t slots_lock;
	_Atomic uint32_t turn;
	int32_t slots;
	int32_t workers;
	struct worker_slot worker[SHARED_WORKERS];

	uint8_t limit_seed[16];
	struct limits limits[LIMIT_TABLES];
	_Atomic int64_t limit_told_ms;	/* that the database does not count */

	struct metrics metrics;
};

/* A new mapping behind a memory file descriptor, ready for use; -1: failed. */
int shared_create(int32_t workers, int32_t slots);
/* Maps it. NULL on failure. */
struct shared *shared_map(int fd);

/* The slot of this process; NULL: it was not born of the master. */
struct worker_slot *shared_own(struct shared *shared);

/* How many workers are in that state. */
int shared_count(struct shared *shared, enum worker_state state);

/* Frees what a dead worker held. */
void shared_reap(struct shared *shared, pid_t pid);

/* Locks, repairing the state when its owner was killed. */
void shared_lock(pthread_mutex_t *lock);
void shared_unlock(pthread_mutex_t *lock);

#endif
