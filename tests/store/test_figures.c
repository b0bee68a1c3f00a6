#include "world.h"

#include "base/text.h"
#include "store/figures.h"
#include "store/order.h"

/*
 * The promises of store/figures.h. Every test closes what is left first, so
 * that it speaks of its own rows only.
 */

#define HOUR_MS INT64_C(3600000)
#define ALL 100000

struct close {
	int64_t limit, closed;
};

static enum status
work_close(struct ctx *ctx)
{
	struct close *close = ctx->input;

	return store_figures_close(ctx, close->limit, &close->closed);
}

static int64_t
close_hours(struct ctx *ctx, int64_t limit)
{
	struct close close = { .limit = limit, .closed = -1 };

	assert_int_equal(world_run(ctx, work_close, &close), ST_OK);
	return close.closed;
}

/* All three, as an admin sees them. */
struct figures {
	struct series signups, credits, revenue;
	const char *currency;
};

static struct figures
read_figures(struct world *w)
{
	struct figures out;

	assert_int_equal(store_figures_signups(&w->worker, &out.signups),
	    ST_OK);
	assert_int_equal(store_figures_credits(&w->worker, &out.credits),
	    ST_OK);
	assert_int_equal(store_figures_revenue(&w->worker, &out.revenue,
	    &out.currency), ST_OK);
	return out;
}

static void
assert_same(const struct figures *a, const struct figures *b)
{
	assert_memory_equal(&a->signups, &b->signups, sizeof(a->signups));
	assert_memory_equal(&a->credits, &b->credits, sizeof(a->credits));
	assert_memory_equal(&a->revenue, &b->revenue, sizeof(a->revenue));
	assert_string_equal(a->currency, b->currency);
}

static void
run(struct world *w, const char *sql, const char *id, int64_t at)
{
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(id),
	    db_time(at)), NULL), ST_OK);
}

static void
add_user(struct world *w, int64_t at)
{
	static const char sql[] =
	    "INSERT INTO users (id, name, email, created_at, updated_at)"
	    " VALUES ($1, 'Late', $1::text || '@example.com', $2, $2)";
	char id[ID_SIZE];

	id_new(id, clock_now());
	run(w, sql, id, at);
}

static void
add_transfers(struct world *w, int64_t at)
{
	static const char grant[] =
	    "INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "  amount, reason, key, key_hash, created_at)"
	    " VALUES ($1, split_part($1, ' ', 2), 'grant', 'issued',"
	    "  split_part($1, ' ', 2), 70, '', $1, sha256(''), $2)";
	static const char spend[] =
	    "INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "  amount, reason, key, key_hash, created_at)"
	    " VALUES ($1, split_part($1, ' ', 2), 'spend',"
	    "  split_part($1, ' ', 2), 'spent', 30, '', $1, sha256(''), $2)";
	struct arena *arena = w->owner.arena;

	run(w, grant, arena_printf(arena, "g%lld %s", (long long)at,
	    w->user), at);
	run(w, spend, arena_printf(arena, "s%lld %s", (long long)at,
	    w->user), at);
}

static const char *
add_order(struct world *w, const char *currency, int64_t at)
{
	static const char sql[] =
	    "INSERT INTO orders (id, email, status, description, credits,"
	    "  amount_minor, currency, created_at, paid_at, updated_at)"
	    " VALUES ($1, 'a@example.com', 'paid', '', 1, 900,"
	    "  left($1, 3), $2, $2, $2)";
	char id[ID_SIZE];
	const char *name;

	id_new(id, clock_now());
	name = arena_printf(w->owner.arena, "%s%s", currency, id);
	run(w, sql, name, at);
	return name;
}

/* Something of everything, on several days and on both sides of midnight. */
static void
add_history(struct world *w)
{
	const int64_t midnight = w->worker.now - w->worker.now % DAY_MS;
	const int64_t at[] = { midnight, midnight - 1, midnight - DAY_MS,
	    midnight - 9 * DAY_MS + 5, midnight - 29 * DAY_MS,
	    midnight - 29 * DAY_MS - 1, w->worker.now };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		add_user(w, at[i]);
		add_transfers(w, at[i]);
		(void)add_order(w, "EUR", at[i]);
		if (i % 2 == 0)
			(void)add_order(w, "USD", at[i]);
	}
}

