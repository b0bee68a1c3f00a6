#include "world.h"

#include "base/text.h"
#include "store/customer.h"
#include "store/entitlement.h"
#include "store/subscription.h"
#include "store/subscription_list.h"
#include "store/subscription_news.h"
#include "store/user_admin.h"

/* The promises are those of store/subscription.h. */

#define T0 INT64_C(1700000000000)
#define SECOND INT64_C(1000)

static int
setup(void **state)
{
	static const char plan[] =
	    "INSERT INTO plans (id, kind, name, title, description,"
	    "  price_minor, currency, interval, credits, limits,"
	    "  entitlements, stripe_price_id, stripe_annual_price_id, active,"
	    "  position, created_at, updated_at)"
	    " VALUES ('pro', 'subscription', 'Pro', 'Pro', '', 900, 'EUR',"
	    "  'month', 0, '{\"seats\": 5}', '{\"export\": true}',"
	    "  'price_1', 'price_2', true, 0, now(), now())"
	    " ON CONFLICT DO NOTHING";
	struct world *w;

	if (world_open(state) != 0)
		return -1;
	w = *state;
	return db_run(&w->owner, plan, DB_NONE, NULL) == ST_OK ? 0 : -1;
}

/* Ids at Stripe are the user's own here, so that tests share a database. */
static const char *
customer_of(struct world *w)
{
	return arena_printf(w->worker.arena, "cus_%s", w->user);
}

static void
be_customer(struct world *w)
{
	const char *out;

	assert_int_equal(store_customer_set(&w->worker, w->user,
	    customer_of(w), &out), ST_OK);
	assert_string_equal(out, customer_of(w));
}

static enum status
work_begin(struct ctx *ctx)
{
	return store_subscription_begin(ctx, ctx->input);
}

static enum status
begin(struct world *w, const char *id)
{
	return world_run(&w->worker, work_begin, &(struct subscription_new){
	    .id = id, .user_id = w->user, .plan = "pro", .seats = 1,
	    .customer_id = customer_of(w) });
}

static struct subscription_news
news_of(struct world *w, const char *row_id, const char *status, int64_t at,
    const char *by)
{
	return (struct subscription_news){
	    .stripe_id = arena_printf(w->worker.arena, "sub_%s", w->user),
	    .customer_id = customer_of(w), .row_id = row_id,
	    .status = status, .price_id = "price_1", .interval = "month",
	    .period_start = at, .period_end = at + 1000 * SECOND, .seats = 1,
	    .at = at, .by = by };
}

static enum status
work_hear(struct ctx *ctx)
{
	return store_subscription_hear(ctx, ctx->input);
}

static void
hear(struct world *w, struct subscription_news news)
{
	assert_int_equal(world_run(&w->worker, work_hear, &news), ST_OK);
}

static const char *
status_of(struct world *w, const char *id)
{
	struct subscription found;
	enum status status = store_subscription_find(&w->worker, w->user, id,
	    &found);

	assert_true(status == ST_OK || status == ST_SUBSCRIPTION_NOT_FOUND);
	return status == ST_OK ? found.status : "none";
}

static void
one_waits_until_it_is_paid(void **state)
{
	struct world *w = *state;
	struct subscription found;

	be_customer(w);
	assert_int_equal(store_subscription_waiting(&w->worker, w->user,
	    &found), ST_SUBSCRIPTION_NOT_FOUND);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_int_equal(store_subscription_waiting(&w->worker, w->user,
	    &found), ST_OK);
	assert_string_equal(found.id, w->user);
	assert_int_equal(store_subscription_find(&w->worker, w->user, NULL,
	    &found), ST_SUBSCRIPTION_NOT_FOUND);
	hear(w, news_of(w, w->user, "active", T0, "evt_1"));
	assert_int_equal(store_subscription_find(&w->worker, w->user, NULL,
	    &found), ST_OK);
	assert_string_equal(found.interval, "month");
	assert_int_equal(begin(w, w->user), ST_CONFLICT);
}

static void
older_news_change_nothing(void **state)
{
	struct world *w = *state;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	hear(w, news_of(w, w->user, "past_due", T0 + SECOND, "evt_2"));
	hear(w, news_of(w, w->user, "active", T0, "evt_1"));
	assert_string_equal(status_of(w, w->user), "past_due");
	hear(w, news_of(w, w->user, "active", T0 + 2 * SECOND, "evt_3"));
	assert_string_equal(status_of(w, w->user), "active");
}

