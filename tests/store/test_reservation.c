#include "world.h"

#include "config.h"
#include "store/credit.h"
#include "store/hold.h"
#include "store/item.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/reservation.h"

/* The promises are those of store/item.h, store/reservation.h, and of the
 * tables of moves and spans. */

#define HOUR INT64_C(3600000)
#define RIVALS 50

/* ---- what tests ask for -------------------------------------------------- */

struct ask {
	const char *id;		/* of an item, or a reservation */
	const char *user_id;
	const char *reason;
	struct span span;
	struct item item;
};

static struct item
item_of(const char *name)
{
	return (struct item){ .name = name, .description = "", .price = 10,
	    .unit = "hour", .active = true };
}

static enum status
work_item(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;

	return ask->id == NULL ? store_item_add(ctx, &ask->item, ctx->view) :
	    store_item_change(ctx, ask->id, &ask->item, ctx->view);
}

static enum status
work_fund(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;

	return store_credit_grant(ctx, &(struct credit){
	    .wallet_id = ask->user_id, .amount = 1000, .reason = "To spend",
	    .key = "fund" }, ctx->view);
}

static enum status
work_add(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;

	return store_reservation_add(ctx, ask->user_id, ask->id, ask->span,
	    ctx->view);
}

static enum status
work_confirm(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;
	struct user user;
	bool moved;

	TRY(store_user_lock(ctx, ask->user_id, &user));
	return store_reservation_confirm(ctx, ask->id, &moved);
}

static enum status
work_cancel(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;
	bool moved;

	return store_reservation_cancel(ctx, ask->id, ask->user_id,
	    ask->reason, &moved);
}

/* ---- a world with an item, and a user who can pay ------------------------ */

static struct config config = { .reservations_cancel_hours = 24 };

static const char *
keep(struct world *w)
{
	return arena_text(w->worker.arena, view_get_text(w->worker.view,
	    "id"));
}

static const char *
make_item(struct world *w)
{
	struct ask ask = { .item = item_of(arena_printf(w->worker.arena,
	    "Room of %s", w->user)) };

	w->worker.config = &config;
	assert_int_equal(world_run(&w->worker, work_item, &ask), ST_OK);
	return keep(w);
}

static void
fund(struct world *w, const char *user_id)
{
	assert_int_equal(world_run(&w->worker, work_fund, &(struct ask){
	    .user_id = user_id }), ST_OK);
}

/* From so many hours after now. */
static struct span
after(int64_t hours, int64_t length)
{
	const int64_t now = clock_now() / HOUR * HOUR;

	return (struct span){ .from = now + hours * HOUR,
	    .to = now + (hours + length) * HOUR };
}

static enum status
add(struct world *w, const char *user_id, const char *item_id,
    struct span span)
{
	return world_run(&w->worker, work_add, &(struct ask){ .id = item_id,
	    .user_id = user_id, .span = span });
}

static const char *
request(struct world *w, const char *item_id, struct span span)
{
	assert_int_equal(add(w, w->user, item_id, span), ST_OK);
	return keep(w);
}

static enum status
confirm(struct world *w, const char *id)
{
	return world_run(&w->worker, work_confirm, &(struct ask){ .id = id,
	    .user_id = w->user });
}

static enum status
cancel(struct world *w, const char *id, const char *user_id)
{
	return world_run(&w->worker, work_cancel, &(struct ask){ .id = id,
	    .user_id = user_id });
}

static const char *
state_of(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->worker.arena);

	w->worker.now = clock_now();
	assert_int_equal(store_reservation_get(&w->worker, id, NULL, out),
	    ST_OK);
	return view_get_text(out, "state");
}

static int64_t
balance(struct world *w, const char *user_id)
{
	struct wallet wallet;

	w->worker.now = clock_now();
	assert_int_equal(store_wallet_get(&w->worker, user_id, &wallet),
	    ST_OK);
	return wallet.balance;
}

static void
ledger_is_clean(struct world *w)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(ledger_verify(&w->owner, out), ST_OK);
	assert_true(json_object_get_boolean(view_get(out, "clean")));
}

/* A request that has just begun; its hold, which nobody may change, is not
 * expired yet. */
static void
make_late(struct world *w, const char *id)
{
	static const char sql[] = "UPDATE reservations SET"
	    " starts_at = $2, created_at = $2::timestamptz - interval '1 s'"
	    " WHERE id = $1";

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(id),
	    db_time(clock_now() - 1000)), NULL), ST_OK);
}

