#include "world.h"

#include "base/text.h"
#include "store/figures.h"
#include "store/order.h"
#include "store/page.h"
#include "store/spender.h"

/*
 * The promises of store/figures.h. Every test closes what is left first, so
 * that it speaks of its own rows only.
 */

#define ALL 100000

struct close {
	int64_t limit, closed;
	int64_t later;		/* ms from now */
};

static enum status
work_close(struct ctx *ctx)
{
	struct close *close = ctx->input;

	ctx->now += close->later;
	return store_figures_close(ctx, close->limit, &close->closed);
}

static int64_t
close_hours(struct ctx *ctx, int64_t limit)
{
	struct close close = { .limit = limit, .closed = -1 };

	assert_int_equal(world_run(ctx, work_close, &close), ST_OK);
	return close.closed;
}

static struct figures
read_figures(struct world *w)
{
	struct figures out;

	assert_int_equal(store_figures(&w->worker, FIGURES_DAYS, &out),
	    ST_OK);
	return out;
}

static void
assert_same(const struct figures *a, const struct figures *b)
{
	assert_memory_equal(a->of, b->of, sizeof(a->of));
	assert_string_equal(a->currency, b->currency);
}

static int64_t
total(const struct figures *figures, enum figure figure)
{
	return figures->of[figure].total;
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

static void
add_return(struct world *w, int64_t at)
{
	run(w, "INSERT INTO order_returns (order_id, currency, amount_minor,"
	    " created_at) VALUES ($1, 'EUR', 900, $2)", "gone", at);
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
assert_begins(struct world *w, int64_t at)
{
	assert_true(close_hours(&w->worker, ALL) > 0);
	assert_int_equal(fixture_int(&w->owner, "SELECT"
	    " date_part('epoch', min(hour))::bigint * 1000"
	    " FROM hourly_figures"), at - at % HOUR_MS);
}

/* The first test: there is nobody yet but the user of this world. */
static void
hours_before_the_oldest_row_are_not_added_up(void **state)
{
	struct world *w = *state;
	const int64_t now = w->worker.now;

	assert_int_equal(close_hours(&w->worker, ALL), 0);
	add_user(w, now - 100 * DAY_MS);
	assert_begins(w, now - 100 * DAY_MS);
	add_transfers(w, now - 200 * DAY_MS);
	assert_begins(w, now - 200 * DAY_MS);
	(void)add_order(w, "EUR", now - 300 * DAY_MS);
	assert_begins(w, now - 300 * DAY_MS);
	add_return(w, now - 400 * DAY_MS);
	assert_begins(w, now - 400 * DAY_MS);
	assert_int_equal(close_hours(&w->worker, ALL), 0);
}

/* The others have hours as old as they get. */
static void
hours_are_as_old_as_the_dashboard_looks_back(void **state)
{
	struct world *w = *state;

	add_user(w, w->worker.now - (FIGURES_CLOSED_DAYS + 9) * DAY_MS);
	(void)close_hours(&w->worker, ALL);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM hourly_figures"), FIGURES_CLOSED_DAYS * 24);
}

static void
closed_hours_say_what_the_tables_said(void **state)
{
	struct world *w = *state;
	struct figures counted, closed;

	add_history(w);
	counted = read_figures(w);
	assert_int_equal(counted.of[FIGURE_SIGN_UPS].day[FIGURES_DAYS - 2], 2);
	assert_int_equal(counted.of[FIGURE_SIGN_UPS].day[0], 1);
	assert_int_equal(counted.of[FIGURE_SIGN_UPS].before, 1);
	assert_int_equal(total(&counted, FIGURE_ISSUED), 6 * 70);
	assert_int_equal(total(&counted, FIGURE_SPENT), 6 * 30);
	assert_int_equal(counted.of[FIGURE_SPENT].before, 30);
	assert_string_equal(counted.currency, "EUR");
	assert_int_equal(total(&counted, FIGURE_REVENUE), 6 * 900);
	assert_int_equal(total(&counted, FIGURE_ORDERS), 6);
	assert_int_equal(counted.of[FIGURE_REVENUE].before, 900);
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
	assert_int_equal(total(&after, FIGURE_SIGN_UPS),
	    total(&before, FIGURE_SIGN_UPS) + 1);
	assert_int_equal(after.of[FIGURE_SIGN_UPS].day[day],
	    before.of[FIGURE_SIGN_UPS].day[day] + 1);
	assert_int_equal(total(&after, FIGURE_ISSUED),
	    total(&before, FIGURE_ISSUED) + 70);
	assert_int_equal(total(&after, FIGURE_SPENT),
	    total(&before, FIGURE_SPENT) + 30);
	assert_int_equal(total(&after, FIGURE_REVENUE),
	    total(&before, FIGURE_REVENUE) + 900);
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
	assert_int_equal(total(&after, FIGURE_SIGN_UPS),
	    total(&before, FIGURE_SIGN_UPS) + 1);
}

static enum status
work_refund(struct ctx *ctx)
{
	return store_order_move(ctx, ctx->input, "refunded");
}

static void
a_refund_counts_when_it_is_made_and_leaves_the_revenue(void **state)
{
	struct world *w = *state;
	const int64_t now = w->worker.now;
	struct figures before, after, again;
	char order[64];

	(void)snprintf(order, sizeof(order), "%s",
	    add_order(w, "EUR", now - DAY_MS));
	before = read_figures(w);
	assert_int_equal(world_run(&w->worker, work_refund, order), ST_OK);
	after = read_figures(w);
	assert_int_equal(total(&after, FIGURE_REVENUE),
	    total(&before, FIGURE_REVENUE));
	assert_int_equal(after.of[FIGURE_RETURNED].day[FIGURES_DAYS - 1],
	    before.of[FIGURE_RETURNED].day[FIGURES_DAYS - 1] + 900);
	assert_int_equal(after.of[FIGURE_RETURNED].day[FIGURES_DAYS - 2],
	    before.of[FIGURE_RETURNED].day[FIGURES_DAYS - 2]);
	(void)close_hours(&w->worker, ALL);
	again = read_figures(w);
	assert_same(&after, &again);
}

static void
set_returned(struct world *w, const char *order, int64_t refunded,
    int64_t disputed)
{
	static const char sql[] =
	    "UPDATE orders SET received_minor = amount_minor,"
	    "  refunded_minor = $2, disputed_minor = $3 WHERE id = $1";

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(order),
	    db_int(refunded), db_int(disputed)), NULL), ST_OK);
}