static void
closed_hours_say_what_the_tables_said(void **state)
{
	struct world *w = *state;
	struct figures counted, closed;

	add_history(w);
	counted = read_figures(w);
	assert_int_equal(counted.signups.day[FIGURES_DAYS - 2], 2);
	assert_int_equal(counted.signups.day[0], 1);
	assert_int_equal(counted.credits.total, 6 * 70);
	assert_int_equal(counted.credits.other_total, 6 * 30);
	assert_string_equal(counted.currency, "EUR");
	assert_int_equal(counted.revenue.total, 6 * 900);
	assert_int_equal(counted.revenue.other_total, 6);
	assert_true(close_hours(&w->worker, ALL) > 0);
	closed = read_figures(w);
	assert_same(&counted, &closed);
	/* Soon after midnight, the hours on both sides of it are not over. */
	assert_true(fixture_int(&w->owner,
	    "SELECT sum(sign_ups)::bigint FROM hourly_figures") >= 3);
}

static void
no_hour_is_closed_before_it_has_settled(void **state)
{
	struct world *w = *state;

	(void)close_hours(&w->worker, ALL);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures"
	    " WHERE hour > closed_at - interval '75 minutes'"), 0);
	assert_true(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures"
	    " WHERE hour > now() - interval '136 minutes'") >= 1);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures"), 400 * 24);
}

static void
a_second_run_changes_nothing(void **state)
{
	static const char trace[] =
	    "SELECT md5(string_agg(f::text || f.xmin || coalesce(r::text, ''),"
	    "  ' ' ORDER BY f.hour, r.currency)) FROM hourly_figures f"
	    " LEFT JOIN hourly_revenue r USING (hour)";
	struct world *w = *state;
	const char *before;

	(void)close_hours(&w->worker, ALL);
	before = fixture_text(&w->owner, trace);
	assert_int_equal(close_hours(&w->worker, ALL), 0);
	assert_string_equal(fixture_text(&w->owner, trace), before);
}

static void
a_run_is_bounded_and_begins_with_the_latest(void **state)
{
	struct world *w = *state;

	(void)close_hours(&w->worker, ALL);
	assert_int_equal(db_script(&w->owner, "DELETE FROM hourly_figures"
	    " WHERE hour > now() - interval '5 days'"), ST_OK);
	assert_int_equal(close_hours(&w->worker, 24), 24);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures"
	    " WHERE hour > now() - interval '26 hours'"), 24);
	assert_true(close_hours(&w->worker, ALL) >= 4 * 24 - 3);
}

static void
a_missing_hour_is_counted(void **state)
{
	struct world *w = *state;
	struct figures before, after;

	add_history(w);
	(void)close_hours(&w->worker, ALL);
	before = read_figures(w);
	assert_int_equal(db_script(&w->owner, "DELETE FROM hourly_figures"
	    " WHERE sign_ups > 0"), ST_OK);
	after = read_figures(w);
	assert_same(&before, &after);
	assert_int_equal(db_script(&w->owner, "DELETE FROM hourly_figures"),
	    ST_OK);
	after = read_figures(w);
	assert_same(&before, &after);
}

