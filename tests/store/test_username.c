#include "world.h"

/* The promises of store/user.h about usernames. */

struct named {
	char id[ID_SIZE];
	const char *email, *username;
};

static enum status
work_create(struct ctx *ctx)
{
	struct named *named = ctx->input;

	id_new(named->id, ctx->now);
	return store_user_create(ctx, &(struct user_new){ .id = named->id,
	    .name = "Anna", .email = named->email != NULL ? named->email :
	    arena_printf(ctx->arena, "%s@example.com", named->id),
	    .username = named->username, .display_username = "Anna.L",
	    .role = "user", .fields = "{}", .password = "hash" });
}

static enum status
work_update(struct ctx *ctx)
{
	struct named *named = ctx->input;

	return store_user_update(ctx, &(struct user){ .id = named->id },
	    &(struct user_change){ .set_username = true,
	    .username = named->username }, &(struct user){ 0 });
}

/* Names of this test's own. */
static const char *
fresh(struct world *w, const char *text)
{
	return arena_printf(w->worker.arena, "%.6s%s", w->user + 26, text);
}

static void
a_name_finds_its_user_and_the_hash(void **state)
{
	struct world *w = *state;
	struct named named = { .username = fresh(w, "found") };
	const char *password = NULL;
	struct user user;

	assert_int_equal(world_run(&w->worker, work_create, &named), ST_OK);
	assert_int_equal(store_user_credential_of_name(&w->worker,
	    named.username, &user, &password), ST_OK);
	assert_string_equal(user.id, named.id);
	assert_string_equal(user.username, named.username);
	assert_string_equal(user.display_username, "Anna.L");
	assert_string_equal(password, "hash");
	assert_int_equal(store_user_credential_of_name(&w->worker,
	    fresh(w, "lost"), &user, &password), ST_USER_NOT_FOUND);
	assert_null(password);
}

static void
a_name_is_one_users_and_is_told_before_the_address(void **state)
{
	struct world *w = *state;
	const char *email = arena_printf(w->worker.arena, "%s@example.com",
	    fresh(w, "mail"));
	struct named first = { .email = email, .username = fresh(w, "one") };
	struct named both = first;
	struct named other = { .email = email, .username = fresh(w, "two") };
	bool taken = true;

	assert_int_equal(world_run(&w->worker, work_create, &first), ST_OK);
	assert_int_equal(world_run(&w->worker, work_create, &both),
	    ST_USERNAME_IS_ALREADY_TAKEN);
	assert_int_equal(world_run(&w->worker, work_create, &other),
	    ST_CONFLICT);
	assert_int_equal(store_username_taken(&w->worker, other.username,
	    &taken), ST_OK);
	assert_false(taken);
	assert_int_equal(store_username_taken(&w->worker, first.username,
	    &taken), ST_OK);
	assert_true(taken);
}

static void
of_many_at_once_one_is_made(void **state)
{
	struct world *w = *state;
	struct named named = { .username = fresh(w, "race") };
	int outcomes[WORLD_STATUSES];

	world_race(16, work_create, &named, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_USERNAME_IS_ALREADY_TAKEN], 15);
}

static void
a_change_to_a_name_that_is_taken_changes_nothing(void **state)
{
	struct world *w = *state;
	struct named first = { .username = fresh(w, "mine") };
	struct named second = { .username = fresh(w, "yours") };
	struct named wish;
	const char *password;
	struct user user;

	assert_int_equal(world_run(&w->worker, work_create, &first), ST_OK);
	assert_int_equal(world_run(&w->worker, work_create, &second), ST_OK);
	wish = second;
	wish.username = first.username;
	assert_int_equal(world_run(&w->worker, work_update, &wish),
	    ST_USERNAME_IS_ALREADY_TAKEN);
	assert_int_equal(store_user_credential_of_name(&w->worker,
	    second.username, &user, &password), ST_OK);
	wish.username = NULL;
	assert_int_equal(world_run(&w->worker, work_update, &wish), ST_OK);
	assert_int_equal(store_user_credential_of_name(&w->worker,
	    second.username, &user, &password), ST_USER_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_name_finds_its_user_and_the_hash),
		WORLD_TEST(a_name_is_one_users_and_is_told_before_the_address),
		WORLD_TEST(of_many_at_once_one_is_made),
		WORLD_TEST(a_change_to_a_name_that_is_taken_changes_nothing),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
