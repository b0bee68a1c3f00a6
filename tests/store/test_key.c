#include "world.h"

#include "store/key.h"
#include "trust/jwk.h"

/* The promises of store/key.h. */

#define MINUTE_MS ((int64_t)60000)
#define NOTICE_MS ((int64_t)KEY_NOTICE_SECONDS * 1000)
#define ROTATION_SECONDS 86400
#define GRACE_SECONDS 7200

static const struct config config = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.jwt_algorithm = "EdDSA",
	.jwt_rotation_seconds = ROTATION_SECONDS,
	.jwt_grace_seconds = GRACE_SECONDS,
};

/* Tests of other keys leave nothing behind. */
static int
open_keys(void **state)
{
	struct world *w;

	if (world_open(state) != 0)
		return -1;
	w = *state;
	w->owner.config = w->worker.config = &config;
	return db_run(&w->owner, "DELETE FROM signing_keys", DB_NONE, NULL) ==
	    ST_OK ? 0 : -1;
}

static enum status
work_add(struct ctx *ctx)
{
	return store_key_add(ctx, ctx->input, true);
}

static enum status
work_rotate(struct ctx *ctx)
{
	return store_key_add(ctx, ctx->input, false);
}

static enum status
work_retire(struct ctx *ctx)
{
	return store_key_retire(ctx, ctx->input);
}

/* Adds one as if it were the instant now; its id, or NULL. */
static const char *
add_at(struct world *w, enum status (*work)(struct ctx *), int64_t now)
{
	struct jwk *key = jwk_generate(JWK_EDDSA, 0);
	const char *id = NULL;

	w->worker.now = now;
	w->worker.input = key;
	if (db_transact(&w->worker, work) == ST_OK)
		id = arena_text(w->worker.arena, key->kid);
	jwk_free(key);
	return id;
}

static struct key_current
current_at(struct world *w, int64_t now)
{
	struct key_current current;

	w->worker.now = now;
	assert_int_equal(store_key_current(&w->worker, JWK_EDDSA, &current),
	    ST_OK);
	return current;
}

static void
expect_signer(struct world *w, int64_t now, const char *id, bool due)
{
	struct key_current current = current_at(w, now);

	if (id == NULL)
		assert_null(current.id);
	else
		assert_string_equal(current.id, id);
	assert_int_equal(current.due, due);
}

/* The ids that are published at the instant, newest first, in one text. */
static const char *
published_at(struct world *w, int64_t now)
{
	struct json_object *out = view_root(w->worker.arena);
	struct json_object *keys = view_list(out, "keys");
	const char *text = "";

	w->worker.now = now;
	assert_int_equal(store_key_publish(&w->worker, keys), ST_OK);
	for (size_t i = 0; i < view_count(keys); i++)
		text = arena_printf(w->worker.arena, "%s%s%s", text,
		    i > 0 ? " " : "", view_get_text(view_at(keys, i), "kid"));
	return text;
}

static bool
verifies_at(struct world *w, int64_t now, const char *kid)
{
	struct user user;

	w->worker.now = now;
	return store_key_user(&w->worker, kid, w->user, &user) == ST_OK;
}

static const char *
both(struct world *w, const char *a, const char *b)
{
	return arena_printf(w->worker.arena, "%s %s", a, b);
}

/* ---- time -------------------------------------------------------------- */

static void
the_first_key_signs_at_once(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	const char *first;

	expect_signer(w, now, NULL, true);
	first = add_at(w, work_add, now);
	expect_signer(w, now, first, false);
	assert_string_equal(published_at(w, now), first);
	assert_true(verifies_at(w, now, first));
}

static void
a_next_key_is_public_before_it_signs(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now(), end = now + ROTATION_SECONDS * 1000;
	const char *first = add_at(w, work_add, now), *next;

	expect_signer(w, end - NOTICE_MS - 1, first, false);
	expect_signer(w, end - NOTICE_MS, first, true);
	next = add_at(w, work_add, end - NOTICE_MS);
	expect_signer(w, end - NOTICE_MS, first, false);
	assert_string_equal(published_at(w, end - NOTICE_MS),
	    both(w, next, first));
	expect_signer(w, end - 1, first, false);
	expect_signer(w, end, next, false);
}

/* Nobody asked for a token for long: there is no older one to wait with. */
static void
after_a_silence_the_next_key_signs_at_once(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	int64_t late = now + (ROTATION_SECONDS + 100) * (int64_t)1000;
	const char *first = add_at(w, work_add, now), *next;

	expect_signer(w, late, NULL, true);
	next = add_at(w, work_add, late);
	expect_signer(w, late, next, false);
	assert_string_equal(published_at(w, late), both(w, next, first));
}

static void
an_expired_key_verifies_for_the_grace_and_not_longer(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	int64_t last = now + (ROTATION_SECONDS + GRACE_SECONDS) *
	    (int64_t)1000 - 1;
	const char *key = add_at(w, work_add, now);

	assert_true(verifies_at(w, last, key));
	assert_string_equal(published_at(w, last), key);
	assert_false(verifies_at(w, last + 1, key));
	assert_string_equal(published_at(w, last + 1), "");
}

