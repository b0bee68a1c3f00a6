#include "world.h"

#include "store/affiliate.h"
#include "store/affiliate_list.h"
#include "store/credit.h"
#include "store/order.h"
#include "store/page.h"
#include "store/payment.h"
#include "store/settlement.h"

/* The promises are those of store/affiliate.h and affiliate_list.h. */

#define REWARD 50

static const struct config on = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.affiliates_enabled = true,
	.affiliate_reward = { .credits = REWARD },
};
static const struct config percent = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.affiliates_enabled = true,
	.affiliate_reward = { .percent = 10 },
};

/* ---- what a test is about ------------------------------------------------ */

/* w->user has a code; friend signed up by it. */
struct story {
	struct world *w;
	const char *id, *code;		/* the affiliate's */
	char friend[ID_SIZE];
	enum referral_outcome outcome;
};

static enum status
work_open(struct ctx *ctx)
{
	return store_affiliate_open(ctx, ctx->input, ctx->view);
}

static void
open_affiliate(struct story *story)
{
	struct ctx *ctx = &story->w->worker;

	assert_int_equal(world_run(ctx, work_open, story->w->user), ST_OK);
	story->id = arena_text(ctx->arena, view_get_text(ctx->view, "id"));
	story->code = arena_text(ctx->arena, view_get_text(ctx->view,
	    "code"));
}

struct joining {
	const char *code, *visitor, *email;
	char id[ID_SIZE];
	enum referral_outcome outcome;
};

static enum status
work_join(struct ctx *ctx)
{
	struct joining *joining = ctx->input;
	struct user user = { .id = joining->id };

	world_user(ctx, joining->id, joining->email, "Ben Friend", "user");
	user.email = joining->email != NULL ? joining->email :
	    arena_printf(ctx->arena, "%s@example.com", joining->id);
	return store_referral_add(ctx, &user, joining->code,
	    joining->visitor, &joining->outcome);
}

static enum referral_outcome
join(struct story *story, struct joining joining)
{
	assert_int_equal(world_run(&story->w->worker, work_join, &joining),
	    ST_OK);
	(void)strcpy(story->friend, joining.id);
	return joining.outcome;
}

static struct story
tell(struct world *w, const struct config *config)
{
	struct story story = { .w = w };

	w->worker.config = config;
	open_affiliate(&story);
	assert_int_equal(join(&story, (struct joining){
	    .code = story.code }), REFERRAL_MADE);
	return story;
}

/* ---- orders ------------------------------------------------------------- */

struct buying {
	const struct config *config;
	char id[ID_SIZE];
	const char *buyer;
	int64_t credits, price;
};

static enum status
work_create(struct ctx *ctx)
{
	const struct buying *buying = ctx->input;

	return store_order_create(ctx, &(struct order_new){
	    .id = buying->id, .user_id = buying->buyer,
	    .description = "Credits", .credits = buying->credits,
	    .amount_minor = buying->price, .currency = "EUR" });
}

static enum status
work_pay(struct ctx *ctx)
{
	const struct buying *buying = ctx->input;

	ctx->config = buying->config;
	TRY(store_order_move(ctx, buying->id, "paid"));
	return store_affiliate_order_paid(ctx, buying->id);
}

static struct buying
order(struct story *story, int64_t credits, int64_t price)
{
	struct buying buying = { .config = story->w->worker.config,
	    .buyer = story->friend, .credits = credits, .price = price };

	id_new(buying.id, clock_now());
	assert_int_equal(world_run(&story->w->worker, work_create, &buying),
	    ST_OK);
	return buying;
}

static struct buying
buy(struct story *story, int64_t credits, int64_t price)
{
	struct buying buying = order(story, credits, price);

	assert_int_equal(world_run(&story->w->worker, work_pay, &buying),
	    ST_OK);
	return buying;
}

static int64_t
balance(struct world *w, const char *id)
{
	struct wallet wallet;

	assert_int_equal(store_wallet_get(&w->worker, id, &wallet), ST_OK);
	return wallet.balance;
}

static struct json_object *
affiliate(struct story *story)
{
	struct json_object *out = view_root(story->w->worker.arena);

	assert_int_equal(store_affiliate_get(&story->w->worker, story->id,
	    out), ST_OK);
	return out;
}

static void
stands_at(struct story *story, int64_t referred, int64_t rewarded,
    int64_t credits)
{
	struct json_object *out = affiliate(story);

	assert_int_equal(world_int(out, "referred"), referred);
	assert_int_equal(world_int(out, "rewarded"), rewarded);
	assert_int_equal(world_int(out, "credits"), credits);
}

