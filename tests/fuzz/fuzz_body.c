#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "http/form.h"
#include "routes.h"
#include "view/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A field of each type, as the wire reads its bodies. */
struct fields {
	const char *text, *email, *choice, *words, *anything;
	int64_t number;
	enum choice truth;
	struct json_object *object;
};

static const char *const choices[] = { "eq", "in", NULL };
static const struct form_field fields[] = {
	FIELD_TEXT(struct fields, text, "t", 1, 8, .optional = true),
	FIELD_EMAIL(struct fields, email, "e", .optional = true),
	FIELD_ENUM(struct fields, choice, "c", choices, .optional = true),
	FIELD_WORDS(struct fields, words, "w", 1, 20, .optional = true),
	FIELD_TEXT(struct fields, anything, "a", 0, 20, .coerced = true),
	FIELD_INT(struct fields, number, "n", -5, 5, .optional = true,
	    .nullable = true),
	FIELD_BOOL(struct fields, truth, "b", .optional = true),
	FIELD_OBJECT(struct fields, object, "o", .optional = true),
};
static const struct form form = FORM(fields, struct fields);
static const struct route route = { .face = FACE_AUTH,
	.method = METHOD_POST, .path = "/x", .form = &form };

static void
bounded(const char *text, size_t min, size_t max)
{
	if (text != NULL && (text_utf16_length(text) < min ||
	    text_utf16_length(text) > max || !text_utf8(text, strlen(text))))
		abort();
}

/* What is read as an instant is written as one that is read the same. */
static void
try_instant(const char *text)
{
	char out[CLOCK_ISO_SIZE];
	int64_t instant, again;

	if (text == NULL || !clock_read_iso(text, &instant))
		return;
	clock_iso(out, instant);
	if (!clock_read_iso(out, &again) || again != instant)
		abort();
}

/* No words have more power than super_admin. */
static void
try_roles(const char *words)
{
	if (words != NULL && (permissions_of(words) &
	    ~permissions_of("super_admin")) != 0)
		abort();
}

static void
check(const struct fields *in)
{
	bounded(in->text, 1, 8);
	bounded(in->words, 1, 20);
	bounded(in->anything, 0, 20);
	if (in->anything == NULL || (in->email != NULL &&
	    !text_email(in->email)))
		abort();
	if (in->choice != NULL && in->choice != choices[0] &&
	    in->choice != choices[1])
		abort();
	if (in->number != FIELD_NONE && (in->number < -5 || in->number > 5))
		abort();
	if (in->object != NULL && !view_is_object(in->object))
		abort();
	try_instant(in->anything);
	try_roles(in->words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ctx ctx = { .arena = arena_new((size_t)1 << 22),
		.route = &route };

	ctx.request.method = METHOD_POST;
	ctx.request.content_type = "application/json";
	ctx.request.body = (const char *)data;
	ctx.request.body_size = size;
	if (size <= 65536 && body_parse(&ctx) == ST_OK) {
		if (form_read(&ctx, &form) == ST_OK)
			check(ctx.input);
		else if (ctx.errors == NULL)
			abort();
	}
	arena_free(ctx.arena);
	return 0;
}
