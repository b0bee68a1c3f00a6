#include "store/page.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

const char *
page_cursor(struct ctx *ctx, int64_t at, const char *id)
{
	const char *key = arena_printf(ctx->arena, "%lld|%s", (long long)at,
	    id);
	char *cursor = arena_alloc(ctx->arena,
	    TEXT_BASE64_SIZE(strlen(key)));

	text_base64url(cursor, (const uint8_t *)key, strlen(key));
	return cursor;
}

static bool
cursor_read(struct ctx *ctx, const char *cursor, struct page *page)
{
	const size_t length = strlen(cursor);
	char *key = arena_alloc(ctx->arena, length / 4 * 3 + 4);
	long size;
	char *bar;

	if (length > PAGE_CURSOR_MAX)
		return false;
	size = text_unbase64url((uint8_t *)key, cursor, length);
	if (size < 0 || !text_utf8(key, (size_t)size))
		return false;
	key[size] = '\0';
	bar = strchr(key, '|');
	if (bar == NULL)
		return false;
	*bar = '\0';
	page->id = bar + 1;
	return text_int(key, 0, PAGE_START, &page->at) &&
	    text_is(cursor, page_cursor(ctx, page->at, page->id));
}

struct page
page_first(int64_t limit)
{
	return (struct page){ .at = PAGE_START, .id = "",
	    .limit = limit < 1 ? PAGE_LIMIT :
	    limit > PAGE_ROWS_MAX ? PAGE_ROWS_MAX : limit };
}

enum status
page_read(struct ctx *ctx, const char *cursor, int64_t limit,
    struct page *page)
{
	*page = page_first(limit);
	if (cursor == NULL || cursor[0] == '\0')
		return ST_OK;
	page->further = true;
	if (cursor_read(ctx, cursor, page))
		return ST_OK;
	return invalid(ctx, "query", "cursor", "Invalid input",
	    "This page of the list does not exist.");
}

void
page_before(struct page *page, int64_t instant)
{
	if (page->at < instant)
		return;
	page->at = instant;
	page->id = "";
}

void
page_rows(struct ctx *ctx, struct page *page, bool by_time,
    const struct db_rows *rows, struct json_object *out)
{
	const size_t limit = (size_t)page->limit;
	const size_t shown = rows->count > limit ? limit : rows->count;
	int64_t at;

	for (size_t row = 0; row < shown; row++)
		db_view_row(view_object(out, NULL), rows, row);
	page->next = NULL;
	if (shown == rows->count)
		return;
	at = by_time ? db_get_time(rows, shown - 1, 1) :
	    db_get_int(rows, shown - 1, 1);
	page->next = page_cursor(ctx, at, db_get_text(rows, shown - 1, 0));
}