/* ---- codes --------------------------------------------------------------- */

static void
a_user_has_one_code_for_good(void **state)
{
	struct world *w = *state;
	struct story story = { .w = w }, again = { .w = w };

	open_affiliate(&story);
	open_affiliate(&again);
	assert_string_equal(again.code, story.code);
	assert_string_equal(again.id, story.id);
	assert_int_equal(strlen(story.code), AFFILIATE_CODE_LENGTH);
	assert_int_equal(world_run(&w->worker, work_open,
	    (void *)(uintptr_t)"nobody"), ST_USER_NOT_FOUND);
}

static void
first_looks_at_once_make_one_code(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM affiliates WHERE user_id = $1";
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];
	struct db_rows rows;

	world_race(8, work_open, w->user, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(db_one(&w->worker, &rows, sql,
	    DB_ARGS(db_text(w->user))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
}

/* ---- sign-up ------------------------------------------------------------- */

static void
who_signs_up_by_a_code_is_counted(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct json_object *out = view_root(w->worker.arena);

	stands_at(&story, 1, 0, 0);
	assert_int_equal(store_referral_of(&w->worker, story.friend, out),
	    ST_OK);
	assert_string_equal(view_get_text(out, "referrerId"), w->user);
	out = view_root(w->worker.arena);
	assert_int_equal(store_referral_of(&w->worker, w->user, out), ST_OK);
	assert_null(view_get(out, "referrerId"));
}

static void
a_code_nobody_has_keeps_nobody_out(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);

	assert_int_equal(join(&story, (struct joining){
	    .code = "0000000000" }), REFERRAL_UNKNOWN);
	stands_at(&story, 1, 0, 0);
}

static void
nobody_brings_himself(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);

	assert_int_equal(join(&story, (struct joining){ .code = story.code,
	    .visitor = w->user }), REFERRAL_OWN);
	assert_int_equal(join(&story, (struct joining){ .code = story.code,
	    .email = arena_printf(w->worker.arena, "%s+two@example.com",
	    w->user) }), REFERRAL_OWN);
	stands_at(&story, 1, 0, 0);
}

static enum status
work_ban(struct ctx *ctx)
{
	static const char sql[] =
	    "UPDATE users SET banned = true WHERE id = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(ctx->input)), NULL);
}

static enum status
work_disable(struct ctx *ctx)
{
	return store_affiliate_switch(ctx, ctx->input, true);
}

static enum status
work_enable(struct ctx *ctx)
{
	return store_affiliate_switch(ctx, ctx->input, false);
}

static void *
text(const char *text)
{
	return (void *)(uintptr_t)text;
}

static void
a_disabled_code_brings_and_earns_nothing(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	char first[ID_SIZE];

	(void)strcpy(first, story.friend);
	assert_int_equal(world_run(&w->worker, work_disable, text(story.id)),
	    ST_OK);
	assert_int_equal(join(&story, (struct joining){
	    .code = story.code }), REFERRAL_DISABLED);
	(void)strcpy(story.friend, first);
	(void)buy(&story, 1000, 900);
	stands_at(&story, 1, 0, 0);
	assert_int_equal(world_run(&w->worker, work_enable, text(story.id)),
	    ST_OK);
	assert_int_equal(join(&story, (struct joining){
	    .code = story.code }), REFERRAL_MADE);
	assert_int_equal(world_run(&w->worker, work_disable,
	    text("nothing")), ST_AFFILIATE_NOT_FOUND);
}

static void
the_code_of_a_banned_user_brings_and_earns_nothing(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	char first[ID_SIZE];

	(void)strcpy(first, story.friend);
	assert_int_equal(world_run(&w->worker, work_ban, w->user), ST_OK);
	assert_int_equal(join(&story, (struct joining){
	    .code = story.code }), REFERRAL_DISABLED);
	(void)strcpy(story.friend, first);
	(void)buy(&story, 1000, 900);
	stands_at(&story, 1, 0, 0);
}

