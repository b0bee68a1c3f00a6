#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "guard/hash_slot.h"
#include "guard/shared.h"

#define WORKERS 8
#define SLOTS 2
#define MOST (WORKERS * 3 / 4)
#define LONG_MS 20000		/* a wait that must not be waited out */

/* What the processes of a test tell each other. */
struct board {
	_Atomic int hashing, most_hashing;
	_Atomic int held, most_held;	/* hashing or waiting */
	_Atomic int done, refused;
};

struct world {
	struct ctx ctx;
	struct config config;
	struct board *board;
};

static int
begin(struct world *world, int32_t workers, int32_t slots)
{
	int fd = shared_create(workers, slots);

	world->config = (struct config){ .worker_hash_wait_ms = LONG_MS };
	world->ctx = (struct ctx){ .arena = arena_new((size_t)1 << 20),
	    .config = &world->config, .shared = shared_map(fd) };
	world->board = mmap(NULL, sizeof(*world->board),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return close(fd) == 0 && world->ctx.shared != NULL &&
	    world->board != MAP_FAILED ? 0 : -1;
}

static int
setup(void **state)
{
	static struct world world;

	*state = &world;
	return begin(&world, WORKERS, SLOTS);
}

static int
teardown(void **state)
{
	struct world *world = *state;

	arena_free(world->ctx.arena);
	(void)munmap(world->board, sizeof(*world->board));
	return munmap(world->ctx.shared, sizeof(struct shared));
}

/* What the master does for a worker it has just born. */
static void
enlist(struct world *world, int index, pid_t pid, enum worker_state state)
{
	struct worker_slot *slot = &world->ctx.shared->worker[index];

	atomic_store(&slot->state, (int)state);
	atomic_store(&slot->pid, pid);
}

static int
state_of(struct world *world, int index)
{
	return atomic_load(&world->ctx.shared->worker[index].state);
}

/* Others that hash and wait, in slots 1 and up; this process is in slot 0. */
static void
others(struct world *world, int hashing, int waiting)
{
	enlist(world, 0, getpid(), WORKER_BUSY);
	for (int i = 1; i < SHARED_WORKERS; i++)
		enlist(world, i, 0, WORKER_NONE);
	for (int i = 1; i <= hashing; i++)
		enlist(world, i, i, WORKER_HASHING);
	for (int i = hashing + 1; i <= hashing + waiting; i++)
		enlist(world, i, i, WORKER_WAITING);
}

static void
a_worker_that_runs_alone_needs_no_slot(void **state)
{
	struct world *world = *state;
	struct shared *shared = world->ctx.shared;

	world->ctx.shared = NULL;
	assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
	hash_slot_give(&world->ctx);
	world->ctx.shared = shared;
	assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
	hash_slot_give(&world->ctx);
}

static void
a_slot_is_taken_and_given_back(void **state)
{
	struct world *world = *state;

	others(world, SLOTS - 1, 0);
	assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
	assert_int_equal(state_of(world, 0), WORKER_HASHING);
	hash_slot_give(&world->ctx);
	assert_int_equal(state_of(world, 0), WORKER_BUSY);
}

static void
waiting_ends_at_its_bound(void **state)
{
	struct world *world = *state;
	int64_t before = clock_monotonic_us(), waited;

	others(world, SLOTS, 0);
	world->config.worker_hash_wait_ms = 50;
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
	waited = clock_monotonic_us() - before;
	assert_true(waited >= 50000 && waited < 5000000);
	assert_true(world->ctx.refusal.retry_after > 0);
	assert_int_equal(state_of(world, 0), WORKER_BUSY);
}

/* DESIGN, section 3: hashing and waiting hold three quarters at most. */
static void
one_too_many_is_refused_at_once(void **state)
{
	struct world *world = *state;
	int64_t before;

	others(world, SLOTS, MOST - SLOTS - 1);
	world->config.worker_hash_wait_ms = 1;
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
	assert_string_equal(world->ctx.refusal.reason, "no hash slot in time");
	world->config.worker_hash_wait_ms = LONG_MS;
	others(world, SLOTS, MOST - SLOTS);
	before = clock_monotonic_us();
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
	assert_true(clock_monotonic_us() - before < LONG_MS * 1000 / 2);
	assert_true(world->ctx.refusal.retry_after > 0);
	assert_int_equal(state_of(world, 0), WORKER_BUSY);
	/* nor may it pass those who wait for the slot that is free */
	others(world, SLOTS - 1, MOST - SLOTS + 1);
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
}

/* More processors than workers are no reason to hash in all of them. */
static void
many_slots_still_leave_a_quarter_of_the_workers(void **state)
{
	struct world *world = *state;

	world->ctx.shared->slots = 64;
	others(world, MOST - 1, 0);
	assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
	others(world, MOST, 0);
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
}

static void
a_few_workers_can_hash_too(void **state)
{
	struct world *world = *state;

	for (int32_t workers = 1; workers <= 3; workers++) {
		world->ctx.shared->workers = workers;
		others(world, 0, 0);
		assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
		hash_slot_give(&world->ctx);
	}
}

static void
raise_to(_Atomic int *most, int value)
{
	int seen = atomic_load(most);

	while (value > seen && !atomic_compare_exchange_weak(most, &seen,
	    value))
		;
}

/* Takes slots until it has had enough of them. */
static _Noreturn void
storm(struct world *world, int index)
{
	struct board *board = world->board;

	enlist(world, index, getpid(), WORKER_BUSY);
	for (int taken = 0; taken < 40;) {
		if (hash_slot_take(&world->ctx) != ST_OK) {
			atomic_fetch_add(&board->refused, 1);
			(void)usleep(500);
			continue;
		}
		raise_to(&board->most_hashing,
		    atomic_fetch_add(&board->hashing, 1) + 1);
		(void)usleep(300);
		atomic_fetch_sub(&board->hashing, 1);
		hash_slot_give(&world->ctx);
		taken++;
	}
	atomic_fetch_add(&board->done, 1);
	_exit(0);
}

/* As many as hash or wait, seen at one moment under the lock. */
static int
held(struct world *world)
{
	struct shared *shared = world->ctx.shared;
	int count = 0;

	shared_lock(&shared->slots_lock);
	for (int i = 0; i < WORKERS; i++)
		count += state_of(world, i) == WORKER_HASHING ||
		    state_of(world, i) == WORKER_WAITING;
	shared_unlock(&shared->slots_lock);
	return count;
}

static void
in_a_storm_no_bound_is_ever_exceeded(void **state)
{
	struct world *world = *state;
	struct board *board = world->board;
	pid_t pid[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			storm(world, i);
	}
	for (int i = 0; i < 20000 && atomic_load(&board->done) < WORKERS;
	    i++) {
		raise_to(&board->most_held, held(world));
		(void)usleep(500);
	}
	for (int i = 0; i < WORKERS; i++)
		assert_int_equal(waitpid(pid[i], NULL, 0), pid[i]);
	assert_int_equal(atomic_load(&board->done), WORKERS);
	assert_in_range(atomic_load(&board->most_hashing), 1, SLOTS);
	assert_in_range(atomic_load(&board->most_held), 1, MOST);
	assert_int_equal(held(world), 0);
}

static pid_t
start_holder(struct world *world, int index)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		enlist(world, index, getpid(), WORKER_BUSY);
		if (hash_slot_take(&world->ctx) == ST_OK)
			atomic_fetch_add(&world->board->done, 1);
		for (;;)
			(void)pause();
	}
	return pid;
}