/* Of fund. */
static const char *
grant_of(struct ctx *ctx)
{
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, "SELECT id FROM transfers"
	    " WHERE wallet_id = $1 AND key = 'fund'",
	    DB_ARGS(db_text(ctx->input))), ST_OK);
	return db_get_text(&rows, 0, 0);
}

static enum status
work_claw(struct ctx *ctx)
{
	struct credit credit = { .wallet_id = ctx->input, .amount = 1000,
	    .reason = "Refund", .origin_id = grant_of(ctx), .key = "claw" };

	TRY(store_hold_withdraw(ctx, &credit));
	return store_credit_clawback(ctx, &credit, ctx->view);
}

/* ---- items --------------------------------------------------------------- */

static void
an_item_is_made_changed_and_retired(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id = make_item(w);
	struct ask ask = { .id = id, .item = item_of("Quiet room") };

	ask.item.name = arena_printf(w->worker.arena, "Quiet %s", w->user);
	ask.item.active = false;
	assert_int_equal(world_run(&w->worker, work_item, &ask), ST_OK);
	assert_int_equal(store_item_get(&w->worker, id, out), ST_OK);
	assert_string_equal(view_get_text(out, "name"), ask.item.name);
	assert_int_equal(world_int(out, "price"), 10);
	fund(w, w->user);
	assert_int_equal(add(w, w->user, id, after(30, 1)),
	    ST_ITEM_NOT_FOUND);
	assert_int_equal(store_reservation_busy(&w->worker, id, after(1, 9),
	    view_list(out, "busy")), ST_ITEM_NOT_FOUND);
	ask.id = "nothing";
	assert_int_equal(world_run(&w->worker, work_item, &ask),
	    ST_ITEM_NOT_FOUND);
	assert_int_equal(store_item_get(&w->worker, "nothing", out),
	    ST_ITEM_NOT_FOUND);
}

static void
a_name_is_one_items(void **state)
{
	struct world *w = *state;
	struct ask ask = { .item = item_of(arena_printf(w->worker.arena,
	    "ROOM of %s", w->user)) };

	(void)make_item(w);
	assert_int_equal(world_run(&w->worker, work_item, &ask),
	    ST_ITEM_NAME_TAKEN);
	ask.item.name = "Free";
	ask.item.price = 0;
	assert_int_equal(world_run(&w->worker, work_item, &ask), ST_INVALID);
	ask.item.price = 1;
	ask.item.unit = "day";
	assert_int_equal(world_run(&w->worker, work_item, &ask), ST_INVALID);
}

static void
items_are_listed(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id = make_item(w);
	struct page page;

	assert_int_equal(page_read(&w->worker, NULL, 1, &page), ST_OK);
	assert_int_equal(store_item_list(&w->worker, &page,
	    view_list(out, "items")), ST_OK);
	assert_string_equal(view_get_text(world_item(out, "items", 0), "id"),
	    id);
	assert_int_equal(store_item_offers(&w->worker,
	    view_list(out, "offers")), ST_OK);
	assert_true(world_length(out, "offers") >= 1);
}

/* ---- asking -------------------------------------------------------------- */

static void
a_request_holds_each_hour_begun(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w);
	struct span span = after(30, 2);

	span.to += 1;
	assert_int_equal(add(w, w->user, item, span),
	    ST_INSUFFICIENT_CREDITS);
	fund(w, w->user);
	assert_int_equal(add(w, w->user, item, span), ST_OK);
	assert_int_equal(world_int(w->worker.view, "credits"), 30);
	assert_string_equal(view_get_text(w->worker.view, "state"),
	    "requested");
	assert_int_equal(balance(w, w->user), 970);
	assert_int_equal(add(w, w->user, item, span), ST_RESERVATION_EXISTS);
	assert_int_equal(balance(w, w->user), 970);
	assert_int_equal(add(w, w->user, "nothing", span),
	    ST_ITEM_NOT_FOUND);
	ledger_is_clean(w);
}

static void
a_price_may_be_for_a_reservation_however_long(void **state)
{
	struct world *w = *state;
	struct ask ask = { .id = make_item(w), .item = item_of(
	    arena_printf(w->worker.arena, "Hall of %s", w->user)) };

	ask.item.unit = "reservation";
	assert_int_equal(world_run(&w->worker, work_item, &ask), ST_OK);
	fund(w, w->user);
	assert_int_equal(add(w, w->user, ask.id, after(30, 48)), ST_OK);
	assert_int_equal(world_int(w->worker.view, "credits"), 10);
}

