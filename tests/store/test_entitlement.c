#include "world.h"

#include "store/entitlement.h"

/* The promises are those of store/entitlement.h and of entitlements_of. */

#define LONG_KEY							\
	"a23456789b123456789c123456789d123456789e123456789f123456789"	\
	"abcdef"

struct set {
	struct grantor by;
	const char *key, *value;
	int64_t expires_at;
};

static enum status
work_set(struct ctx *ctx)
{
	const struct set *set = ctx->input;

	return store_entitlement_set(ctx, &set->by, set->key, set->value,
	    set->expires_at, ctx->view);
}

static struct grantor
grantor(struct world *w, const char *source, const char *source_id)
{
	return (struct grantor){ .owner_kind = "user", .owner_id = w->user,
	    .source = source, .source_id = source_id };
}

static enum status
set(struct world *w, const char *source, const char *key, const char *value,
    int64_t expires_at)
{
	return world_run(&w->worker, work_set, &(struct set){
	    .by = grantor(w, source, ""), .key = key, .value = value,
	    .expires_at = expires_at });
}

static enum status
work_replace(struct ctx *ctx)
{
	const struct set *set = ctx->input;

	return store_entitlement_replace(ctx, &set->by, set->value,
	    set->expires_at);
}

static enum status
replace(struct world *w, const char *source_id, const char *values)
{
	return world_run(&w->worker, work_replace, &(struct set){
	    .by = grantor(w, "plan", source_id), .value = values });
}

static enum status
work_drop_source(struct ctx *ctx)
{
	const struct set *set = ctx->input;

	return store_entitlement_drop_source(ctx, &set->by);
}

static enum status
work_drop(struct ctx *ctx)
{
	const char *const *input = ctx->input;

	return store_entitlement_drop(ctx, "user", input[0], input[1]);
}

static enum status
drop(struct world *w, const char *owner_id, const char *id)
{
	const char *input[] = { owner_id, id };

	return world_run(&w->worker, work_drop, input);
}

static void
license(struct world *w, const char *features, const char *limits,
    int64_t expires_at)
{
	static const char sql[] =
	    "INSERT INTO licences (id, owner_kind, owner_id, holder, type,"
	    "  features, limits, file, issued_at, expires_at)"
	    " VALUES ($1, 'user', $2, 'a@example.com', 'pro', $3, $4, 'f',"
	    "  $5, $6)";
	static int64_t issued_at;
	char id[ID_SIZE];

	/* No two of them at once: the newest is told by it. */
	issued_at = issued_at == 0 ? clock_now() - 3600000 : issued_at + 1;
	id_new(id, clock_now());
	assert_int_equal(db_run(&w->worker, sql, DB_ARGS(db_text(id),
	    db_text(w->user), db_text(features), db_text(limits),
	    db_time(issued_at), expires_at == 0 ? db_null() :
	    db_time(expires_at)), NULL), ST_OK);
}

static void
assert_counts(struct world *w, const char *expected)
{
	const char *text;

	w->worker.now = clock_now();
	assert_int_equal(store_entitlement_text(&w->worker, "user", w->user,
	    &text), ST_OK);
	assert_string_equal(text, expected);
}

static int64_t
audits(struct world *w, const char *action)
{
	static const char sql[] =
	    "SELECT count(*) FROM audit WHERE action = $1"
	    " AND target_type = 'user' AND target_id = $2";
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, sql, DB_ARGS(
	    db_text(action), db_text(w->user))), ST_OK);
	return db_get_int(&rows, 0, 0);
}

static struct json_object *
list(struct world *w)
{
	struct json_object *out = view_root(w->worker.arena);

	w->worker.now = clock_now();
	assert_int_equal(store_entitlement_list(&w->worker, "user", w->user,
	    view_list(out, "list")), ST_OK);
	return out;
}

static void
what_is_given_counts_with_its_value(void **state)
{
	struct world *w = *state;

	assert_counts(w, "{}");
	assert_int_equal(set(w, "admin", "seats", "5", 0), ST_OK);
	assert_string_equal(view_get_text(w->worker.view, "key"), "seats");
	assert_int_equal(world_int(w->worker.view, "value"), 5);
	assert_null(view_get(w->worker.view, "expiresAt"));
	assert_int_equal(set(w, "admin", "tier", "\"gold\"", 0), ST_OK);
	assert_int_equal(set(w, "admin", "x.y", "{\"a\": [true]}", 0), ST_OK);
	assert_counts(w, "{\"x.y\": {\"a\": [true]}, \"tier\": \"gold\","
	    " \"seats\": 5}");
}

