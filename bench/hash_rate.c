/*
 * How many passwords this machine verifies a second when it does nothing else:
 * the hash as tollgate computes it, in as many processes as there are slots.
 *
 *   hash_rate PROCESSES SECONDS MEMORY_KIB PASSES
 *
 * Prints verifications a second, of all processes together.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "trust/password.h"

static const char password[] = "correct horse battery staple";

/* Hashes until the time is up and tells how many. */
static void
count_hashes(int report, const struct password_cost *cost, int64_t until_us)
{
	struct password_arena *arena = password_arena_new();
	char hash[PASSWORD_HASH_SIZE];
	uint64_t count = 0;

	if (!password_hash(arena, cost, password, hash))
		_exit(1);
	for (; clock_monotonic_us() < until_us; count++)
		if (password_verify(arena, cost, hash, password) !=
		    PASSWORD_RIGHT)
			_exit(1);
	if (write(report, &count, sizeof(count)) != sizeof(count))
		_exit(1);
	_exit(0);
}

int
main(int argc, char **argv)
{
	const struct password_cost cost = {
		.memory_kib = argc > 3 ? (uint32_t)atoi(argv[3]) : 19456,
		.passes = argc > 4 ? (uint32_t)atoi(argv[4]) : 2,
		.lanes = 1
	};
	int processes = argc > 1 ? atoi(argv[1]) : 1;
	int seconds = argc > 2 ? atoi(argv[2]) : 5;
	int64_t start = clock_monotonic_us();
	uint64_t count, total = 0;
	int report[2];

	if (processes < 1 || seconds < 1 || pipe(report) != 0)
		return 2;
	for (int i = 0; i < processes; i++)
		if (fork() == 0)
			count_hashes(report[1], &cost,
			    start + (int64_t)seconds * 1000000);
	for (int i = 0; i < processes; i++) {
		int status;

		if (wait(&status) < 0 || status != 0 ||
		    read(report[0], &count, sizeof(count)) != sizeof(count))
			return 1;
		total += count;
	}
	(void)printf("%.2f\n", (double)total * 1e6 /
	    (double)(clock_monotonic_us() - start));
	return 0;
}
