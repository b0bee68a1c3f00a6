/*
 * user_query.h - users as the wire's list-users asks for them
 *
 * contract/admin.md, "list-users query": any column may sort and filter, so
 * the statement is put together, from constants alone, and planned for what
 * is asked. Our own lists are in user_list.h.
 */
#ifndef STORE_USER_QUERY_H
#define STORE_USER_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define USER_QUERY_LIMIT_MAX 1000

/* Columns by their names on the wire; NULL is "not asked for". */
struct user_query {
	const char *search;		/* with its case; "" is none */
	const char *search_field;	/* "email" or "name" */
	const char *search_operator;	/* contains starts_with ends_with */
	struct json_object *filter;	/* list of texts, one or more; or NULL */
	const char *filter_field;
	const char *filter_operator;	/* the same, or eq ne lt lte gt gte,
					 * or in not_in, of any of the list */
	const char *sort_by;		/* NULL: newest first */
	bool descending;
	int64_t limit;			/* 1 .. USER_QUERY_LIMIT_MAX */
	int64_t offset;			/* 0 or more */
};

/*
 * store_user_query - the users into list out as the wire shows them, and how
 * many there are in all, exactly
 *
 * At most two statements.
 * ST_INVALID  a column that does not exist, or a value or an operator it
 *             cannot have; nothing was asked
 */
enum status store_user_query(struct ctx *ctx, const struct user_query *query,
    struct json_object *out, int64_t *total);

#endif