static void
a_value_given_again_replaces_it_and_is_audited_when_new(void **state)
{
	struct world *w = *state;

	assert_int_equal(set(w, "admin", "seats", "5", 0), ST_OK);
	assert_int_equal(set(w, "admin", "seats", "5.0", 0), ST_OK);
	assert_int_equal(audits(w, "entitlement.set"), 1);
	assert_int_equal(set(w, "admin", "seats", "6", 0), ST_OK);
	assert_int_equal(set(w, "admin", "seats", "6",
	    clock_now() + 60000), ST_OK);
	assert_int_equal(audits(w, "entitlement.set"), 3);
	assert_counts(w, "{\"seats\": 6}");
	assert_int_equal(world_length(list(w), "list"), 1);
}

static void
the_source_decides_then_the_end_then_the_age(void **state)
{
	struct world *w = *state;
	const int64_t later = clock_now() + 3600000;

	assert_int_equal(set(w, "plan", "seats", "1", 0), ST_OK);
	assert_counts(w, "{\"seats\": 1}");
	assert_int_equal(set(w, "promo", "seats", "2", later), ST_OK);
	assert_counts(w, "{\"seats\": 2}");
	license(w, "[]", "{\"seats\": 3}", later);
	assert_counts(w, "{\"seats\": 3}");
	license(w, "[]", "{\"seats\": 4}", later + 1000);
	license(w, "[]", "{\"seats\": 5}", later);
	assert_counts(w, "{\"seats\": 4}");
	license(w, "[]", "{\"seats\": 6}", 0);
	license(w, "[]", "{\"seats\": 7}", 0);
	assert_counts(w, "{\"seats\": 7}");
	assert_int_equal(set(w, "admin", "seats", "8", later), ST_OK);
	assert_counts(w, "{\"seats\": 8}");
}

static void
what_has_ended_does_not_count(void **state)
{
	struct world *w = *state;
	const int64_t past = clock_now() - 1000;

	assert_int_equal(set(w, "admin", "seats", "9", past), ST_OK);
	assert_int_equal(set(w, "plan", "seats", "1", 0), ST_OK);
	license(w, "[\"export\"]", "{}", past);
	assert_counts(w, "{\"seats\": 1}");
	assert_int_equal(db_script(&w->owner, "UPDATE licences SET"
	    " expires_at = NULL"), ST_OK);
	assert_counts(w, "{\"seats\": 1, \"export\": true}");
	assert_int_equal(db_script(&w->owner, "UPDATE licences SET"
	    " revoked_at = now(), reason = 'No.'"), ST_OK);
	assert_counts(w, "{\"seats\": 1}");
}

static void
a_list_tells_what_counts_and_why_not(void **state)
{
	struct world *w = *state;
	struct json_object *out;

	assert_int_equal(set(w, "admin", "a", "1", clock_now() - 1000), ST_OK);
	assert_int_equal(set(w, "promo", "a", "2", 0), ST_OK);
	assert_int_equal(set(w, "plan", "a", "3", 0), ST_OK);
	license(w, "[\"b\"]", "{}", 0);
	out = list(w);
	assert_int_equal(world_length(out, "list"), 4);
	assert_string_equal(view_get_text(world_item(out, "list", 0),
	    "state"), "active");
	assert_string_equal(view_get_text(world_item(out, "list", 0),
	    "source"), "promo");
	assert_string_equal(view_get_text(world_item(out, "list", 1),
	    "state"), "overruled");
	assert_string_equal(view_get_text(world_item(out, "list", 2),
	    "state"), "expired");
	assert_null(view_get_text(world_item(out, "list", 3), "id"));
	assert_string_equal(view_get_text(world_item(out, "list", 3),
	    "source"), "licence");
}

static void
a_source_gives_exactly_what_it_says(void **state)
{
	struct world *w = *state;

	assert_int_equal(replace(w, "sub_1", "{\"a\": 1, \"b\": true}"),
	    ST_OK);
	assert_int_equal(replace(w, "sub_2", "{\"c\": 1}"), ST_OK);
	assert_int_equal(replace(w, "sub_1", "{\"a\": 2, \"d\": true}"),
	    ST_OK);
	assert_counts(w, "{\"a\": 2, \"c\": 1, \"d\": true}");
	assert_int_equal(audits(w, "entitlement.drop"), 1);
	assert_int_equal(audits(w, "entitlement.set"), 5);
	assert_int_equal(replace(w, "sub_1", "{\"a\": 2, \"d\": true}"),
	    ST_OK);
	assert_int_equal(audits(w, "entitlement.set"), 5);
	assert_int_equal(world_run(&w->worker, work_drop_source,
	    &(struct set){ .by = grantor(w, "plan", "sub_1") }), ST_OK);
	assert_counts(w, "{\"c\": 1}");
	assert_int_equal(audits(w, "entitlement.drop"), 3);
}