static void
a_part_that_goes_back_counts_and_a_dispute_that_is_won_does_not(void **state)
{
	struct world *w = *state;
	const struct figures before = read_figures(w);
	const int64_t none = total(&before, FIGURE_RETURNED);
	struct figures after;
	char order[64];

	(void)snprintf(order, sizeof(order), "%s",
	    add_order(w, "EUR", w->worker.now - DAY_MS));
	set_returned(w, order, 100, 0);
	after = read_figures(w);
	assert_int_equal(total(&after, FIGURE_RETURNED), none + 100);
	set_returned(w, order, 100, 800);
	assert_int_equal(world_run(&w->worker, work_refund, order), ST_OK);
	after = read_figures(w);
	assert_int_equal(total(&after, FIGURE_RETURNED), none + 900);
	set_returned(w, order, 100, 0);
	after = read_figures(w);
	assert_int_equal(total(&after, FIGURE_RETURNED), none + 100);
}

static void
credits_that_expire_are_counted_when_it_is_booked(void **state)
{
	static const char lot[] =
	    "INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "  amount, reason, key, key_hash, created_at, expires_at)"
	    " VALUES ($1, split_part($1, ' ', 2), 'grant', 'issued',"
	    "  split_part($1, ' ', 2), 11, '', $1, sha256(''),"
	    "  $2::timestamptz,"
	    "  $2::timestamptz + interval '1 hour')";
	static const char settle[] =
	    "SELECT wallet_settle(split_part($1, ' ', 2), $2)";
	struct world *w = *state;
	const int64_t at = w->worker.now - 2 * DAY_MS;
	struct figures before = read_figures(w), after;
	const char *id = arena_printf(w->owner.arena, "l%lld %s",
	    (long long)at, w->user);

	run(w, lot, id, at);
	run(w, settle, id, at + 2 * HOUR_MS);
	(void)close_hours(&w->worker, ALL);
	after = read_figures(w);
	assert_int_equal(total(&after, FIGURE_ISSUED),
	    total(&before, FIGURE_ISSUED) + 11);
	assert_int_equal(total(&after, FIGURE_EXPIRED),
	    total(&before, FIGURE_EXPIRED) + 11);
	assert_int_equal(total(&after, FIGURE_SPENT),
	    total(&before, FIGURE_SPENT));
}

/* ---- who spends most ------------------------------------------------------ */

