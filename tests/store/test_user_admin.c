#include "world.h"

#include "base/text.h"
#include "config.h"
#include "store/figures.h"
#include "store/page.h"
#include "store/session.h"
#include "store/user_admin.h"
#include "store/user_list.h"

/* The promises are those of store/user_admin.h and store/figures.h. */

static size_t
list(struct world *w, const char *q, const char *role, const char *state,
    struct page *page)
{
	struct ctx *ctx = &w->worker;

	view_clear(ctx->view);
	ctx->now = clock_now();
	assert_int_equal(store_user_list(ctx, &(struct user_filter){ q, role,
	    state }, page, view_list(ctx->view, "users")), ST_OK);
	return world_length(ctx->view, "users");
}

static size_t
find(struct world *w, const char *q, const char *role, const char *state)
{
	struct page page;

	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	return list(w, q, role, state, &page);
}

static const char *
found(struct world *w, size_t i)
{
	return view_get_text(world_item(w->worker.view, "users", i), "id");
}

static void
an_exact_email_or_id_is_the_only_answer(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char other[ID_SIZE];
	const char *email = arena_printf(ctx->arena, "%s@EXAMPLE.com",
	    w->user);

	world_user(ctx, other, arena_printf(ctx->arena, "x%s@example.com",
	    w->user), NULL, "user");
	assert_int_equal(find(w, email, NULL, NULL), 1);
	assert_string_equal(found(w, 0), w->user);
	assert_int_equal(find(w, w->user, NULL, NULL), 1);
	assert_string_equal(found(w, 0), w->user);
	assert_int_equal(find(w, w->user, "admin_rw", NULL), 0);
	/* A part of both is not exact. */
	assert_int_equal(find(w, w->user + 1, NULL, NULL), 2);
	assert_true(text_is(found(w, 0), other) || text_is(found(w, 1), other));
}

static void
a_part_of_name_or_email_finds_without_case(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char unique[ID_SIZE], user[ID_SIZE];

	id_new(unique, clock_now());
	world_user(ctx, user, NULL, arena_printf(ctx->arena,
	    "Zo\xc3\xab_50%% %s", unique), "user");
	assert_int_equal(find(w, arena_printf(ctx->arena, "zo\xc3\xab_50%% %s",
	    unique), NULL, NULL), 1);
	assert_string_equal(found(w, 0), user);
	/* What LIKE takes for wildcards is a character like others. */
	assert_int_equal(find(w, arena_printf(ctx->arena, "50_ %s", unique),
	    NULL, NULL), 0);
	assert_int_equal(find(w, arena_printf(ctx->arena, "5%% %s", unique),
	    NULL, NULL), 0);
	assert_int_equal(find(w, arena_printf(ctx->arena, "\\%s", unique),
	    NULL, NULL), 0);
}

static void
a_short_term_is_the_beginning_of_an_email(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char user[ID_SIZE];
	struct page page;
	size_t seen = 0;

	for (int i = 0; i < 5; i++)
		world_user(ctx, user, arena_printf(ctx->arena,
		    "~%d%s@example.com", i, w->user), NULL, "user");
	assert_int_equal(page_read(ctx, NULL, 2, &page), ST_OK);
	do {
		seen += list(w, "~", NULL, NULL, &page);
		assert_string_equal(view_get_text(world_item(ctx->view,
		    "users", 0), "role"), "user");
		assert_int_equal(page_read(ctx, page.next, 2, &page), ST_OK);
	} while (page.further);
	assert_int_equal(seen, 5);
	assert_int_equal(find(w, "~3", NULL, NULL), 1);
	assert_int_equal(find(w, "~9", NULL, NULL), 0);
}

