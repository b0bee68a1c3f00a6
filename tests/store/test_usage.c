#include "world.h"

#include <poll.h>

#include "store/credit.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/usage.h"
#include "store/wallet.h"

/* The promises of store/usage.h, wallet.h and hold.h. */

struct consumption {
	struct usage usage;
	struct credit credit;
};

static enum status
work_consume(struct ctx *ctx)
{
	const struct consumption *c = ctx->input;

	return store_usage_consume(ctx, &c->usage, &c->credit, ctx->view);
}

static enum status
work_grant(struct ctx *ctx)
{
	return store_credit_grant(ctx, ctx->input, ctx->view);
}

static enum status
work_hold(struct ctx *ctx)
{
	return store_credit_hold(ctx, ctx->input, ctx->view);
}

static enum status
work_verify(struct ctx *ctx)
{
	return ledger_verify(ctx, ctx->view);
}

static enum status
consume(struct world *w, int64_t cost, const char *key, const char *metadata)
{
	return world_run(&w->worker, work_consume, &(struct consumption){
	    .usage = { .type = "render", .amount = 12, .metadata = metadata },
	    .credit = { .wallet_id = w->user, .amount = cost, .reason = "",
	    .key = key } });
}

static enum status
grant(struct world *w, int64_t amount, const char *key, int64_t lifetime)
{
	return world_run(&w->worker, work_grant, &(struct credit){
	    .wallet_id = w->user, .amount = amount, .reason = "x",
	    .key = key, .lifetime = lifetime });
}

static int64_t
used(struct world *w)
{
	struct page page = { .limit = 100, .at = PAGE_START, .id = "" };
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_usage_list(&w->worker, &(struct usage_filter){
	    .wallet_id = w->user, .to = PAGE_START }, &page,
	    view_list(out, "usage")), ST_OK);
	return (int64_t)world_length(out, "usage");
}

static int64_t
balance(struct world *w)
{
	struct wallet wallet;

	assert_int_equal(store_wallet_get(&w->worker, w->user, &wallet),
	    ST_OK);
	return wallet.balance;
}

static void
usage_is_noted_and_paid_for_or_neither(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 10, "a", 0), ST_OK);
	assert_int_equal(consume(w, 7, "b", "{\"n\":[1,2.5]}"), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 3);
	assert_int_equal(consume(w, 4, "c", NULL), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(used(w), 1);
	assert_int_equal(balance(w), 3);
}

static void
what_is_free_is_noted_under_a_key(void **state)
{
	struct world *w = *state;

	assert_int_equal(consume(w, 0, "a", NULL), ST_OK);
	assert_null(view_get(w->worker.view, "transfer"));
	assert_int_equal(consume(w, 0, "a", NULL), ST_OK);
	assert_int_equal(consume(w, 0, "a", "{}"),
	    ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(grant(w, 1, "a", 0), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(grant(w, 1, "b", 0), ST_OK);
	assert_int_equal(consume(w, 0, "b", NULL),
	    ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(used(w), 1);
}

static void
the_same_usage_is_the_same_whatever_is_left(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 5, "a", 0), ST_OK);
	assert_int_equal(consume(w, 5, "b", "{\"a\":1}"), ST_OK);
	assert_int_equal(consume(w, 5, "b", "{\"a\":1}"), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 0);
	assert_int_equal(consume(w, 5, "b", "{\"a\":2}"),
	    ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(used(w), 1);
}

static void
a_lifetime_is_the_same_whenever_it_is_asked(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 5, "a", 60000), ST_OK);
	assert_int_equal(poll(NULL, 0, 2), 0);
	assert_int_equal(grant(w, 5, "a", 60000), ST_OK);
	assert_int_equal(grant(w, 5, "a", 60001), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(balance(w), 5);
}

static void
a_wallet_shows_its_parts(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(grant(w, 5, "a", 0), ST_OK);
	assert_int_equal(grant(w, 7, "b", 60000), ST_OK);
	assert_int_equal(world_run(&w->worker, work_hold, &(struct credit){
	    .wallet_id = w->user, .amount = 3, .reason = "", .key = "c",
	    .lifetime = 1000 }), ST_OK);
	assert_int_equal(store_wallet_show(&w->worker, w->user, out), ST_OK);
	assert_int_equal(world_int(out, "balance"), 9);
	assert_int_equal(world_int(out, "held"), 3);
	assert_int_equal(world_int(world_item(out, "expiring", 0), "amount"),
	    4);
	w->worker.now += 1000;
	view_clear(out);
	assert_int_equal(store_wallet_show(&w->worker, w->user, out), ST_OK);
	assert_int_equal(world_int(out, "balance"), 12);
	assert_int_equal(world_int(out, "held"), 0);
	assert_int_equal(world_int(world_item(out, "expiring", 0), "amount"),
	    7);
	w->worker.now += 60000;
	view_clear(out);
	assert_int_equal(store_wallet_show(&w->worker, w->user, out), ST_OK);
	assert_int_equal(world_int(out, "balance"), 5);
	assert_int_equal(world_length(out, "expiring"), 0);
}

static void
an_organization_is_no_user(void **state)
{
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 5,
	    .reason = "x", .key = "a", .organization = true };

	assert_int_equal(grant(w, 5, "z", 0), ST_OK);
	assert_int_equal(world_run(&w->worker, work_grant, &credit),
	    ST_ORGANIZATION_NOT_FOUND);
	credit.wallet_id = "some-organization";
	assert_int_equal(world_run(&w->worker, work_grant, &credit), ST_OK);
	credit.organization = false;
	credit.key = "b";
	assert_int_equal(world_run(&w->worker, work_grant, &credit),
	    ST_USER_NOT_FOUND);
}

static void
usage_is_append_only_and_fits_its_transfer(void **state)
{
	static const char forged[] =
	    "INSERT INTO usage_events SELECT 'forged', wallet_id, type,"
	    " amount, cost + 1, metadata, balance_after, 'none', actor_id,"
	    " 'forged', key_hash, created_at FROM usage_events LIMIT 1";
	struct world *w = *state;

	assert_int_equal(grant(w, 5, "a", 0), ST_OK);
	assert_int_equal(consume(w, 5, "b", NULL), ST_OK);
	world_denied(w, "UPDATE usage_events SET cost = 1");
	world_denied(w, "DELETE FROM usage_events");
	assert_int_equal(db_script(&w->worker, forged), ST_INVALID);
	assert_int_equal(used(w), 1);
	assert_int_equal(world_run(&w->worker, work_verify, NULL), ST_OK);
	assert_true(view_is_true(w->worker.view, "clean"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(usage_is_noted_and_paid_for_or_neither),
		WORLD_TEST(what_is_free_is_noted_under_a_key),
		WORLD_TEST(the_same_usage_is_the_same_whatever_is_left),
		WORLD_TEST(a_lifetime_is_the_same_whenever_it_is_asked),
		WORLD_TEST(a_wallet_shows_its_parts),
		WORLD_TEST(an_organization_is_no_user),
		WORLD_TEST(usage_is_append_only_and_fits_its_transfer),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
