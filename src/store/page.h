/*
 * page.h - which part of a long list, and where the next part begins
 *
 * Lists are keyset-paged, newest first: a page is what lies behind a key.
 * Outside, the key is a cursor, text that means nothing to anybody else.
 */
#ifndef STORE_PAGE_H
#define STORE_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct db_rows;
struct json_object;

#define PAGE_LIMIT 50
#define PAGE_LIMIT_MAX 100		/* of what a stranger may ask for */
#define PAGE_ROWS_MAX 1000		/* of what the program itself asks for */
#define PAGE_CURSOR_MAX 512		/* bytes */
#define PAGE_START INT64_C(253402300799999)	/* 9999-12-31, in ms */

struct page {
	int64_t limit;		/* 1 .. PAGE_ROWS_MAX */
	bool further;		/* a cursor was given */
	int64_t at;		/* the key: an instant or a number, */
	const char *id;		/* and what decides between equal ones */
	const char *next;	/* out: cursor of the next page; NULL: none */
};

/*
 * page_first - where a list begins
 *
 * limit  brought within 1 .. PAGE_ROWS_MAX; PAGE_LIMIT when there is none.
 *        Forms hold strangers to PAGE_LIMIT_MAX.
 */
struct page page_first(int64_t limit);

/*
 * page_read - a page from what a stranger sent
 *
 * cursor  NULL or "" for the first page
 * limit   as page_first has it
 *
 * ST_VALIDATION_ERROR  it is not, byte for byte, a cursor made here
 */
enum status page_read(struct ctx *ctx, const char *cursor, int64_t limit,
    struct page *page);

/*
 * page_before - a list by time, of what is before an instant
 *
 * Says it by the key, where an index begins to read: beside the key it would
 * be passed over row by row.
 */
void page_before(struct page *page, int64_t instant);

/* The cursor that continues behind this key. */
const char *page_cursor(struct ctx *ctx, int64_t at, const char *id);

/*
 * page_rows - at most page->limit of rows into out, and page->next
 *
 * The statement asked for limit + 1. Column 0 is the id, column 1 the instant
 * (by_time) or the number that orders the list.
 */
void page_rows(struct ctx *ctx, struct page *page, bool by_time,
    const struct db_rows *rows, struct json_object *out);

#endif
