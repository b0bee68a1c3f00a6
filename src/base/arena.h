/*
 * arena.h - the memory of one request
 *
 * A worker owns one arena. What a request needs comes from it and is gone,
 * wiped, at arena_reset. Things with their own destructor join it the moment
 * they exist (arena_defer), so every early return is safe.
 *
 * Allocation does not fail: a request whose arena would grow beyond its cap
 * has broken a bound that was checked at the door, and the process panics.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/*
 * arena_new - an empty arena that may hold at most cap bytes
 *
 * Lives until arena_free. The first block is allocated here and kept over
 * resets, so an ordinary request costs no malloc.
 */
struct arena *arena_new(size_t cap);

/* Runs what was deferred, wipes and releases everything. NULL is allowed. */
void arena_free(struct arena *arena);

/*
 * arena_reset - end of a request
 *
 * Runs deferred destructors, last in first out, then overwrites every byte
 * that was handed out and makes the arena empty again.
 */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type, owned by the arena. size 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc(count * size); a product that overflows panics. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of text, or of its first size bytes. */
char *arena_text(struct arena *arena, const char *text);
char *arena_copy(struct arena *arena, const char *bytes, size_t size);

/* printf into the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

/* Calls destroy(thing) at the next reset, before memory goes. */
void arena_defer(struct arena *arena, void (*destroy)(void *), void *thing);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

#endif
