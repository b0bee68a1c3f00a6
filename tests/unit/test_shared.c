#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "guard/shared.h"

static int
setup(void **state)
{
	int fd = shared_create(6, 3);

	*state = shared_map(fd);
	return close(fd) == 0 && *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	return munmap(*state, sizeof(struct shared));
}

static void
it_begins_empty_but_for_its_sizes_seed_and_age(void **state)
{
	static const uint8_t zero[sizeof(struct limit_entry)];
	struct shared *shared = *state;

	assert_int_equal(shared->workers, 6);
	assert_int_equal(shared->slots, 3);
	assert_memory_not_equal(shared->limit_seed, zero,
	    sizeof(shared->limit_seed));
	for (int i = 0; i < SHARED_WORKERS; i++) {
		assert_int_equal(atomic_load(&shared->worker[i].pid), 0);
		assert_int_equal(atomic_load(&shared->worker[i].state),
		    WORKER_NONE);
	}
	for (int i = 0; i < LIMIT_BUCKETS; i++)
		assert_memory_equal(&shared->limits[LIMIT_REQUESTS].entry[i],
		    zero, sizeof(zero));
	assert_true(shared->metrics.started > 0);
}

static void
each_memory_has_a_seed_of_its_own(void **state)
{
	const struct shared *shared = *state;
	int fd = shared_create(6, 3);
	struct shared *other = shared_map(fd);

	assert_non_null(other);
	assert_memory_not_equal(shared->limit_seed, other->limit_seed,
	    sizeof(shared->limit_seed));
	(void)close(fd);
	(void)munmap(other, sizeof(*other));
}

static void
two_mappings_are_one_memory(void **state)
{
	int fd = shared_create(6, 3);
	struct shared *one = shared_map(fd), *two = shared_map(fd);

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	atomic_store(&one->worker[5].served, 77);
	assert_int_equal(atomic_load(&two->worker[5].served), 77);
	(void)close(fd);
	(void)munmap(one, sizeof(*one));
	(void)munmap(two, sizeof(*two));
}

static void
what_cannot_be_mapped_is_null(void **state)
{
	(void)state;
	assert_null(shared_map(-1));
}

/* Killed between lock and unlock, at any instruction. */
static void
a_lock_outlives_its_owner(void **state)
{
	struct shared *shared = *state;
	pthread_mutex_t *const locks[] = { &shared->slots_lock,
		&shared->limits[0].lock[0],
		&shared->limits[LIMIT_TABLES - 1].lock[LIMIT_LOCKS - 1] };

	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			shared_lock(locks[i]);
			(void)kill(getpid(), SIGKILL);
		}
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		/* the heir repairs it; after that it is a lock again */
		for (int round = 0; round < 3; round++) {
			shared_lock(locks[i]);
			shared_unlock(locks[i]);
		}
	}
}

static void
a_lock_is_held_by_one_process_at_a_time(void **state)
{
	struct shared *shared = *state;
	pid_t pid[4];
	int64_t *count = &shared->limits[0].entry[0][0].last_ms;

	for (int i = 0; i < 4; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] != 0)
			continue;
		for (int round = 0; round < 20000; round++) {
			shared_lock(&shared->limits[0].lock[0]);
			++*count;
			shared_unlock(&shared->limits[0].lock[0]);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(waitpid(pid[i], NULL, 0), pid[i]);
	assert_true(*count == 80000);
}

static void
reaping_frees_the_dead_workers_place_only(void **state)
{
	struct shared *shared = *state;

	for (int i = 0; i < 3; i++) {
		atomic_store(&shared->worker[i].pid, 100 + i);
		atomic_store(&shared->worker[i].state, WORKER_HASHING);
	}
	shared_reap(shared, 101);
	shared_reap(shared, 999);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(atomic_load(&shared->worker[i].pid),
		    i == 1 ? 0 : 100 + i);
		assert_int_equal(atomic_load(&shared->worker[i].state),
		    i == 1 ? WORKER_NONE : WORKER_HASHING);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_begins_empty_but_for_its_sizes_seed_and_age),
		TEST(each_memory_has_a_seed_of_its_own),
		TEST(two_mappings_are_one_memory),
		TEST(what_cannot_be_mapped_is_null),
		TEST(a_lock_outlives_its_owner),
		TEST(a_lock_is_held_by_one_process_at_a_time),
		TEST(reaping_frees_the_dead_workers_place_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
