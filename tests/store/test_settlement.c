#include "world.h"

#include "store/checkout.h"
#include "store/credit.h"
#include "store/ledger.h"
#include "store/order.h"
#include "store/payment.h"
#include "store/settlement.h"

/*
 * The promises are those of store/payment.h and store/settlement.h: facts in
 * any order, any number of times, end in the same order and balance.
 */

#define PRICE 900
#define CREDITS 1000

/* ---- what may be heard ------------------------------------------------- */

enum fact { PAID, CHARGED, PART, PART_TOLD, REST, REST_FAILED, DISPUTED, WON,
	LOST, FACTS };

struct order {
	char id[ID_SIZE];
	const char *user_id;
	int64_t expire_days, expires_at;
	const char *invoice_id;
	const char *payment_id;
	enum fact fact;
	struct settlement settled;
};

static enum status
hear(struct ctx *ctx, const struct order *order, const char **order_id)
{
	struct payment payment = { .id = order->payment_id,
	    .provider = PROVIDER_STRIPE };
	struct reversal reversal = { .payment_id = order->payment_id,
	    .provider = PROVIDER_STRIPE };

	switch (order->fact) {
	case PAID:
		payment.order_id = order->id;
		payment.currency = "EUR";
		payment.received_minor = PRICE;
		return store_payment_note(ctx, &payment, order_id);
	case CHARGED:
		payment.currency = "EUR";
		payment.received_minor = PRICE;
		return store_payment_note(ctx, &payment, order_id);
	case PART_TOLD:
		payment.refunded_minor = PRICE / 3;
		return store_payment_note(ctx, &payment, order_id);
	case PART:
		reversal.kind = "refund";
		reversal.amount_minor = PRICE / 3;
		reversal.stage = REVERSAL_FINAL;
		break;
	case REST:
		reversal.kind = "refund";
		reversal.amount_minor = PRICE - PRICE / 3;
		reversal.stage = REVERSAL_FINAL;
		break;
	case REST_FAILED:
		reversal.kind = "refund";
		reversal.amount_minor = PRICE - PRICE / 3;
		reversal.stage = REVERSAL_UNDONE;
		break;
	case DISPUTED:
		reversal.kind = "dispute";
		reversal.amount_minor = PRICE;
		reversal.stage = REVERSAL_OPEN;
		break;
	case WON:
		reversal.kind = "dispute";
		reversal.amount_minor = PRICE;
		reversal.stage = REVERSAL_UNDONE;
		break;
	case LOST:
		reversal.kind = "dispute";
		reversal.amount_minor = PRICE;
		reversal.stage = REVERSAL_FINAL;
		break;
	case FACTS:
		break;
	}
	reversal.state = arena_printf(ctx->arena, "stage %d",
	    (int)reversal.stage);
	reversal.id = arena_printf(ctx->arena, "%s-%s", order->payment_id,
	    strcmp(reversal.kind, "dispute") == 0 ? "dispute" :
	    order->fact == PART ? "part" : "rest");
	return store_reversal_note(ctx, &reversal, order_id);
}

static enum status
work_hear(struct ctx *ctx)
{
	struct order *order = ctx->input;
	const char *order_id;

	TRY(hear(ctx, order, &order_id));
	return order_id == NULL ? ST_OK :
	    store_order_settle(ctx, order_id, &order->settled);
}

static void
tell(struct world *w, struct order *order, enum fact fact)
{
	order->fact = fact;
	assert_int_equal(world_run(&w->worker, work_hear, order), ST_OK);
}

/* ---- an order ---------------------------------------------------------- */

static enum status
work_create(struct ctx *ctx)
{
	const struct order *order = ctx->input;

	return store_order_create(ctx, &(struct order_new){
	    .id = order->id, .user_id = order->user_id,
	    .description = "1,000 credits", .credits = CREDITS,
	    .amount_minor = PRICE, .currency = "EUR",
	    .expire_days = order->expire_days,
	    .expires_at = order->expires_at,
	    .invoice_id = order->invoice_id });
}

static struct order
an_order_expiring(struct world *w, int64_t expire_days)
{
	struct order order = { .user_id = w->user,
	    .expire_days = expire_days };

	id_new(order.id, clock_now());
	order.payment_id = arena_printf(w->worker.arena, "pi_%s", order.id);
	assert_int_equal(world_run(&w->worker, work_create, &order), ST_OK);
	return order;
}

static struct order
an_order(struct world *w)
{
	return an_order_expiring(w, 0);
}

