#include "ctx.h"

#include <stdarg.h>

#include "base/arena.h"
#include "base/buf.h"

enum status
refuse(struct ctx *ctx, enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ctx->refusal.reason = arena_vprintf(ctx->arena, format, args);
	va_end(args);
	return status;
}

void
refusal_drop(struct ctx *ctx)
{
	ctx->refusal = (struct refusal){ 0 };
}

bool
refusal_is(struct ctx *ctx, enum status status, enum status expected)
{
	if (status != expected)
		return false;
	refusal_drop(ctx);
	return true;
}

const char *
refusal_text(const struct ctx *ctx, enum status status)
{
	const char *message = ctx->refusal.message;

	return message != NULL ? message : status_text(status);
}

enum status
invalid(struct ctx *ctx, const char *slot, const char *field,
    const char *wire, const char *human)
{
	struct input_error *error = arena_alloc(ctx->arena, sizeof(*error));
	struct input_error **last = &ctx->errors;

	error->slot = slot;
	error->field = field;
	error->wire = wire;
	error->human = human;
	while (*last != NULL)
		last = &(*last)->next;
	*last = error;
	return ST_VALIDATION_ERROR;
}

const char *
invalid_text(struct ctx *ctx)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 256);
	for (const struct input_error *e = ctx->errors; e != NULL; e = e->next)
		buf_printf(&buf, "%s[%s%s%s] %s", buf.size > 0 ? "; " : "",
		    e->slot, e->field[0] != '\0' ? "." : "", e->field,
		    e->wire);
	return buf.data;
}
