#include "handle/admin.h"

#include "base/text.h"
#include "ctx.h"
#include "http/form.h"
#include "http/query.h"
#include "store/user_query.h"
#include "view/view.h"

_Static_assert(USER_QUERY_LIMIT_MAX == 1000, "the error says so");
#define LIMIT 100		/* users, where none is given */

struct list_users {
	const char *search, *search_field, *search_operator;
	const char *filter_field, *filter_operator;
	const char *limit, *offset, *sort_by, *direction;
};

static const char *const fields[] = { "email", "name", NULL };
static const char *const searches[] = { "contains", "starts_with",
	"ends_with", NULL };
static const char *const filters[] = { "eq", "ne", "lt", "lte", "gt", "gte",
	"in", "not_in", "contains", "starts_with", "ends_with", NULL };
static const char *const directions[] = { "asc", "desc", NULL };

#define TEXT(m, wire)							\
	FIELD_ANY(struct list_users, m, wire,				\
	    .optional = true)
#define ENUM(m, wire, list)						\
	FIELD_ENUM(struct list_users, m, wire, list, .optional = true)

static const struct form_field list_users_fields[] = {
	TEXT(search, "searchValue"),
	ENUM(search_field, "searchField", fields),
	ENUM(search_operator, "searchOperator", searches),
	TEXT(limit, "limit"),
	TEXT(offset, "offset"),
	TEXT(sort_by, "sortBy"),
	ENUM(direction, "sortDirection", directions),
	TEXT(filter_field, "filterField"),
	ENUM(filter_operator, "filterOperator", filters),
};
const struct form list_users_form = FORM(list_users_fields,
    struct list_users);

static const char *
or_else(const char *text, const char *otherwise)
{
	return text != NULL && text[0] != '\0' ? text : otherwise;
}

/* Sent again and again it is a list; NULL when it was not sent. */
static struct json_object *
filter_values(struct ctx *ctx)
{
	const struct pairs *query = &ctx->request.query;
	struct json_object *values = view_root_list(ctx->arena);

	for (size_t i = 0; i < query->count; i++)
		if (text_is(query->pair[i].name, "filterValue"))
			view_text(values, NULL, query->pair[i].value);
	return view_count(values) > 0 ? values : NULL;
}

/* What is no number was not sent, for the reference. */
static int64_t
read_number(const char *text)
{
	int64_t number;

	return text != NULL && text_int(text, INT64_MIN + 1, INT64_MAX,
	    &number) ? number : 0;
}

static void
show_number(struct ctx *ctx, const char *name, int64_t number)
{
	if (number != 0)
		view_int(ctx->view, name, number);
}

/* The reference answers a question that its database refuses with nobody. */
static enum status
answer(struct ctx *ctx, struct user_query *query)
{
	struct json_object *users = view_list(ctx->view, "users");
	int64_t total = 0;
	enum status status = ST_INVALID;

	if (query->limit == 0)
		query->limit = LIMIT;
	if (query->limit > 0 && query->offset >= 0)
		status = store_user_query(ctx, query, users, &total);
	view_int(ctx->view, "total", total);
	return status == ST_INVALID ? ST_OK : status;
}

enum status
list_users(struct ctx *ctx)
{
	const struct list_users *input = ctx->input;
	struct user_query query = {
		.search = input->search,
		.search_field = or_else(input->search_field, "email"),
		.search_operator = or_else(input->search_operator, "contains"),
		.filter = filter_values(ctx),
		.filter_field = or_else(input->filter_field, "email"),
		.filter_operator = or_else(input->filter_operator, "eq"),
		.sort_by = or_else(input->sort_by, NULL),
		.descending = text_is(input->direction, "desc"),
		.limit = read_number(input->limit),
		.offset = read_number(input->offset),
	};
	const int64_t limit = query.limit;

	if (limit > USER_QUERY_LIMIT_MAX)
		return invalid(ctx, "query", "limit", "Too big: expected "
		    "number to be <=1000",
		    "That is too much at once.");
	TRY(answer(ctx, &query));
	show_number(ctx, "limit", limit);
	show_number(ctx, "offset", query.offset);
	return ST_OK;
}