static void
the_past_cannot_be_reserved(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w);

	fund(w, w->user);
	assert_int_equal(add(w, w->user, item, after(-2, 5)),
	    ST_EXPIRY_PASSED);
	assert_int_equal(balance(w, w->user), 1000);
}

static void
requests_may_overlap_until_one_is_confirmed(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *item = make_item(w);
	const char *one, *other;

	fund(w, w->user);
	one = request(w, item, after(30, 4));
	other = request(w, item, after(32, 4));
	assert_int_equal(confirm(w, one), ST_OK);
	assert_int_equal(confirm(w, other), ST_ITEM_TAKEN);
	assert_string_equal(state_of(w, other), "requested");
	assert_int_equal(balance(w, w->user), 920);
	assert_int_equal(add(w, w->user, item, after(33, 4)), ST_ITEM_TAKEN);
	assert_int_equal(add(w, w->user, item, after(36, 1)), ST_OK);
	assert_int_equal(store_reservation_busy(&w->worker, item,
	    after(0, 100), view_list(out, "busy")), ST_OK);
	assert_int_equal(world_length(out, "busy"), 1);
	assert_int_equal(store_reservation_busy(&w->worker, item,
	    after(34, 9), view_list(out, "free")), ST_OK);
	assert_int_equal(world_length(out, "free"), 0);
	ledger_is_clean(w);
}

/* ---- moving -------------------------------------------------------------- */

static void
confirming_captures_once(void **state)
{
	static const char sql[] = "SELECT count(*) FROM transfers"
	    " WHERE wallet_id = $1 AND kind = 'capture'";
	struct world *w = *state;
	const char *id;
	struct db_rows rows;

	fund(w, w->user);
	id = request(w, make_item(w), after(30, 1));
	assert_int_equal(confirm(w, id), ST_OK);
	assert_int_equal(confirm(w, id), ST_OK);
	assert_string_equal(state_of(w, id), "confirmed");
	assert_int_equal(db_one(&w->worker, &rows, sql, DB_ARGS(
	    db_text(w->user))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
	assert_int_equal(confirm(w, "nothing"), ST_RESERVATION_NOT_FOUND);
}

static void
cancelling_gives_back_what_was_held_or_captured(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w);
	const char *held, *captured;

	fund(w, w->user);
	held = request(w, item, after(30, 1));
	captured = request(w, item, after(40, 1));
	assert_int_equal(confirm(w, captured), ST_OK);
	assert_int_equal(balance(w, w->user), 980);
	assert_int_equal(cancel(w, held, w->user), ST_OK);
	assert_int_equal(cancel(w, held, w->user), ST_OK);
	assert_int_equal(balance(w, w->user), 990);
	assert_int_equal(cancel(w, captured, w->user), ST_OK);
	assert_int_equal(balance(w, w->user), 1000);
	assert_int_equal(confirm(w, held), ST_CONFLICT);
	assert_int_equal(confirm(w, captured), ST_CONFLICT);
	/* and the item is free again */
	assert_int_equal(confirm(w, request(w, item, after(40, 1))), ST_OK);
	ledger_is_clean(w);
}

static void
a_user_cancels_in_time_an_admin_always(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w), *asked, *soon;
	char other[ID_SIZE];

	fund(w, w->user);
	asked = request(w, item, after(20, 1));
	soon = request(w, item, after(23, 1));
	assert_int_equal(cancel(w, asked, w->user), ST_OK);
	assert_int_equal(confirm(w, soon), ST_OK);
	assert_int_equal(cancel(w, soon, w->user), ST_TOO_LATE_TO_CANCEL);
	world_user(&w->worker, other, NULL, NULL, "user");
	assert_int_equal(cancel(w, soon, other), ST_RESERVATION_NOT_FOUND);
	assert_int_equal(balance(w, w->user), 990);
	assert_int_equal(cancel(w, soon, NULL), ST_OK);
	assert_int_equal(balance(w, w->user), 1000);
}

static void
a_request_that_has_begun_is_lapsed_janitor_or_not(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w), *id;
	int64_t count;

	fund(w, w->user);
	id = request(w, item, after(30, 5));
	make_late(w, id);
	assert_string_equal(state_of(w, id), "lapsed");
	assert_int_equal(confirm(w, id), ST_RESERVATION_LAPSED);
	assert_int_equal(cancel(w, id, w->user), ST_RESERVATION_LAPSED);
	assert_int_equal(cancel(w, id, NULL), ST_RESERVATION_LAPSED);
	assert_int_equal(store_reservation_lapse(&w->worker, 100, &count),
	    ST_OK);
	assert_true(count >= 1);
	assert_int_equal(store_reservation_lapse(&w->worker, 100, &count),
	    ST_OK);
	assert_int_equal(count, 0);
	assert_string_equal(state_of(w, id), "lapsed");
}

