#include "world.h"

#include "store/api_key.h"

/* The promises of store/api_key.h. */

#define WINDOW_MS 60000
#define MOST 7
#define SPEND "{\"credits\":[\"spend\"]}"

static const struct config config = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.api_key_rate_limit = true, .api_key_window_ms = WINDOW_MS,
	.api_key_max_requests = MOST, .api_key_maximum = 5,
};

struct made {
	char id[ID_SIZE];
	const char *key;
	struct json_object *shown;
};

static int
open_keys(void **state)
{
	struct world *w;

	if (world_open(state) != 0)
		return -1;
	w = *state;
	w->worker.config = &config;
	return 0;
}

static enum status
make_with(struct world *w, struct api_key_new new, struct made *made)
{
	id_new(made->id, w->worker.now);
	made->key = arena_printf(w->worker.arena, "tg_%s%s", made->id,
	    made->id);
	made->shown = view_root(w->worker.arena);
	new.id = made->id;
	new.key = made->key;
	new.user_id = w->user;
	return store_api_key_create(&w->worker, &new, made->shown);
}

static struct made
make(struct world *w, struct api_key_new new)
{
	struct made made;

	assert_int_equal(make_with(w, new, &made), ST_OK);
	return made;
}

#define UNLIMITED ((struct api_key_new){ .remaining = -1 })

static enum status
use_at(struct world *w, const char *key, int64_t ms)
{
	struct api_key_used used;
	struct user user;
	int64_t wait_ms = -1;
	enum status status;

	w->worker.now += ms;
	status = store_api_key_use(&w->worker, key, "{}", &used, &user,
	    &wait_ms);
	w->worker.now -= ms;
	if (status == ST_RATE_LIMITED)
		/* A pause of more than the window, not just of it. */
		assert_in_range(wait_ms, 1, WINDOW_MS + 1);
	return status;
}

static enum status
use(struct world *w, const char *key)
{
	return use_at(w, key, 0);
}

static int64_t
number(struct world *w, const char *id, const char *member)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_api_key_get(&w->worker, w->user, id, out),
	    ST_OK);
	return view_get_int(out, member);
}

static void
set(struct world *w, const char *sql, const char *id)
{
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(id)), NULL),
	    ST_OK);
}

static void
a_key_tells_whose_it_is_and_counts(void **state)
{
	struct world *w = *state;
	struct made made = make(w, UNLIMITED);
	struct api_key_used used;
	struct user user;
	int64_t wait_ms;

	assert_int_equal(store_api_key_use(&w->worker, made.key, "{}", &used,
	    &user, &wait_ms), ST_OK);
	assert_string_equal(user.id, w->user);
	assert_string_equal(used.id, made.id);
	assert_int_equal(used.expires_at, 0);
	assert_true(used.allowed);
	assert_int_equal(use(w, made.key), ST_OK);
	assert_int_equal(number(w, made.id, "requestCount"), 2);
	assert_string_equal(view_get_text(made.shown, "start"), arena_copy(
	    w->worker.arena, made.key, API_KEY_START));
	assert_string_equal(view_get_text(made.shown, "configId"), "default");
}

static void
each_refusal_has_its_reason_in_this_order(void **state)
{
	struct world *w = *state;
	struct made made = make(w, (struct api_key_new){ .remaining = 1 });
	static const char gone[] = "SELECT count(*) FROM api_keys k"
	    " JOIN users u ON u.id = k.user_id WHERE u.banned";

	assert_int_equal(use(w, "unknown"), ST_INVALID_API_KEY);
	set(w, "UPDATE users SET banned = true WHERE id ="
	    " (SELECT user_id FROM api_keys WHERE id = $1)", made.id);
	assert_int_equal(use(w, made.key), ST_USER_BANNED);
	set(w, "UPDATE api_keys SET request_count = 7, last_request_at = now()"
	    " WHERE id = $1", made.id);
	w->worker.now = clock_now();
	assert_int_equal(use(w, made.key), ST_RATE_LIMITED);
	set(w, "UPDATE api_keys SET remaining = 0, refill_amount = 1,"
	    " refill_interval_ms = 1000000 WHERE id = $1", made.id);
	assert_int_equal(use(w, made.key), ST_USAGE_EXCEEDED);
	set(w, "UPDATE api_keys SET expires_at = now() - interval '1 s',"
	    " enabled = false WHERE id = $1", made.id);
	assert_int_equal(use(w, made.key), ST_KEY_DISABLED);
	assert_int_equal(fixture_int(&w->owner, gone), 1);
	set(w, "UPDATE api_keys SET enabled = true WHERE id = $1", made.id);
	assert_int_equal(use(w, made.key), ST_KEY_EXPIRED);
	assert_int_equal(fixture_int(&w->owner, gone), 0);
	assert_int_equal(use(w, made.key), ST_INVALID_API_KEY);
}