/* Every order of the same three ends the same. */
static void
any_order_ends_alike(void **state)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 },
		{ 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct world *w = *state;

	be_customer(w);
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const char *id = arena_printf(w->worker.arena, "%s%zu",
		    w->user, i);
		struct subscription_news said[] = {
		    news_of(w, id, "incomplete", T0, "evt_1"),
		    news_of(w, id, "active", T0, "evt_2"),
		    news_of(w, id, "past_due", T0, "evt_3") };

		assert_int_equal(begin(w, id), ST_OK);
		for (int k = 0; k < 3; k++) {
			struct subscription_news *one = &said[orders[i][k]];

			one->stripe_id = arena_printf(w->worker.arena,
			    "sub_%s", id);
			hear(w, *one);
		}
		assert_string_equal(status_of(w, id), "past_due");
	}
}

static void
of_one_second_the_end_and_what_was_asked_count(void **state)
{
	struct world *w = *state;
	struct subscription_news asked = news_of(w, w->user, "active", T0,
	    "evt_1");

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	hear(w, news_of(w, w->user, "past_due", T0, "evt_2"));
	asked.asked = true;
	hear(w, asked);
	assert_string_equal(status_of(w, w->user), "active");
	hear(w, news_of(w, w->user, "canceled", T0, "evt_0"));
	asked.by = "evt_9";
	hear(w, asked);
	assert_string_equal(status_of(w, w->user), "canceled");
}

static void
the_database_takes_no_older_news(void **state)
{
	static const char back[] =
	    "UPDATE subscriptions SET told_at = told_at - interval '1 second'"
	    " WHERE id = $1";
	struct world *w = *state;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	hear(w, news_of(w, w->user, "active", T0, "evt_1"));
	assert_int_equal(db_run(&w->owner, back, DB_ARGS(db_text(w->user)),
	    NULL), ST_INVALID);
}

static void
one_made_elsewhere_gets_a_row_if_we_know_customer_and_plan(void **state)
{
	struct world *w = *state;
	struct subscription_news news = news_of(w, NULL, "active", T0,
	    "evt_1");
	struct subscription found;

	hear(w, news);
	assert_int_equal(store_subscription_find(&w->worker, w->user,
	    news.stripe_id, &found), ST_SUBSCRIPTION_NOT_FOUND);
	be_customer(w);
	news.price_id = "price_of_nothing";
	hear(w, news);
	assert_int_equal(store_subscription_find(&w->worker, w->user,
	    news.stripe_id, &found), ST_SUBSCRIPTION_NOT_FOUND);
	news.price_id = "price_2";
	hear(w, news);
	assert_int_equal(store_subscription_find(&w->worker, w->user,
	    news.stripe_id, &found), ST_OK);
	assert_string_equal(found.plan, "pro");
}

static void
news_reach_nobody_elses_row(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];
	struct subscription_news news;

	be_customer(w);
	world_user(&w->worker, other, NULL, NULL, "user");
	assert_int_equal(world_run(&w->worker, work_begin,
	    &(struct subscription_new){ .id = other, .user_id = other,
	    .plan = "pro", .seats = 1, .customer_id = "cus_x" }), ST_OK);
	news = news_of(w, other, "active", T0, "evt_1");
	hear(w, news);
	assert_string_equal(status_of(w, NULL), "active");
	assert_int_equal(store_subscription_find(&w->worker, other, NULL,
	    &(struct subscription){ 0 }), ST_SUBSCRIPTION_NOT_FOUND);
}

static const char *
entitled(struct world *w)
{
	const char *text;

	assert_int_equal(store_entitlement_text(&w->worker, "user", w->user,
	    &text), ST_OK);
	return text;
}

static void
what_a_plan_entitles_to_lasts_as_long_as_it(void **state)
{
	struct world *w = *state;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_string_equal(entitled(w), "{}");
	hear(w, news_of(w, w->user, "trialing", T0, "evt_1"));
	assert_string_equal(entitled(w), "{\"export\": true}");
	hear(w, news_of(w, w->user, "canceled", T0 + SECOND, "evt_2"));
	assert_string_equal(entitled(w), "{}");
}

static enum status
work_activate(struct ctx *ctx)
{
	const struct subscription_news *news = ctx->input;

	return store_subscription_activate(ctx, news->row_id, news);
}

