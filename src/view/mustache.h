/*
 * mustache.h - templates as the view room sees them inside
 *
 * The language is https://mustache.github.io without unescaped output and
 * without delimiter changes; neither has an op below, so neither can happen.
 * mustache.c turns text into ops, templates.c names and links templates,
 * render.c runs the ops.
 */
#ifndef VIEW_MUSTACHE_H
#define VIEW_MUSTACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define MUSTACHE_SIZE_MAX ((size_t)1 << 20)	/* bytes of one template */
#define MUSTACHE_NEST_MAX 32	/* sections within sections of one template */
#define MUSTACHE_PARTIAL_MAX 32	/* partials within partials when rendering */
#define MUSTACHE_WORK_MAX 2000000	/* ops one rendering may run */

enum mustache_kind {
	MUSTACHE_TEXT,
	MUSTACHE_VARIABLE,
	MUSTACHE_SECTION,
	MUSTACHE_INVERTED,
	MUSTACHE_PARTIAL
};

struct mustache_op {
	uint8_t kind;		/* enum mustache_kind */
	bool line_start;	/* TEXT: a line begins here;
				   PARTIAL: alone on its line */
	uint16_t segments;	/* of the name; 0 is the dot */
	uint32_t size;		/* of text */
	/* TEXT: the bytes; PARTIAL: the indentation; otherwise the name, its
	 * segments one after the other, each with a NUL */
	const char *text;
	uint32_t end;		/* SECTION, INVERTED: the first op behind it */
	uint32_t line;		/* in the file, from 1 */
	union {
		const char *name;		/* until templates_link */
		const struct mustache *target;	/* and after */
	} partial;
};

struct mustache {
	const char *name;
	struct mustache_op *ops;
	size_t count;
	uint8_t mark;		/* of the search for endless recursion */
};

struct mustache_error {
	const char *name;	/* of the template, kept by reference */
	unsigned line;
	char reason[128];
};

/*
 * mustache_compile - a template from its text, of which it keeps a copy
 *
 * name is kept by reference. Everything lives in arena. Partials are named,
 * not yet resolved. NULL with *error filled when it is no such template.
 */
struct mustache *mustache_compile(struct arena *arena, const char *name,
    const char *text, size_t size, struct mustache_error *error);

struct templates {
	struct arena *arena;
	struct mustache **list;	/* by name, once linked */
	size_t count;
	size_t room;
	bool strict;
};

/*
 * templates_new, templates_add, templates_link - what templates_load does
 * with files, for texts in memory: an empty set, each template (name is
 * copied), then once the partials. False with *error filled.
 */
struct templates *templates_new(bool strict);
bool templates_add(struct templates *templates, const char *name,
    const char *text, size_t size, struct mustache_error *error);
bool templates_link(struct templates *templates, struct mustache_error *error);

/* Only after templates_link. NULL: no such template. */
const struct mustache *templates_find(const struct templates *templates,
    const char *name);

#endif
