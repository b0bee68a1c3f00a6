#include "guard/shared.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/random.h"
#include "guard/hash_slot.h"

const char *const worker_state_names[WORKER_STATES] = {
	[WORKER_NONE] = "none", [WORKER_STARTING] = "starting",
	[WORKER_IDLE] = "idle", [WORKER_BUSY] = "busy",
	[WORKER_WAITING] = "waiting", [WORKER_HASHING] = "hashing",
	[WORKER_CALLING] = "calling",
};

static void
lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attributes;

	(void)pthread_mutexattr_init(&attributes);
	(void)pthread_mutexattr_setpshared(&attributes,
	    PTHREAD_PROCESS_SHARED);
	(void)pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	(void)pthread_mutex_init(lock, &attributes);
	(void)pthread_mutexattr_destroy(&attributes);
}

int
shared_create(int32_t workers, int32_t slots)
{
	int fd = memfd_create("tollgate", MFD_CLOEXEC);
	struct shared *shared;

	if (fd < 0 || ftruncate(fd, (off_t)sizeof(*shared)) != 0 ||
	    (shared = shared_map(fd)) == NULL) {
		log_error("shared", "cannot make shared memory: %s",
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	lock_init(&shared->slots_lock);
	for (int i = 0; i < LIMIT_TABLES * LIMIT_LOCKS; i++)
		lock_init(&shared->limits[i / LIMIT_LOCKS].lock[i %
		    LIMIT_LOCKS]);
	random_bytes(shared->limit_seed, sizeof(shared->limit_seed));
	shared->slots = slots;
	shared->workers = workers;
	shared->metrics.started = clock_now();
	(void)munmap(shared, sizeof(*shared));
	return fd;
}

struct shared *
shared_map(int fd)
{
	void *map = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);

	return map == MAP_FAILED ? NULL : map;
}

struct worker_slot *
shared_own(struct shared *shared)
{
	const pid_t pid = getpid();

	for (int i = 0; i < SHARED_WORKERS; i++)
		if (atomic_load(&shared->worker[i].pid) == pid)
			return &shared->worker[i];
	return NULL;
}

int
shared_count(struct shared *shared, enum worker_state state)
{
	int count = 0;

	for (int i = 0; i < SHARED_WORKERS; i++)
		if (atomic_load(&shared->worker[i].state) == (int)state)
			count++;
	return count;
}

void
shared_lock(pthread_mutex_t *lock)
{
	int rc = pthread_mutex_lock(lock);

	/* Whatever the lock guards is valid after any single store. */
	if (rc == EOWNERDEAD)
		rc = pthread_mutex_consistent(lock);
	if (rc != 0)
		panic("shared: lock: %s", strerror(rc));
}

void
shared_unlock(pthread_mutex_t *lock)
{
	(void)pthread_mutex_unlock(lock);
}

void
shared_reap(struct shared *shared, pid_t pid)
{
	for (int i = 0; i < SHARED_WORKERS; i++) {
		struct worker_slot *slot = &shared->worker[i];

		if (atomic_load(&slot->pid) != pid)
			continue;
		atomic_store(&slot->state, WORKER_NONE);
		atomic_store(&slot->pid, 0);
	}
	hash_slot_wake(shared);
}