static void
a_rotation_ends_the_older_keys_after_the_notice(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	const char *first = add_at(w, work_add, now), *next;

	assert_null(add_at(w, work_add, now + MINUTE_MS));
	next = add_at(w, work_rotate, now + MINUTE_MS);
	assert_non_null(next);
	expect_signer(w, now + MINUTE_MS, first, false);
	expect_signer(w, now + MINUTE_MS + NOTICE_MS - 1, first, false);
	expect_signer(w, now + MINUTE_MS + NOTICE_MS, next, false);
	assert_true(verifies_at(w, now + 10 * MINUTE_MS, first));
}

static void
keys_of_another_algorithm_are_left_alone(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	const char *first = add_at(w, work_add, now);
	struct jwk *other = jwk_generate(JWK_ES256, 0);

	w->worker.now = now;
	w->worker.input = other;
	assert_int_equal(db_transact(&w->worker, work_rotate), ST_OK);
	expect_signer(w, now + 10 * MINUTE_MS, first, false);
	assert_true(verifies_at(w, now, other->kid));
	jwk_free(other);
}

/* ---- races ------------------------------------------------------------- */

static enum status
work_race(struct ctx *ctx)
{
	struct jwk *key = jwk_generate(JWK_EDDSA, 0);
	enum status status;

	ctx->config = &config;
	status = store_key_add(ctx, key, ctx->input != NULL);
	jwk_free(key);
	return status;
}

static void
of_many_who_make_the_first_key_one_does(void **state)
{
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];

	world_race(24, work_race, w, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_CONFLICT], 23);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM signing_keys"), 1);
}

/* ---- retiring ---------------------------------------------------------- */

static void
a_retired_key_does_nothing_any_more(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	char *key = arena_text(w->worker.arena, add_at(w, work_add, now));
	struct jwk *out;

	assert_int_equal(world_run(&w->worker, work_retire, key), ST_OK);
	now = clock_now();
	expect_signer(w, now, NULL, true);
	assert_string_equal(published_at(w, now), "");
	assert_false(verifies_at(w, now, key));
	assert_int_equal(store_key_public(&w->worker, key, &out),
	    ST_NOT_FOUND);
	assert_int_equal(store_key_private(&w->worker, key, &out),
	    ST_NOT_FOUND);
	assert_int_equal(fixture_int(&w->owner, "SELECT count(*)"
	    " FROM signing_keys WHERE private_key IS NOT NULL"), 0);
	assert_int_equal(world_run(&w->worker, work_retire, key),
	    ST_SIGNING_KEY_NOT_FOUND);
	assert_non_null(add_at(w, work_add, now));
}

static void
what_is_made_and_retired_is_in_the_audit(void **state)
{
	struct world *w = *state;
	char *key = arena_text(w->worker.arena,
	    add_at(w, work_add, clock_now()));

	assert_int_equal(world_run(&w->worker, work_retire, key), ST_OK);
	assert_string_equal(fixture_text(&w->owner, arena_printf(
	    w->worker.arena, "SELECT string_agg(action, ' ' ORDER BY id)"
	    " FROM audit WHERE target_type = 'key' AND target_id = '%s'",
	    key)), "key.create key.retire");
}

/* ---- halves ------------------------------------------------------------ */

static void
a_private_half_opens_with_the_secret_alone(void **state)
{
	struct world *w = *state;
	const char *id = add_at(w, work_add, clock_now());
	struct config other = config;
	struct jwk *key = NULL, *half = NULL;

	assert_int_equal(store_key_private(&w->worker, id, &key), ST_OK);
	assert_int_equal(store_key_public(&w->worker, id, &half), ST_OK);
	assert_string_equal(key->kid, id);
	assert_string_equal(jwk_public(w->worker.arena, key),
	    jwk_public(w->worker.arena, half));
	assert_string_equal(jwk_public(w->worker.arena, key), fixture_text(
	    &w->owner, "SELECT public_key FROM signing_keys"));
	jwk_free(key);
	jwk_free(half);
	other.server_secret = "another-secret-0123456789abcdefABCDE";
	w->worker.config = &other;
	assert_int_equal(store_key_private(&w->worker, id, &key), ST_INTERNAL);
}

/* Moved to another row, a sealed half does not open. */
static void
a_private_half_belongs_to_its_row(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now();
	const char *first = add_at(w, work_add, now);
	const char *next = add_at(w, work_rotate, now + 1);
	struct jwk *key;

	assert_int_equal(db_run(&w->owner, "UPDATE signing_keys SET private_key"
	    " = (SELECT private_key FROM signing_keys WHERE id = $1)"
	    " WHERE id = $2", DB_ARGS(db_text(first), db_text(next)), NULL),
	    ST_OK);
	assert_int_equal(store_key_private(&w->worker, next, &key),
	    ST_INTERNAL);
}