static void
pages_have_no_gap_and_no_double(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char user[ID_SIZE], last[ID_SIZE] = "g";
	struct page page;
	size_t seen = 0;

	/* All in one millisecond: the id decides. */
	for (int i = 0; i < 7; i++)
		world_user(ctx, user, NULL, arena_printf(ctx->arena,
		    "Gap %s", w->user), "user");
	assert_int_equal(page_read(ctx, NULL, 3, &page), ST_OK);
	do {
		size_t count = list(w, arena_printf(ctx->arena, "gap %s",
		    w->user), NULL, NULL, &page);

		for (size_t i = 0; i < count; i++, seen++) {
			assert_true(strcmp(found(w, i), last) < 0);
			(void)snprintf(last, sizeof(last), "%s", found(w, i));
		}
		assert_int_equal(page_read(ctx, page.next, 3, &page), ST_OK);
	} while (page.further);
	assert_int_equal(seen, 7);
}

static enum status
work_ban(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_ban(ctx, &subject, "spam", ctx->now + 60000);
}

static enum status
work_unban(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_unban(ctx, &subject);
}

static enum status
work_show(struct ctx *ctx)
{
	return store_user_show(ctx, ctx->input, ctx->view);
}

static enum status
work_make_ro(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_role_set(ctx, &subject, "admin_ro");
}

static void
lists_are_filtered_by_role_and_state(void **state)
{
	static const char unverify[] =
	    "UPDATE users SET email_verified = false WHERE id = $1";
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	const char *all = arena_printf(ctx->arena, "all %s", w->user);
	char plain[ID_SIZE], admin[ID_SIZE], banned[ID_SIZE], fresh[ID_SIZE];

	world_user(ctx, plain, NULL, all, "user");
	world_user(ctx, admin, NULL, all, "user,admin_rw");
	world_user(ctx, banned, NULL, all, "user");
	world_user(ctx, fresh, NULL, all, "user");
	assert_int_equal(world_run(ctx, work_ban, banned), ST_OK);
	assert_int_equal(db_run(ctx, unverify, DB_ARGS(db_text(fresh)), NULL),
	    ST_OK);
	assert_int_equal(find(w, all, NULL, NULL), 4);
	assert_int_equal(find(w, all, "admin_rw", NULL), 1);
	assert_string_equal(found(w, 0), admin);
	assert_int_equal(find(w, all, "user", NULL), 4);
	assert_int_equal(find(w, all, NULL, "banned"), 1);
	assert_string_equal(found(w, 0), banned);
	assert_int_equal(find(w, all, NULL, "unverified"), 1);
	assert_string_equal(found(w, 0), fresh);
	assert_int_equal(find(w, all, NULL, "active"), 2);
	assert_int_equal(find(w, all, "admin_rw", "banned"), 0);
	/* Without a term, too; others may be there as well. */
	assert_true(find(w, NULL, "admin_rw", NULL) >= 1);
	assert_true(find(w, NULL, NULL, "banned") >= 1);
	assert_true(find(w, NULL, NULL, "unverified") >= 1);
	assert_true(find(w, NULL, "user", "active") >= 1);
	assert_true(find(w, "", NULL, NULL) >= 4);
}

static void
counted(struct world *w)
{
	int64_t count;

	assert_int_equal(store_user_count(&w->worker, &count), ST_OK);
	assert_int_equal(count, fixture_int(&w->owner,
	    "SELECT count(*) FROM users"));
}

/* Made, then removed, or not at all. */
static enum status
work_come_and_go(struct ctx *ctx)
{
	char id[ID_SIZE];

	world_user(ctx, id, NULL, NULL, "user");
	world_user(ctx, id, NULL, NULL, "user");
	return getpid() % 2 == 0 ? store_user_delete(ctx, id) : ST_INVALID;
}

