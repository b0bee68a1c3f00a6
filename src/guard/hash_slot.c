#include "guard/hash_slot.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"

#define RETRY_AFTER_SECONDS 1

/* Three quarters of the workers, less those that wait for other houses; one
 * alone may hash, too. */
static int
most_held(struct shared *shared)
{
	int most = shared->workers * 3 / 4 -
	    shared_count(shared, WORKER_CALLING);

	return most > 0 ? most : 1;
}

/*
 * Under the lock: hashing, waiting, or neither. The bound comes first: a
 * newcomer that took a free slot before those who wait for it would be one
 * too many, and there may be more slots than three quarters of the workers.
 */
static enum worker_state
apply(struct shared *shared, struct worker_slot *own)
{
	int hashing = shared_count(shared, WORKER_HASHING);
	int waiting = shared_count(shared, WORKER_WAITING);
	bool queued = atomic_load(&own->state) == WORKER_WAITING;
	enum worker_state state;

	if (!queued && hashing + waiting >= most_held(shared))
		return WORKER_BUSY;
	state = hashing < shared->slots ? WORKER_HASHING : WORKER_WAITING;
	atomic_store(&own->state, (int)state);
	return state;
}

static void
sleep_on(_Atomic uint32_t *word, uint32_t seen, int64_t us)
{
	struct timespec timeout = { .tv_sec = (time_t)(us / 1000000),
	    .tv_nsec = (long)(us % 1000000 * 1000) };

	(void)syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

void
hash_slot_wake(struct shared *shared)
{
	atomic_fetch_add(&shared->turn, 1);
	(void)syscall(SYS_futex, &shared->turn, FUTEX_WAKE, INT_MAX, NULL,
	    NULL, 0);
}

static enum status
busy(struct ctx *ctx, const char *why)
{
	ctx->refusal.retry_after = RETRY_AFTER_SECONDS;
	return refuse(ctx, ST_BUSY, "%s", why);
}

static enum status
wait_for_slot(struct ctx *ctx, struct worker_slot *own, int64_t until)
{
	struct shared *shared = ctx->shared;

	for (;;) {
		uint32_t seen = atomic_load(&shared->turn);
		enum worker_state state;
		int64_t left;

		shared_lock(&shared->slots_lock);
		state = apply(shared, own);
		shared_unlock(&shared->slots_lock);
		if (state == WORKER_HASHING)
			return ST_OK;
		if (state == WORKER_BUSY)
			return busy(ctx, "too many passwords wait for hashing");
		left = until - clock_monotonic_us();
		if (left <= 0) {
			atomic_store(&own->state, WORKER_BUSY);
			return busy(ctx, "no hash slot in time");
		}
		sleep_on(&shared->turn, seen, left);
	}
}

enum status
hash_slot_take(struct ctx *ctx)
{
	struct shared *shared = ctx->shared;
	struct worker_slot *own = shared != NULL ? shared_own(shared) : NULL;
	const int64_t started = clock_monotonic_us();
	enum status status;

	/* A worker that runs alone shares its processors with nobody. */
	if (own == NULL)
		return ST_OK;
	status = wait_for_slot(ctx, own, started +
	    ctx->config->worker_hash_wait_ms * 1000);
	metric_hash_wait(shared, clock_monotonic_us() - started, status);
	return status;
}

void
hash_slot_give(struct ctx *ctx)
{
	struct worker_slot *own;

	if (ctx->shared == NULL || (own = shared_own(ctx->shared)) == NULL)
		return;
	atomic_store(&own->state, WORKER_BUSY);
	hash_slot_wake(ctx->shared);
}
