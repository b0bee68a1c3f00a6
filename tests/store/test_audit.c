#include "world.h"

#include "store/audit.h"
#include "store/credit.h"
#include "store/user_admin.h"

/* The promise: who, what, whom, before, after, request, address - or nothing
 * at all, when the change itself did not happen. */

static enum status
work_list(struct ctx *ctx)
{
	return store_audit_list(ctx, "user", ctx->input, 50,
	    view_list(ctx->view, "audit"));
}

static size_t
entries(struct world *w)
{
	assert_int_equal(world_run(&w->worker, work_list, w->user), ST_OK);
	return world_length(w->worker.view, "audit");
}

static struct json_object *
newest(struct world *w)
{
	assert_true(entries(w) > 0);
	return world_item(w->worker.view, "audit", 0);
}

static enum status
work_write(struct ctx *ctx)
{
	struct json_object *before = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);

	view_text(before, "name", "Anna \"A\"");
	view_text(after, "name", "Zo\xc3\xab");
	view_int(after, "age", 5);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.update", .target_type = "user",
	    .target_id = ctx->input, .before = before, .after = after });
}

static void
an_entry_says_who_did_what_and_from_where(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char admin[ID_SIZE];
	struct user actor = { .id = admin };
	struct json_object *entry;

	world_user(ctx, admin, NULL, "Marek Novak", "admin_rw");
	ctx->user = &actor;
	(void)strcpy(ctx->request.id, "request-1");
	ctx->request.address = "192.0.2.7";
	assert_int_equal(world_run(ctx, work_write, w->user), ST_OK);
	entry = newest(w);
	assert_string_equal(view_get_text(entry, "action"), "user.update");
	assert_string_equal(view_get_text(entry, "actorId"), admin);
	assert_string_equal(view_get_text(entry, "actorText"), "Marek Novak");
	assert_string_equal(view_get_text(entry, "requestId"), "request-1");
	assert_string_equal(view_get_text(entry, "address"), "192.0.2.7");
	assert_string_equal(view_get_text(view_get(entry, "before"), "name"),
	    "Anna \"A\"");
	assert_int_equal(world_int(view_get(entry, "after"), "age"), 5);
	assert_string_equal(view_get_text(entry, "detailText"),
	    "age: 5, name: Anna \"A\" \xe2\x86\x92 Zo\xc3\xab");
}

static void
without_a_request_the_system_did_it(void **state)
{
	struct world *w = *state;
	struct json_object *entry;

	assert_int_equal(world_run(&w->worker, work_write, w->user), ST_OK);
	entry = newest(w);
	assert_null(view_get(entry, "actorId"));
	assert_string_equal(view_get_text(entry, "actorText"), "System");
	assert_null(view_get(entry, "requestId"));
	assert_null(view_get(entry, "address"));
}

static enum status
work_write_and_fail(struct ctx *ctx)
{
	TRY(work_write(ctx));
	return ST_CONFLICT;
}

static void
what_did_not_happen_is_not_recorded(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_run(&w->worker, work_write_and_fail, w->user),
	    ST_CONFLICT);
	assert_int_equal(entries(w), 0);
}

static enum status
work_grant(struct ctx *ctx)
{
	return store_credit_grant(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = 500, .reason = "gift",
	    .key = "a" }, ctx->view);
}

static enum status
work_adjust_too_much(struct ctx *ctx)
{
	return store_credit_adjust(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = -501, .reason = "oops",
	    .key = "b" }, ctx->view);
}

static enum status
work_quota(struct ctx *ctx)
{
	return store_quota_set(ctx, ctx->input, 100);
}

static void
a_change_of_credits_is_recorded_once(void **state)
{
	struct world *w = *state;
	struct json_object *entry;

	assert_int_equal(world_run(&w->worker, work_grant, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_grant, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_adjust_too_much,
	    w->user), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(entries(w), 1);
	entry = newest(w);
	assert_string_equal(view_get_text(entry, "action"), "credit.grant");
	assert_int_equal(world_int(view_get(entry, "before"), "balance"), 0);
	assert_int_equal(world_int(view_get(entry, "after"), "balance"), 500);
	assert_int_equal(world_run(&w->worker, work_quota, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_quota, w->user), ST_OK);
	assert_int_equal(entries(w), 2);
	assert_string_equal(view_get_text(newest(w), "action"), "quota.set");
}

static enum status
work_on_subject(struct ctx *ctx)
{
	struct user subject;

	TRY(store_user_lock(ctx, ctx->input, &subject));
	TRY(store_role_set(ctx, &subject, "admin_ro"));
	TRY(store_role_set(ctx, &subject, subject.role));
	TRY(store_ban(ctx, &subject, "spam", 0));
	TRY(store_user_lock(ctx, ctx->input, &subject));
	TRY(store_unban(ctx, &subject));
	return store_session_end_all(ctx, &subject);
}

static void
every_deed_on_a_user_is_recorded(void **state)
{
	struct world *w = *state;
	bool role = false, ban = false, unban = false;

	assert_int_equal(world_run(&w->worker, work_on_subject, w->user),
	    ST_OK);
	assert_int_equal(entries(w), 3);
	for (size_t i = 0; i < 3; i++) {
		const char *action = view_get_text(world_item(w->worker.view,
		    "audit", i), "action");

		role = role || strcmp(action, "user.set-role") == 0;
		ban = ban || strcmp(action, "user.ban") == 0;
		unban = unban || strcmp(action, "user.unban") == 0;
	}
	assert_true(role && ban && unban);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_entry_says_who_did_what_and_from_where),
		WORLD_TEST(without_a_request_the_system_did_it),
		WORLD_TEST(what_did_not_happen_is_not_recorded),
		WORLD_TEST(a_change_of_credits_is_recorded_once),
		WORLD_TEST(every_deed_on_a_user_is_recorded),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