static int64_t
balance(struct world *w)
{
	struct wallet wallet;

	w->worker.now = clock_now();
	assert_int_equal(store_wallet_get(&w->worker, w->user, &wallet),
	    ST_OK);
	return wallet.balance;
}

static void
order_is(struct world *w, const struct order *order, const char *status,
    int64_t given, int64_t short_of)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_order_get(&w->worker, order->id, NULL, out),
	    ST_OK);
	assert_string_equal(view_get_text(out, "status"), status);
	assert_int_equal(world_int(out, "creditsGiven"), given);
	assert_int_equal(world_int(out, "creditsShort"), short_of);
}

static enum status
work_spend(struct ctx *ctx)
{
	const int64_t *amount = ctx->input;
	char key[ID_SIZE];

	id_new(key, ctx->now);
	return store_credit_spend(ctx, &(struct credit){
	    .wallet_id = ctx->user->id, .amount = *amount, .reason = "",
	    .key = key }, view_root(ctx->arena));
}

static void
spend(struct world *w, int64_t amount)
{
	const struct user user = { .id = w->user };

	w->worker.user = &user;
	assert_int_equal(world_run(&w->worker, work_spend, &amount), ST_OK);
	w->worker.user = NULL;
}

/* ---- promises ---------------------------------------------------------- */

static void
a_paid_order_grants_its_credits_once(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	order_is(w, &order, "created", 0, 0);
	tell(w, &order, PAID);
	assert_true(order.settled.first_paid);
	tell(w, &order, PAID);
	assert_false(order.settled.first_paid);
	tell(w, &order, CHARGED);
	assert_int_equal(balance(w), CREDITS);
	order_is(w, &order, "paid", CREDITS, 0);
}

static void
less_than_the_price_pays_nothing(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);
	const char *order_id;

	tell(w, &order, PART);
	order_is(w, &order, "created", 0, 0);
	assert_int_equal(store_payment_note(&w->worker, &(struct payment){
	    .id = order.payment_id, .order_id = order.id,
	    .provider = PROVIDER_STRIPE, .currency = "EUR",
	    .received_minor = PRICE - 1 }, &order_id), ST_OK);
	tell(w, &order, PART);
	order_is(w, &order, "created", 0, 0);
	assert_int_equal(balance(w), 0);
}

static void
money_of_another_currency_pays_nothing(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);
	const char *order_id;

	assert_int_equal(store_payment_note(&w->worker, &(struct payment){
	    .id = order.payment_id, .order_id = order.id,
	    .provider = PROVIDER_STRIPE, .currency = "VND",
	    .received_minor = PRICE }, &order_id), ST_OK);
	tell(w, &order, PART_TOLD);
	order_is(w, &order, "created", 0, 0);
}

static void
a_part_refunded_takes_its_part_back(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	tell(w, &order, PAID);
	tell(w, &order, PART);
	assert_int_equal(order.settled.refunded_now, PRICE / 3);
	assert_int_equal(balance(w), CREDITS - CREDITS / 3);
	order_is(w, &order, "paid", CREDITS - CREDITS / 3, 0);
	tell(w, &order, PART_TOLD);
	assert_int_equal(order.settled.refunded_now, 0);
	tell(w, &order, REST);
	assert_int_equal(balance(w), 0);
	order_is(w, &order, "refunded", 0, 0);
	tell(w, &order, REST_FAILED);
	assert_int_equal(balance(w), CREDITS - CREDITS / 3);
	order_is(w, &order, "paid", CREDITS - CREDITS / 3, 0);
}

static void
a_dispute_takes_back_and_gives_back_when_won(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	tell(w, &order, PAID);
	tell(w, &order, DISPUTED);
	assert_int_equal(balance(w), 0);
	assert_int_equal(order.settled.refunded_now, 0);
	order_is(w, &order, "refunded", 0, 0);
	tell(w, &order, WON);
	assert_int_equal(balance(w), CREDITS);
	tell(w, &order, DISPUTED);
	tell(w, &order, LOST);
	order_is(w, &order, "paid", CREDITS, 0);
	tell(w, &order, PART);
	order_is(w, &order, "paid", CREDITS - CREDITS / 3, 0);
	assert_int_equal(balance(w), CREDITS - CREDITS / 3);
}

static enum status
work_hold(struct ctx *ctx)
{
	const struct user *user = ctx->user;

	return store_credit_hold(ctx, &(struct credit){
	    .wallet_id = user->id, .amount = *(const int64_t *)ctx->input,
	    .reason = "", .key = arena_printf(ctx->arena, "hold%lld",
	    (long long)ctx->now), .lifetime = 3600000 },
	    view_root(ctx->arena));
}

