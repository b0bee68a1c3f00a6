#include "world.h"

#include <string.h>

#include "base/text.h"
#include "store/session.h"
#include "store/verification.h"

/* What a user's own account goes through: store/user.h and the sessions. */

static enum status
work_lock(struct ctx *ctx)
{
	struct user user;

	return store_user_lock(ctx, ctx->input, &user);
}

static enum status
work_verify(struct ctx *ctx)
{
	struct user user;
	bool changed;

	TRY(store_user_by_id(ctx, ctx->input, &user));
	TRY(store_email_verify(ctx, &user, &changed));
	view_bool(ctx->view, "changed", changed);
	return ST_OK;
}

struct move {
	const char *id;
	const char *from, *to;
	bool verified;
};

static enum status
work_move(struct ctx *ctx)
{
	const struct move *move = ctx->input;
	struct user user = { .id = move->id, .email = move->from };

	return store_email_change(ctx, &user, move->to, move->verified);
}

static enum status
work_delete(struct ctx *ctx)
{
	return store_user_delete(ctx, ctx->input);
}

struct pair_of_ids {
	const char *user, *account;
};

static enum status
work_unlink(struct ctx *ctx)
{
	const struct pair_of_ids *ids = ctx->input;
	struct user user;

	TRY(store_user_lock(ctx, ids->user, &user));
	return store_account_unlink(ctx, ids->user, ids->account);
}

static const char *
email_of(struct world *w, const char *id)
{
	return arena_printf(w->worker.arena, "%s@example.com", id);
}

static int64_t
count_of(struct world *w, const char *sql, const char *id)
{
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, sql, DB_ARGS(db_text(id))),
	    ST_OK);
	return db_get_int(&rows, 0, 0);
}

static void
a_user_who_is_not_there_cannot_be_locked(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_run(&w->worker, work_lock, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_lock,
	    (char[]){ "none" }), ST_USER_NOT_FOUND);
}

static void
an_unknown_address_is_nobodys_at_the_same_cost(void **state)
{
	struct world *w = *state;
	const char *email = email_of(w, w->user);
	const char *before = arena_printf(w->worker.arena, "%.*s",
	    (int)strlen(email) - 1, email);
	struct user user;
	bool known;

	assert_int_equal(store_user_or_nobody(&w->worker, email, &user,
	    &known), ST_OK);
	assert_true(known);
	assert_string_equal(user.id, w->user);
	assert_int_equal(store_user_or_nobody(&w->worker, before, &user,
	    &known), ST_OK);
	assert_false(known);
	assert_string_equal(user.email, before);
	assert_string_equal(user.id, w->user);
	assert_null(user.name);
	assert_int_equal(store_user_or_nobody(&w->worker, "~", &user,
	    &known), ST_OK);
	assert_false(known);
	assert_null(user.id);
}

static void
an_address_is_verified_once(void **state)
{
	static const char sql[] =
	    "UPDATE users SET email_verified = false WHERE id = $1";
	struct world *w = *state;

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(world_run(&w->worker, work_verify, w->user), ST_OK);
	assert_true(view_is_true(w->worker.view, "changed"));
	assert_int_equal(world_run(&w->worker, work_verify, w->user), ST_OK);
	assert_false(view_is_true(w->worker.view, "changed"));
}

/* Read before the address changed, as a request at the same time does. */
static void
a_letter_to_the_old_address_verifies_no_new_one(void **state)
{
	static const char sql[] =
	    "SELECT email_verified::integer FROM users WHERE id = $1";
	struct world *w = *state;
	struct move move = { .id = w->user, .from = email_of(w, w->user),
		.to = email_of(w, "unproved"), .verified = false };
	struct user before;
	bool changed;

	assert_int_equal(store_user_by_id(&w->worker, w->user, &before),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_move, &move), ST_OK);
	assert_int_equal(store_email_verify(&w->worker, &before, &changed),
	    ST_OK);
	assert_false(changed);
	assert_int_equal(count_of(w, sql, w->user), 0);
}

static void
an_address_changes_from_what_it_was(void **state)
{
	struct world *w = *state;
	struct move move = { .id = w->user, .from = email_of(w, w->user),
		.to = email_of(w, "moved"), .verified = true };
	struct user user;

	assert_int_equal(world_run(&w->worker, work_move, &move), ST_OK);
	assert_int_equal(store_user_by_email(&w->worker, move.to, &user),
	    ST_OK);
	assert_string_equal(user.id, w->user);
	assert_true(user.email_verified);
	assert_int_equal(world_run(&w->worker, work_move, &move),
	    ST_CONFLICT);
}

static void
a_taken_address_is_refused(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];
	struct move move = { .id = w->user, .from = email_of(w, w->user) };
	struct user user;

	world_user(&w->worker, other, NULL, NULL, "user");
	move.to = email_of(w, other);
	assert_int_equal(world_run(&w->worker, work_move, &move),
	    ST_CONFLICT);
	assert_int_equal(store_user_by_email(&w->worker, move.from, &user),
	    ST_OK);
}