static void
several_janitors_at_once_close_each_hour_once(void **state)
{
	struct world *w = *state;
	struct figures before, after;
	struct close close = { .limit = 50 };
	int outcomes[WORLD_STATUSES];

	add_history(w);
	before = read_figures(w);
	assert_int_equal(db_script(&w->owner, "DELETE FROM hourly_figures"),
	    ST_OK);
	for (int i = 0; i < 3; i++) {
		world_race(4, work_close, &close, outcomes);
		assert_int_equal(outcomes[ST_OK], 4);
	}
	assert_true(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures") >= 150);
	(void)close_hours(&w->worker, ALL);
	after = read_figures(w);
	assert_same(&before, &after);
}

static void
what_comes_late_opens_its_hour_again(void **state)
{
	struct world *w = *state;
	const int64_t at = w->worker.now - 3 * DAY_MS;
	struct figures before, after, again;
	const int day = FIGURES_DAYS - 4;

	(void)close_hours(&w->worker, ALL);
	before = read_figures(w);
	add_user(w, at);
	add_transfers(w, at - HOUR_MS);
	(void)add_order(w, "EUR", at - 2 * HOUR_MS);
	after = read_figures(w);
	assert_int_equal(after.signups.total, before.signups.total + 1);
	assert_int_equal(after.signups.day[day], before.signups.day[day] + 1);
	assert_int_equal(after.credits.total, before.credits.total + 70);
	assert_int_equal(after.credits.other_total,
	    before.credits.other_total + 30);
	assert_int_equal(after.revenue.total, before.revenue.total + 900);
	assert_int_equal(close_hours(&w->worker, ALL), 3);
	again = read_figures(w);
	assert_same(&after, &again);
}

static void
what_comes_in_time_opens_nothing(void **state)
{
	static const char paid[] =
	    "UPDATE orders SET status = 'refunded', paid_at = paid_at,"
	    "  updated_at = $2 WHERE id = $1";
	struct world *w = *state;
	const char *order = add_order(w, "EUR", w->worker.now - DAY_MS);

	(void)close_hours(&w->worker, ALL);
	add_user(w, w->worker.now);
	run(w, paid, order, w->worker.now);
	assert_int_equal(close_hours(&w->worker, ALL), 0);
}

/* Inside the owner's transaction: what it added is not to be seen yet. */
static enum status
work_import(struct ctx *ctx)
{
	struct world *w = ctx->input;

	add_user(w, w->worker.now - 5 * DAY_MS);
	assert_int_equal(close_hours(&w->worker, ALL), 0);
	return ST_OK;
}

static void
nobody_closes_an_hour_while_rows_are_imported(void **state)
{
	struct world *w = *state;
	struct figures before, after;

	(void)close_hours(&w->worker, ALL);
	before = read_figures(w);
	assert_int_equal(db_script(&w->owner, "DELETE FROM hourly_figures"
	    " WHERE hour < now() - interval '3 days'"), ST_OK);
	assert_int_equal(world_run(&w->owner, work_import, w), ST_OK);
	assert_true(close_hours(&w->worker, ALL) > 24);
	after = read_figures(w);
	assert_int_equal(after.signups.total, before.signups.total + 1);
}

static enum status
work_refund(struct ctx *ctx)
{
	return store_order_move(ctx, ctx->input, "refunded");
}

static void
a_refund_leaves_the_revenue_of_the_day_it_was_paid(void **state)
{
	struct world *w = *state;
	struct figures before, after;
	char order[64];

	(void)snprintf(order, sizeof(order), "%s",
	    add_order(w, "EUR", w->worker.now - DAY_MS));
	before = read_figures(w);
	assert_int_equal(world_run(&w->worker, work_refund, order), ST_OK);
	after = read_figures(w);
	assert_same(&before, &after);
	(void)close_hours(&w->worker, ALL);
	after = read_figures(w);
	assert_same(&before, &after);
}

static void
who_is_deleted_later_stays_counted(void **state)
{
	static const char sql[] =
	    "DELETE FROM users WHERE created_at = $1";
	struct world *w = *state;
	const int64_t at = w->worker.now - 2 * DAY_MS - 77;
	struct figures before, after;
	int64_t gone;

	add_user(w, at);
	(void)close_hours(&w->worker, ALL);
	before = read_figures(w);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_time(at)), &gone),
	    ST_OK);
	assert_int_equal(gone, 1);
	after = read_figures(w);
	assert_same(&before, &after);
}

static void
a_worker_rewrites_no_figure(void **state)
{
	struct world *w = *state;

	(void)close_hours(&w->worker, ALL);
	assert_int_not_equal(db_script(&w->worker,
	    "UPDATE hourly_figures SET sign_ups = 0"), ST_OK);
	assert_int_not_equal(db_script(&w->worker,
	    "DELETE FROM hourly_figures"), ST_OK);
	assert_int_not_equal(db_script(&w->worker,
	    "UPDATE hourly_revenue SET orders = 1"), ST_OK);
	assert_int_not_equal(db_script(&w->worker,
	    "DELETE FROM hourly_revenue"), ST_OK);
	/* nor one of an hour that is not over, or that is none */
	assert_int_equal(db_script(&w->worker,
	    "INSERT INTO hourly_figures VALUES"
	    " (date_trunc('hour', now()), 0, 0, 0, now())"), ST_INVALID);
	assert_int_equal(db_script(&w->worker,
	    "INSERT INTO hourly_figures VALUES"
	    " ('2020-01-01 00:30Z', 0, 0, 0, now())"), ST_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(closed_hours_say_what_the_tables_said),
		WORLD_TEST(no_hour_is_closed_before_it_has_settled),
		WORLD_TEST(a_second_run_changes_nothing),
		WORLD_TEST(a_run_is_bounded_and_begins_with_the_latest),
		WORLD_TEST(a_missing_hour_is_counted),
		WORLD_TEST(several_janitors_at_once_close_each_hour_once),
		WORLD_TEST(what_comes_late_opens_its_hour_again),
		WORLD_TEST(what_comes_in_time_opens_nothing),
		WORLD_TEST(nobody_closes_an_hour_while_rows_are_imported),
		WORLD_TEST(a_refund_leaves_the_revenue_of_the_day_it_was_paid),
		WORLD_TEST(who_is_deleted_later_stays_counted),
		WORLD_TEST(a_worker_rewrites_no_figure),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