static void
what_is_refused_is_not_counted(void **state)
{
	struct world *w = *state;
	struct made made = make(w, (struct api_key_new){ .remaining = 2,
	    .refill_amount = 2, .refill_interval_ms = 1000000 });

	for (int i = 0; i < 5; i++)
		(void)use(w, made.key);
	assert_int_equal(number(w, made.id, "requestCount"), 2);
	assert_int_equal(number(w, made.id, "remaining"), 0);
}

static void
the_last_use_of_a_key_without_refill_ends_it(void **state)
{
	struct world *w = *state;
	struct made made = make(w, (struct api_key_new){ .remaining = 1 });

	assert_int_equal(use(w, made.key), ST_OK);
	assert_int_equal(use(w, made.key), ST_USAGE_EXCEEDED);
	assert_int_equal(use(w, made.key), ST_INVALID_API_KEY);
}

static void
a_refill_comes_after_its_interval(void **state)
{
	struct world *w = *state;
	struct made made = make(w, (struct api_key_new){ .remaining = 1,
	    .refill_amount = 3, .refill_interval_ms = 1000 });

	assert_int_equal(use(w, made.key), ST_OK);
	assert_int_equal(use_at(w, made.key, 1000), ST_USAGE_EXCEEDED);
	for (int i = 0; i < 3; i++)
		assert_int_equal(use_at(w, made.key, 1001 + i), ST_OK);
	assert_int_equal(use_at(w, made.key, 2001), ST_USAGE_EXCEEDED);
	assert_int_equal(use_at(w, made.key, 2003), ST_OK);
	assert_int_equal(number(w, made.id, "remaining"), 2);
}

static void
a_pause_of_more_than_the_window_starts_anew(void **state)
{
	struct world *w = *state;
	struct made made = make(w, UNLIMITED);

	for (int i = 0; i < MOST; i++)
		assert_int_equal(use_at(w, made.key, i), ST_OK);
	assert_int_equal(use_at(w, made.key, MOST), ST_RATE_LIMITED);
	assert_int_equal(use_at(w, made.key, WINDOW_MS + MOST), ST_OK);
	assert_int_equal(number(w, made.id, "requestCount"), 1);
}

static enum status
work_use(struct ctx *ctx)
{
	struct api_key_used used;
	struct user user;
	int64_t wait_ms;

	ctx->config = &config;
	return store_api_key_use(ctx, ctx->input, "{}", &used, &user,
	    &wait_ms);
}

static void
of_many_uses_at_once_none_is_lost_or_too_much(void **state)
{
	struct world *w = *state;
	struct made few = make(w, (struct api_key_new){ .remaining = 5,
	    .refill_amount = 5, .refill_interval_ms = 1000000 });
	struct made limited = make(w, UNLIMITED);
	int outcomes[WORLD_STATUSES];

	world_race(20, work_use, (void *)(uintptr_t)few.key, outcomes);
	assert_int_equal(outcomes[ST_OK], 5);
	assert_int_equal(outcomes[ST_USAGE_EXCEEDED], 15);
	assert_int_equal(number(w, few.id, "requestCount"), 5);
	world_race(20, work_use, (void *)(uintptr_t)limited.key, outcomes);
	assert_int_equal(outcomes[ST_OK], MOST);
	assert_int_equal(outcomes[ST_RATE_LIMITED], 20 - MOST);
}

/* Not for the statements that follow on the connection. */
static void
only_the_counting_does_not_wait_for_the_disk(void **state)
{
	static const char sql[] =
	    "SELECT current_setting('synchronous_commit')";
	struct world *w = *state;
	struct made made = make(w, UNLIMITED);

	assert_string_equal(fixture_text(&w->worker, sql), "on");
	assert_int_equal(use(w, made.key), ST_OK);
	assert_string_equal(fixture_text(&w->worker, sql), "on");
}

static void
a_scope_must_be_among_the_permissions(void **state)
{
	static const struct {
		const char *permissions, *scope;
		bool allowed;
	} rows[] = {
		{ SPEND, SPEND, true },
		{ SPEND, "{}", true },
		{ NULL, "{}", true },
		{ NULL, SPEND, false },
		{ "{}", SPEND, false },
		{ "{\"credits\":[\"read\",\"spend\"]}", SPEND, true },
		{ "{\"credits\":[\"read\"]}", SPEND, false },
		{ "{\"credits\":\"spend\"}", SPEND, false },
		{ "{\"admin\":[\"spend\"]}", SPEND, false },
	};
	struct world *w = *state;
	int64_t wait_ms;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct made made = make(w, (struct api_key_new){
		    .remaining = -1, .permissions = rows[i].permissions });
		struct api_key_used used;
		struct user user;

		assert_int_equal(store_api_key_use(&w->worker, made.key,
		    rows[i].scope, &used, &user, &wait_ms), ST_OK);
		assert_int_equal(used.allowed, rows[i].allowed);
		assert_int_equal(store_api_key_delete(&w->worker, w->user,
		    made.id, view_root(w->worker.arena)), ST_OK);
	}
}

