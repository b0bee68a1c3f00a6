#include "guard/call_slot.h"

#include <stdbool.h>

#include "ctx.h"
#include "guard/hash_slot.h"
#include "guard/shared.h"

#define RETRY_AFTER_SECONDS 5

static int
at_least_one(int count)
{
	return count > 0 ? count : 1;
}

static bool
has_room(struct shared *shared)
{
	const int calling = shared_count(shared, WORKER_CALLING);
	const int hashing = shared_count(shared, WORKER_HASHING) +
	    shared_count(shared, WORKER_WAITING);

	return calling < at_least_one(shared->workers / 4) &&
	    calling + hashing < at_least_one(shared->workers * 3 / 4);
}

enum status
call_slot_take(struct ctx *ctx)
{
	struct shared *shared = ctx->shared;
	struct worker_slot *own = shared == NULL ? NULL : shared_own(shared);
	bool taken;

	/* A worker that runs alone keeps nobody waiting. */
	if (own == NULL)
		return ST_OK;
	shared_lock(&shared->slots_lock);
	taken = has_room(shared);
	if (taken)
		atomic_store(&own->state, WORKER_CALLING);
	shared_unlock(&shared->slots_lock);
	if (taken)
		return ST_OK;
	ctx->refusal.retry_after = RETRY_AFTER_SECONDS;
	return refuse(ctx, ST_BUSY, "too many workers are in calls");
}

void
call_slot_give(struct ctx *ctx)
{
	struct worker_slot *own = ctx->shared == NULL ? NULL :
	    shared_own(ctx->shared);

	if (own == NULL)
		return;
	atomic_store(&own->state, WORKER_BUSY);
	/* Those that wait for a hash slot may be more by one now. */
	hash_slot_wake(ctx->shared);
}
