#include "world.h"

#include <sys/mman.h>

#include "guard/attempt.h"
#include "guard/shared.h"
#include "store/session.h"

/* The promises are those of guard/attempt.h and guard/limit.h, each where
 * counts are in memory and where they are in the database. */

#define FREE 10
#define HOUR INT64_C(3600000)

struct place {
	struct world *world;
	struct ctx *ctx;
	struct config config;
};

static int
open_place(void **state)
{
	const char *storage = *state;
	struct place *place = calloc(1, sizeof(*place));
	int fd = shared_create(8, 2);
	void *world;

	if (place == NULL || world_open(&world) != 0)
		return -1;
	place->world = world;
	place->ctx = &place->world->worker;
	place->config = (struct config){ .rate_limit_enabled = true,
	    .rate_limit_storage = storage,
	    .rate_limit_account_failures = FREE,
	    .rate_limit_network_failures = 100000 };
	place->ctx->config = &place->config;
	place->ctx->shared = shared_map(fd);
	place->ctx->request.address = "192.0.2.1";
	assert_int_equal(db_run(&place->world->owner, "DELETE FROM limits",
	    DB_NONE, NULL), ST_OK);
	*state = place;
	return close(fd);
}

static int
close_place(void **state)
{
	struct place *place = *state;
	void *world = place->world;

	(void)munmap(place->ctx->shared, sizeof(struct shared));
	free(place);
	return world_close(&world);
}

/* Time goes by, for both clocks. */
static void
later(struct place *place, int64_t ms)
{
	static const char sql[] =
	    "UPDATE limits SET last_at = last_at - $1 * interval '1 ms',"
	    " forget_at = forget_at - $1 * interval '1 ms'";

	place->ctx->now += ms;
	assert_int_equal(db_run(&place->world->owner, sql,
	    DB_ARGS(db_int(ms)), NULL), ST_OK);
}

static enum status
attempt(struct place *place, const char *account, enum attempt_result result)
{
	struct attempt attempt;
	enum status status;

	place->ctx->refusal.retry_after = 0;
	status = attempt_begin(place->ctx, account, &attempt);
	if (status == ST_OK)
		attempt_end(place->ctx, &attempt, result);
	return status;
}

static void
fail_times(struct place *place, const char *account, int times)
{
	for (int i = 0; i < times; i++)
		if (attempt(place, account, ATTEMPT_WRONG) != ST_OK)
			fail_msg("refused after %d", i);
}

static void
assert_refused(struct place *place, const char *account, int64_t seconds)
{
	assert_int_equal(attempt(place, account, ATTEMPT_RIGHT),
	    ST_TOO_MANY_REQUESTS);
	assert_int_equal(place->ctx->refusal.retry_after, seconds);
}

static void
pauses_begin_after_the_free_ones_and_double(void **state)
{
	struct place *place = *state;
	int64_t pause = 1;

	fail_times(place, "a", FREE);
	for (int i = 0; i < 14; i++) {
		assert_refused(place, "a", pause);
		later(place, pause * 1000);
		fail_times(place, "a", 1);
		pause = pause * 2 < 900 ? pause * 2 : 900;
	}
	assert_refused(place, "a", 900);
	fail_times(place, "b", FREE);
}

/* NIST SP 800-63B, 5.2.2: no more than 100. */
static void
a_hundred_in_a_row_close_an_account_for_a_day(void **state)
{
	struct place *place = *state;

	fail_times(place, "a", FREE);
	for (int i = FREE; i < ATTEMPT_MOST; i++) {
		later(place, LIMIT_PAUSE_MAX_MS);
		fail_times(place, "a", 1);
	}
	assert_refused(place, "a", 86400);
	later(place, 23 * HOUR);
	assert_refused(place, "a", 3600);
	later(place, HOUR);
	fail_times(place, "a", FREE);
}

static void
a_right_one_makes_it_nought_again(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < 3; i++) {
		fail_times(place, "a", FREE - 1);
		assert_int_equal(attempt(place, "a", ATTEMPT_RIGHT), ST_OK);
	}
	fail_times(place, "a", FREE);
	assert_refused(place, "a", 1);
	attempt_forget(place->ctx, "a");
	fail_times(place, "a", FREE);
}

