#include "store/user_query.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/user.h"
#include "store/user_list.h"
#include "view/view.h"

enum column_type { COLUMN_TEXT, COLUMN_BOOL, COLUMN_TIME };
static const char *const casts[] = { [COLUMN_TEXT] = "text",
	[COLUMN_BOOL] = "boolean", [COLUMN_TIME] = "timestamptz" };

static const struct column {
	const char *name;		/* on the wire */
	const char *sql;
	enum column_type type;
	bool username;			/* is there with that feature only */
} columns[] = {
	{ "id", "u.id", COLUMN_TEXT, false },
	{ "name", "u.name", COLUMN_TEXT, false },
	{ "email", "u.email", COLUMN_TEXT, false },
	{ "emailVerified", "u.email_verified", COLUMN_BOOL, false },
	{ "image", "u.image", COLUMN_TEXT, false },
	{ "createdAt", "u.created_at", COLUMN_TIME, false },
	{ "updatedAt", "u.updated_at", COLUMN_TIME, false },
	{ "role", "u.role", COLUMN_TEXT, false },
	{ "banned", "u.banned", COLUMN_BOOL, false },
	{ "banReason", "u.ban_reason", COLUMN_TEXT, false },
	{ "banExpires", "u.ban_expires_at", COLUMN_TIME, false },
	{ "username", "u.username", COLUMN_TEXT, true },
	{ "displayUsername", "u.display_username", COLUMN_TEXT, true },
};

enum operator_kind { COMPARES, LISTS, RESEMBLES };

static const struct operator {
	const char *name;		/* on the wire */
	enum operator_kind kind;
	const char *sql;
	const char *before, *after;	/* wildcards around what it resembles */
} operators[] = {
	{ "eq", COMPARES, "=", NULL, NULL },
	{ "ne", COMPARES, "<>", NULL, NULL },
	{ "lt", COMPARES, "<", NULL, NULL },
	{ "lte", COMPARES, "<=", NULL, NULL },
	{ "gt", COMPARES, ">", NULL, NULL },
	{ "gte", COMPARES, ">=", NULL, NULL },
	{ "in", LISTS, "IN", NULL, NULL },
	{ "not_in", LISTS, "NOT IN", NULL, NULL },
	{ "contains", RESEMBLES, "LIKE", "%", "%" },
	{ "starts_with", RESEMBLES, "LIKE", "", "%" },
	{ "ends_with", RESEMBLES, "LIKE", "%", "" },
};

/* A statement being put together: its conditions and their values. */
#define ARGS_MAX 4		/* search, filter, limit, offset */
struct making {
	struct ctx *ctx;
	struct buf where;
	struct db_arg arg[ARGS_MAX];
	size_t count;
};

static const struct column *
column_named(const struct ctx *ctx, const char *name)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(columns[i].name, name) == 0)
			return ctx->config->username_enabled ||
			    !columns[i].username ? &columns[i] : NULL;
	return NULL;
}

static const struct operator *
operator_named(const char *name)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(operators[i].name, name) == 0)
			return &operators[i];
	return NULL;
}

static bool
fits(const struct column *column, const char *value)
{
	int64_t instant;

	switch (column->type) {
	case COLUMN_TEXT:
		return true;
	case COLUMN_BOOL:
		return text_is(value, "true") || text_is(value, "false");
	case COLUMN_TIME:
		return clock_read_iso(value, &instant);
	}
	return false;
}

/* ---- conditions -------------------------------------------------------- */

static void
add_compared(struct making *m, const struct column *column,
    const struct operator *operator, const char *value)
{
	m->arg[m->count++] = db_text(value);
	buf_printf(&m->where, "%s %s $%zu::%s", column->sql, operator->sql,
	    m->count, casts[column->type]);
}

/* A list travels as JSON. */
static void
add_listed(struct making *m, const struct column *column,
    const struct operator *operator, struct json_object *values)
{
	m->arg[m->count++] = db_text(view_as_text(m->ctx->arena, values));
	buf_printf(&m->where, "%s %s (SELECT value::%s"
	    " FROM jsonb_array_elements_text($%zu::jsonb))", column->sql,
	    operator->sql, casts[column->type], m->count);
}

