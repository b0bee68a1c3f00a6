#include "world.h"

#include "store/verification.h"

/* The promises of store/verification.h. */

#define TOKEN "reset-password:abcdefghijklmnopqrstuvwx"

static enum status
work_add(struct ctx *ctx)
{
	return store_verification_add(ctx, ctx->input);
}

static enum status
add(struct world *w, const char *identifier, int64_t seconds)
{
	return world_run(&w->worker, work_add, &(struct verification){
	    .identifier = identifier, .value = w->user, .user_id = w->user,
	    .seconds = seconds });
}

static enum status
work_take(struct ctx *ctx)
{
	const char *value;

	return store_verification_take(ctx, ctx->input, &value);
}

static char *
own_identifier(struct world *w, const char *purpose)
{
	return arena_printf(w->worker.arena, "%s:%s", purpose, w->user);
}

static void
a_proof_is_read_and_stays(void **state)
{
	struct world *w = *state;
	char *identifier = own_identifier(w, "read");
	const char *value = NULL;

	assert_int_equal(add(w, identifier, 60), ST_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_verification_find(&w->worker,
		    identifier, &value), ST_OK);
		assert_string_equal(value, w->user);
	}
}

static void
a_proof_is_taken_once(void **state)
{
	struct world *w = *state;
	char *identifier = own_identifier(w, "once");
	const char *value = NULL;

	assert_int_equal(add(w, identifier, 60), ST_OK);
	assert_int_equal(store_verification_take(&w->worker, identifier,
	    &value), ST_OK);
	assert_string_equal(value, w->user);
	assert_int_equal(store_verification_take(&w->worker, identifier,
	    &value), ST_NOT_FOUND);
	assert_int_equal(store_verification_find(&w->worker, identifier,
	    &value), ST_NOT_FOUND);
}

static void
of_many_at_once_one_takes_it(void **state)
{
	struct world *w = *state;
	char *identifier = own_identifier(w, "race");
	int outcomes[WORLD_STATUSES];

	assert_int_equal(add(w, identifier, 60), ST_OK);
	world_race(24, work_take, identifier, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_NOT_FOUND], 23);
}

static void
a_proof_that_has_expired_is_none(void **state)
{
	struct world *w = *state;
	char *identifier = own_identifier(w, "old");
	const char *value;

	assert_int_equal(add(w, identifier, 0), ST_OK);
	assert_int_equal(store_verification_find(&w->worker, identifier,
	    &value), ST_NOT_FOUND);
	assert_int_equal(store_verification_take(&w->worker, identifier,
	    &value), ST_NOT_FOUND);
}

static void
an_identifier_is_handed_out_once(void **state)
{
	struct world *w = *state;

	assert_int_equal(add(w, TOKEN, 60), ST_OK);
	assert_int_equal(add(w, TOKEN, 60), ST_CONFLICT);
}

static void
the_table_shows_neither_identifier_nor_value(void **state)
{
	static const char sql[] =
	    "SELECT v::text LIKE '%' || $2 || '%' OR"
	    " encode(v.value, 'escape') LIKE '%' || $1 || '%'"
	    " FROM verifications v WHERE v.user_id = $1";
	struct world *w = *state;
	char *identifier = own_identifier(w, "hidden");
	struct db_rows rows;

	assert_int_equal(add(w, identifier, 60), ST_OK);
	assert_int_equal(db_one(&w->owner, &rows, sql, DB_ARGS(
	    db_text(w->user), db_text(identifier))), ST_OK);
	assert_false(db_get_bool(&rows, 0, 0));
}

static void
a_value_does_not_open_under_another_identifier(void **state)
{
	static const char sql[] =
	    "UPDATE verifications SET value = (SELECT value"
	    "   FROM verifications WHERE identifier_hash ="
	    "    sha256(convert_to($1, 'UTF8')))"
	    " WHERE identifier_hash = sha256(convert_to($2, 'UTF8'))";
	struct world *w = *state;
	char *one = own_identifier(w, "one"), *two = own_identifier(w, "two");
	const char *value;

	assert_int_equal(add(w, one, 60), ST_OK);
	assert_int_equal(add(w, two, 60), ST_OK);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(one),
	    db_text(two)), NULL), ST_OK);
	assert_int_equal(store_verification_find(&w->worker, two, &value),
	    ST_NOT_FOUND);
}

static void
it_ends_with_its_user(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	char *identifier = own_identifier(w, "end");
	const char *value;

	assert_int_equal(add(w, identifier, 60), ST_OK);
	assert_int_equal(db_run(&w->worker, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(store_verification_find(&w->worker, identifier,
	    &value), ST_NOT_FOUND);
}

static void
what_has_expired_is_removed_in_batches(void **state)
{
	struct world *w = *state;
	int64_t count = 0;

	for (int i = 0; i < 3; i++)
		assert_int_equal(add(w, arena_printf(w->worker.arena,
		    "purge:%d%s", i, w->user), -60), ST_OK);
	assert_int_equal(store_verification_purge(&w->worker, 2, &count),
	    ST_OK);
	assert_int_equal(count, 2);
	assert_int_equal(store_verification_purge(&w->worker, 100, &count),
	    ST_OK);
	assert_true(count >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_proof_is_read_and_stays),
		WORLD_TEST(a_proof_is_taken_once),
		WORLD_TEST(of_many_at_once_one_takes_it),
		WORLD_TEST(a_proof_that_has_expired_is_none),
		WORLD_TEST(an_identifier_is_handed_out_once),
		WORLD_TEST(the_table_shows_neither_identifier_nor_value),
		WORLD_TEST(a_value_does_not_open_under_another_identifier),
		WORLD_TEST(it_ends_with_its_user),
		WORLD_TEST(what_has_expired_is_removed_in_batches),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
