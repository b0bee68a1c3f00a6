#include "world.h"

#include "base/text.h"
#include "config.h"
#include "store/user_query.h"

/* The promises are those of store/user_query.h. */

static const struct config config = { .admin_enabled = true };

/* Four users whose names and addresses begin with the mark. */
struct crowd {
	struct world *w;
	char mark[ID_SIZE];
};

static struct crowd
crowd(struct world *w)
{
	static const char *const names[] = { "Ada", "ada", "B%_b", "Cy" };
	struct ctx *ctx = &w->worker;
	struct crowd c = { .w = w };
	char id[ID_SIZE];

	ctx->config = &config;
	id_new(c.mark, clock_now());
	for (int i = 0; i < 4; i++, ctx->now++)
		world_user(ctx, id, arena_printf(ctx->arena,
		    "%s-%d@example.com", c.mark, i), arena_printf(ctx->arena,
		    "%s %s", c.mark, names[i]), i == 3 ? "editor" : "user");
	return c;
}

static struct json_object *
values(struct ctx *ctx, const char *one, const char *two)
{
	struct json_object *list = view_root_list(ctx->arena);

	view_text(list, NULL, one);
	if (two != NULL)
		view_text(list, NULL, two);
	return list;
}

static enum status
ask(struct crowd *c, struct user_query query, int64_t *total)
{
	struct ctx *ctx = &c->w->worker;

	if (query.search_field == NULL)
		query.search_field = "email";
	if (query.search_operator == NULL)
		query.search_operator = "contains";
	if (query.limit == 0)
		query.limit = 100;
	view_clear(ctx->view);
	return store_user_query(ctx, &query, view_list(ctx->view, "users"),
	    total);
}

/* The digits of the crowd found, in the order found. */
static const char *
found(struct crowd *c, struct user_query query)
{
	struct ctx *ctx = &c->w->worker;
	const char *text = "";
	int64_t total;

	assert_int_equal(ask(c, query, &total), ST_OK);
	for (size_t i = 0; i < world_length(ctx->view, "users"); i++)
		text = arena_printf(ctx->arena, "%s%c", text,
		    view_get_text(world_item(ctx->view, "users", i),
		    "email")[strlen(c->mark) + 1]);
	return text;
}

#define FOUND(c, digits, ...)						\
	assert_string_equal(found(c, (struct user_query){ __VA_ARGS__ }), \
	    digits)

static void
a_search_keeps_case_and_has_no_wildcards(void **state)
{
	struct crowd c = crowd(*state);
	struct arena *arena = c.w->worker.arena;
	const char *m = c.mark;

	FOUND(&c, "3210", .search = m);
	FOUND(&c, "1", .search = arena_printf(arena, "%s-1", m),
	    .search_operator = "starts_with");
	FOUND(&c, "", .search = m + 1, .search_operator = "starts_with");
	FOUND(&c, "2", .search = arena_printf(arena, "%s-2@example.com",
	    m + 3), .search_operator = "ends_with");
	FOUND(&c, "0", .search_field = "name",
	    .search = arena_printf(arena, "%s A", m));
	FOUND(&c, "1", .search_field = "name",
	    .search = arena_printf(arena, "%s a", m));
	FOUND(&c, "2", .search_field = "name",
	    .search = arena_printf(arena, "%s B%%_", m));
	FOUND(&c, "", .search_field = "name",
	    .search = arena_printf(arena, "%s _d", m));
	FOUND(&c, "", .search = arena_printf(arena, "%s\\", m));
}

static void
a_filter_is_by_any_column_and_operator(void **state)
{
	struct crowd c = crowd(*state);
	struct ctx *ctx = &c.w->worker;
	const char *one = arena_printf(ctx->arena, "%s-1@example.com", c.mark);
	const char *two = arena_printf(ctx->arena, "%s-2@example.com", c.mark);

#define FILTERED(digits, field, operator, ...)				\
	FOUND(&c, digits, .search = c.mark, .filter_field = field,	\
	    .filter_operator = operator,				\
	    .filter = values(ctx, __VA_ARGS__))
	FILTERED("1", "email", "eq", one, NULL);
	FILTERED("1", "email", "eq", one, two);
	FILTERED("320", "email", "ne", one, NULL);
	FILTERED("0", "email", "lt", one, NULL);
	FILTERED("10", "email", "lte", one, NULL);
	FILTERED("32", "email", "gt", one, NULL);
	FILTERED("321", "email", "gte", one, NULL);
	FILTERED("21", "email", "in", one, two);
	FILTERED("30", "email", "not_in", one, two);
	FILTERED("3", "role", "eq", "editor", NULL);
	FILTERED("3", "role", "contains", "dit", NULL);
	FILTERED("3210", "emailVerified", "eq", "true", NULL);
	FILTERED("", "banned", "eq", "true", NULL);
	FILTERED("3210", "banned", "in", "true", "false");
	FILTERED("3210", "createdAt", "gt", "2001-01-01", NULL);
	FILTERED("", "createdAt", "lt", "2001-01-01T00:00:00.000Z", NULL);
	FILTERED("3210", "createdAt", "not_in", "2001-01-01", "2002-01-01");
	FILTERED("", "banExpires", "gt", "2001-01-01", NULL);
#undef FILTERED
}

