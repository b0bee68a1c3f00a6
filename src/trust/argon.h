/*
 * argon.h - compute Argon2id, in memory that is kept and wiped
 */
#ifndef TRUST_ARGON_H
#define TRUST_ARGON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phc;

struct password_arena {
	uint8_t *mapping;	/* NULL: nothing mapped */
	size_t mapped;		/* bytes to unmap */
	uint8_t *memory;	/* within, aligned for huge pages */
	size_t size;		/* bytes usable at memory; zero between uses */
};

/*
 * argon_compute - the tag of password, of phc->tag_size bytes
 *
 * Takes version, cost and salt from phc, which must be within the bounds of
 * phc.h. By libsodium where it is faster and able, else by argon_reference.
 * false: no memory; it has been logged.
 */
bool argon_compute(struct password_arena *arena, const struct phc *phc,
    const char *password, uint8_t *tag);

/* The same by libargon2, which can do all of them. */
bool argon_reference(struct password_arena *arena, const struct phc *phc,
    const char *password, uint8_t *tag);

/*
 * Gives the mapping back if it is larger than memory_kib needs, so that one
 * imported hash does not hold a worker's memory for good.
 */
void argon_shrink(struct password_arena *arena, uint32_t memory_kib);

#endif