static void
switching_a_code_is_written_down_once(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM audit WHERE target_type = 'affiliate'"
	    " AND target_id = $1";
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct db_rows rows;

	for (int i = 0; i < 3; i++)
		assert_int_equal(world_run(&w->worker, work_disable,
		    text(story.id)), ST_OK);
	assert_int_equal(world_run(&w->worker, work_enable, text(story.id)),
	    ST_OK);
	assert_int_equal(db_one(&w->worker, &rows, sql,
	    DB_ARGS(db_text(story.id))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 2);
}

static void
the_database_takes_nobody_later_or_twice(void **state)
{
	static const char sql[] =
	    "INSERT INTO referrals (id, affiliate_id, user_id, created_at)"
	    " VALUES ($1, $2, $3, $4)";
	static const char later[] =
	    "INSERT INTO referrals (id, affiliate_id, user_id, created_at)"
	    " SELECT $1, $2, id, created_at FROM users WHERE id = $3";
	struct world *w = *state;
	struct story story = tell(w, &on);
	char id[ID_SIZE];

	id_new(id, clock_now());
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(id),
	    db_text(story.id), db_text(story.friend),
	    db_time(w->owner.now + 60000)), NULL), ST_INVALID);
	assert_int_equal(db_run(&w->owner, later, DB_ARGS(db_text(id),
	    db_text(story.id), db_text(story.friend)), NULL), ST_CONFLICT);
	assert_int_equal(db_run(&w->owner, later, DB_ARGS(db_text(id),
	    db_text(story.id), db_text(w->user)), NULL), ST_INVALID);
	world_denied(w, "UPDATE affiliates SET credits = 1000");
	world_denied(w, "DELETE FROM referrals");
	stands_at(&story, 1, 0, 0);
}

/* ---- rewards ------------------------------------------------------------- */

static void
the_first_paid_order_earns_a_reward(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);

	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), REWARD);
	stands_at(&story, 1, 1, REWARD);
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), REWARD);
	stands_at(&story, 1, 1, REWARD);
}

static void
a_reward_may_be_a_part_of_the_order(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &percent);

	(void)buy(&story, 1239, 900);
	assert_int_equal(balance(w, w->user), 123);
}

static void
the_largest_order_has_its_part(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &percent);

	(void)buy(&story, CREDIT_MAX, 900);
	assert_int_equal(balance(w, w->user), CREDIT_MAX / 10);
}

static void
an_order_that_costs_nothing_is_not_the_first(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);

	(void)buy(&story, 1000, 0);
	assert_int_equal(balance(w, w->user), 0);
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), REWARD);
}

static void
without_credits_there_is_no_part_of_them_and_no_second_chance(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &percent);

	(void)buy(&story, 0, 900);
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), 0);
	stands_at(&story, 1, 0, 0);
}

static void
an_order_of_somebody_who_came_alone_earns_nothing(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);

	assert_int_equal(join(&story, (struct joining){
	    .code = "0000000000" }), REFERRAL_UNKNOWN);
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), 0);
}

static void
nothing_is_earned_while_the_switch_is_off(void **state)
{
	static const struct config off = {
		.server_secret = "fixture-secret-0123456789abcdefABCDEF",
		.affiliate_reward = { .credits = REWARD },
	};
	struct world *w = *state;
	struct story story = tell(w, &on);

	w->worker.config = &off;
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), 0);
}

static void
a_full_wallet_does_not_stop_the_order(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &percent), other = story;

	(void)buy(&story, CREDIT_MAX, 900);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(join(&other, (struct joining){
		    .code = story.code }), REFERRAL_MADE);
		(void)buy(&other, CREDIT_MAX, 900);
	}
	assert_int_equal(balance(w, w->user), CREDIT_MAX);
	stands_at(&story, 11, 10, CREDIT_MAX);
}

static void
twenty_who_tell_of_a_payment_give_one_reward(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = order(&story, 1000, 900);
	int outcomes[WORLD_STATUSES];

	world_race(20, work_pay, &buying, outcomes);
	assert_int_equal(outcomes[ST_OK], 20);
	assert_int_equal(balance(w, w->user), REWARD);
	stands_at(&story, 1, 1, REWARD);
}

/* Each child pays another of the orders. */
static enum status
work_pay_one(struct ctx *ctx)
{
	struct buying *orders = ctx->input;

	ctx->input = &orders[getpid() % 4];
	return work_pay(ctx);
}

static void
orders_paid_at_once_give_one_reward(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying orders[4];
	int outcomes[WORLD_STATUSES];

	for (int i = 0; i < 4; i++)
		orders[i] = order(&story, 1000, 900);
	world_race(16, work_pay_one, orders, outcomes);
	assert_int_equal(outcomes[ST_OK], 16);
	assert_int_equal(balance(w, w->user), REWARD);
	stands_at(&story, 1, 1, REWARD);
}

