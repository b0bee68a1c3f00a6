/*
 * limit.h - what may happen how often, and counts of it for all hosts
 *
 * guard/limit.h decides where counts are kept: here, or in the memory of one
 * host. Both go by struct limit.
 */
#ifndef STORE_LIMIT_H
#define STORE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "trust/sign.h"

struct ctx;

/* Pauses double from one time to the next, up to the longest. */
#define LIMIT_PAUSE_MS 1000
#define LIMIT_PAUSE_MAX_MS 900000

struct limit {
	int64_t free;		/* that many times without a pause */
	int64_t most;		/* that many, then none until they are
				 * forgotten; free .. INT32_MAX */
	int64_t forget_ms;	/* all are, that long after the last time, or
				 * after the first when fixed */
	bool fixed;
};

/*
 * store_limit_take - count one more time, unless it has to wait
 *
 * key      SHA-256 of what is counted
 * wait_ms  receives 0, or how long; then nothing was counted
 *
 * Outside of a transaction: the count stays, whatever becomes of the request.
 * The clock is the database's, so hosts need not agree about theirs.
 */
enum status store_limit_take(struct ctx *ctx, const uint8_t key[SHA256_BYTES],
    const struct limit *limit, int64_t *wait_ms);

/* Takes one time back, and all of them. */
enum status store_limit_undo(struct ctx *ctx, const uint8_t key[SHA256_BYTES]);
enum status store_limit_clear(struct ctx *ctx,
    const uint8_t key[SHA256_BYTES]);

/* Removes at most limit rows that are forgotten. */
enum status store_limit_purge(struct ctx *ctx, int64_t limit,
    int64_t *count);

#endif