static void
a_key_is_its_users_alone(void **state)
{
	struct world *w = *state;
	struct made made = make(w, UNLIMITED);
	struct json_object *out = view_root(w->worker.arena);
	char other[ID_SIZE];

	world_user(&w->worker, other, NULL, NULL, "super_admin");
	assert_int_equal(store_api_key_get(&w->worker, other, made.id, out),
	    ST_KEY_NOT_FOUND);
	assert_int_equal(store_api_key_update(&w->worker, other, made.id,
	    &(struct api_key_change){ .name = "mine" }, out),
	    ST_KEY_NOT_FOUND);
	assert_int_equal(store_api_key_delete(&w->worker, other, made.id,
	    out), ST_KEY_NOT_FOUND);
	assert_int_equal(use(w, made.key), ST_OK);
}

static void
a_change_leaves_what_it_does_not_name(void **state)
{
	struct world *w = *state;
	struct made made = make(w, (struct api_key_new){ .remaining = -1,
	    .name = "one", .metadata = "{\"a\":1}",
	    .expires_at = w->worker.now + 1000 });
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_api_key_update(&w->worker, w->user, made.id,
	    &(struct api_key_change){ .set_enabled = true }, out), ST_OK);
	assert_string_equal(view_get_text(out, "name"), "one");
	assert_non_null(view_get_text(out, "expiresAt"));
	assert_int_equal(use(w, made.key), ST_KEY_DISABLED);
	view_clear(out);
	assert_int_equal(store_api_key_update(&w->worker, w->user, made.id,
	    &(struct api_key_change){ .name = "two", .set_enabled = true,
	    .enabled = true, .set_expires_at = true }, out), ST_OK);
	assert_string_equal(view_get_text(out, "name"), "two");
	assert_null(view_get(out, "expiresAt"));
	assert_int_equal(view_get_int(view_get(out, "metadata"), "a"), 1);
	assert_int_equal(use(w, made.key), ST_OK);
}

static const char *
names_of(struct world *w, struct api_key_range range)
{
	struct json_object *list = view_root_list(w->worker.arena);
	const char *names = "";
	int64_t total;

	assert_int_equal(store_api_key_list(&w->worker, w->user, &range, list,
	    &total), ST_OK);
	assert_int_equal(total, 3);
	for (size_t i = 0; i < view_count(list); i++)
		names = arena_printf(w->worker.arena, "%s%s", names,
		    view_get_text(view_at(list, i), "name"));
	return names;
}

static void
keys_are_listed_in_the_order_asked_for(void **state)
{
	struct world *w = *state;

	for (const char *name = "bac"; *name != '\0'; name++) {
		(void)make(w, (struct api_key_new){ .remaining = *name - 'a',
		    .name = arena_copy(w->worker.arena, name, 1) });
		w->worker.now += 1000;
	}
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10 }), "bac");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10, .descending = true }), "cab");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 2, .offset = 1 }), "ac");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10, .sort_by = "name" }), "abc");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10, .sort_by = "remaining", .descending = true }), "cba");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10, .sort_by = "1; DROP TABLE api_keys" }), "bac");
	assert_string_equal(names_of(w, (struct api_key_range){
	    .limit = 10, .offset = 5 }), "");
}

static void
a_user_has_so_many_and_no_more(void **state)
{
	struct world *w = *state;
	struct made made;

	for (int64_t i = 0; i < config.api_key_maximum; i++)
		(void)make(w, UNLIMITED);
	assert_int_equal(make_with(w, UNLIMITED, &made),
	    ST_TOO_MANY_API_KEYS);
}

static void
a_key_ends_with_its_user_and_the_table_never_shows_it(void **state)
{
	static const char shown[] =
	    "SELECT count(*) FROM api_keys k"
	    " WHERE k::text LIKE '%' || $1 || '%'";
	struct world *w = *state;
	struct made made = make(w, UNLIMITED);
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, shown, DB_ARGS(db_text(
	    made.key + API_KEY_START))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 0);
	set(w, "DELETE FROM users WHERE id = $1", w->user);
	assert_int_equal(use(w, made.key), ST_INVALID_API_KEY);
}

#define KEY_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_keys, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(a_key_tells_whose_it_is_and_counts),
		KEY_TEST(each_refusal_has_its_reason_in_this_order),
		KEY_TEST(what_is_refused_is_not_counted),
		KEY_TEST(the_last_use_of_a_key_without_refill_ends_it),
		KEY_TEST(a_refill_comes_after_its_interval),
		KEY_TEST(a_pause_of_more_than_the_window_starts_anew),
		KEY_TEST(of_many_uses_at_once_none_is_lost_or_too_much),
		KEY_TEST(only_the_counting_does_not_wait_for_the_disk),
		KEY_TEST(a_scope_must_be_among_the_permissions),
		KEY_TEST(a_key_is_its_users_alone),
		KEY_TEST(a_change_leaves_what_it_does_not_name),
		KEY_TEST(keys_are_listed_in_the_order_asked_for),
		KEY_TEST(a_user_has_so_many_and_no_more),
		KEY_TEST(a_key_ends_with_its_user_and_the_table_never_shows_it),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