/* The row's id is the user's here. */
static void
who_comes_back_from_paying_is_ahead_of_the_event_only(void **state)
{
	struct world *w = *state;
	struct subscription_news news = news_of(w, w->user, "active", 0,
	    NULL);

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_activate, &news), ST_OK);
	assert_string_equal(status_of(w, w->user), "active");
	hear(w, news_of(w, w->user, "past_due", T0, "evt_1"));
	assert_int_equal(world_run(&w->worker, work_activate, &news), ST_OK);
	assert_string_equal(status_of(w, w->user), "past_due");
}

static enum status
work_restore(struct ctx *ctx)
{
	return store_subscription_restore(ctx, ctx->input);
}

static void
a_restored_one_does_not_end(void **state)
{
	struct world *w = *state;
	struct subscription_news news = news_of(w, w->user, "active", T0,
	    "evt_1");
	struct subscription found;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	news.cancel_at_period_end = true;
	news.cancel_at = T0 + SECOND;
	hear(w, news);
	assert_int_equal(store_subscription_find(&w->worker, w->user, NULL,
	    &found), ST_OK);
	assert_true(found.cancel_at_period_end);
	assert_int_equal(found.cancel_at, T0 + SECOND);
	assert_int_equal(world_run(&w->worker, work_restore, w->user), ST_OK);
	assert_int_equal(store_subscription_find(&w->worker, w->user, NULL,
	    &found), ST_OK);
	assert_false(found.cancel_at_period_end);
	assert_int_equal(found.cancel_at, 0);
}

/* ---- leaving ------------------------------------------------------------ */

static const struct config stripe_on = { .stripe_enabled = true };

static enum status
work_leave(struct ctx *ctx)
{
	ctx->config = &stripe_on;
	return store_user_delete(ctx, ctx->input);
}

static enum status
work_leave_without(struct ctx *ctx)
{
	static const struct config off = { .stripe_enabled = false };

	ctx->config = &off;
	return store_user_delete(ctx, ctx->input);
}

static enum status
work_remove(struct ctx *ctx)
{
	struct user subject;

	ctx->config = &stripe_on;
	TRY(store_user_lock(ctx, ctx->input, &subject));
	return store_subject_remove(ctx, &subject);
}

/* What Stripe says of one, and whether it would bill again. */
static const struct standing {
	const char *status;
	bool at_period_end;
	int64_t cancel_at;
	bool lasts;
} standings[] = {
	{ "active", false, 0, true }, { "trialing", false, 0, true },
	{ "past_due", false, 0, true }, { "unpaid", false, 0, true },
	{ "paused", false, 0, true },
	{ "active", true, 0, false }, { "active", false, T0, false },
	{ "trialing", true, T0, false }, { "past_due", true, 0, false },
	{ "incomplete", false, 0, false }, { "canceled", false, 0, false },
	{ "incomplete_expired", false, 0, false },
};

static void
subscribe(struct world *w, const char *id, const struct standing *standing)
{
	struct subscription_news news = news_of(w, id, standing->status, T0,
	    "evt_1");

	news.stripe_id = arena_printf(w->worker.arena, "sub_%s", id);
	news.cancel_at_period_end = standing->at_period_end;
	news.cancel_at = standing->cancel_at;
	assert_int_equal(begin(w, id), ST_OK);
	hear(w, news);
}

static void
nobody_leaves_whom_stripe_would_bill_again(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_run(&w->worker, work_leave, w->user), ST_OK);
	for (size_t i = 0; i < sizeof(standings) / sizeof(standings[0]);
	    i++) {
		const struct standing *standing = &standings[i];
		const enum status expected = standing->lasts ?
		    ST_USER_HAS_ACTIVE_SUBSCRIPTION : ST_OK;

		world_user(&w->worker, w->user, NULL, NULL, "user");
		be_customer(w);
		subscribe(w, w->user, standing);
		assert_int_equal(world_run(&w->worker, work_leave, w->user),
		    expected);
		assert_int_equal(world_run(&w->worker, work_remove, w->user),
		    standing->lasts ? expected : ST_USER_NOT_FOUND);
		assert_string_equal(status_of(w, w->user), standing->lasts ?
		    standing->status : "none");
	}
}

static void
one_that_ends_hides_none_that_lasts(void **state)
{
	struct world *w = *state;

	be_customer(w);
	subscribe(w, w->user, &standings[0]);
	subscribe(w, arena_printf(w->worker.arena, "%s2", w->user),
	    &standings[5]);
	assert_int_equal(world_run(&w->worker, work_leave, w->user),
	    ST_USER_HAS_ACTIVE_SUBSCRIPTION);
}

