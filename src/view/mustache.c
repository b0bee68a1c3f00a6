#include "view/mustache.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/panic.h"
#include "base/text.h"

struct tag {
	char sigil;		/* or the first byte of the name */
	bool alone;		/* on its line */
	char *line;		/* where the line of begin begins */
	char *begin;		/* its braces */
	char *from, *to;	/* what it names, without white space */
	char *end;		/* behind its braces; alone: behind the line */
};

struct compiler {
	struct mustache_op *ops;
	size_t count;
	char *at;		/* the first byte not yet compiled */
	char *end;
	char *line;		/* where the line of at begins */
	unsigned number;	/* of that line */
	unsigned tag_number;	/* of the line where the current tag begins */
	size_t open[MUSTACHE_NEST_MAX];	/* sections, as indices into ops */
	size_t depth;
	struct mustache_error *error;
};

static bool fail(struct compiler *c, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool
fail(struct compiler *c, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	c->error->line = line;
	vsnprintf(c->error->reason, sizeof(c->error->reason), format, args);
	va_end(args);
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\n';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static struct mustache_op *
op_new(struct compiler *c, enum mustache_kind kind)
{
	struct mustache_op *op = &c->ops[c->count++];

	op->kind = (uint8_t)kind;
	op->line = c->tag_number;
	return op;
}

static void
add_text(struct compiler *c, const char *end, bool line_start)
{
	struct mustache_op *op = op_new(c, MUSTACHE_TEXT);

	op->text = c->at;
	op->size = (uint32_t)(end - c->at);
	op->line_start = line_start;
	c->at += op->size;
}

/*
 * Text up to end. A tag that begins a line within the text's reach, without a
 * byte of its own before it, still needs that line announced, because a
 * partial may be indented; hence the text of no bytes.
 */
static void
compile_text(struct compiler *c, char *end, bool tag_follows)
{
	const bool fresh = c->at == c->line;

	for (char *p = c->at; p < end; p++) {
		if (*p != '\n')
			continue;
		c->number++;
		c->line = p + 1;
	}
	if (end > c->at)
		add_text(c, end, fresh);
	if (tag_follows && c->line == end)
		add_text(c, end, true);
}

/*
 * A tag alone on its line, or lines, takes the line with it: where the next
 * one begins, or NULL. Another tag on the line is never blank, because its
 * last brace is never overwritten.
 */
static char *
line_behind(const struct compiler *c, const struct tag *tag)
{
	char *p = tag->end;

	for (const char *q = tag->line; q < tag->begin; q++)
		if (!is_blank(*q))
			return NULL;
	while (p < c->end && is_blank(*p))
		p++;
	if (p == c->end)
		return p;
	if (p[0] == '\r' && c->end - p > 1 && p[1] == '\n')
		p++;
	return *p == '\n' ? p + 1 : NULL;
}

static bool
scan_tag(struct compiler *c, char *begin, struct tag *tag)
{
	char *line = memrchr(c->at, '\n', (size_t)(begin - c->at));

	tag->begin = begin;
	tag->line = line == NULL ? c->line : line + 1;
	tag->from = begin + 2;
	tag->to = memmem(tag->from, (size_t)(c->end - tag->from), "}}", 2);
	if (tag->to == NULL)
		return false;
	tag->end = tag->to + 2;
	tag->sigil = *tag->from;
	tag->alone = false;
	if (memchr("#^/>!", tag->sigil, 5) != NULL) {
		char *next = line_behind(c, tag);

		tag->from++;
		tag->alone = next != NULL;
		tag->end = tag->alone ? next : tag->end;
	}
	while (tag->from < tag->to && is_space(*tag->from))
		tag->from++;
	while (tag->to > tag->from && is_space(tag->to[-1]))
		tag->to--;
	return true;
}

/*
 * The name between from and to, split where it stands: the dots and the byte
 * behind it, which belongs to the tag, become NUL.
 */
static bool
read_path(struct compiler *c, struct mustache_op *op, char *from, char *to)
{
	bool dot = true;	/* as if one stood before the name */

	*to = '\0';
	op->text = from;
	op->size = (uint32_t)(to - from);
	if (op->size == 1 && *from == '.')
		return true;
	for (char *p = from; p < to; p++) {
		if (!is_name(*p) && (*p != '.' || dot))
			return fail(c, op->line, "'%s' is no name", from);
		dot = *p == '.';
	}
	if (dot || op->size > 255)
		return fail(c, op->line, "'%s' is no name", from);
	op->segments = 1;
	for (char *p = from; p < to; p++) {
		if (*p != '.')
			continue;
		*p = '\0';
		op->segments++;
	}
	return true;
}

static bool
close_section(struct compiler *c, char *from, char *to)
{
	struct mustache_op close = { .line = c->tag_number }, *section;

	if (!read_path(c, &close, from, to))
		return false;
	if (c->depth == 0)
		return fail(c, close.line, "nothing is open to be closed");
	section = &c->ops[c->open[--c->depth]];
	if (section->size != close.size ||
	    memcmp(section->text, close.text, close.size) != 0)
		return fail(c, close.line,
		    "the section of line %u is to be closed first",
		    section->line);
	section->end = (uint32_t)c->count;
	return true;
}

/* Names of partials are paths below the directory, and cannot leave it. */
static bool
read_partial(struct compiler *c, struct mustache_op *op, char *from, char *to)
{
	bool slash = true;

	*to = '\0';
	for (const char *p = from; p < to; p++) {
		if (!is_name(*p) && (*p != '/' || slash))
			return fail(c, op->line, "'%s' is no partial", from);
		slash = *p == '/';
	}
	if (slash)
		return fail(c, op->line, "'%s' is no partial", from);
	op->partial.name = from;
	return true;
}

static bool
add_partial(struct compiler *c, const struct tag *tag)
{
	struct mustache_op *op = op_new(c, MUSTACHE_PARTIAL);

	op->line_start = tag->alone;
	op->text = tag->line;
	op->size = tag->alone ? (uint32_t)(tag->begin - tag->line) : 0;
	return read_partial(c, op, tag->from, tag->to);
}

static bool
add_section(struct compiler *c, enum mustache_kind kind, const struct tag *tag)
{
	if (c->depth == MUSTACHE_NEST_MAX)
		return fail(c, c->tag_number, "sections nest too deeply");
	c->open[c->depth++] = c->count;
	return read_path(c, op_new(c, kind), tag->from, tag->to);
}

static bool
add_op(struct compiler *c, const struct tag *tag)
{
	switch (tag->sigil) {
	case '!':
		return true;
	case '#':
		return add_section(c, MUSTACHE_SECTION, tag);
	case '^':
		return add_section(c, MUSTACHE_INVERTED, tag);
	case '/':
		return close_section(c, tag->from, tag->to);
	case '>':
		return add_partial(c, tag);
	case '{':
	case '&':
		return fail(c, c->tag_number,
		    "'{{%c': there is no unescaped output", tag->sigil);
	case '=':
		return fail(c, c->tag_number,
		    "'{{=': there is no change of delimiters");
	}
	return read_path(c, op_new(c, MUSTACHE_VARIABLE), tag->from, tag->to);
}

static bool
compile_tag(struct compiler *c, char *begin)
{
	struct tag tag;
	const bool closed = scan_tag(c, begin, &tag);

	compile_text(c, closed && tag.alone ? tag.line : begin,
	    !closed || !tag.alone);
	c->tag_number = c->number;
	if (!closed)
		return fail(c, c->tag_number, "a tag is not closed");
	for (const char *p = begin; p < tag.end; p++)
		c->number += *p == '\n';
	c->at = tag.end;
	if (tag.alone)
		c->line = tag.end;
	return add_op(c, &tag);
}

static bool
compile_all(struct compiler *c)
{
	char *begin;

	while ((begin = memmem(c->at, (size_t)(c->end - c->at), "{{", 2)) !=
	    NULL)
		if (!compile_tag(c, begin))
			return false;
	compile_text(c, c->end, false);
	if (c->depth > 0)
		return fail(c, c->ops[c->open[c->depth - 1]].line,
		    "the section that begins here is not closed");
	return true;
}

/* A tag makes at most two texts before it and one op of its own. */
static size_t
count_ops_max(const char *text, size_t size)
{
	const char *end = text + size;
	size_t count = 1;

	while ((text = memmem(text, (size_t)(end - text), "{{", 2)) != NULL) {
		count += 3;
		text += 2;
	}
	return count;
}

struct mustache *
mustache_compile(struct arena *arena, const char *name, const char *text,
    size_t size, struct mustache_error *error)
{
	struct mustache *template = arena_alloc(arena, sizeof(*template));
	struct compiler c = { .number = 1, .tag_number = 1, .error = error };
	bool compiled;

	template->name = error->name = name;
	if (size > MUSTACHE_SIZE_MAX || !text_utf8(text, size)) {
		fail(&c, 1, "too large, or not UTF-8");
		return NULL;
	}
	c.at = c.line = arena_copy(arena, text, size);
	c.end = c.at + size;
	c.ops = calloc(count_ops_max(text, size), sizeof(*c.ops));
	if (c.ops == NULL)
		panic("mustache: out of memory");
	compiled = compile_all(&c);
	if (compiled) {
		template->count = c.count;
		template->ops = arena_array(arena, c.count, sizeof(*c.ops));
		memcpy(template->ops, c.ops, c.count * sizeof(*c.ops));
	}
	free(c.ops);
	return compiled ? template : NULL;
}