static enum status
work_release(struct ctx *ctx)
{
	const struct ask *ask = ctx->input;

	return store_credit_release(ctx, &(struct credit){
	    .wallet_id = ask->user_id, .amount = CREDIT_ALL, .reason = "",
	    .key = CREDIT_KEY_OWN "early", .origin_id = ask->id }, ctx->view);
}

static void
nothing_is_confirmed_without_its_credits(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id;

	fund(w, w->user);
	id = request(w, make_item(w), after(30, 1));
	assert_int_equal(store_reservation_get(&w->worker, id, NULL, out),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_release, &(struct ask){
	    .id = view_get_text(out, "holdId"), .user_id = w->user }), ST_OK);
	assert_int_equal(confirm(w, id), ST_HOLD_CLOSED);
	assert_string_equal(state_of(w, id), "requested");
}

static void
the_database_holds_to_moves_and_ledger_by_itself(void **state)
{
	static const char *const wrong[] = {
		"UPDATE reservations SET state = 'confirmed' WHERE id = $1",
		"UPDATE reservations SET state = 'confirmed',"
		" capture_id = hold_id WHERE id = $1",
		"UPDATE reservations SET state = 'cancelled' WHERE id = $1",
		"UPDATE reservations SET state = 'lapsed', updated_at = now()"
		" WHERE id = $1",
	};
	struct world *w = *state;
	const char *id;

	fund(w, w->user);
	id = request(w, make_item(w), after(30, 1));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(db_run(&w->worker, wrong[i],
		    DB_ARGS(db_text(id)), NULL), ST_INVALID);
		assert_int_equal(db_run(&w->owner, wrong[i],
		    DB_ARGS(db_text(id)), NULL), ST_INVALID);
	}
	world_denied(w, "UPDATE reservations SET credits = 1");
	world_denied(w, "DELETE FROM reservations");
	world_denied(w, "INSERT INTO reservation_moves"
	    " VALUES ('cancelled', 'confirmed')");
}

