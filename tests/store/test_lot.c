#include "world.h"

#include <poll.h>

#include "store/credit.h"
#include "store/ledger.h"

/*
 * The promises of store/credit.h about credits that run out, holds and what
 * comes back. Every step names its own moment, so nothing has to be waited for.
 */

#define HOUR INT64_C(3600000)

/* One call at ctx->now + after. */
struct step {
	enum status (*call)(struct ctx *, const struct credit *,
	    struct json_object *);
	int64_t after;
	struct credit credit;
};

static enum status
work_step(struct ctx *ctx)
{
	const struct step *step = ctx->input;
	struct credit credit = step->credit;

	ctx->now += step->after;
	if (credit.expires_at != 0)
		credit.expires_at += ctx->now - step->after;
	return step->call(ctx, &credit, ctx->view);
}

static enum status
run(struct world *w, const struct step *step)
{
	struct step own = *step;

	own.credit.wallet_id = w->user;
	if (own.credit.reason == NULL)
		own.credit.reason = "";
	return world_run(&w->worker, work_step, &own);
}

/* Runs it, and says what id it got; the text is the arena's. */
static const char *
done(struct world *w, const struct step *step)
{
	assert_int_equal(run(w, step), ST_OK);
	return arena_text(w->worker.arena,
	    view_get_text(w->worker.view, "id"));
}

#define STEP(name, after_ms, n, k, ...)					\
	(&(struct step){ store_credit_##name, after_ms,			\
	    { .amount = n, .key = k, ##__VA_ARGS__ } })

static int64_t
balance_after(struct world *w, int64_t after)
{
	struct wallet wallet;

	w->worker.now = clock_now() + after;
	assert_int_equal(store_wallet_get(&w->worker, w->user, &wallet),
	    ST_OK);
	return wallet.balance;
}

static int64_t
spent(struct world *w)
{
	struct wallet wallet;

	w->worker.now = clock_now();
	assert_int_equal(store_wallet_get(&w->worker, w->user, &wallet),
	    ST_OK);
	return wallet.spent;
}

static int64_t
remaining(struct world *w, const char *lot)
{
	static const char sql[] = "SELECT remaining FROM lots WHERE id = $1";
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(lot))), ST_OK);
	return db_get_int(&rows, 0, 0);
}

static enum status
work_verify(struct ctx *ctx)
{
	return ledger_verify(ctx, ctx->view);
}

static void
assert_clean(struct world *w)
{
	assert_int_equal(world_run(&w->worker, work_verify, NULL), ST_OK);
	if (!view_is_true(w->worker.view, "clean"))
		fail_msg("%s", json_object_to_json_string(view_get(
		    w->worker.view, "first")));
}

static enum status
work_refund_scans(struct ctx *ctx)
{
	static const char sql[] =
	    "SELECT pg_stat_get_xact_numscans('transfers_kind_idx'::regclass)";
	struct db_rows rows;

	TRY(work_step(ctx));
	TRY(db_one(ctx, &rows, sql, DB_NONE));
	view_int(ctx->view, "scans", db_get_int(&rows, 0, 0));
	return ST_OK;
}

/* Not all that ever came back in anybody's wallet. */
static void
a_refund_reads_what_it_settles_only(void **state)
{
	struct world *w = *state;
	const char *spend;
	struct step *step;

	(void)done(w, STEP(grant, 0, 100, "a", .expires_at = HOUR));
	spend = done(w, STEP(spend, 0, 40, "b"));
	step = STEP(refund, 0, 30, "c", .origin_id = spend, .reason = "",
	    .wallet_id = w->user);
	assert_int_equal(world_run(&w->worker, work_refund_scans, step),
	    ST_OK);
	assert_int_equal(world_int(w->worker.view, "scans"), 0);
	assert_clean(w);
}

static void
what_expires_first_is_spent_first(void **state)
{
	struct world *w = *state;
	const char *late, *soon;

	(void)done(w, STEP(grant, 0, 100, "rest"));
	late = done(w, STEP(grant, 0, 100, "late", .expires_at = 2 * HOUR));
	soon = done(w, STEP(grant, 0, 100, "soon", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(spend, 0, 130, "a")), ST_OK);
	assert_int_equal(remaining(w, soon), 0);
	assert_int_equal(remaining(w, late), 70);
	assert_int_equal(run(w, STEP(spend, 0, 80, "b")), ST_OK);
	assert_int_equal(remaining(w, late), 0);
	assert_int_equal(balance_after(w, 9 * HOUR), 90);
	assert_clean(w);
}