static void
without_stripe_a_subscription_keeps_nobody(void **state)
{
	struct world *w = *state;

	be_customer(w);
	subscribe(w, w->user, &standings[0]);
	assert_int_equal(world_run(&w->worker, work_leave_without, w->user),
	    ST_OK);
}

struct beside {
	struct world *w;
	struct subscription_news news;	/* NULL status: it is restored */
	pid_t child;
};

/* Until somebody waits for what this worker has locked. */
static void
await_waiting(struct world *w)
{
	static const char own[] = "SELECT pg_backend_pid()::bigint";
	static const char sql[] =
	    "SELECT count(*) FROM pg_stat_activity"
	    " WHERE $1::bigint = ANY (pg_blocking_pids(pid)::bigint[])";
	struct db_rows rows;
	int64_t pid, waiting = 0;

	assert_int_equal(db_one(&w->worker, &rows, own, DB_NONE), ST_OK);
	pid = db_get_int(&rows, 0, 0);
	while (waiting == 0) {
		assert_int_equal(db_one(&w->owner, &rows, sql,
		    DB_ARGS(db_int(pid))), ST_OK);
		waiting = db_get_int(&rows, 0, 0);
		(void)usleep(1000);
	}
}

/* The user leaves, in another process, between the news and their commit. */
static enum status
work_beside(struct ctx *ctx)
{
	struct beside *beside = ctx->input;
	struct world *w = beside->w;
	struct user user;

	if (beside->news.status != NULL) {
		TRY(store_subscription_hear(ctx, &beside->news));
	} else {
		TRY(store_user_lock(ctx, w->user, &user));
		TRY(store_subscription_restore(ctx, w->user));
	}
	(void)fflush(NULL);
	beside->child = fork();
	if (beside->child == 0) {
		struct ctx other = world_worker();

		_exit((int)world_run(&other, work_leave, w->user));
	}
	await_waiting(w);
	return ST_OK;
}

static int
left_beside(struct world *w, struct subscription_news news)
{
	struct beside beside = { .w = w, .news = news };
	int how;

	assert_int_equal(world_run(&w->worker, work_beside, &beside), ST_OK);
	assert_int_equal(waitpid(beside.child, &how, 0), beside.child);
	assert_true(WIFEXITED(how));
	return WEXITSTATUS(how);
}

static void
one_that_comes_while_its_user_leaves_keeps_him(void **state)
{
	struct world *w = *state;

	be_customer(w);
	assert_int_equal(left_beside(w, news_of(w, NULL, "active", T0,
	    "evt_1")), ST_USER_HAS_ACTIVE_SUBSCRIPTION);
	assert_int_equal(left_beside(w, news_of(w, NULL, "canceled",
	    T0 + SECOND, "evt_2")), ST_OK);
}

static void
one_that_is_restored_while_its_user_leaves_keeps_him(void **state)
{
	struct world *w = *state;

	be_customer(w);
	subscribe(w, w->user, &standings[5]);
	assert_int_equal(left_beside(w, (struct subscription_news){
	    .status = NULL }), ST_USER_HAS_ACTIVE_SUBSCRIPTION);
}

/* ---- customers, plans --------------------------------------------------- */

static void
a_customer_is_one_user(void **state)
{
	struct world *w = *state;
	const char *out, *user_id;
	char other[ID_SIZE];

	be_customer(w);
	world_user(&w->worker, other, NULL, NULL, "user");
	assert_int_equal(store_customer_set(&w->worker, other,
	    customer_of(w), &out), ST_CONFLICT);
	assert_int_equal(store_customer_set(&w->worker, w->user, "cus_other",
	    &out), ST_OK);
	assert_string_equal(out, customer_of(w));
	assert_int_equal(store_customer_user(&w->worker, customer_of(w),
	    &user_id), ST_OK);
	assert_string_equal(user_id, w->user);
	assert_int_equal(store_customer_user(&w->worker, "cus_nobody",
	    &user_id), ST_USER_NOT_FOUND);
}

static void
nobody_has_a_second_trial(void **state)
{
	struct world *w = *state;
	struct subscription_news news = news_of(w, w->user, "active", T0,
	    "evt_1");
	bool tried = true;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_int_equal(store_subscription_tried(&w->worker, w->user,
	    &tried), ST_OK);
	assert_false(tried);
	news.trial_start = T0;
	hear(w, news);
	assert_int_equal(store_subscription_tried(&w->worker, w->user,
	    &tried), ST_OK);
	assert_true(tried);
}