static void
hold(struct world *w, int64_t amount)
{
	const struct user user = { .id = w->user };

	w->worker.user = &user;
	assert_int_equal(world_run(&w->worker, work_hold, &amount), ST_OK);
	w->worker.user = NULL;
}

static int64_t
held(struct world *w)
{
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows,
	    "SELECT coalesce(sum(amount), 0)::bigint FROM holds"
	    " WHERE wallet_id = $1 AND closed_at IS NULL",
	    DB_ARGS(db_text(w->user))), ST_OK);
	return db_get_int(&rows, 0, 0);
}

/* Or one would set them aside, dispute the payment, and have both. */
static void
what_is_set_aside_is_taken_back_too(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct order order = an_order(w);
	int64_t wanted, there;

	tell(w, &order, PAID);
	hold(w, 600);
	hold(w, 300);
	assert_int_equal(balance(w), 100);
	assert_int_equal(store_order_takeable(&w->worker, order.id, PRICE,
	    &wanted, &there), ST_OK);
	assert_int_equal(wanted, CREDITS);
	assert_int_equal(there, CREDITS);
	tell(w, &order, PART);
	order_is(w, &order, "paid", CREDITS - CREDITS / 3, 0);
	assert_int_equal(held(w), 300);
	assert_int_equal(balance(w), 700 - CREDITS / 3);
	tell(w, &order, DISPUTED);
	order_is(w, &order, "refunded", 0, 0);
	assert_int_equal(held(w), 0);
	assert_int_equal(balance(w), 0);
	assert_int_equal(ledger_verify(&w->owner, out), ST_OK);
	assert_true(view_is_true(out, "clean"));
}

static enum status
work_present(struct ctx *ctx)
{
	return store_credit_grant(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = 30, .reason = "A present",
	    .key = "present" }, view_root(ctx->arena));
}

/* What comes out of a hold into a lot that has ended is nobody's. */
static void
what_ends_while_it_is_set_aside_stops_no_dispute(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	order.expires_at = clock_now() + 1000;
	id_new(order.id, clock_now());
	order.payment_id = arena_printf(w->worker.arena, "pi_%s", order.id);
	assert_int_equal(world_run(&w->worker, work_create, &order), ST_OK);
	tell(w, &order, PAID);
	hold(w, CREDITS);
	assert_int_equal(world_run(&w->worker, work_present, w->user), ST_OK);
	(void)usleep(1100000);
	tell(w, &order, DISPUTED);
	order_is(w, &order, "refunded", CREDITS, CREDITS);
	assert_int_equal(held(w), 0);
	assert_int_equal(balance(w), 30);
}

static void
what_is_spent_is_the_orders_shortfall(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);
	int64_t wanted, there;

	tell(w, &order, PAID);
	spend(w, 700);
	assert_int_equal(store_order_takeable(&w->worker, order.id, PRICE,
	    &wanted, &there), ST_OK);
	assert_int_equal(wanted, CREDITS);
	assert_int_equal(there, CREDITS - 700);
	tell(w, &order, DISPUTED);
	assert_int_equal(balance(w), 0);
	order_is(w, &order, "refunded", 700, 700);
	/* He still has what he spent: only the rest is given back. */
	tell(w, &order, WON);
	assert_int_equal(balance(w), CREDITS - 700);
	order_is(w, &order, "paid", CREDITS, 0);
}

static void
credits_expire_as_the_order_says(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM transfers WHERE wallet_id = $1"
	    " AND expires_at = created_at + interval '30 days'";
	struct world *w = *state;
	struct order order = an_order_expiring(w, 30);
	struct db_rows rows;

	tell(w, &order, PAID);
	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(w->user))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
	tell(w, &order, PART);
	assert_int_equal(balance(w), CREDITS - CREDITS / 3);
}

static struct order
an_invoice(struct world *w, int64_t expires_at)
{
	struct order order = { .user_id = w->user,
	    .expires_at = expires_at };

	id_new(order.id, clock_now());
	order.invoice_id = arena_printf(w->worker.arena, "in_%s", order.id);
	order.payment_id = arena_printf(w->worker.arena, "pi_%s", order.id);
	return order;
}