/* All want the same address of one user: none is told of an accident. */
static void
of_many_changes_at_once_one_happens(void **state)
{
	struct world *w = *state;
	struct move move = { .id = w->user, .from = email_of(w, w->user),
		.to = email_of(w, "race") };
	int outcomes[WORLD_STATUSES];

	world_race(8, work_move, &move, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_CONFLICT], 7);
}

static void
a_user_is_deleted_once_and_the_ledger_stays(void **state)
{
	static const char wallets[] =
	    "SELECT count(*) FROM wallets WHERE id = $1";
	static const char accounts[] =
	    "SELECT count(*) FROM accounts WHERE user_id = $1";
	struct world *w = *state;

	assert_int_equal(world_run(&w->worker, work_delete, w->user), ST_OK);
	assert_int_equal(count_of(w, wallets, w->user), 1);
	assert_int_equal(count_of(w, accounts, w->user), 0);
	assert_int_equal(world_run(&w->worker, work_delete, w->user),
	    ST_USER_NOT_FOUND);
}

/* ---- accounts ---------------------------------------------------------- */

static void
link_account(struct world *w, const char *user, const char *id)
{
	static const char sql[] =
	    "INSERT INTO accounts (id, user_id, provider_id, account_id,"
	    "   created_at, updated_at)"
	    " VALUES ($1, $2, 'mock', $1, now(), now())";

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(id),
	    db_text(user)), NULL), ST_OK);
}

static const char *
id_of(struct world *w, const char *prefix)
{
	return arena_printf(w->worker.arena, "%s%s", prefix, w->user);
}

static void
the_last_account_stays(void **state)
{
	struct world *w = *state;
	struct pair_of_ids ids = { w->user, id_of(w, "one") };

	link_account(w, w->user, ids.account);
	assert_int_equal(world_run(&w->worker, work_unlink, &ids),
	    ST_FAILED_TO_UNLINK_LAST_ACCOUNT);
	ids.account = "none";
	assert_int_equal(world_run(&w->worker, work_unlink, &ids),
	    ST_FAILED_TO_UNLINK_LAST_ACCOUNT);
}

static void
an_account_of_somebody_else_is_unknown(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];
	struct pair_of_ids ids = { w->user, id_of(w, "foreign") };

	world_user(&w->worker, other, NULL, NULL, "user");
	link_account(w, other, ids.account);
	link_account(w, w->user, id_of(w, "first"));
	link_account(w, w->user, id_of(w, "second"));
	assert_int_equal(world_run(&w->worker, work_unlink, &ids),
	    ST_ACCOUNT_NOT_FOUND);
}

/* Everybody takes another one: exactly one is left. */
static enum status
work_unlink_any(struct ctx *ctx)
{
	char *user = ctx->input;
	struct pair_of_ids ids = { user, arena_printf(ctx->arena, "%d%s",
	    (int)(getpid() % 2), user) };
	enum status status;

	ctx->input = &ids;
	status = work_unlink(ctx);
	ctx->input = user;
	return status;
}

static void
accounts_unlinked_at_once_leave_one(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM accounts WHERE user_id = $1";
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];

	link_account(w, w->user, id_of(w, "0"));
	link_account(w, w->user, id_of(w, "1"));
	world_race(8, work_unlink_any, w->user, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(count_of(w, sql, w->user), 1);
}

/* ---- sessions ---------------------------------------------------------- */

static bool
is_new(struct world *w, const char *agent, const char *address)
{
	struct session session;

	w->worker.request.user_agent = agent;
	w->worker.request.address = address;
	assert_int_equal(store_session_create(&w->worker, w->user, NULL, 60,
	    &session), ST_OK);
	return session.new_device;
}

static void
a_device_is_new_beside_others_only(void **state)
{
	struct world *w = *state;

	assert_false(is_new(w, "Phone", "192.0.2.1"));
	assert_true(is_new(w, "Laptop", "192.0.2.1"));
	assert_false(is_new(w, "Laptop", "192.0.2.200"));
	assert_true(is_new(w, "Laptop", "192.0.20.1"));
	assert_true(is_new(w, "Laptop", "2001:0db8:0001:0002:0000:0000:0000"
	    ":0000"));
	assert_false(is_new(w, "Laptop", "2001:0db8:0001:0002:0000:0000:0000"
	    ":0000"));
	assert_false(is_new(w, "Laptop", ""));
	assert_true(is_new(w, "Tablet", ""));
}

static void
who_acts_as_a_user_knows_none_of_his_devices(void **state)
{
	static const char sql[] =
	    "UPDATE sessions SET impersonated_by = user_id WHERE user_id = $1";
	struct world *w = *state;

	assert_false(is_new(w, "Phone", ""));
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_false(is_new(w, "Laptop", ""));
	assert_true(is_new(w, "Phone", ""));
}

/* ---- a new password ----------------------------------------------------- */