static void
wait_until(_Atomic int *value, int wanted)
{
	for (int i = 0; i < 10000 && atomic_load(value) != wanted; i++)
		(void)usleep(1000);
	assert_int_equal(atomic_load(value), wanted);
}

static void
kill_and_bury(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
the_slot_of_a_killed_worker_goes_to_the_next(void **state)
{
	struct world *world = *state;
	_Atomic int *waiting = &world->ctx.shared->worker[2].state;
	pid_t first, second, third;

	first = start_holder(world, 0);
	second = start_holder(world, 1);
	wait_until(&world->board->done, SLOTS);
	third = start_holder(world, 2);
	wait_until(waiting, WORKER_WAITING);
	kill_and_bury(first);
	assert_int_equal(state_of(world, 0), WORKER_HASHING);
	shared_reap(world->ctx.shared, first);
	assert_int_equal(state_of(world, 0), WORKER_NONE);
	wait_until(&world->board->done, SLOTS + 1);
	kill_and_bury(second);
	kill_and_bury(third);
}

static void
a_waiter_that_is_killed_is_no_longer_counted(void **state)
{
	struct world *world = *state;

	others(world, SLOTS, MOST - SLOTS);
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
	shared_reap(world->ctx.shared, MOST);
	world->config.worker_hash_wait_ms = 1;
	assert_int_equal(hash_slot_take(&world->ctx), ST_BUSY);
	assert_string_equal(world->ctx.refusal.reason, "no hash slot in time");
}

static void
giving_wakes_who_waits(void **state)
{
	struct world *world = *state;
	pid_t pid;

	others(world, SLOTS - 1, 0);
	assert_int_equal(hash_slot_take(&world->ctx), ST_OK);
	pid = start_holder(world, SLOTS + 1);
	wait_until(&world->ctx.shared->worker[SLOTS + 1].state,
	    WORKER_WAITING);
	hash_slot_give(&world->ctx);
	wait_until(&world->board->done, 1);
	kill_and_bury(pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_worker_that_runs_alone_needs_no_slot),
		TEST(a_slot_is_taken_and_given_back),
		TEST(waiting_ends_at_its_bound),
		TEST(one_too_many_is_refused_at_once),
		TEST(many_slots_still_leave_a_quarter_of_the_workers),
		TEST(a_few_workers_can_hash_too),
		TEST(in_a_storm_no_bound_is_ever_exceeded),
		TEST(the_slot_of_a_killed_worker_goes_to_the_next),
		TEST(a_waiter_that_is_killed_is_no_longer_counted),
		TEST(giving_wakes_who_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