static void
users_are_counted_whoever_makes_and_deletes_them(void **state)
{
	static const char some[] = "DELETE FROM users WHERE id IN"
	    " (SELECT id FROM users WHERE id <> $1 LIMIT 3)";
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];

	counted(w);
	world_race(8, work_come_and_go, NULL, outcomes);
	assert_int_equal(outcomes[ST_OK] + outcomes[ST_INVALID], 8);
	counted(w);
	assert_int_equal(db_run(&w->worker, some, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	counted(w);
}

/* Another worker, who has less time than an import takes. */
static void
sign_up_beside(void)
{
	struct ctx ctx = world_worker();
	char id[ID_SIZE];

	assert_int_equal(db_run(&ctx, "SET lock_timeout = '1s'", DB_NONE,
	    NULL), ST_OK);
	world_user(&ctx, id, NULL, NULL, "user");
	fixture_release(&ctx);
}

/*
 * A transaction, an import's say, that has made users and stays open. It
 * holds this many of the rows that count, so that it does not depend on the
 * connections' numbers who meets whom.
 */
static enum status
work_import_beside(struct ctx *ctx)
{
	static const char hold[] =
	    "SELECT slot FROM user_counts ORDER BY slot LIMIT $1 FOR UPDATE";
	const int64_t *held = ctx->input;
	char id[ID_SIZE];
	struct db_rows rows;

	TRY(db_all(ctx, &rows, hold, DB_ARGS(db_int(*held))));
	world_user(ctx, id, NULL, NULL, "user");
	sign_up_beside();
	sign_up_beside();
	return ST_OK;
}

static void
who_signs_up_does_not_wait_for_an_import(void **state)
{
	static const char slots[] = "SELECT count(*) FROM user_counts";
	struct world *w = *state;
	const int64_t before = fixture_int(&w->owner, slots);

	for (int64_t held = before - 1; held <= before; held++) {
		assert_int_equal(world_run(&w->owner, work_import_beside,
		    &held), ST_OK);
		counted(w);
	}
	/* The last had to make room, once. */
	assert_int_equal(fixture_int(&w->owner, slots), before + 1);
}

static const struct config *
no_extra_fields(void)
{
	static const struct config config = { 0 };

	return &config;
}

static enum status
work_session(struct ctx *ctx)
{
	struct session session;

	ctx->config = no_extra_fields();
	ctx->request.address = "192.0.2.1";
	ctx->request.user_agent = "test";
	return store_session_create(ctx, ctx->input, NULL, 3600, &session);
}

/* As an admin who borrows the user's identity. */
static void
impersonate(struct world *w, const char *user_id, const char *by)
{
	static const char sql[] =
	    "UPDATE sessions SET impersonated_by = $2 WHERE user_id = $1";

	assert_int_equal(world_run(&w->worker, work_session,
	    arena_text(w->owner.arena, user_id)), ST_OK);
	assert_int_equal(db_run(&w->worker, sql, DB_ARGS(db_text(user_id),
	    db_text(by)), NULL), ST_OK);
}

static int64_t
sessions(struct world *w, const char *user_id)
{
	static const char sql[] =
	    "SELECT count(*) FROM sessions WHERE user_id = $1";
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(user_id))), ST_OK);
	return db_get_int(&rows, 0, 0);
}

static void
a_ban_ends_every_session_at_once(void **state)
{
	struct world *w = *state;
	char admin[ID_SIZE];

	world_user(&w->worker, admin, NULL, NULL, "super_admin");
	impersonate(w, w->user, admin);
	assert_int_equal(world_run(&w->worker, work_session, admin), ST_OK);
	assert_int_equal(sessions(w, w->user), 1);
	assert_int_equal(world_run(&w->worker, work_ban, admin), ST_OK);
	assert_int_equal(sessions(w, admin), 0);
	assert_int_equal(sessions(w, w->user), 0);
	assert_int_equal(world_run(&w->worker, work_session, admin),
	    ST_FAILED_TO_CREATE_SESSION);
	assert_int_equal(world_run(&w->worker, work_show, admin), ST_OK);
	assert_string_equal(view_get_text(w->worker.view, "state"), "banned");
	assert_string_equal(view_get_text(w->worker.view, "banReason"),
	    "spam");
	assert_int_equal(world_run(&w->worker, work_unban, admin), ST_OK);
	assert_int_equal(world_run(&w->worker, work_session, admin), ST_OK);
}

