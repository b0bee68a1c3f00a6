#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"
#include "ctx.h"
#include "guard/call_slot.h"
#include "guard/shared.h"

/* The promises are those of guard/call_slot.h. */

static int
setup(void **state)
{
	static struct ctx ctx;
	int fd = shared_create(8, 2);

	ctx = (struct ctx){ .arena = arena_new((size_t)1 << 16),
	    .shared = shared_map(fd) };
	*state = &ctx;
	return close(fd) == 0 && ctx.shared != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct ctx *ctx = *state;

	arena_free(ctx->arena);
	return munmap(ctx->shared, sizeof(struct shared));
}

/* This process in slot 0; others in slots 1 and up. */
static void
enlist(struct ctx *ctx, int calling, int hashing)
{
	struct worker_slot *slot = ctx->shared->worker;

	atomic_store(&slot[0].pid, getpid());
	atomic_store(&slot[0].state, WORKER_BUSY);
	for (int i = 1; i < SHARED_WORKERS; i++)
		atomic_store(&slot[i].state, i <= calling ? WORKER_CALLING :
		    i <= calling + hashing ? WORKER_HASHING : WORKER_NONE);
}

static int
own_state(struct ctx *ctx)
{
	return atomic_load(&ctx->shared->worker[0].state);
}

static enum status
ask(struct ctx *ctx, int calling, int hashing)
{
	enlist(ctx, calling, hashing);
	return call_slot_take(ctx);
}

static void
a_slot_is_taken_and_given_back(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(ask(ctx, 0, 0), ST_OK);
	assert_int_equal(own_state(ctx), WORKER_CALLING);
	call_slot_give(ctx);
	assert_int_equal(own_state(ctx), WORKER_BUSY);
}

static void
a_quarter_of_the_workers_may_call_at_once(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(ask(ctx, 1, 0), ST_OK);
	assert_int_equal(ask(ctx, 2, 0), ST_BUSY);
	assert_int_equal(own_state(ctx), WORKER_BUSY);
	assert_true(ctx->refusal.retry_after > 0);
}

static void
a_quarter_stays_free_of_calls_and_hashing(void **state)
{
	struct ctx *ctx = *state;

	assert_int_equal(ask(ctx, 0, 5), ST_OK);
	assert_int_equal(ask(ctx, 0, 6), ST_BUSY);
	assert_int_equal(ask(ctx, 1, 5), ST_BUSY);
}

static void
of_few_workers_one_may_call(void **state)
{
	struct ctx *ctx = *state;

	ctx->shared->workers = 1;
	assert_int_equal(ask(ctx, 0, 0), ST_OK);
	ctx->shared->workers = 3;
	assert_int_equal(ask(ctx, 0, 1), ST_OK);
	assert_int_equal(ask(ctx, 1, 0), ST_BUSY);
}

static void
a_worker_that_runs_alone_needs_no_slot(void **state)
{
	struct ctx *ctx = *state;
	struct shared *shared = ctx->shared;

	ctx->shared = NULL;
	assert_int_equal(call_slot_take(ctx), ST_OK);
	call_slot_give(ctx);
	ctx->shared = shared;
	assert_int_equal(call_slot_take(ctx), ST_OK);
	call_slot_give(ctx);
}

#define SLOT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SLOT_TEST(a_slot_is_taken_and_given_back),
		SLOT_TEST(a_quarter_of_the_workers_may_call_at_once),
		SLOT_TEST(a_quarter_stays_free_of_calls_and_hashing),
		SLOT_TEST(of_few_workers_one_may_call),
		SLOT_TEST(a_worker_that_runs_alone_needs_no_slot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