static void
of_two_that_expire_together_the_older_is_spent_first(void **state)
{
	struct world *w = *state;
	const char *older = done(w, STEP(grant, 0, 10, "a",
	    .expires_at = HOUR));
	const char *newer;

	assert_int_equal(poll(NULL, 0, 2), 0);
	newer = done(w, STEP(grant, -2, 10, "b", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(spend, 0, 15, "c")), ST_OK);
	assert_int_equal(remaining(w, older), 0);
	assert_int_equal(remaining(w, newer), 5);
}

static void
what_has_expired_cannot_be_spent(void **state)
{
	struct world *w = *state;

	(void)done(w, STEP(grant, 0, 5, "a"));
	(void)done(w, STEP(grant, 0, 100, "b", .expires_at = HOUR));
	assert_int_equal(balance_after(w, HOUR - 1000), 105);
	assert_int_equal(balance_after(w, HOUR + 1000), 5);
	assert_int_equal(run(w, STEP(spend, HOUR + 1000, 6, "c")),
	    ST_INSUFFICIENT_CREDITS);
	assert_int_equal(run(w, STEP(adjust, HOUR + 1000, -6, "d")),
	    ST_INSUFFICIENT_CREDITS);
	assert_int_equal(run(w, STEP(spend, HOUR + 1000, 5, "e")), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 0);
	assert_int_equal(balance_after(w, 0), 0);
	assert_clean(w);
}

static void
a_grant_of_the_past_is_refused(void **state)
{
	struct world *w = *state;

	assert_int_equal(run(w, STEP(grant, 0, 5, "a", .expires_at = -1)),
	    ST_EXPIRY_PASSED);
	assert_int_equal(run(w, STEP(hold, 0, 5, "b", .expires_at = -1)),
	    ST_EXPIRY_PASSED);
}

static void
the_janitor_books_what_nobody_touches(void **state)
{
	struct world *w = *state;
	int64_t count;

	(void)done(w, STEP(grant, 0, 100, "a", .expires_at = HOUR));
	(void)done(w, STEP(hold, 0, 30, "b", .expires_at = HOUR));
	w->worker.now = clock_now() + 2 * HOUR;
	assert_int_equal(store_credit_due(&w->worker, 1000, &count), ST_OK);
	assert_true(count >= 1);
	assert_int_equal(fixture_int(&w->owner, "SELECT count(*)"
	    " FROM wallets WHERE due_at < now() + interval '90 minutes'"), 0);
	assert_int_equal(balance_after(w, 0), 0);
	assert_clean(w);
}