static void
a_reservation_outlives_its_user(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id;

	fund(w, w->user);
	id = request(w, make_item(w), after(30, 1));
	assert_int_equal(db_run(&w->worker, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(store_reservation_get(&w->worker, id, NULL, out),
	    ST_OK);
	assert_null(view_get(out, "userId"));
	assert_non_null(view_get_text(out, "userText"));
	assert_int_equal(cancel(w, id, NULL), ST_OK);
	assert_int_equal(balance(w, w->user), 1000);
}

/* ---- lists --------------------------------------------------------------- */

static size_t
found(struct world *w, struct reservation_filter filter)
{
	struct json_object *out = view_root(w->worker.arena);
	struct page page;

	if (filter.begins.to == 0)
		filter.begins.to = PAGE_START;
	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	assert_int_equal(store_reservation_list(&w->worker, &filter, &page,
	    view_list(out, "reservations")), ST_OK);
	return world_length(out, "reservations");
}

static void
lists_are_searched_filtered_and_paged(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *item = make_item(w), *late;
	struct page page;

	fund(w, w->user);
	(void)request(w, item, after(30, 1));
	assert_int_equal(confirm(w, request(w, item, after(60, 1))), ST_OK);
	late = request(w, item, after(90, 1));
	make_late(w, late);
	assert_int_equal(found(w, (struct reservation_filter){
	    .q = w->user }), 3);
	assert_int_equal(found(w, (struct reservation_filter){
	    .q = arena_printf(w->worker.arena, "%s@Example.com",
	    w->user) }), 3);
	assert_int_equal(found(w, (struct reservation_filter){
	    .q = arena_printf(w->worker.arena, "ROOM OF %s", w->user) }), 3);
	assert_int_equal(found(w, (struct reservation_filter){
	    .item_id = item }), 3);
	assert_int_equal(found(w, (struct reservation_filter){
	    .item_id = item, .state = "requested" }), 1);
	assert_int_equal(found(w, (struct reservation_filter){
	    .item_id = item, .state = "lapsed" }), 1);
	assert_int_equal(found(w, (struct reservation_filter){
	    .item_id = item, .state = "cancelled" }), 0);
	assert_int_equal(found(w, (struct reservation_filter){
	    .q = w->user, .begins = after(50, 20) }), 1);
	assert_true(found(w, (struct reservation_filter){
	    .state = "confirmed" }) >= 1);
	assert_true(found(w, (struct reservation_filter){
	    .state = "lapsed" }) >= 1);
	assert_int_equal(page_read(&w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(store_reservation_of(&w->worker, w->user, &page,
	    view_list(out, "first")), ST_OK);
	assert_int_equal(world_length(out, "first"), 2);
	assert_int_equal(page_read(&w->worker, page.next, 2, &page), ST_OK);
	assert_int_equal(store_reservation_of(&w->worker, w->user, &page,
	    view_list(out, "rest")), ST_OK);
	assert_int_equal(world_length(out, "rest"), 1);
	assert_null(page.next);
}

/* ---- at once ------------------------------------------------------------- */

static struct ask rivals[RIVALS];

/* Each process confirms its own, told apart by a number the database gives. */
static enum status
work_rival(struct ctx *ctx)
{
	static const char sql[] = "SELECT nextval('rival')::int";
	struct db_rows rows;

	ctx->config = &config;
	if (ctx->prepared == NULL) {
		TRY(db_one(ctx, &rows, sql, DB_NONE));
		ctx->prepared = &rivals[db_get_int(&rows, 0, 0) - 1];
	}
	ctx->input = ctx->prepared;
	return work_confirm(ctx);
}

static void
of_fifty_that_overlap_one_is_confirmed(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w);
	int outcomes[WORLD_STATUSES], confirmed = 0;

	for (int i = 0; i < RIVALS; i++) {
		char id[ID_SIZE];

		world_user(&w->worker, id, NULL, NULL, "user");
		rivals[i].user_id = arena_text(w->worker.arena, id);
		fund(w, id);
		assert_int_equal(add(w, id, item, after(30 + i % 5, 6)),
		    ST_OK);
		rivals[i].id = keep(w);
	}
	assert_int_equal(db_script(&w->owner, "CREATE SEQUENCE rival;"
	    " GRANT USAGE ON SEQUENCE rival TO tollgate_worker"), ST_OK);
	world_race(RIVALS, work_rival, NULL, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_ITEM_TAKEN], RIVALS - 1);
	for (int i = 0; i < RIVALS; i++) {
		const bool won = strcmp(state_of(w, rivals[i].id),
		    "confirmed") == 0;

		confirmed += won;
		if (!won)
			assert_int_equal(cancel(w, rivals[i].id, NULL),
			    ST_OK);
		assert_int_equal(balance(w, rivals[i].user_id),
		    won ? 940 : 1000);
	}
	assert_int_equal(confirmed, 1);
	ledger_is_clean(w);
}

/* A refund finds the credits of a request, and what has begun as well. */
static void
a_request_ends_when_its_credits_are_taken_back(void **state)
{
	struct world *w = *state;
	const char *item = make_item(w), *late, *early;

	fund(w, w->user);
	late = request(w, item, after(30, 1));
	early = request(w, item, after(40, 1));
	make_late(w, late);
	assert_int_equal(world_run(&w->worker, work_claw, w->user), ST_OK);
	assert_int_equal(world_int(w->worker.view, "missing"), 0);
	assert_string_equal(state_of(w, early), "cancelled");
	assert_string_equal(state_of(w, late), "lapsed");
	assert_int_equal(balance(w, w->user), 0);
	assert_int_equal(confirm(w, early), ST_CONFLICT);
	ledger_is_clean(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_request_ends_when_its_credits_are_taken_back),
		WORLD_TEST(an_item_is_made_changed_and_retired),
		WORLD_TEST(a_name_is_one_items),
		WORLD_TEST(items_are_listed),
		WORLD_TEST(a_request_holds_each_hour_begun),
		WORLD_TEST(a_price_may_be_for_a_reservation_however_long),
		WORLD_TEST(the_past_cannot_be_reserved),
		WORLD_TEST(requests_may_overlap_until_one_is_confirmed),
		WORLD_TEST(confirming_captures_once),
		WORLD_TEST(cancelling_gives_back_what_was_held_or_captured),
		WORLD_TEST(a_user_cancels_in_time_an_admin_always),
		WORLD_TEST(a_request_that_has_begun_is_lapsed_janitor_or_not),
		WORLD_TEST(nothing_is_confirmed_without_its_credits),
		WORLD_TEST(the_database_holds_to_moves_and_ledger_by_itself),
		WORLD_TEST(a_reservation_outlives_its_user),
		WORLD_TEST(lists_are_searched_filtered_and_paged),
		WORLD_TEST(of_fifty_that_overlap_one_is_confirmed),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