static void
private_halves_that_sign_no_more_are_deleted(void **state)
{
	struct world *w = *state;
	int64_t now = clock_now(), count = 0;
	const char *first = add_at(w, work_add, now);

	w->worker.now = now + ROTATION_SECONDS * (int64_t)1000 - 1;
	assert_int_equal(store_key_purge(&w->worker, 10, &count), ST_OK);
	assert_int_equal(count, 0);
	w->worker.now++;
	assert_int_equal(store_key_purge(&w->worker, 10, &count), ST_OK);
	assert_int_equal(count, 1);
	assert_true(verifies_at(w, w->worker.now, first));
}

/* ---- whom a token names ------------------------------------------------ */

static void
the_user_is_as_the_row_says_now(void **state)
{
	struct world *w = *state;
	const char *key = add_at(w, work_add, clock_now());
	struct user user;

	assert_int_equal(db_run(&w->owner, "UPDATE users SET role = 'admin_ro'"
	    " WHERE id = $1", DB_ARGS(db_text(w->user)), NULL), ST_OK);
	assert_int_equal(store_key_user(&w->worker, key, w->user, &user),
	    ST_OK);
	assert_string_equal(user.role, "admin_ro");
	/* a shared secret has no row */
	assert_int_equal(store_key_user(&w->worker, NULL, w->user, &user),
	    ST_OK);
	assert_int_equal(db_run(&w->owner, "UPDATE users SET banned = true"
	    " WHERE id = $1", DB_ARGS(db_text(w->user)), NULL), ST_OK);
	assert_false(verifies_at(w, clock_now(), key));
	assert_false(verifies_at(w, clock_now(), NULL));
	assert_int_equal(store_key_user(&w->worker, key, "nobody", &user),
	    ST_NOT_FOUND);
}

static void
an_unknown_key_names_nobody(void **state)
{
	struct world *w = *state;

	assert_false(verifies_at(w, clock_now(), "nokey"));
}

/* ---- lists ------------------------------------------------------------- */

static void
expect_state(const struct json_object *keys, size_t i, const char *id,
    const char *state)
{
	assert_string_equal(view_get_text(view_at(keys, i), "id"), id);
	assert_string_equal(view_get_text(view_at(keys, i), "state"), state);
}

static void
every_key_is_listed_with_its_state(void **state)
{
	struct world *w = *state;
	int64_t hour = 3600000, now = clock_now();
	struct json_object *out = view_root(w->worker.arena);
	struct json_object *keys = view_list(out, "keys");
	char *a = arena_text(w->worker.arena,
	    add_at(w, work_add, now - 200 * hour));
	const char *b = add_at(w, work_rotate, now - 100 * hour);
	const char *c = add_at(w, work_rotate, now - hour);
	const char *d = add_at(w, work_rotate, now - hour / 2);
	const char *e = add_at(w, work_rotate, now);

	assert_int_equal(world_run(&w->worker, work_retire, a), ST_OK);
	w->worker.now = now;
	assert_int_equal(store_key_list(&w->worker, keys), ST_OK);
	assert_int_equal(view_count(keys), 5);
	expect_state(keys, 0, e, "next");
	expect_state(keys, 1, d, "signing");
	expect_state(keys, 2, c, "verifying");
	expect_state(keys, 3, b, "expired");
	expect_state(keys, 4, a, "retired");
}

static void
a_worker_cannot_delete_or_exchange_keys(void **state)
{
	struct world *w = *state;

	assert_non_null(add_at(w, work_add, clock_now()));
	assert_int_equal(db_run(&w->worker, "DELETE FROM signing_keys",
	    DB_NONE, NULL), ST_INTERNAL);
	assert_int_equal(db_run(&w->worker,
	    "UPDATE signing_keys SET public_key = '{}'", DB_NONE, NULL),
	    ST_INTERNAL);
}

#define KEY_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_keys, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		KEY_TEST(the_first_key_signs_at_once),
		KEY_TEST(a_next_key_is_public_before_it_signs),
		KEY_TEST(after_a_silence_the_next_key_signs_at_once),
		KEY_TEST(an_expired_key_verifies_for_the_grace_and_not_longer),
		KEY_TEST(a_rotation_ends_the_older_keys_after_the_notice),
		KEY_TEST(keys_of_another_algorithm_are_left_alone),
		KEY_TEST(of_many_who_make_the_first_key_one_does),
		KEY_TEST(a_retired_key_does_nothing_any_more),
		KEY_TEST(what_is_made_and_retired_is_in_the_audit),
		KEY_TEST(a_private_half_opens_with_the_secret_alone),
		KEY_TEST(a_private_half_belongs_to_its_row),
		KEY_TEST(private_halves_that_sign_no_more_are_deleted),
		KEY_TEST(the_user_is_as_the_row_says_now),
		KEY_TEST(an_unknown_key_names_nobody),
		KEY_TEST(every_key_is_listed_with_its_state),
		KEY_TEST(a_worker_cannot_delete_or_exchange_keys),
	};

	return cmocka_run_group_tests_name("key", tests, world_migrate, NULL);
}