static void
a_role_change_ends_borrowed_identities(void **state)
{
	struct world *w = *state;
	char admin[ID_SIZE];

	world_user(&w->worker, admin, NULL, NULL, "super_admin");
	impersonate(w, w->user, admin);
	assert_int_equal(world_run(&w->worker, work_make_ro, admin), ST_OK);
	assert_int_equal(sessions(w, w->user), 0);
	assert_int_equal(world_run(&w->worker, work_show, admin), ST_OK);
	assert_string_equal(view_get_text(w->worker.view, "role"),
	    "admin_ro");
}

static enum status
work_end_one(struct ctx *ctx)
{
	const char *const *ids = ctx->input;
	struct user subject;

	TRY(store_user_lock(ctx, ids[0], &subject));
	return store_session_end_one(ctx, &subject, ids[1]);
}

static enum status
work_end_all(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_session_end_all(ctx, &subject);
}

static enum status
work_sessions(struct ctx *ctx)
{
	return store_user_sessions(ctx, ctx->input,
	    view_list(ctx->view, "sessions"));
}

static void
a_session_is_revoked_only_with_its_user(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char other[ID_SIZE];
	const char *ids[2] = { w->user };

	world_user(ctx, other, NULL, NULL, "user");
	for (int i = 0; i < 3; i++)
		assert_int_equal(world_run(ctx, work_session, w->user),
		    ST_OK);
	assert_int_equal(world_run(ctx, work_sessions, w->user), ST_OK);
	assert_int_equal(world_length(ctx->view, "sessions"), 3);
	ids[1] = arena_text(ctx->arena, view_get_text(world_item(ctx->view,
	    "sessions", 0), "id"));
	ids[0] = other;
	assert_int_equal(world_run(ctx, work_end_one, ids),
	    ST_SESSION_NOT_FOUND);
	ids[0] = w->user;
	assert_int_equal(world_run(ctx, work_end_one, ids), ST_OK);
	assert_int_equal(world_run(ctx, work_end_one, ids),
	    ST_SESSION_NOT_FOUND);
	assert_int_equal(sessions(w, w->user), 2);
	assert_int_equal(world_run(ctx, work_end_all, w->user), ST_OK);
	assert_int_equal(sessions(w, w->user), 0);
}

/* ---- accounts ---------------------------------------------------------- */

/* What work does to the user whom ctx->input names. */
static enum status
work_password(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_subject_password(ctx, &subject, "$new");
}

static void
a_password_is_set_whether_there_was_one_or_not(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	const char *hash;

	assert_int_equal(world_run(ctx, work_session, w->user), ST_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(world_run(ctx, work_password, w->user),
		    ST_OK);
		assert_int_equal(store_password_get(ctx, w->user, &hash),
		    ST_OK);
		assert_string_equal(hash, "$new");
	}
	assert_int_equal(sessions(w, w->user), 1);
}

static enum status
work_remove(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_subject_remove(ctx, &subject);
}

/* Better Auth GHSA-2vg6-77g8-24mp: sessions outlived their user. */
static void
ghsa_2vg6_no_session_outlives_its_user(void **state)
{
	struct world *w = *state;
	char admin[ID_SIZE];
	int outcomes[WORLD_STATUSES];

	world_user(&w->worker, admin, NULL, NULL, "super_admin");
	impersonate(w, w->user, admin);
	assert_int_equal(world_run(&w->worker, work_session, admin), ST_OK);
	world_race(4, work_remove, admin, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_USER_NOT_FOUND], 3);
	assert_int_equal(sessions(w, admin), 0);
	/* Nor one in which he acted as somebody else. */
	assert_int_equal(sessions(w, w->user), 0);
	assert_int_equal(world_run(&w->worker, work_session, admin),
	    ST_FAILED_TO_CREATE_SESSION);
	assert_int_equal(world_run(&w->worker, work_show, admin),
	    ST_USER_NOT_FOUND);
	assert_int_equal(fixture_int(&w->owner, arena_printf(w->owner.arena,
	    "SELECT count(*) FROM wallets WHERE id = '%s'", admin)), 1);
}

/* ---- sessions ---------------------------------------------------------- */

struct act {
	const char *user_id;
	struct user admin;
	struct session own;	/* the admin's, in which he begins */
	struct session session;
};

