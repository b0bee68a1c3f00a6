#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/panic.h"

#define BLOCK_BYTES ((size_t)32 * 1024)

struct block {
	struct block *next;
	size_t size;
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *next;
	void (*destroy)(void *);
	void *thing;
};

struct arena {
	struct block *block;	/* the newest; the first one is last */
	struct deferred *deferred;
	size_t total;		/* of all blocks */
	size_t cap;
};

static struct block *
block_new(size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		panic("arena: out of memory (%zu bytes)", size);
	block->size = size;
	return block;
}

struct arena *
arena_new(size_t cap)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		panic("arena: out of memory");
	arena->cap = cap;
	arena->block = block_new(BLOCK_BYTES);
	arena->total = BLOCK_BYTES;
	return arena;
}

void
arena_reset(struct arena *arena)
{
	struct block *block;

	while (arena->deferred != NULL) {
		struct deferred *last = arena->deferred;

		arena->deferred = last->next;
		last->destroy(last->thing);
	}
	while ((block = arena->block)->next != NULL) {
		arena->block = block->next;
		arena->total -= block->size;
		explicit_bzero(block->data, block->used);
		free(block);
	}
	explicit_bzero(block->data, block->used);
	block->used = 0;
}

void
arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	free(arena->block);
	free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct block *block = arena->block;
	void *memory;

	if (size > arena->cap)
		panic("arena: %zu bytes exceed the cap of %zu", size,
		    arena->cap);
	size = (size + align - 1) / align * align;
	if (size > block->size - block->used) {
		size_t want = size > BLOCK_BYTES ? size : BLOCK_BYTES;

		/* the first block may be larger than a small cap */
		if (arena->total >= arena->cap ||
		    want > arena->cap - arena->total)
			panic("arena: the cap of %zu bytes is reached",
			    arena->cap);
		block = block_new(want);
		block->next = arena->block;
		arena->block = block;
		arena->total += want;
	}
	/* Zeros: as it was made, or as it was wiped. */
	memory = block->data + block->used;
	block->used += size;
	return memory;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		panic("arena: %zu times %zu bytes", count, size);
	return arena_alloc(arena, bytes);
}

char *
arena_copy(struct arena *arena, const char *bytes, size_t size)
{
	char *copy;

	if (size == SIZE_MAX)
		panic("arena: a text without end");
	copy = arena_alloc(arena, size + 1);
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

char *
arena_text(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

/* Printed to where it will be; only what does not fit there is printed twice,
 * and leaves the zeros behind that others will be given. */
char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	struct block *block = arena->block;
	char *text = (char *)block->data + block->used;
	const size_t room = block->size - block->used;
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(text, room, format, args);
	if (length < 0)
		panic("arena: cannot format '%s'", format);
	if ((size_t)length >= room) {
		explicit_bzero(text, room);
		text = arena_alloc(arena, (size_t)length + 1);
		if (vsnprintf(text, (size_t)length + 1, format, again) !=
		    length)
			panic("arena: '%s' changed its length", format);
	} else
		(void)arena_alloc(arena, (size_t)length + 1);
	va_end(again);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void
arena_defer(struct arena *arena, void (*destroy)(void *), void *thing)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	deferred->destroy = destroy;
	deferred->thing = thing;
	deferred->next = arena->deferred;
	arena->deferred = deferred;
}

size_t
arena_used(const struct arena *arena)
{
	size_t used = 0;

	for (const struct block *b = arena->block; b != NULL; b = b->next)
		used += b->used;
	return used;
}