static void
the_database_rewards_nobody_twice(void **state)
{
	static const char again[] =
	    "UPDATE referrals SET state = 'rewarded', reward = 1000000"
	    " WHERE user_id = $1";
	static const char more[] =
	    "UPDATE referrals SET reward = 1000000 WHERE user_id = $1";
	static const char back[] =
	    "UPDATE referrals SET state = 'joined', order_id = NULL,"
	    " transfer_id = NULL, reward = NULL, rewarded_at = NULL"
	    " WHERE user_id = $1";
	static const char *const tries[] = { again, more, back };
	struct world *w = *state;
	struct story story = tell(w, &on);

	(void)buy(&story, 1000, 900);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		assert_int_equal(db_run(&w->worker, tries[i],
		    DB_ARGS(db_text(story.friend)), NULL), ST_INVALID);
	stands_at(&story, 1, 1, REWARD);
}

static void
what_was_earned_outlives_both_users(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct story story = tell(w, &on);

	(void)buy(&story, 1000, 900);
	assert_int_equal(db_run(&w->owner, sql,
	    DB_ARGS(db_text(story.friend)), NULL), ST_OK);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	stands_at(&story, 1, 1, REWARD);
	assert_null(view_get(affiliate(&story), "userId"));
	assert_int_equal(join(&story, (struct joining){
	    .code = story.code }), REFERRAL_UNKNOWN);
}

/* ---- refunds ------------------------------------------------------------- */

static enum status
work_refund(struct ctx *ctx)
{
	const struct buying *buying = ctx->input;

	TRY(store_order_move(ctx, buying->id, "refunded"));
	return store_affiliate_order_refunded(ctx, buying->id);
}

static void
a_refund_takes_the_reward_back(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying first = buy(&story, 1000, 900);
	struct buying second = buy(&story, 1000, 900);

	assert_int_equal(world_run(&w->worker, work_refund, &second), ST_OK);
	assert_int_equal(balance(w, w->user), REWARD);
	assert_int_equal(world_run(&w->worker, work_refund, &first), ST_OK);
	assert_int_equal(world_run(&w->worker, work_refund, &first), ST_OK);
	assert_int_equal(balance(w, w->user), 0);
	stands_at(&story, 1, 0, 0);
	(void)buy(&story, 1000, 900);
	assert_int_equal(balance(w, w->user), 0);
}

static void
a_reward_comes_back_with_the_money_as_often_as_that_does(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);

	for (int i = 0; i < 3; i++) {
		assert_int_equal(world_run(&w->worker, work_refund, &buying),
		    ST_OK);
		assert_int_equal(balance(w, w->user), 0);
		stands_at(&story, 1, 0, 0);
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(world_run(&w->worker, work_pay,
			    &buying), ST_OK);
		assert_int_equal(balance(w, w->user), REWARD);
		stands_at(&story, 1, 1, REWARD);
	}
}

static enum status
work_spend(struct ctx *ctx)
{
	return store_credit_take(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = REWARD - 10, .reason = "",
	    .key = "spend" }, ctx->view);
}

static void
what_could_not_be_taken_is_not_given_twice(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);

	assert_int_equal(world_run(&w->worker, work_spend, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_refund, &buying), ST_OK);
	assert_int_equal(balance(w, w->user), 0);
	stands_at(&story, 1, 0, REWARD - 10);
	assert_int_equal(world_run(&w->worker, work_pay, &buying), ST_OK);
	assert_int_equal(balance(w, w->user), 10);
	stands_at(&story, 1, 1, REWARD);
}

static enum status
work_drain(struct ctx *ctx)
{
	return store_credit_take(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = REWARD, .reason = "",
	    .key = "drain" }, ctx->view);
}

static void
a_reward_that_is_all_spent_stays_whole(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);

	assert_int_equal(world_run(&w->worker, work_drain, w->user), ST_OK);
	assert_int_equal(world_run(&w->worker, work_refund, &buying), ST_OK);
	stands_at(&story, 1, 0, REWARD);
	assert_int_equal(world_run(&w->worker, work_pay, &buying), ST_OK);
	stands_at(&story, 1, 1, REWARD);
	assert_int_equal(balance(w, w->user), 0);
}

static enum status
work_take_back(struct ctx *ctx)
{
	static const char sql[] =
	    "SELECT id FROM transfers WHERE wallet_id = $1";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(ctx->input))));
	return store_credit_clawback(ctx, &(struct credit){
	    .wallet_id = ctx->input, .amount = CREDIT_ALL, .reason = "",
	    .key = CREDIT_KEY_OWN "back",
	    .origin_id = db_get_text(&rows, 0, 0) }, ctx->view);
}