/* A busy service refuses before it looks: that is nobody's guess. */
static void
an_untried_one_does_not_count(void **state)
{
	struct place *place = *state;

	fail_times(place, "a", FREE - 1);
	for (int i = 0; i < 50; i++)
		assert_int_equal(attempt(place, "a", ATTEMPT_UNTRIED), ST_OK);
	fail_times(place, "a", 1);
	assert_refused(place, "a", 1);
}

/* Authelia CVE-2025-24806 and its like: another way in is another count. */
static void
an_account_is_one_from_wherever_it_is_tried(void **state)
{
	struct place *place = *state;

	for (int i = 0; i < FREE; i++) {
		place->ctx->request.address = arena_printf(place->ctx->arena,
		    "198.51.100.%d", i);
		fail_times(place, "a", 1);
	}
	assert_refused(place, "a", 1);
}

static void
an_account_nobody_has_is_refused_alike(void **state)
{
	struct place *place = *state;
	enum status status[2][30];
	int64_t wait[2][30];

	for (int i = 0; i < 30; i++) {
		for (int who = 0; who < 2; who++) {
			status[who][i] = attempt(place, who ? "ghost@a.example" :
			    place->world->user, ATTEMPT_WRONG);
			wait[who][i] = place->ctx->refusal.retry_after;
		}
		later(place, 700);
	}
	assert_memory_equal(status[0], status[1], sizeof(status[0]));
	assert_memory_equal(wait[0], wait[1], sizeof(wait[0]));
}

/* Whoever guesses must not be able to lock somebody out. */
static void
the_owner_passes_where_he_has_been_before(void **state)
{
	struct place *place = *state;
	const char *user = place->world->user;
	struct session session = { 0 };

	place->ctx->request.address = "203.0.113.9";
	place->ctx->request.user_agent = "";
	assert_int_equal(store_session_create(place->ctx, user, NULL, 3600,
	    &session), ST_OK);
	place->ctx->request.address = "192.0.2.1";
	fail_times(place, user, FREE);
	assert_refused(place, user, 1);
	place->ctx->request.address = "203.0.113.9";
	for (int i = 0; i < 3; i++)
		assert_int_equal(attempt(place, user, ATTEMPT_RIGHT), ST_OK);
	/* which opens it to nobody else, and has an end, too */
	place->ctx->request.address = "192.0.2.1";
	assert_refused(place, user, 1);
	place->ctx->request.address = "203.0.113.9";
	fail_times(place, user, FREE);
	assert_refused(place, user, 1);
}

static void
whoever_is_signed_in_is_counted_apart(void **state)
{
	struct place *place = *state;
	const char *user = place->world->user;
	struct session session = { .id = "one", .user_id = user };

	fail_times(place, user, FREE);
	assert_refused(place, user, 1);
	place->ctx->session = &session;
	fail_times(place, user, FREE);
	assert_refused(place, user, 1);
	assert_int_equal(attempt(place, "other", ATTEMPT_WRONG), ST_OK);
	session.id = "two";
	fail_times(place, user, FREE);
}

static void
a_network_has_its_number_an_hour_whatever_the_accounts(void **state)
{
	struct place *place = *state;
	int64_t most = place->config.rate_limit_network_failures = 20;

	for (int i = 0; i < most; i++) {
		later(place, 60000);
		fail_times(place, arena_printf(place->ctx->arena, "%d", i), 1);
		/* a right one in between buys no further wrong ones */
		if (i < most - 1)
			assert_int_equal(attempt(place, "own", ATTEMPT_RIGHT),
			    ST_OK);
	}
	assert_refused(place, "own", 3600 - 19 * 60);
	assert_refused(place, NULL, 3600 - 19 * 60);
	place->ctx->request.address = "192.0.2.2";
	fail_times(place, "x", 1);
	place->ctx->request.address = "192.0.2.1";
	later(place, HOUR - 19 * 60000);
	fail_times(place, "y", 1);
}

