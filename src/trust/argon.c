#include "trust/argon.h"

#include <argon2.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef HAVE_LIBSODIUM
#include <sodium.h>
#endif

#include "base/log.h"
#include "base/panic.h"
#include "trust/password.h"
#include "trust/phc.h"

#define HUGE_PAGE ((size_t)2 * 1024 * 1024)

/*
 * libargon2 hands its allocation callbacks no argument of ours. Set for the
 * duration of one argon2_ctx call only.
 */
static _Thread_local struct password_arena *lender;

struct password_arena *
password_arena_new(void)
{
	struct password_arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		panic("password: out of memory");
#ifdef HAVE_LIBSODIUM
	if (sodium_init() < 0)
		panic("password: libsodium does not start");
#endif
	return arena;
}

static void
unmap(struct password_arena *arena)
{
	if (arena->mapping != NULL && munmap(arena->mapping, arena->mapped) < 0)
		panic("password: munmap: %s", strerror(errno));
	*arena = (struct password_arena){ 0 };
}

void
password_arena_free(struct password_arena *arena)
{
	if (arena == NULL)
		return;
	unmap(arena);
	free(arena);
}

static size_t
huge_size(size_t size)
{
	return (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
}

static bool
grow(struct password_arena *arena, size_t size)
{
	/* One page more, for the kernel need not align to huge ones. */
	size_t mapped = huge_size(size) + HUGE_PAGE;
	uint8_t *mapping;

	if (size <= arena->size)
		return true;
	unmap(arena);
	mapping = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping == MAP_FAILED)
		return false;
	arena->mapping = mapping;
	arena->mapped = mapped;
	arena->memory = mapping + (huge_size((uintptr_t)mapping) -
	    (uintptr_t)mapping);
	arena->size = huge_size(size);
	/* Both are kindnesses: a kernel without them changes no result. */
	(void)madvise(arena->memory, arena->size, MADV_HUGEPAGE);
	(void)madvise(mapping, mapped, MADV_DONTDUMP);
	return true;
}

void
argon_shrink(struct password_arena *arena, uint32_t memory_kib)
{
	if (arena->size > huge_size((size_t)memory_kib * 1024))
		unmap(arena);
}

/* The library looks at the pointer, not at what is returned. */
static int
lend(uint8_t **memory, size_t size)
{
	*memory = grow(lender, size) ? lender->memory : NULL;
	return *memory == NULL ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

/* The library has wiped what it gives back; the mapping is kept. */
static void
take_back(uint8_t *memory, size_t size)
{
	(void)memory;
	(void)size;
}

/* The library declares as writable what only its clear flags write to. */
static uint8_t *
unwritten(const void *bytes)
{
	return (uint8_t *)(uintptr_t)bytes;
}

bool
argon_reference(struct password_arena *arena, const struct phc *phc,
    const char *password, uint8_t *tag)
{
	argon2_context context = {
		.out = tag,
		.outlen = (uint32_t)phc->tag_size,
		.pwd = unwritten(password),
		.pwdlen = (uint32_t)strlen(password),
		.salt = unwritten(phc->salt),
		.saltlen = (uint32_t)phc->salt_size,
		.t_cost = phc->cost.passes,
		.m_cost = phc->cost.memory_kib,
		.lanes = phc->cost.lanes,
		.threads = 1,	/* a worker starts no threads */
		.version = phc->version,
		.allocate_cbk = lend,
		.free_cbk = take_back,
		.flags = ARGON2_DEFAULT_FLAGS
	};
	int rc;

	lender = arena;
	rc = argon2_ctx(&context, Argon2_id);
	lender = NULL;
	if (rc != ARGON2_OK)
		log_error("password", "argon2 with %u KiB: %s",
		    phc->cost.memory_kib, argon2_error_message(rc));
	return rc == ARGON2_OK;
}

#ifdef HAVE_LIBSODIUM

/*
 * libsodium uses AVX2 and computes in half the time, but only does this much.
 * It maps and unmaps memory of its own in each call; that is most of what is
 * left to save, and huge pages for all (not only on request) save it.
 */
static bool
sodium_able(const struct phc *phc)
{
	return phc->version == 19 && phc->cost.lanes == 1 &&
	    phc->salt_size == crypto_pwhash_argon2id_SALTBYTES;
}

bool
argon_compute(struct password_arena *arena, const struct phc *phc,
    const char *password, uint8_t *tag)
{
	if (!sodium_able(phc))
		return argon_reference(arena, phc, password, tag);
	if (crypto_pwhash(tag, phc->tag_size, password, strlen(password),
	    phc->salt, phc->cost.passes, (size_t)phc->cost.memory_kib * 1024,
	    crypto_pwhash_ALG_ARGON2ID13) == 0)
		return true;
	log_error("password", "libsodium with %u KiB: %s",
	    phc->cost.memory_kib, strerror(errno));
	return false;
}

#else

bool
argon_compute(struct password_arena *arena, const struct phc *phc,
    const char *password, uint8_t *tag)
{
	return argon_reference(arena, phc, password, tag);
}

#endif
