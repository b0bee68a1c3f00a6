/*
 * limit.h - count what happens, and say when it is too often
 *
 * For all workers of this host, in the memory they share; or for all hosts,
 * with rate_limit.storage = database. While the database is away each host
 * counts by itself: refusing everybody would be an outage that anybody could
 * cause, and counting nothing would be an invitation.
 */
#ifndef GUARD_LIMIT_H
#define GUARD_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/limit.h"

struct ctx;

enum limit_table { LIMIT_REQUESTS, LIMIT_SECRETS, LIMIT_TABLES };

/*
 * Whether anything is counted: not where there is no shared memory, or
 * rate_limit.enabled is off. All of the below then does nothing.
 */
bool limit_is_on(const struct ctx *ctx);

/*
 * limit_take - count one more time, unless it has to wait
 *
 * table  keeps its counts apart, so that many requests push out no secrets
 * key    what is counted, any text
 * Returns 0, or for how many milliseconds it has to wait; then nothing was
 * counted.
 */
int64_t limit_take(struct ctx *ctx, enum limit_table table, const char *key,
    const struct limit *limit);

/* Takes one time back, and all of them. */
void limit_undo(struct ctx *ctx, enum limit_table table, const char *key);
void limit_clear(struct ctx *ctx, enum limit_table table, const char *key);

#endif