static void
credits_of_an_invoice_expire_at_its_moment(void **state)
{
	static const char sql[] =
	    "SELECT expires_at FROM transfers WHERE wallet_id = $1"
	    " AND kind = 'grant'";
	struct world *w = *state;
	const int64_t end = clock_now() + 40 * DAY_MS;
	struct order order = an_invoice(w, end);
	struct db_rows rows;

	assert_int_equal(world_run(&w->worker, work_create, &order), ST_OK);
	tell(w, &order, DISPUTED);
	tell(w, &order, PAID);
	assert_int_equal(balance(w), 0);
	tell(w, &order, WON);
	assert_int_equal(balance(w), CREDITS);
	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(w->user))), ST_OK);
	assert_int_equal(db_get_time(&rows, 0, 0), end);
}

static void
an_invoice_paid_when_its_credits_are_over_grants_none(void **state)
{
	struct world *w = *state;
	struct order order = an_invoice(w, clock_now() - DAY_MS);

	assert_int_equal(world_run(&w->worker, work_create, &order), ST_OK);
	tell(w, &order, PAID);
	assert_int_equal(balance(w), 0);
	order_is(w, &order, "paid", 0, 0);
}

static void
an_invoice_is_one_order(void **state)
{
	struct world *w = *state;
	struct order order = an_invoice(w, 0), again = order;
	const char *id;

	assert_int_equal(store_order_invoiced(&w->worker, order.invoice_id,
	    &id), ST_ORDER_NOT_FOUND);
	assert_int_equal(world_run(&w->worker, work_create, &order), ST_OK);
	assert_int_equal(store_order_invoiced(&w->worker, order.invoice_id,
	    &id), ST_OK);
	assert_string_equal(id, order.id);
	id_new(again.id, clock_now());
	assert_int_equal(world_run(&w->worker, work_create, &again),
	    ST_CONFLICT);
}

static void
who_paid_twice_gets_one_back_and_keeps_the_credits(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);
	const char *first = order.payment_id;

	tell(w, &order, PAID);
	order.payment_id = arena_printf(w->worker.arena, "%s-2", first);
	tell(w, &order, PAID);
	assert_int_equal(balance(w), CREDITS);
	tell(w, &order, PART);
	tell(w, &order, REST);
	assert_int_equal(balance(w), CREDITS);
	order_is(w, &order, "paid", CREDITS, 0);
}

static enum status
work_delete(struct ctx *ctx)
{
	return store_order_move(ctx, ((struct order *)ctx->input)->id,
	    "deleted");
}

static void
money_for_an_order_given_up_counts(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	assert_int_equal(world_run(&w->worker, work_delete, &order), ST_OK);
	tell(w, &order, PAID);
	order_is(w, &order, "paid", CREDITS, 0);
}

static void
an_order_outlives_its_buyer(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct order order = an_order(w);

	tell(w, &order, PAID);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	tell(w, &order, DISPUTED);
	order_is(w, &order, "refunded", CREDITS, 0);
}

/* Every fact one to three times, in an order of its own each time. */
static void
shuffle(enum fact *facts, size_t count, unsigned seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (seed = seed * 1103515245u + 12345u) / 65536u % i;
		enum fact kept = facts[i - 1];

		facts[i - 1] = facts[j];
		facts[j] = kept;
	}
}

static void
any_order_of_facts_ends_the_same(void **state)
{
	static const struct {
		enum fact facts[FACTS];
		size_t count;
		const char *status;
		int64_t given;
	} cases[] = {
		{ { PAID, CHARGED, PART, PART_TOLD }, 4, "paid", 667 },
		{ { PAID, PART, REST, PART_TOLD }, 4, "refunded", 0 },
		{ { PAID, PART, REST, REST_FAILED }, 4, "paid", 667 },
		{ { PAID, CHARGED, DISPUTED, WON }, 4, "paid", 1000 },
		{ { PAID, DISPUTED, LOST }, 3, "refunded", 0 },
		{ { PAID, PART, DISPUTED, WON }, 4, "paid", 667 },
	};
	struct world *w = *state;
	int64_t expected = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned seed = 1; seed <= 12; seed++) {
			struct order order = an_order(w);
			enum fact facts[3 * FACTS];
			size_t count = 0;

			for (size_t j = 0; j < cases[i].count; j++)
				for (unsigned n = 0; n <= (seed + j) % 3; n++)
					facts[count++] = cases[i].facts[j];
			shuffle(facts, count, seed);
			for (size_t j = 0; j < count; j++)
				tell(w, &order, facts[j]);
			order_is(w, &order, cases[i].status, cases[i].given,
			    0);
			expected += cases[i].given;
		}
	}
	assert_int_equal(balance(w), expected);
}