static void
add_resembling(struct making *m, const struct column *column,
    const struct operator *operator, const char *value)
{
	m->arg[m->count++] = db_text(like_pattern(m->ctx, operator->before,
	    value, operator->after));
	/* The trigrams of names are those of their lower case. */
	if (text_is(column->name, "name"))
		buf_printf(&m->where, "lower(u.name) LIKE lower($%zu) AND ",
		    m->count);
	buf_printf(&m->where, "%s LIKE $%zu", column->sql, m->count);
}

static enum status
add_condition(struct making *m, const char *field, const char *name,
    struct json_object *values)
{
	const struct column *column = column_named(m->ctx, field);
	const struct operator *operator = operator_named(name);
	const char *first = view_get_string(view_at(values, 0));

	if (column == NULL || operator == NULL ||
	    (operator->kind == RESEMBLES && column->type != COLUMN_TEXT))
		return ST_INVALID;
	for (size_t i = 0; i < view_count(values); i++)
		if (!fits(column, view_get_string(view_at(values, i))))
			return ST_INVALID;
	buf_text(&m->where, m->count == 0 ? " WHERE " : " AND ");
	switch (operator->kind) {
	case COMPARES:
		add_compared(m, column, operator, first);
		break;
	case LISTS:
		add_listed(m, column, operator, values);
		break;
	case RESEMBLES:
		add_resembling(m, column, operator, first);
		break;
	}
	return ST_OK;
}

static enum status
add_conditions(struct making *m, const struct user_query *query)
{
	struct json_object *search = view_root_list(m->ctx->arena);

	if (query->search != NULL && query->search[0] != '\0') {
		view_text(search, NULL, query->search);
		TRY(add_condition(m, query->search_field,
		    query->search_operator, search));
	}
	return query->filter == NULL ? ST_OK : add_condition(m,
	    query->filter_field, query->filter_operator, query->filter);
}

/* ---- statements -------------------------------------------------------- */

static enum status
read_page(struct making *m, const struct user_query *query,
    struct db_rows *rows)
{
	const struct column *by = column_named(m->ctx,
	    query->sort_by != NULL ? query->sort_by : "createdAt");
	const char *way = query->sort_by == NULL || query->descending ?
	    "DESC" : "ASC";
	struct buf sql;

	if (by == NULL)
		return ST_INVALID;
	buf_init(&sql, m->ctx->arena, 1024);
	/* The id decides between equals, or pages would overlap. */
	buf_printf(&sql, "SELECT " USER_COLUMNS " FROM users u%s"
	    " ORDER BY %s %s, u.id %s LIMIT $%zu OFFSET $%zu", m->where.data,
	    by->sql, way, way, m->count + 1, m->count + 2);
	m->arg[m->count] = db_int(query->limit);
	m->arg[m->count + 1] = db_int(query->offset);
	return db_all_once(m->ctx, rows, sql.data,
	    (struct db_args){ m->arg, m->count + 2 });
}

static enum status
count_all(struct making *m, int64_t *total)
{
	struct db_rows rows;
	struct buf sql;

	if (m->count == 0)
		return store_user_count(m->ctx, total);
	buf_init(&sql, m->ctx->arena, 512);
	buf_printf(&sql, "SELECT count(*) FROM users u%s", m->where.data);
	TRY(db_all_once(m->ctx, &rows, sql.data,
	    (struct db_args){ m->arg, m->count }));
	*total = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_user_query(struct ctx *ctx, const struct user_query *query,
    struct json_object *out, int64_t *total)
{
	struct making making = { .ctx = ctx };
	struct db_rows rows;
	struct user user;

	buf_init(&making.where, ctx->arena, 256);
	TRY(add_conditions(&making, query));
	TRY(read_page(&making, query, &rows));
	for (size_t i = 0; i < rows.count; i++) {
		user_row(ctx, &rows, i, 0, &user);
		user_view(ctx, view_object(out, NULL), &user);
	}
	/* A page that is not full is the last one. */
	*total = query->offset + (int64_t)rows.count;
	return (int64_t)rows.count < query->limit &&
	    (rows.count > 0 || query->offset == 0) ? ST_OK :
	    count_all(&making, total);
}
