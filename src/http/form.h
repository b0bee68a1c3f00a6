/*
 * form.h - a table of fields between strangers and handlers
 *
 * A row's form takes the same fields from a form body, a JSON body or (GET)
 * the query, before the guard runs, and fills a struct: a handler sees
 * bounded values or is not called. Every error found is reported, in the
 * order of the table.
 */
#ifndef HTTP_FORM_H
#define HTTP_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

enum field_type {
	FIELD_TYPE_TEXT,	/* const char *; bounds in UTF-16 units */
	FIELD_TYPE_EMAIL,	/* const char *, the contract's syntax */
	FIELD_TYPE_INT,		/* int64_t; a decimal text in forms */
	FIELD_TYPE_BOOL,	/* enum choice; on a page "on" is yes */
	FIELD_TYPE_ENUM,	/* const char *, one of options */
	FIELD_TYPE_WORDS,	/* const char *: a text, or a list of texts,
				 * which arrives joined by commas */
	FIELD_TYPE_OBJECT	/* struct json_object *, borrowed */
};

/* An optional boolean: absent is not false. */
enum choice { CHOICE_ABSENT = -1, CHOICE_NO = 0, CHOICE_YES = 1 };

struct form_field {
	const char *name;	/* on the wire, camelCase */
	enum field_type type;
	size_t offset;
	size_t when;		/* as a route's: not there while it is off */
	bool optional;		/* absent: NULL, CHOICE_ABSENT, or FIELD_NONE */
	bool nullable;		/* JSON null is allowed and means absent */
	bool secret;		/* never shown again after an error */
	bool coerced;		/* TEXT: anything becomes one, as in JavaScript */
	int64_t min, max;
	const char *const *options;	/* NULL-terminated, for ENUM */
	const char *label;	/* how a person calls it, "Amount" */
	const char *too_short;	/* the contract's own text for it; or NULL */
};

#define FIELD_NONE INT64_MIN	/* an optional integer that is absent */

struct form {
	const struct form_field *fields;
	size_t count;
	size_t size;		/* of the struct filled in */
	bool record;		/* contract: type errors say "record" */
	bool object_and_record;	/* contract: sign-up says both */
	bool form_body;		/* contract: urlencoded is allowed, too */
	enum status (*check)(struct ctx *ctx);	/* of right fields: what no
				 * field alone can say; or NULL */
};

#define WHEN_FIELD(section) .when = offsetof(struct config, section##_enabled)

/* The member's type is checked at compile time. */
#define FIELD_AT(s, m, t) \
	(offsetof(s, m) + 0 * sizeof(char[_Generic(((s *)0)->m, t: 1, \
	    default: -1)]))
#define FIELD_TEXT(s, m, wire, lo, hi, ...)				\
	{ .name = (wire), .type = FIELD_TYPE_TEXT,			\
	  .offset = FIELD_AT(s, m, const char *), .min = (lo), .max = (hi), \
	  __VA_ARGS__ }
/*
 * Any text: the contract has no bound for it, what is wrong with it is told by
 * a code of its own, or it is only compared with what is stored. The body's
 * size is bounded.
 */
#define FIELD_ANY(s, m, wire, ...)					\
	FIELD_TEXT(s, m, wire, 0, INT32_MAX, __VA_ARGS__)
#define FIELD_EMAIL(s, m, wire, ...)					\
	{ .name = (wire), .type = FIELD_TYPE_EMAIL,			\
	  .offset = FIELD_AT(s, m, const char *), .max = 254, __VA_ARGS__ }
#define FIELD_INT(s, m, wire, lo, hi, ...)				\
	{ .name = (wire), .type = FIELD_TYPE_INT,			\
	  .offset = FIELD_AT(s, m, int64_t), .min = (lo), .max = (hi),	\
	  __VA_ARGS__ }
#define FIELD_BOOL(s, m, wire, ...)					\
	{ .name = (wire), .type = FIELD_TYPE_BOOL,			\
	  .offset = FIELD_AT(s, m, enum choice), __VA_ARGS__ }
#define FIELD_ENUM(s, m, wire, list, ...)				\
	{ .name = (wire), .type = FIELD_TYPE_ENUM,			\
	  .offset = FIELD_AT(s, m, const char *), .options = (list),	\
	  __VA_ARGS__ }
#define FIELD_WORDS(s, m, wire, lo, hi, ...)				\
	{ .name = (wire), .type = FIELD_TYPE_WORDS,			\
	  .offset = FIELD_AT(s, m, const char *), .min = (lo), .max = (hi), \
	  __VA_ARGS__ }
#define FIELD_OBJECT(s, m, wire, ...)					\
	{ .name = (wire), .type = FIELD_TYPE_OBJECT,			\
	  .offset = FIELD_AT(s, m, struct json_object *), __VA_ARGS__ }

#define FORM(list, s, ...)						\
	{ .fields = (list), .count = sizeof(list) / sizeof((list)[0]),	\
	  .size = sizeof(s), __VA_ARGS__ }

/*
 * body_parse - the body as ctx->body, by its content type
 *
 * A raw row's stays as it came.
 *
 * Runs for every routed request that has a body (contract README, section 3):
 * JSON for programs, urlencoded for pages and where the form allows it.
 *
 * ST_UNSUPPORTED_MEDIA_TYPE, ST_BAD_REQUEST (malformed; a key twice; too deep)
 */
enum status body_parse(struct ctx *ctx);

/*
 * form_read - ctx->body or the query through the row's form into ctx->input
 *
 * ST_OK with ctx->input NULL when form is NULL.
 * ST_VALIDATION_ERROR with ctx->errors filled.
 */
enum status form_read(struct ctx *ctx, const struct form *form);

/*
 * form_view - what was typed, field by field, into out for the page that is
 * shown again
 *
 * Secret fields, and those nothing was sent for, become null unless out has
 * them already.
 */
void form_view(struct ctx *ctx, const struct form *form,
    struct json_object *out);

#endif