static void
facts_at_once_are_each_counted_once(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct order order = an_order(w);
	int outcomes[WORLD_STATUSES];

	order.fact = PAID;
	world_race(8, work_hear, &order, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(balance(w), CREDITS);
	order.fact = PART;
	world_race(8, work_hear, &order, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(balance(w), CREDITS - CREDITS / 3);
	assert_int_equal(ledger_verify(&w->owner, out), ST_OK);
	assert_true(view_is_true(out, "clean"));
}

static void
the_database_forgets_no_fact(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);

	tell(w, &order, PAID);
	tell(w, &order, WON);
	assert_int_equal(db_run(&w->worker,
	    "UPDATE payments SET received_minor = 0 WHERE id = $1",
	    DB_ARGS(db_text(order.payment_id)), NULL), ST_INVALID);
	assert_int_equal(db_run(&w->worker,
	    "UPDATE payments SET order_id = NULL WHERE id = $1",
	    DB_ARGS(db_text(order.payment_id)), NULL), ST_INVALID);
	assert_int_equal(db_run(&w->worker,
	    "UPDATE reversals SET stage = 1 WHERE payment_id = $1",
	    DB_ARGS(db_text(order.payment_id)), NULL), ST_INVALID);
	world_denied(w, "DELETE FROM reversals");
	world_denied(w, "DELETE FROM payments");
}

/* ---- checkout ---------------------------------------------------------- */

struct kept {
	struct checkout checkout;
	enum checkout_stage stage;
};

static enum status
work_keep(struct ctx *ctx)
{
	return store_checkout_keep(ctx, &((struct kept *)ctx->input)->checkout);
}

static enum status
work_note(struct ctx *ctx)
{
	const struct kept *kept = ctx->input;

	return store_checkout_note(ctx, kept->checkout.session_id,
	    kept->stage);
}

static void
a_checkout_only_goes_forward(void **state)
{
	struct world *w = *state;
	struct order order = an_order(w);
	struct checkout got;
	struct kept kept = { .checkout = { .order_id = order.id,
	    .url = "https://checkout.example/1", .attempts = 1,
	    .expires_at = clock_now() + 60000,
	    .session_id = arena_printf(w->worker.arena, "cs_%s", order.id) },
	    .stage = CHECKOUT_OVER };

	assert_int_equal(world_run(&w->worker, work_keep, &kept), ST_OK);
	assert_int_equal(world_run(&w->worker, work_note, &kept), ST_OK);
	kept.stage = CHECKOUT_PENDING;
	assert_int_equal(world_run(&w->worker, work_note, &kept), ST_OK);
	/* A late answer to the first attempt opens nothing again. */
	assert_int_equal(world_run(&w->worker, work_keep, &kept), ST_OK);
	assert_int_equal(store_checkout_get(&w->worker, order.id, w->user,
	    &got), ST_OK);
	assert_int_equal(got.stage, CHECKOUT_OVER);
	assert_int_equal(got.attempts, 1);
	assert_string_equal(got.session_id, kept.checkout.session_id);
	assert_int_equal(store_checkout_get(&w->worker, order.id, "nobody",
	    &got), ST_ORDER_NOT_FOUND);
	tell(w, &order, PAID);
	kept.checkout.attempts = 2;
	assert_int_equal(world_run(&w->worker, work_keep, &kept),
	    ST_ORDER_CLOSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_paid_order_grants_its_credits_once),
		WORLD_TEST(less_than_the_price_pays_nothing),
		WORLD_TEST(money_of_another_currency_pays_nothing),
		WORLD_TEST(a_part_refunded_takes_its_part_back),
		WORLD_TEST(a_dispute_takes_back_and_gives_back_when_won),
		WORLD_TEST(what_is_set_aside_is_taken_back_too),
		WORLD_TEST(what_ends_while_it_is_set_aside_stops_no_dispute),
		WORLD_TEST(what_is_spent_is_the_orders_shortfall),
		WORLD_TEST(credits_expire_as_the_order_says),
		WORLD_TEST(credits_of_an_invoice_expire_at_its_moment),
		WORLD_TEST(
		    an_invoice_paid_when_its_credits_are_over_grants_none),
		WORLD_TEST(an_invoice_is_one_order),
		WORLD_TEST(who_paid_twice_gets_one_back_and_keeps_the_credits),
		WORLD_TEST(money_for_an_order_given_up_counts),
		WORLD_TEST(an_order_outlives_its_buyer),
		WORLD_TEST(any_order_of_facts_ends_the_same),
		WORLD_TEST(facts_at_once_are_each_counted_once),
		WORLD_TEST(the_database_forgets_no_fact),
		WORLD_TEST(a_checkout_only_goes_forward),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