static void
the_list_has_what_the_plan_allows(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct json_object *one;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_int_equal(store_subscription_list(&w->worker, w->user,
	    view_list(out, "before")), ST_OK);
	assert_int_equal(world_length(out, "before"), 0);
	hear(w, news_of(w, w->user, "active", T0, "evt_1"));
	assert_int_equal(store_subscription_list(&w->worker, w->user,
	    view_list(out, "list")), ST_OK);
	assert_int_equal(world_length(out, "list"), 1);
	one = world_item(out, "list", 0);
	assert_string_equal(view_get_text(one, "priceId"), "price_1");
	assert_int_equal(world_int(view_get(one, "limits"), "seats"), 5);
}

static const struct json_object *
only(struct world *w, const char *name,
    enum status (*read)(struct ctx *, const char *, struct json_object *))
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(read(&w->worker, w->user, view_list(out, name)),
	    ST_OK);
	return world_length(out, name) == 0 ? NULL : world_item(out, name, 0);
}

static void
the_history_says_what_is_next_or_was_last(void **state)
{
	static const struct {
		const char *status, *moment;
		bool ends;
	} cases[] = {
		{ "active", "renewsAt", false }, { "active", "endsAt", true },
		{ "trialing", "trialEndsAt", false },
		{ "trialing", "endsAt", true }, { "past_due", NULL, false },
		{ "canceled", "endedAt", false },
	};
	static const char *const moments[] = { "renewsAt", "trialEndsAt",
		"endsAt", "endedAt" };
	struct world *w = *state;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	assert_null(only(w, "waiting", store_subscription_history));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct subscription_news news = news_of(w, w->user,
		    cases[i].status, T0 + (int64_t)i * SECOND,
		    arena_printf(w->worker.arena, "evt_%zu", i));
		const struct json_object *one;

		news.trial_end = T0 + 500 * SECOND;
		news.cancel_at_period_end = cases[i].ends;
		hear(w, news);
		one = only(w, "history", store_subscription_history);
		assert_string_equal(view_get_text(one, "title"), "Pro");
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(view_get_text(one, moments[k]) != NULL,
			    text_is(cases[i].moment, moments[k]));
	}
}

static void
what_is_offered_is_what_can_be_chosen(void **state)
{
	struct world *w = *state;
	struct subscription_news news = news_of(w, w->user, "active", T0,
	    "evt_1");
	const struct json_object *offer;

	be_customer(w);
	assert_int_equal(begin(w, w->user), ST_OK);
	offer = only(w, "offers", store_subscription_offers);
	assert_false(view_is_true(offer, "current"));
	assert_true(view_is_true(offer, "payable"));
	assert_true(view_is_true(offer, "annual"));
	hear(w, news);
	offer = only(w, "offers", store_subscription_offers);
	assert_true(view_is_true(offer, "current"));
	assert_false(view_is_true(offer, "payable"));
	assert_true(view_is_true(offer, "annual"));
	news.interval = "year";
	news.at += SECOND;
	hear(w, news);
	offer = only(w, "offers", store_subscription_offers);
	assert_true(view_is_true(offer, "payable"));
	assert_false(view_is_true(offer, "annual"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_waits_until_it_is_paid),
		TEST(older_news_change_nothing),
		TEST(any_order_ends_alike),
		TEST(of_one_second_the_end_and_what_was_asked_count),
		TEST(the_database_takes_no_older_news),
		TEST(one_made_elsewhere_gets_a_row_if_we_know_customer_and_plan),
		TEST(news_reach_nobody_elses_row),
		TEST(what_a_plan_entitles_to_lasts_as_long_as_it),
		TEST(who_comes_back_from_paying_is_ahead_of_the_event_only),
		TEST(a_restored_one_does_not_end),
		TEST(nobody_leaves_whom_stripe_would_bill_again),
		TEST(one_that_ends_hides_none_that_lasts),
		TEST(without_stripe_a_subscription_keeps_nobody),
		TEST(one_that_comes_while_its_user_leaves_keeps_him),
		TEST(one_that_is_restored_while_its_user_leaves_keeps_him),
		TEST(a_customer_is_one_user),
		TEST(nobody_has_a_second_trial),
		TEST(the_list_has_what_the_plan_allows),
		TEST(the_history_says_what_is_next_or_was_last),
		TEST(what_is_offered_is_what_can_be_chosen),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