static void
a_secret_of_no_account_counts_for_the_network(void **state)
{
	struct place *place = *state;

	place->config.rate_limit_network_failures = 5;
	for (int i = 0; i < 20; i++)
		assert_int_equal(attempt(place, NULL, ATTEMPT_RIGHT), ST_OK);
	fail_times(place, NULL, 5);
	assert_refused(place, NULL, 3600);
}

static enum status
attempt_slowly(struct ctx *ctx)
{
	struct attempt attempt;

	return attempt_begin(ctx, "raced", &attempt);
}

/* However many at once: each is counted before its secret is looked at. */
static void
attempts_at_once_are_counted_one_by_one(void **state)
{
	struct place *place = *state;
	int passed = 0;

	(void)fflush(NULL);
	for (int i = 0; i < 40; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			struct ctx ctx = world_worker();

			ctx.config = place->ctx->config;
			ctx.shared = place->ctx->shared;
			ctx.request.address = "192.0.2.1";
			_exit((int)attempt_slowly(&ctx));
		}
	}
	for (int i = 0; i < 40; i++) {
		int how;

		assert_true(wait(&how) > 0);
		assert_true(WIFEXITED(how));
		passed += WEXITSTATUS(how) == ST_OK;
	}
	assert_int_equal(passed, FREE);
}

static void
without_limits_nothing_is_counted(void **state)
{
	struct place *place = *state;
	struct shared *shared = place->ctx->shared;

	place->config.rate_limit_enabled = false;
	fail_times(place, "a", 200);
	place->config.rate_limit_enabled = true;
	place->ctx->shared = NULL;
	fail_times(place, "a", 200);
	place->ctx->shared = shared;
	fail_times(place, "a", FREE);
	assert_refused(place, "a", 1);
}

/* Neither an outage for all, nor an open door. */
static void
while_the_database_is_away_the_host_counts(void **state)
{
	struct place *place = *state;
	struct db *db = place->ctx->db;

	place->ctx->db = db_open("host=/nowhere", NULL, WORLD_DEADLINE_MS);
	fail_times(place, "a", FREE);
	assert_refused(place, "a", 1);
	db_close(place->ctx->db);
	place->ctx->db = db;
	fail_times(place, "a", FREE);
}

static void
what_is_forgotten_is_removed(void **state)
{
	struct place *place = *state;
	int64_t count;

	fail_times(place, "a", 1);
	fail_times(place, "b", 1);
	assert_int_equal(store_limit_purge(place->ctx, 100, &count), ST_OK);
	assert_int_equal(count, 0);
	later(place, 2 * HOUR);
	assert_int_equal(store_limit_purge(place->ctx, 100, &count), ST_OK);
	assert_int_equal(count, 1);	/* the network */
	later(place, 24 * HOUR);
	assert_int_equal(store_limit_purge(place->ctx, 1, &count), ST_OK);
	assert_int_equal(count, 1);
	assert_int_equal(store_limit_purge(place->ctx, 100, &count), ST_OK);
	assert_int_equal(count, 1);
}

#define IN(name, storage)						\
	{ #name ": " storage, name, open_place, close_place,		\
	    (void *)(uintptr_t)storage }
#define BOTH(name) IN(name, "memory"), IN(name, "database")

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(pauses_begin_after_the_free_ones_and_double),
		BOTH(a_hundred_in_a_row_close_an_account_for_a_day),
		BOTH(a_right_one_makes_it_nought_again),
		BOTH(an_untried_one_does_not_count),
		BOTH(an_account_is_one_from_wherever_it_is_tried),
		BOTH(an_account_nobody_has_is_refused_alike),
		BOTH(the_owner_passes_where_he_has_been_before),
		BOTH(whoever_is_signed_in_is_counted_apart),
		BOTH(a_network_has_its_number_an_hour_whatever_the_accounts),
		BOTH(a_secret_of_no_account_counts_for_the_network),
		BOTH(attempts_at_once_are_counted_one_by_one),
		BOTH(without_limits_nothing_is_counted),
		IN(while_the_database_is_away_the_host_counts, "database"),
		IN(what_is_forgotten_is_removed, "database"),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
