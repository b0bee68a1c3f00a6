#include "handle/days.h"

#include <stddef.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "ctx.h"
#include "store/page.h"

static enum status
day_read(struct ctx *ctx, const char *field, const char *text,
    int64_t *instant)
{
	if (text == NULL || text[0] == '\0' ||
	    format_read_instant(text, instant))
		return ST_OK;
	return invalid(ctx, "query", field, "Invalid input: expected a date",
	    "Write the date like 2026-11-21.");
}

enum status
days_read(struct ctx *ctx, const char *from, const char *to,
    struct days *out)
{
	int64_t last = PAGE_START - DAY_MS;
	enum status from_is, to_is;

	out->from = 0;
	from_is = day_read(ctx, "from", from, &out->from);
	to_is = day_read(ctx, "to", to, &last);
	out->to = last + DAY_MS;
	return from_is != ST_OK ? from_is : to_is;
}

enum status
moment_read(struct ctx *ctx, const char *slot, const char *field,
    const char *text, int64_t *out)
{
	if (clock_read_iso(text, out) || clock_read_iso(arena_printf(
	    ctx->arena, "%sZ", text), out))
		return ST_OK;
	return invalid(ctx, slot, field,
	    "Invalid input: expected ISO datetime",
	    "Write the time like 2026-11-21 06:51.");
}