/* As by the link of a letter: slow to end, so that others come in between. */
static enum status
work_reset(struct ctx *ctx)
{
	static const char doze[] = "SELECT pg_sleep(0.5)";
	struct user user;

	TRY(store_user_lock(ctx, ctx->input, &user));
	TRY(store_password_replace(ctx, user.id, "$new"));
	TRY(store_session_revoke_all(ctx, user.id, NULL, NULL));
	return db_run(ctx, doze, DB_NONE, NULL);
}

/* As by who knows the old one. */
static enum status
work_change(struct ctx *ctx)
{
	static const char doze[] = "SELECT pg_sleep(0.5)";

	TRY(store_password_set(ctx, ctx->input, "$old", "$new"));
	TRY(store_session_revoke_all(ctx, ctx->input, NULL, NULL));
	return db_run(ctx, doze, DB_NONE, NULL);
}

static enum status
work_sign_in(struct ctx *ctx)
{
	struct session session;

	ctx->request.user_agent = ctx->request.address = "";
	return store_session_create(ctx, ctx->input, "$old", 60, &session);
}

/* What becomes of a sign-in with the old password while work is at it. */
static enum status
sign_in_beside(struct world *w, enum status (*work)(struct ctx *))
{
	enum status status;
	pid_t child;
	int how;

	assert_int_equal(store_password_replace(&w->worker, w->user, "$old"),
	    ST_OK);
	(void)fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct ctx ctx = world_worker();

		_exit((int)world_run(&ctx, work, w->user));
	}
	(void)usleep(250000);
	status = world_run(&w->worker, work_sign_in, w->user);
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFEXITED(how) && WEXITSTATUS(how) == ST_OK);
	return status;
}

static void
a_password_lets_nobody_in_while_it_is_replaced(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM sessions WHERE user_id = $1";
	struct world *w = *state;

	assert_int_equal(sign_in_beside(w, work_reset),
	    ST_FAILED_TO_CREATE_SESSION);
	assert_int_equal(sign_in_beside(w, work_change),
	    ST_FAILED_TO_CREATE_SESSION);
	assert_int_equal(count_of(w, sql, w->user), 0);
	assert_int_equal(store_password_replace(&w->worker, w->user, "$old"),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_sign_in, w->user), ST_OK);
}

static enum status
work_rehash(struct ctx *ctx)
{
	TRY(work_sign_in(ctx));
	return store_password_better(ctx, ctx->input, "$old", "$better");
}

/* Whoever comes later finds that his hash is no longer the stored one. */
static void
sign_ins_at_once_with_an_old_hash_hinder_nobody(void **state)
{
	int outcomes[WORLD_STATUSES];
	struct world *w = *state;
	const char *hash;

	assert_int_equal(store_password_replace(&w->worker, w->user, "$old"),
	    ST_OK);
	world_race(8, work_rehash, w->user, outcomes);
	assert_true(outcomes[ST_OK] > 0);
	assert_int_equal(outcomes[ST_OK] +
	    outcomes[ST_FAILED_TO_CREATE_SESSION], 8);
	assert_int_equal(store_password_replace(&w->worker, w->user, "$old"),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_rehash, w->user), ST_OK);
	assert_int_equal(store_password_get(&w->worker, w->user, &hash),
	    ST_OK);
	assert_string_equal(hash, "$better");
}

/* ---- proofs ------------------------------------------------------------ */

static void
all_proofs_of_a_user_end_together(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];
	const char *value;
	struct verification new = { .value = "1", .seconds = 60 };

	world_user(&w->worker, other, NULL, NULL, "user");
	for (int i = 0; i < 3; i++) {
		new.user_id = i < 2 ? w->user : other;
		new.identifier = arena_printf(w->worker.arena, "%d:%s", i,
		    w->user);
		assert_int_equal(store_verification_add(&w->worker, &new),
		    ST_OK);
	}
	assert_int_equal(store_verification_end(&w->worker, w->user), ST_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(store_verification_find(&w->worker,
		    arena_printf(w->worker.arena, "%d:%s", i, w->user),
		    &value), i < 2 ? ST_NOT_FOUND : ST_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_user_who_is_not_there_cannot_be_locked),
		WORLD_TEST(an_unknown_address_is_nobodys_at_the_same_cost),
		WORLD_TEST(an_address_is_verified_once),
		WORLD_TEST(a_letter_to_the_old_address_verifies_no_new_one),
		WORLD_TEST(an_address_changes_from_what_it_was),
		WORLD_TEST(a_taken_address_is_refused),
		WORLD_TEST(of_many_changes_at_once_one_happens),
		WORLD_TEST(a_user_is_deleted_once_and_the_ledger_stays),
		WORLD_TEST(the_last_account_stays),
		WORLD_TEST(an_account_of_somebody_else_is_unknown),
		WORLD_TEST(accounts_unlinked_at_once_leave_one),
		WORLD_TEST(a_device_is_new_beside_others_only),
		WORLD_TEST(who_acts_as_a_user_knows_none_of_his_devices),
		WORLD_TEST(a_password_lets_nobody_in_while_it_is_replaced),
		WORLD_TEST(sign_ins_at_once_with_an_old_hash_hinder_nobody),
		WORLD_TEST(all_proofs_of_a_user_end_together),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