static struct json_object *
spenders(struct world *w)
{
	struct json_object *out = view_root(w->worker.arena);
	struct page page = { .limit = PAGE_LIMIT_MAX };

	assert_int_equal(store_spender_list(&w->worker, &page,
	    view_list(out, "spenders")), ST_OK);
	return out;
}

static int64_t
spent_by_user(struct world *w)
{
	struct json_object *list = spenders(w);

	for (size_t i = 0; i < world_length(list, "spenders"); i++) {
		struct json_object *item = world_item(list, "spenders", i);

		if (text_is(view_get_text(item, "userId"), w->user))
			return world_int(item, "spent");
	}
	return 0;
}

static void
spenders_are_those_of_thirty_days(void **state)
{
	struct world *w = *state;
	const int64_t now = w->worker.now;
	struct close close = { .limit = ALL, .later = 11 * DAY_MS };

	add_transfers(w, now - 2 * HOUR_MS - HOUR_MS / 2);
	add_transfers(w, now - 20 * DAY_MS);
	add_transfers(w, now - 31 * DAY_MS);
	(void)close_hours(&w->worker, ALL);
	assert_int_equal(spent_by_user(w), 60);
	/* what becomes too old leaves the sum */
	assert_int_equal(world_run(&w->worker, work_close, &close), ST_OK);
	assert_int_equal(spent_by_user(w), 30);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM spenders WHERE spent = 0"), 0);
}

static void
an_hour_that_opens_again_is_not_summed_twice(void **state)
{
	struct world *w = *state;
	const int64_t at = w->worker.now - 3 * DAY_MS;

	add_transfers(w, at);
	(void)close_hours(&w->worker, ALL);
	assert_int_equal(spent_by_user(w), 30);
	add_transfers(w, at + 1);
	(void)close_hours(&w->worker, ALL);
	assert_int_equal(spent_by_user(w), 60);
	assert_int_equal(fixture_int(&w->owner, "SELECT count(*) FROM ("
	    " SELECT wallet_id, sum(spent) FROM hourly_spending GROUP BY 1"
	    " EXCEPT SELECT wallet_id, spent FROM spenders) d"), 0);
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
	world_denied(w, "UPDATE hourly_figures SET sign_ups = 0");
	world_denied(w, "DELETE FROM hourly_figures");
	world_denied(w, "UPDATE hourly_revenue SET orders = 1");
	world_denied(w, "DELETE FROM hourly_revenue");
	world_denied(w, "UPDATE spenders SET spent = 1");
	world_denied(w, "INSERT INTO order_returns (order_id, currency,"
	    " amount_minor, created_at) VALUES ('a', 'EUR', 1, now())");
	/* nor one of an hour that is not over, or that is none */
	assert_int_equal(db_script(&w->worker,
	    "INSERT INTO hourly_figures VALUES"
	    " (date_trunc('hour', now()), 0, 0, 0, now(), 0)"), ST_INVALID);
	assert_int_equal(db_script(&w->worker,
	    "INSERT INTO hourly_figures VALUES"
	    " ('2020-01-01 00:30Z', 0, 0, 0, now(), 0)"), ST_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(hours_before_the_oldest_row_are_not_added_up),
		WORLD_TEST(hours_are_as_old_as_the_dashboard_looks_back),
		WORLD_TEST(closed_hours_say_what_the_tables_said),
		WORLD_TEST(no_hour_is_closed_before_it_has_settled),
		WORLD_TEST(a_second_run_changes_nothing),
		WORLD_TEST(a_run_is_bounded_and_begins_with_the_latest),
		WORLD_TEST(a_missing_hour_is_counted),
		WORLD_TEST(several_janitors_at_once_close_each_hour_once),
		WORLD_TEST(what_comes_late_opens_its_hour_again),
		WORLD_TEST(what_comes_in_time_opens_nothing),
		WORLD_TEST(nobody_closes_an_hour_while_rows_are_imported),
		WORLD_TEST(a_refund_counts_when_it_is_made_and_leaves_the_revenue),
		WORLD_TEST(
		    a_part_that_goes_back_counts_and_a_dispute_that_is_won_does_not),
		WORLD_TEST(credits_that_expire_are_counted_when_it_is_booked),
		WORLD_TEST(spenders_are_those_of_thirty_days),
		WORLD_TEST(an_hour_that_opens_again_is_not_summed_twice),
		WORLD_TEST(who_is_deleted_later_stays_counted),
		WORLD_TEST(a_worker_rewrites_no_figure),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