static enum status
work_own_session(struct ctx *ctx)
{
	struct act *act = ctx->input;

	ctx->config = no_extra_fields();
	ctx->request.address = ctx->request.user_agent = "";
	return store_session_create(ctx, act->admin.id, NULL, 3600,
	    &act->own);
}

static enum status
work_act(struct ctx *ctx)
{
	struct act *act = ctx->input;
	struct user subject;

	ctx->user = &act->admin;
	ctx->session = &act->own;
	TRY(store_user_lock(ctx, act->user_id, &subject));
	return store_session_impersonate(ctx, &subject, 60, &act->session);
}

static size_t
listed(struct world *w, enum status (*work)(struct ctx *, const char *,
    const struct session *, struct json_object *))
{
	view_clear(w->worker.view);
	assert_int_equal(work(&w->worker, w->user, NULL,
	    view_list(w->worker.view, "sessions")), ST_OK);
	return world_length(w->worker.view, "sessions");
}

static void
an_admins_session_as_a_user_is_marked_and_short(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char admin[ID_SIZE];
	struct act act = { .user_id = w->user, .admin = { .id = admin } };
	const char *session_id, *user_id;
	struct session session;
	struct user user;

	world_user(ctx, admin, NULL, NULL, "super_admin");
	assert_int_equal(world_run(ctx, work_own_session, &act), ST_OK);
	assert_int_equal(world_run(ctx, work_act, &act), ST_OK);
	assert_int_equal(store_session_find(ctx, act.session.token, &session,
	    &user), ST_OK);
	assert_string_equal(user.id, w->user);
	assert_string_equal(session.impersonated_by, admin);
	assert_int_equal(session.expires_at - session.created_at, 60000);
	assert_int_equal(listed(w, store_session_list), 0);
	assert_int_equal(listed(w, store_session_list_all), 1);
	/* By what the list shows of it, and by its token. */
	assert_int_equal(store_session_named(ctx, session.id, &session_id,
	    &user_id), ST_OK);
	assert_string_equal(user_id, w->user);
	assert_int_equal(store_session_named(ctx, act.session.token,
	    &session_id, &user_id), ST_OK);
	assert_string_equal(session_id, session.id);
	assert_int_equal(store_session_named(ctx, "none", &session_id,
	    &user_id), ST_NOT_FOUND);
}

static void
an_admins_session_as_a_user_ends_with_his_own(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char admin[ID_SIZE];
	struct act act = { .user_id = w->user, .admin = { .id = admin } };
	int64_t count;

	world_user(ctx, admin, NULL, NULL, "super_admin");
	assert_int_equal(world_run(ctx, work_own_session, &act), ST_OK);
	assert_int_equal(world_run(ctx, work_act, &act), ST_OK);
	assert_int_equal(sessions(w, w->user), 1);
	assert_int_equal(store_session_revoke(ctx, admin, act.own.id, &count),
	    ST_OK);
	assert_int_equal(count, 1);
	assert_int_equal(sessions(w, w->user), 0);
	/* And none begins in it any more. */
	assert_int_equal(world_run(ctx, work_act, &act), ST_UNAUTHORIZED);
}