static void
what_an_admin_took_back_by_hand_is_not_taken_again(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);

	assert_int_equal(world_run(&w->worker, work_take_back, w->user),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_refund, &buying), ST_OK);
	assert_int_equal(balance(w, w->user), 0);
}

static void
twenty_who_tell_of_a_refund_take_the_reward_once(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);
	int outcomes[WORLD_STATUSES];

	world_race(20, work_refund, &buying, outcomes);
	assert_int_equal(outcomes[ST_OK], 20);
	assert_int_equal(balance(w, w->user), 0);
	stands_at(&story, 1, 0, 0);
}

static void
a_refund_reaches_who_has_been_deleted_since(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = buy(&story, 1000, 900);

	assert_int_equal(db_run(&w->owner, sql,
	    DB_ARGS(db_text(story.friend)), NULL), ST_OK);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(world_run(&w->worker, work_refund, &buying), ST_OK);
	assert_int_equal(balance(w, w->user), 0);
	stands_at(&story, 1, 0, 0);
}

/* ---- what a provider tells ----------------------------------------------- */

enum fact { PAID, DISPUTED, WON, FACTS };

struct hearing {
	struct buying *buying;
	enum fact fact;
};

static enum status
work_hear(struct ctx *ctx)
{
	const struct hearing *hearing = ctx->input;
	const char *order = hearing->buying->id, *known;
	const char *payment = arena_printf(ctx->arena, "pi-%s", order);
	struct settlement settled;

	if (hearing->fact == PAID)
		TRY(store_payment_note(ctx, &(struct payment){ .id = payment,
		    .order_id = order, .provider = PROVIDER_STRIPE,
		    .currency = "EUR", .received_minor = 900 }, &known));
	else
		TRY(store_reversal_note(ctx, &(struct reversal){
		    .id = arena_printf(ctx->arena, "dp-%s", order),
		    .payment_id = payment, .provider = PROVIDER_STRIPE,
		    .kind = "dispute", .amount_minor = 900,
		    .stage = hearing->fact == WON ? REVERSAL_UNDONE :
		    REVERSAL_OPEN, .state = "told" }, &known));
	return known == NULL ? ST_OK :
	    store_order_settle(ctx, known, &settled);
}

static void
tell_facts(struct world *w, struct buying *buying, const enum fact *facts,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(world_run(&w->worker, work_hear,
		    &(struct hearing){ buying, facts[i] }), ST_OK);
}

static void
a_dispute_takes_the_reward_while_it_lasts(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct buying buying = order(&story, 1000, 900);

	tell_facts(w, &buying, (enum fact[]){ PAID }, 1);
	assert_int_equal(balance(w, w->user), REWARD);
	tell_facts(w, &buying, (enum fact[]){ DISPUTED }, 1);
	assert_int_equal(balance(w, w->user), 0);
	tell_facts(w, &buying, (enum fact[]){ WON }, 1);
	assert_int_equal(balance(w, w->user), REWARD);
	stands_at(&story, 1, 1, REWARD);
}

static void
facts_in_any_order_end_in_the_same_reward(void **state)
{
	static const enum fact orders[][FACTS] = {
		{ PAID, DISPUTED, WON }, { PAID, WON, DISPUTED },
		{ DISPUTED, PAID, WON }, { DISPUTED, WON, PAID },
		{ WON, PAID, DISPUTED }, { WON, DISPUTED, PAID },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct story story = tell(w, &on);
		struct buying buying = order(&story, 1000, 900);

		for (int twice = 0; twice < 2; twice++)
			tell_facts(w, &buying, orders[i], FACTS);
		stands_at(&story, (int64_t)i + 1, (int64_t)i + 1,
		    ((int64_t)i + 1) * REWARD);
	}
}

/* ---- lists --------------------------------------------------------------- */

static size_t
count(struct world *w, struct affiliate_filter filter)
{
	struct json_object *out = view_root(w->worker.arena);
	struct page page;

	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	assert_int_equal(store_affiliate_list(&w->worker, &filter, &page,
	    view_list(out, "list")), ST_OK);
	return world_length(out, "list");
}

