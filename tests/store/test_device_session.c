#include "world.h"

#include "store/device_session.h"

/* The promises of store/device_session.h. */

#define TOKENS 4

struct browser {
	char other[ID_SIZE];		/* a second user */
	const char *token[TOKENS];	/* own, other's, own, nobody's */
	struct session_found found[TOKENS];
};

static const char *
begin(struct world *w, const char *user_id)
{
	struct session session;

	w->worker.request.address = "";
	w->worker.request.user_agent = "";
	assert_int_equal(store_session_create(&w->worker, user_id, NULL, 60,
	    &session), ST_OK);
	return session.token;
}

static void
open_browser(struct world *w, struct browser *b)
{
	*b = (struct browser){ 0 };
	world_user(&w->worker, b->other, NULL, "Other", "user");
	b->token[0] = begin(w, w->user);
	b->token[1] = begin(w, b->other);
	b->token[2] = begin(w, w->user);
	b->token[3] = "nobody's";
}

static enum status
find(struct world *w, struct browser *b)
{
	memset(b->found, 0, sizeof(b->found));
	return store_device_sessions(&w->worker, b->token, TOKENS, b->found);
}

static void
assert_live(const struct browser *b, const char *wanted)
{
	for (size_t i = 0; i < TOKENS; i++)
		assert_int_equal(b->found[i].live, wanted[i] == 'y');
}

static void
each_token_gets_its_own_session_and_user(void **state)
{
	struct world *w = *state;
	struct browser b;

	open_browser(w, &b);
	assert_int_equal(find(w, &b), ST_OK);
	assert_live(&b, "yyyn");
	for (size_t i = 0; i < TOKENS - 1; i++) {
		const char *user = i == 1 ? b.other : w->user;

		assert_string_equal(b.found[i].session.user_id, user);
		assert_string_equal(b.found[i].user.id, user);
		assert_string_equal(b.found[i].session.token, b.token[i]);
	}
}

static void
what_may_not_be_used_is_not_live(void **state)
{
	static const char expire[] =
	    "UPDATE sessions SET expires_at = now() - interval '1 second'"
	    " WHERE id = $1";
	static const char ban[] =
	    "UPDATE users SET banned = true WHERE id = $1";
	struct world *w = *state;
	struct browser b;

	open_browser(w, &b);
	assert_int_equal(find(w, &b), ST_OK);
	assert_int_equal(db_run(&w->worker, expire, DB_ARGS(db_text(
	    b.found[0].session.id)), NULL), ST_OK);
	assert_int_equal(db_run(&w->worker, ban, DB_ARGS(db_text(b.other)),
	    NULL), ST_OK);
	assert_int_equal(find(w, &b), ST_OK);
	assert_live(&b, "nnyn");
}

static void
a_user_keeps_one_session_of_a_browser(void **state)
{
	struct world *w = *state;
	struct browser b;

	open_browser(w, &b);
	assert_int_equal(store_device_sessions_replace(&w->worker, b.token,
	    TOKENS, w->user, b.found), ST_OK);
	assert_live(&b, "nynn");
	assert_int_equal(find(w, &b), ST_OK);
	assert_live(&b, "nynn");
}

static void
all_of_them_end_at_once_and_are_named(void **state)
{
	struct world *w = *state;
	struct browser b;

	open_browser(w, &b);
	assert_int_equal(store_device_sessions_end(&w->worker, b.token, TOKENS,
	    b.found), ST_OK);
	assert_live(&b, "yyyn");
	assert_string_equal(b.found[1].session.user_id, b.other);
	assert_int_equal(find(w, &b), ST_OK);
	assert_live(&b, "nnnn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(each_token_gets_its_own_session_and_user),
		WORLD_TEST(what_may_not_be_used_is_not_live),
		WORLD_TEST(a_user_keeps_one_session_of_a_browser),
		WORLD_TEST(all_of_them_end_at_once_and_are_named),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