static void
what_no_column_has_is_invalid(void **state)
{
	static const struct {
		const char *field, *operator, *value;
	} rows[] = {
		{ "nope", "eq", "x" }, { "", "eq", "x" },
		{ "email_verified", "eq", "true" }, { "fields", "eq", "{}" },
		{ "password", "eq", "x" }, { "email;", "eq", "x" },
		{ "email", "like", "x" }, { "email", "", "x" },
		{ "banned", "eq", "maybe" }, { "banned", "eq", "" },
		{ "banned", "contains", "t" }, { "createdAt", "gt", "soon" },
		{ "createdAt", "gt", "0000-01-01" },
		{ "createdAt", "starts_with", "2026" },
		{ "username", "eq", "x" }, { "displayUsername", "eq", "x" },
	};
	struct crowd c = crowd(*state);
	struct ctx *ctx = &c.w->worker;
	int64_t total;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ask(&c, (struct user_query){ .filter_field = rows[i].field,
		    .filter_operator = rows[i].operator,
		    .filter = values(ctx, rows[i].value, NULL) }, &total) !=
		    ST_INVALID)
			fail_msg("%s %s %s", rows[i].field, rows[i].operator,
			    rows[i].value);
	assert_int_equal(ask(&c, (struct user_query){ .sort_by = "nope" },
	    &total), ST_INVALID);
	/* One of several is enough. */
	assert_int_equal(ask(&c, (struct user_query){
	    .filter_field = "banned", .filter_operator = "in",
	    .filter = values(ctx, "true", "maybe") }, &total), ST_INVALID);
}

static void
a_username_is_a_column_with_its_feature(void **state)
{
	static const struct config with = { .admin_enabled = true,
		.username_enabled = true };
	struct crowd c = crowd(*state);
	struct ctx *ctx = &c.w->worker;

	ctx->config = &with;
	FOUND(&c, "", .search = c.mark, .filter_field = "username",
	    .filter_operator = "eq", .filter = values(ctx, "x", NULL));
	FOUND(&c, "3210", .search = c.mark, .sort_by = "username",
	    .descending = true);
}

static void
every_column_sorts_both_ways(void **state)
{
	static const char *const fields[] = { "id", "name", "email",
		"emailVerified", "image", "createdAt", "updatedAt", "role",
		"banned", "banReason", "banExpires" };
	struct crowd c = crowd(*state);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		for (int down = 0; down < 2; down++)
			assert_int_equal(strlen(found(&c, (struct user_query){
			    .search = c.mark, .sort_by = fields[i],
			    .descending = down != 0 })), 4);
	FOUND(&c, "0123", .search = c.mark, .sort_by = "email");
	FOUND(&c, "3210", .search = c.mark, .sort_by = "email",
	    .descending = true);
	FOUND(&c, "3012", .search = c.mark, .sort_by = "role");
}

static void
pages_are_disjoint_and_the_total_is_exact(void **state)
{
	static const struct {
		int64_t limit, offset;
		const char *digits;
		int64_t statements;
	} rows[] = {
		{ 100, 0, "3210", 1 }, { 4, 0, "3210", 2 },
		{ 3, 0, "321", 2 }, { 3, 3, "0", 1 }, { 1, 2, "1", 2 },
		{ 3, 4, "", 2 }, { 1, 1000000, "", 2 },
	};
	struct crowd c = crowd(*state);
	struct ctx *ctx = &c.w->worker;
	int64_t total;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct user_query query = { .search = c.mark,
			.limit = rows[i].limit, .offset = rows[i].offset };

		assert_string_equal(found(&c, query), rows[i].digits);
		db_figures_reset(ctx->db);
		assert_int_equal(ask(&c, query, &total), ST_OK);
		assert_int_equal(total, 4);
		assert_int_equal(db_figures(ctx->db).statements,
		    rows[i].statements);
	}
	assert_int_equal(ask(&c, (struct user_query){ .limit = 1 }, &total),
	    ST_OK);
	assert_int_equal(total, fixture_int(&c.w->owner,
	    "SELECT count(*) FROM users"));
}

static void
users_are_shown_as_the_wire_has_them(void **state)
{
	struct crowd c = crowd(*state);
	struct json_object *user;

	FOUND(&c, "3210", .search = c.mark);
	user = world_item(c.w->worker.view, "users", 0);
	assert_string_equal(view_get_text(user, "role"), "editor");
	assert_true(view_is_true(user, "emailVerified"));
	assert_true(view_has(user, "banExpires"));
	assert_false(view_has(user, "username"));
	assert_int_equal(strlen(view_get_text(user, "id")), ID_SIZE - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_search_keeps_case_and_has_no_wildcards),
		WORLD_TEST(a_filter_is_by_any_column_and_operator),
		WORLD_TEST(what_no_column_has_is_invalid),
		WORLD_TEST(a_username_is_a_column_with_its_feature),
		WORLD_TEST(every_column_sorts_both_ways),
		WORLD_TEST(pages_are_disjoint_and_the_total_is_exact),
		WORLD_TEST(users_are_shown_as_the_wire_has_them),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