static void
a_ban_that_has_run_out_is_forgotten_with_a_session(void **state)
{
	static const char ban[] =
	    "UPDATE users SET banned = true, ban_reason = 'x',"
	    " ban_expires_at = now() - interval '1 s' WHERE id = $1";
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];
	struct user user;

	assert_int_equal(db_run(&w->owner, ban, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	/* At once: all share a lock on the row, which none can change then. */
	world_race(8, work_session, w->user, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(world_run(&w->worker, work_session, w->user), ST_OK);
	assert_int_equal(store_user_by_id(&w->worker, w->user, &user), ST_OK);
	assert_false(user.ban_stored);
	assert_null(user.ban_reason);
	assert_int_equal(user.ban_expires_at, 0);
}

/* ---- who changes meanwhile --------------------------------------------- */

static enum status
work_hold(struct ctx *ctx)
{
	struct user actor = { .id = ctx->input, .role = "super_admin" };

	enum status status;

	ctx->user = &actor;
	status = store_actor_hold(ctx);
	ctx->user = NULL;
	return status;
}

static void
who_has_lost_the_role_or_is_gone_acts_no_more(void **state)
{
	struct world *w = *state;
	char admin[ID_SIZE];

	world_user(&w->worker, admin, NULL, NULL, "super_admin");
	assert_int_equal(world_run(&w->worker, work_hold, admin), ST_OK);
	assert_int_equal(world_run(&w->worker, work_make_ro, admin), ST_OK);
	assert_int_equal(world_run(&w->worker, work_hold, admin),
	    ST_FORBIDDEN);
	world_user(&w->worker, admin, NULL, NULL, "super_admin");
	assert_int_equal(world_run(&w->worker, work_ban, admin), ST_OK);
	assert_int_equal(world_run(&w->worker, work_hold, admin),
	    ST_FORBIDDEN);
	assert_int_equal(world_run(&w->worker, work_remove, admin), ST_OK);
	assert_int_equal(world_run(&w->worker, work_hold, admin),
	    ST_FORBIDDEN);
	w->worker.user = NULL;
}

static void
nobody_is_not_found(void **state)
{
	struct world *w = *state;
	char nobody[] = "nobody";

	assert_int_equal(world_run(&w->worker, work_show, nobody),
	    ST_USER_NOT_FOUND);
	assert_int_equal(world_run(&w->worker, work_ban, nobody),
	    ST_USER_NOT_FOUND);
}

static void
figures_count_the_day_they_belong_to(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	const struct series *users;
	struct figures out;

	ctx->now = clock_now();
	assert_int_equal(store_figures(ctx, FIGURES_DAYS, &out), ST_OK);
	users = &out.of[FIGURE_SIGN_UPS];
	assert_int_equal(out.first % DAY_MS, 0);
	assert_true(users->day[FIGURES_DAYS - 1] >= 1);
	assert_true(users->total >= users->day[FIGURES_DAYS - 1]);
	ctx->now += (FIGURES_DAYS - 1) * DAY_MS;
	assert_int_equal(store_figures(ctx, FIGURES_DAYS, &out), ST_OK);
	assert_true(users->day[0] >= 1);
	assert_int_equal(users->day[FIGURES_DAYS - 1], 0);
	ctx->now += DAY_MS;
	assert_int_equal(store_figures(ctx, FIGURES_DAYS, &out), ST_OK);
	assert_int_equal(users->total, 0);
	assert_int_equal(out.of[FIGURE_ISSUED].total, 0);
	assert_string_equal(out.currency, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_exact_email_or_id_is_the_only_answer),
		WORLD_TEST(a_part_of_name_or_email_finds_without_case),
		WORLD_TEST(a_short_term_is_the_beginning_of_an_email),
		WORLD_TEST(pages_have_no_gap_and_no_double),
		WORLD_TEST(lists_are_filtered_by_role_and_state),
		WORLD_TEST(users_are_counted_whoever_makes_and_deletes_them),
		WORLD_TEST(who_signs_up_does_not_wait_for_an_import),
		WORLD_TEST(a_ban_ends_every_session_at_once),
		WORLD_TEST(a_role_change_ends_borrowed_identities),
		WORLD_TEST(a_session_is_revoked_only_with_its_user),
		WORLD_TEST(a_password_is_set_whether_there_was_one_or_not),
		WORLD_TEST(ghsa_2vg6_no_session_outlives_its_user),
		WORLD_TEST(an_admins_session_as_a_user_is_marked_and_short),
		WORLD_TEST(an_admins_session_as_a_user_ends_with_his_own),
		WORLD_TEST(a_ban_that_has_run_out_is_forgotten_with_a_session),
		WORLD_TEST(who_has_lost_the_role_or_is_gone_acts_no_more),
		WORLD_TEST(nobody_is_not_found),
		WORLD_TEST(figures_count_the_day_they_belong_to),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