static void
a_hold_sets_aside_and_a_capture_spends(void **state)
{
	struct world *w = *state;
	const char *lot, *hold;

	(void)done(w, STEP(grant, 0, 100, "a"));
	lot = done(w, STEP(grant, 0, 50, "b", .expires_at = HOUR));
	hold = done(w, STEP(hold, 0, 80, "c", .expires_at = HOUR));
	assert_int_equal(world_int(w->worker.view, "balance"), 70);
	assert_int_equal(remaining(w, lot), 0);
	assert_int_equal(run(w, STEP(spend, 0, 71, "d")),
	    ST_INSUFFICIENT_CREDITS);
	/* 30 of the rest and 50 of the lot are held: 40 come back, the rest
	 * before the lot. */
	assert_int_equal(run(w, STEP(capture, 0, 40, "e",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 110);
	assert_int_equal(remaining(w, lot), 10);
	assert_int_equal(spent(w), 40);
	assert_int_equal(run(w, STEP(capture, 0, 40, "e",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(run(w, STEP(capture, 0, 1, "f",
	    .origin_id = hold)), ST_HOLD_CLOSED);
	assert_int_equal(run(w, STEP(release, 0, CREDIT_ALL, "g",
	    .origin_id = hold)), ST_HOLD_CLOSED);
	assert_int_equal(balance_after(w, 0), 110);
	assert_clean(w);
}

static void
a_release_gives_everything_back(void **state)
{
	struct world *w = *state;
	const char *lot, *hold;

	lot = done(w, STEP(grant, 0, 50, "a", .expires_at = HOUR));
	hold = done(w, STEP(hold, 0, 50, "b", .expires_at = 9 * HOUR));
	assert_int_equal(spent(w), 50);
	assert_int_equal(run(w, STEP(release, 0, CREDIT_ALL, "c",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 50);
	assert_int_equal(run(w, STEP(release, 0, CREDIT_ALL, "c",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(remaining(w, lot), 50);
	assert_int_equal(spent(w), 0);
	assert_int_equal(balance_after(w, 2 * HOUR), 0);
	assert_clean(w);
}

static void
a_hold_that_expires_is_there_again(void **state)
{
	struct world *w = *state;
	const char *hold;

	(void)done(w, STEP(grant, 0, 50, "a"));
	(void)done(w, STEP(grant, 0, 10, "b", .expires_at = HOUR / 2));
	hold = done(w, STEP(hold, 0, 60, "c", .expires_at = HOUR));
	assert_int_equal(balance_after(w, 0), 0);
	assert_int_equal(balance_after(w, HOUR + 1000), 50);
	assert_int_equal(run(w, STEP(capture, HOUR + 1000, 1, "d",
	    .origin_id = hold)), ST_HOLD_CLOSED);
	assert_int_equal(run(w, STEP(spend, HOUR + 1000, 50, "e")), ST_OK);
	assert_int_equal(balance_after(w, 0), 0);
	assert_clean(w);
}

static void
a_hold_is_captured_no_further_than_it_reaches(void **state)
{
	struct world *w = *state;
	const char *hold;

	(void)done(w, STEP(grant, 0, 50, "a"));
	hold = done(w, STEP(hold, 0, 20, "b", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(capture, 0, 21, "c",
	    .origin_id = hold)), ST_HOLD_EXCEEDED);
	assert_int_equal(run(w, STEP(capture, 0, 1, "d",
	    .origin_id = "nothing")), ST_HOLD_NOT_FOUND);
	assert_int_equal(run(w, STEP(capture, 0, CREDIT_ALL, "e",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 20);
	assert_int_equal(world_int(w->worker.view, "change"), 0);
	/* The whole, and 20, are two requests. */
	assert_int_equal(run(w, STEP(capture, 0, CREDIT_ALL, "e",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(run(w, STEP(capture, 0, 20, "e",
	    .origin_id = hold)), ST_IDEMPOTENCY_KEY_REUSED);
	assert_clean(w);
}

static void
a_hold_of_another_wallet_is_not_found(void **state)
{
	struct world *w = *state;
	struct world other = *w;
	const char *hold;

	world_user(&w->worker, other.user, NULL, NULL, "user");
	(void)done(w, STEP(grant, 0, 50, "a"));
	(void)done(&other, STEP(grant, 0, 50, "a"));
	hold = done(w, STEP(hold, 0, 20, "b", .expires_at = HOUR));
	assert_int_equal(run(&other, STEP(capture, 0, 1, "c",
	    .origin_id = hold)), ST_HOLD_NOT_FOUND);
	assert_int_equal(run(&other, STEP(release, 0, CREDIT_ALL, "c",
	    .origin_id = hold)), ST_HOLD_NOT_FOUND);
}

static void
what_the_program_made_is_settled_by_it(void **state)
{
	struct world *w = *state;
	const char *hold, *capture;

	(void)done(w, STEP(grant, 0, 50, "a"));
	hold = done(w, STEP(hold, 0, 20, "tollgate:reservation:1",
	    .expires_at = HOUR));
	assert_int_equal(run(w, STEP(capture, 0, 20, "b",
	    .origin_id = hold)), ST_SETTLED_ELSEWHERE);
	assert_int_equal(run(w, STEP(release, 0, CREDIT_ALL, "b",
	    .origin_id = hold)), ST_SETTLED_ELSEWHERE);
	capture = done(w, STEP(capture, 0, 20, "tollgate:confirm:1",
	    .origin_id = hold));
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "c",
	    .origin_id = capture)), ST_SETTLED_ELSEWHERE);
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "tollgate:c",
	    .origin_id = capture)), ST_OK);
	assert_clean(w);
}

static void
a_refund_goes_back_to_where_it_came_from(void **state)
{
	struct world *w = *state;
	const char *soon, *late, *spend;

	(void)done(w, STEP(grant, 0, 100, "a"));
	late = done(w, STEP(grant, 0, 20, "b", .expires_at = 2 * HOUR));
	soon = done(w, STEP(grant, 0, 10, "c", .expires_at = HOUR));
	spend = done(w, STEP(spend, 0, 40, "d"));
	assert_int_equal(spent(w), 40);
	assert_int_equal(run(w, STEP(refund, 0, 15, "e",
	    .origin_id = spend)), ST_OK);
	assert_int_equal(remaining(w, soon), 0);
	assert_int_equal(remaining(w, late), 5);
	assert_int_equal(spent(w), 25);
	assert_int_equal(run(w, STEP(refund, 0, 26, "f",
	    .origin_id = spend)), ST_TRANSFER_EXCEEDED);
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "g",
	    .origin_id = spend)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 25);
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "g",
	    .origin_id = spend)), ST_OK);
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "h",
	    .origin_id = spend)), ST_TRANSFER_REVERSED);
	assert_int_equal(remaining(w, soon), 10);
	assert_int_equal(remaining(w, late), 20);
	assert_int_equal(spent(w), 0);
	assert_int_equal(balance_after(w, 0), 130);
	assert_clean(w);
}

static void
a_captured_hold_is_refunded_into_its_lots(void **state)
{
	struct world *w = *state;
	const char *lot, *hold, *capture;

	(void)done(w, STEP(grant, 0, 100, "a"));
	lot = done(w, STEP(grant, 0, 50, "b", .expires_at = HOUR));
	hold = done(w, STEP(hold, 0, 80, "c", .expires_at = HOUR));
	capture = done(w, STEP(capture, 0, 60, "d", .origin_id = hold));
	assert_int_equal(run(w, STEP(refund, 0, 30, "e",
	    .origin_id = capture)), ST_OK);
	assert_int_equal(remaining(w, lot), 20);
	assert_int_equal(run(w, STEP(refund, 0, CREDIT_ALL, "f",
	    .origin_id = capture)), ST_OK);
	assert_int_equal(remaining(w, lot), 50);
	assert_int_equal(run(w, STEP(refund, 0, 1, "g", .origin_id = hold)),
	    ST_TRANSFER_NOT_FOUND);
	assert_int_equal(balance_after(w, 0), 150);
	assert_clean(w);
}

static void
what_comes_back_to_an_expired_lot_is_gone(void **state)
{
	struct world *w = *state;
	const char *spend;

	(void)done(w, STEP(grant, 0, 10, "a", .expires_at = HOUR));
	spend = done(w, STEP(spend, 0, 10, "b"));
	assert_int_equal(run(w, STEP(refund, 2 * HOUR, CREDIT_ALL, "c",
	    .origin_id = spend)), ST_OK);
	assert_int_equal(balance_after(w, 2 * HOUR), 0);
	assert_int_equal(run(w, STEP(spend, 2 * HOUR, 1, "d")),
	    ST_INSUFFICIENT_CREDITS);
	assert_clean(w);
}

static void
a_clawback_takes_its_own_grant_first(void **state)
{
	struct world *w = *state;
	const char *late, *soon, *rest;

	rest = done(w, STEP(grant, 0, 100, "a"));
	late = done(w, STEP(grant, 0, 30, "b", .expires_at = 2 * HOUR));
	soon = done(w, STEP(grant, 0, 30, "c", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(clawback, 0, 20, "d",
	    .origin_id = late)), ST_OK);
	assert_int_equal(remaining(w, late), 10);
	assert_int_equal(remaining(w, soon), 30);
	assert_int_equal(run(w, STEP(clawback, 0, CREDIT_ALL, "e",
	    .origin_id = rest)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 100);
	assert_int_equal(world_int(w->worker.view, "missing"), 0);
	assert_int_equal(remaining(w, soon), 30);
	assert_int_equal(balance_after(w, 0), 40);
	assert_int_equal(run(w, STEP(clawback, 0, 11, "f",
	    .origin_id = late)), ST_TRANSFER_EXCEEDED);
	assert_clean(w);
}

static void
a_clawback_takes_what_is_there_and_says_what_is_missing(void **state)
{
	struct world *w = *state;
	const char *grant = done(w, STEP(grant, 0, 100, "a"));

	(void)done(w, STEP(grant, 0, 20, "b", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(spend, 0, 70, "c")), ST_OK);
	assert_int_equal(run(w, STEP(clawback, 0, 90, "d",
	    .origin_id = grant)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 50);
	assert_int_equal(world_int(w->worker.view, "missing"), 40);
	assert_int_equal(run(w, STEP(clawback, 0, 90, "d",
	    .origin_id = grant)), ST_OK);
	assert_int_equal(run(w, STEP(clawback, 0, 10, "e",
	    .origin_id = grant)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "missing"), 10);
	assert_int_equal(balance_after(w, 0), 0);
	assert_clean(w);
}

static void
what_of_a_grant_has_expired_is_not_clawed_back(void **state)
{
	struct world *w = *state;
	const char *grant = done(w, STEP(grant, 0, 100, "a",
	    .expires_at = HOUR));

	(void)done(w, STEP(grant, 0, 500, "b"));
	assert_int_equal(run(w, STEP(spend, 0, 30, "c")), ST_OK);
	assert_int_equal(run(w, STEP(clawback, 2 * HOUR, CREDIT_ALL, "d",
	    .origin_id = grant)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 30);
	assert_int_equal(balance_after(w, 2 * HOUR), 470);
	assert_clean(w);
}

static void
a_quota_counts_holds_and_forgets_what_came_back(void **state)
{
	static const char sql[] =
	    "UPDATE wallets SET monthly_quota = 50 WHERE id = $1";
	struct world *w = *state;
	const char *hold;

	(void)done(w, STEP(grant, 0, 200, "a"));
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	hold = done(w, STEP(hold, 0, 40, "b", .expires_at = HOUR));
	assert_int_equal(run(w, STEP(spend, 0, 11, "c")),
	    ST_QUOTA_EXCEEDED);
	assert_int_equal(run(w, STEP(capture, 0, 15, "d",
	    .origin_id = hold)), ST_OK);
	assert_int_equal(run(w, STEP(spend, 0, 36, "e")),
	    ST_QUOTA_EXCEEDED);
	assert_int_equal(run(w, STEP(spend, 0, 35, "f")), ST_OK);
	assert_clean(w);
}

/* What the database refuses by itself, whoever asks. */

static enum status
work_bare(struct ctx *ctx)
{
	static const char sql[] =
	    "INSERT INTO transfers (id, wallet_id, kind, from_id, to_id,"
	    "  amount, reason, key, key_hash, created_at, origin_id,"
	    "  expires_at)"
	    " VALUES (md5($2), $1, $2, $3, $4, $5, '', md5($2),"
	    "  sha256('x'), $6, $7, $8)";
	const struct step *step = ctx->input;
	const struct credit *c = &step->credit;

	return db_run(ctx, sql, DB_ARGS(db_text(c->wallet_id),
	    db_text(c->key), db_text(c->reason),
	    db_text(step->after == 0 ? "spent" : c->wallet_id),
	    db_int(c->amount), db_time(ctx->now), db_text(c->origin_id),
	    db_null()), NULL);
}

static enum status
bare(struct world *w, const char *kind, const char *from, bool back,
    int64_t amount, const char *origin)
{
	struct step step = { .after = back, .credit = { .wallet_id = w->user,
	    .key = kind, .reason = from, .amount = amount,
	    .origin_id = origin } };

	return world_run(&w->worker, work_bare, &step);
}

static void
the_database_bounds_what_comes_back(void **state)
{
	struct world *w = *state;
	const char *grant = done(w, STEP(grant, 0, 100, "a"));
	const char *spend = done(w, STEP(spend, 0, 30, "b"));
	const char *hold = done(w, STEP(hold, 0, 30, "c",
	    .expires_at = HOUR));

	assert_int_equal(bare(w, "refund", "spent", true, 31, spend),
	    ST_INVALID);
	assert_int_equal(bare(w, "refund", "spent", true, 1, grant),
	    ST_INVALID);
	assert_int_equal(bare(w, "refund", "spent", true, 1, NULL),
	    ST_INVALID);
	assert_int_equal(bare(w, "refund", "spent", true, 1, "nothing"),
	    ST_INVALID);
	assert_int_equal(bare(w, "release", "held", true, 31, hold),
	    ST_INVALID);
	assert_int_equal(bare(w, "capture", "held", false, 31, hold),
	    ST_INVALID);
	assert_int_equal(bare(w, "capture", "held", false, 1, spend),
	    ST_INVALID);
	assert_int_equal(balance_after(w, 0), 40);
	assert_clean(w);
}

static void
nobody_touches_lots_and_holds(void **state)
{
	static const char *const scripts[] = {
		"UPDATE lots SET remaining = amount",
		"DELETE FROM lots", "DELETE FROM holds",
		"UPDATE holds SET closed_at = NULL",
		"INSERT INTO lots VALUES ('a', 'b', 1, 1, now())",
		"UPDATE wallets SET due_at = NULL",
		"DELETE FROM lot_moves", "TRUNCATE lot_moves",
		"SELECT lots_take(t) FROM transfers t",
		"SELECT wallet_book('a', 'expire', 'b', 1, '', now())",
	};
	struct world *w = *state;

	(void)done(w, STEP(grant, 0, 100, "a", .expires_at = HOUR));
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		world_denied(w, scripts[i]);
}

/* Races */

static enum status
work_spend_keyed(struct ctx *ctx)
{
	struct credit credit = *(struct credit *)ctx->input;
	char key[ID_SIZE];

	id_new(key, ctx->now);
	credit.key = key;
	return store_credit_spend(ctx, &credit, ctx->view);
}

static enum status
work_capture(struct ctx *ctx)
{
	struct credit credit = *(struct credit *)ctx->input;
	char key[ID_SIZE];

	id_new(key, ctx->now);
	credit.key = key;
	return store_credit_capture(ctx, &credit, ctx->view);
}

static void
spends_at_once_empty_the_lots_once(void **state)
{
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 7,
	    .reason = "race" };
	int outcomes[WORLD_STATUSES];

	for (int i = 0; i < 10; i++)
		(void)done(w, STEP(grant, 0, 10,
		    arena_printf(w->worker.arena, "%d", i),
		    .expires_at = (10 - i) * HOUR));
	world_race(20, work_spend_keyed, &credit, outcomes);
	assert_int_equal(outcomes[ST_OK], 14);
	assert_int_equal(outcomes[ST_INSUFFICIENT_CREDITS], 6);
	assert_int_equal(balance_after(w, 0), 2);
	assert_clean(w);
}

static void
captures_at_once_capture_once(void **state)
{
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 6,
	    .reason = "race" };
	int outcomes[WORLD_STATUSES];

	(void)done(w, STEP(grant, 0, 10, "a"));
	credit.origin_id = done(w, STEP(hold, 0, 10, "b",
	    .expires_at = HOUR));
	world_race(20, work_capture, &credit, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_HOLD_CLOSED], 19);
	assert_int_equal(balance_after(w, 0), 4);
	assert_clean(w);
}

#define LOT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOT_TEST(a_refund_reads_what_it_settles_only),
		LOT_TEST(what_expires_first_is_spent_first),
		LOT_TEST(of_two_that_expire_together_the_older_is_spent_first),
		LOT_TEST(what_has_expired_cannot_be_spent),
		LOT_TEST(a_grant_of_the_past_is_refused),
		LOT_TEST(the_janitor_books_what_nobody_touches),
		LOT_TEST(a_hold_sets_aside_and_a_capture_spends),
		LOT_TEST(a_release_gives_everything_back),
		LOT_TEST(a_hold_that_expires_is_there_again),
		LOT_TEST(a_hold_is_captured_no_further_than_it_reaches),
		LOT_TEST(a_hold_of_another_wallet_is_not_found),
		LOT_TEST(what_the_program_made_is_settled_by_it),
		LOT_TEST(a_refund_goes_back_to_where_it_came_from),
		LOT_TEST(a_captured_hold_is_refunded_into_its_lots),
		LOT_TEST(what_comes_back_to_an_expired_lot_is_gone),
		LOT_TEST(a_clawback_takes_its_own_grant_first),
		LOT_TEST(a_clawback_takes_what_is_there_and_says_what_is_missing),
		LOT_TEST(what_of_a_grant_has_expired_is_not_clawed_back),
		LOT_TEST(a_quota_counts_holds_and_forgets_what_came_back),
		LOT_TEST(the_database_bounds_what_comes_back),
		LOT_TEST(nobody_touches_lots_and_holds),
		LOT_TEST(spends_at_once_empty_the_lots_once),
		LOT_TEST(captures_at_once_capture_once),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