static void
what_is_no_object_or_out_of_bounds_changes_nothing(void **state)
{
	static const char *const wrong[] = { "[]", "7", "null", "{\"a\":",
		"{\"A\": 1}", "{\"\": 1}", "{\"a\": null}",
		"{\"ok\": 1, \".a\": 1}" };
	static const char *const keys[] = { "", "A", ".a", "a b", "a/b",
		"\303\244", LONG_KEY };
	struct world *w = *state;
	char long_text[ENTITLEMENT_VALUE_MAX + 2];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(replace(w, "s", wrong[i]), ST_INVALID);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		assert_false(entitlement_key_is_sound(keys[i]));
		assert_int_equal(set(w, "admin", keys[i], "1", 0),
		    ST_INVALID);
	}
	memset(long_text, '1', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(set(w, "admin", "a", long_text, 0), ST_INVALID);
	assert_int_equal(set(w, "licence", "a", "1", 0), ST_INVALID);
	assert_int_equal(set(w, "admin", "a", "nonsense", 0), ST_INVALID);
	assert_counts(w, "{}");
	assert_true(entitlement_key_is_sound("0a.b_c:d-e"));
}

static void
only_the_owners_grant_is_dropped(void **state)
{
	struct world *w = *state;
	const char *id;

	assert_int_equal(set(w, "admin", "seats", "5", 0), ST_OK);
	id = arena_text(w->worker.arena, view_get_text(w->worker.view, "id"));
	assert_int_equal(drop(w, "somebody", id), ST_ENTITLEMENT_NOT_FOUND);
	assert_int_equal(drop(w, w->user, "nothing"),
	    ST_ENTITLEMENT_NOT_FOUND);
	assert_counts(w, "{\"seats\": 5}");
	assert_int_equal(drop(w, w->user, id), ST_OK);
	assert_int_equal(drop(w, w->user, id), ST_ENTITLEMENT_NOT_FOUND);
	assert_counts(w, "{}");
	assert_int_equal(audits(w, "entitlement.drop"), 1);
}

static void
a_grant_needs_its_user_and_ends_with_it(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	static const char left[] =
	    "SELECT count(*) FROM entitlements WHERE owner_id = $1";
	struct world *w = *state;
	struct set nobody = { .by = { "user", "nobody", "admin", "" },
		.key = "a", .value = "1" };
	struct db_rows rows;

	assert_int_equal(world_run(&w->worker, work_set, &nobody),
	    ST_CONFLICT);
	assert_int_equal(set(w, "admin", "seats", "5", 0), ST_OK);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(db_one(&w->owner, &rows, left,
	    DB_ARGS(db_text(w->user))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 0);
}

static void
sixteen_who_give_the_same_leave_one(void **state)
{
	struct world *w = *state;
	struct set input = { .by = grantor(w, "promo", "spring"),
		.key = "seats", .value = "5" };
	int outcomes[WORLD_STATUSES];

	world_race(16, work_set, &input, outcomes);
	assert_int_equal(outcomes[ST_OK], 16);
	assert_counts(w, "{\"seats\": 5}");
	assert_int_equal(audits(w, "entitlement.set"), 1);
}

static void
workers_do_not_rewrite_whose_or_what_it_is(void **state)
{
	struct world *w = *state;

	assert_int_equal(set(w, "admin", "a", "5", 0), ST_OK);
	world_denied(w, "UPDATE entitlements SET key = 'b'");
	world_denied(w, "UPDATE entitlements SET owner_id = 'x'");
	assert_counts(w, "{\"a\": 5}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_is_given_counts_with_its_value),
		WORLD_TEST(
		    a_value_given_again_replaces_it_and_is_audited_when_new),
		WORLD_TEST(the_source_decides_then_the_end_then_the_age),
		WORLD_TEST(what_has_ended_does_not_count),
		WORLD_TEST(a_list_tells_what_counts_and_why_not),
		WORLD_TEST(a_source_gives_exactly_what_it_says),
		WORLD_TEST(what_is_no_object_or_out_of_bounds_changes_nothing),
		WORLD_TEST(only_the_owners_grant_is_dropped),
		WORLD_TEST(a_grant_needs_its_user_and_ends_with_it),
		WORLD_TEST(sixteen_who_give_the_same_leave_one),
		WORLD_TEST(workers_do_not_rewrite_whose_or_what_it_is),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