static void
affiliates_are_found_by_code_and_by_user(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct arena *arena = w->worker.arena;

	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = arena_printf(arena, "%.5s-%s", story.code,
	    story.code + 5) }), 1);
	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = arena_printf(arena, "%s@EXAMPLE.com", w->user) }), 1);
	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = w->user }), 1);
	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = w->user, .state = "disabled" }), 0);
	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = "nobody" }), 0);
	assert_true(count(w, (struct affiliate_filter){ .q = "" }) >= 1);
	assert_true(count(w, (struct affiliate_filter){
	    .state = "active" }) >= 1);
	assert_int_equal(world_run(&w->worker, work_disable, text(story.id)),
	    ST_OK);
	assert_int_equal(count(w, (struct affiliate_filter){
	    .q = w->user, .state = "disabled" }), 1);
	assert_true(count(w, (struct affiliate_filter){
	    .state = "disabled" }) >= 1);
}

static struct json_object *
referrals(struct story *story, const char *state, bool named)
{
	struct json_object *out = view_root(story->w->worker.arena);
	struct page page;

	assert_int_equal(page_read(&story->w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(store_referral_list(&story->w->worker, story->id,
	    state, named, &page, view_list(out, "list")), ST_OK);
	return out;
}

static void
referrals_are_filtered_paged_and_nameless_to_their_affiliate(void **state)
{
	struct world *w = *state;
	struct story story = tell(w, &on);
	struct json_object *first;

	(void)buy(&story, 1000, 900);
	for (int i = 0; i < 2; i++)
		assert_int_equal(join(&story, (struct joining){
		    .code = story.code }), REFERRAL_MADE);
	assert_int_equal(world_length(referrals(&story, NULL, true),
	    "list"), 2);
	assert_int_equal(world_length(referrals(&story, "rewarded", true),
	    "list"), 1);
	assert_int_equal(world_length(referrals(&story, "reversed", true),
	    "list"), 0);
	first = world_item(referrals(&story, "rewarded", true), "list", 0);
	assert_non_null(view_get_text(first, "userId"));
	assert_int_equal(world_int(first, "reward"), REWARD);
	first = world_item(referrals(&story, NULL, false), "list", 0);
	assert_false(view_has(first, "userId"));
	assert_false(view_has(first, "email"));
	assert_false(view_has(first, "orderId"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_user_has_one_code_for_good),
		WORLD_TEST(first_looks_at_once_make_one_code),
		WORLD_TEST(who_signs_up_by_a_code_is_counted),
		WORLD_TEST(a_code_nobody_has_keeps_nobody_out),
		WORLD_TEST(nobody_brings_himself),
		WORLD_TEST(a_disabled_code_brings_and_earns_nothing),
		WORLD_TEST(the_code_of_a_banned_user_brings_and_earns_nothing),
		WORLD_TEST(switching_a_code_is_written_down_once),
		WORLD_TEST(the_database_takes_nobody_later_or_twice),
		WORLD_TEST(the_first_paid_order_earns_a_reward),
		WORLD_TEST(a_reward_may_be_a_part_of_the_order),
		WORLD_TEST(the_largest_order_has_its_part),
		WORLD_TEST(an_order_that_costs_nothing_is_not_the_first),
		WORLD_TEST(
		    without_credits_there_is_no_part_of_them_and_no_second_chance),
		WORLD_TEST(an_order_of_somebody_who_came_alone_earns_nothing),
		WORLD_TEST(nothing_is_earned_while_the_switch_is_off),
		WORLD_TEST(a_full_wallet_does_not_stop_the_order),
		WORLD_TEST(twenty_who_tell_of_a_payment_give_one_reward),
		WORLD_TEST(orders_paid_at_once_give_one_reward),
		WORLD_TEST(the_database_rewards_nobody_twice),
		WORLD_TEST(what_was_earned_outlives_both_users),
		WORLD_TEST(a_refund_takes_the_reward_back),
		WORLD_TEST(
		    a_reward_comes_back_with_the_money_as_often_as_that_does),
		WORLD_TEST(what_could_not_be_taken_is_not_given_twice),
		WORLD_TEST(a_reward_that_is_all_spent_stays_whole),
		WORLD_TEST(what_an_admin_took_back_by_hand_is_not_taken_again),
		WORLD_TEST(twenty_who_tell_of_a_refund_take_the_reward_once),
		WORLD_TEST(a_refund_reaches_who_has_been_deleted_since),
		WORLD_TEST(a_dispute_takes_the_reward_while_it_lasts),
		WORLD_TEST(facts_in_any_order_end_in_the_same_reward),
		WORLD_TEST(affiliates_are_found_by_code_and_by_user),
		WORLD_TEST(
		    referrals_are_filtered_paged_and_nameless_to_their_affiliate),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
