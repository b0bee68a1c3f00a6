/*
 * hash_slot.h - password hashing is the only slow thing a worker does
 *
 * At most slots workers hash at once; others wait for a bounded time; and
 * hashing and waiting together never hold more than three quarters of the
 * workers, so that session checks stay fast in a login storm.
 */
#ifndef GUARD_HASH_SLOT_H
#define GUARD_HASH_SLOT_H

#include "base/status.h"

struct ctx;
struct shared;

/*
 * hash_slot_take - wait for a slot, at most worker.hash_wait_ms
 *
 * ST_BUSY at once when too many are waiting, or at the deadline; ctx's
 * retry_after is set. Released by hash_slot_give; the death of the worker
 * releases it, too.
 */
enum status hash_slot_take(struct ctx *ctx);
void hash_slot_give(struct ctx *ctx);

/* Lets the next waiter look again. */
void hash_slot_wake(struct shared *shared);

#endif
