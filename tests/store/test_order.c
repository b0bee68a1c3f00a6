#include "world.h"

#include "store/order.h"
#include "store/page.h"

/* The promises are those of store/order.h and of the table of moves. */

static enum status
work_create(struct ctx *ctx)
{
	return store_order_create(ctx, ctx->input);
}

static enum status
create(struct world *w, char id[ID_SIZE], const char *user_id)
{
	id_new(id, clock_now());
	return world_run(&w->worker, work_create, &(struct order_new){
	    .id = id, .user_id = user_id, .description = "1,000 credits",
	    .credits = 1000, .amount_minor = 900, .currency = "EUR" });
}

static enum status
work_move(struct ctx *ctx)
{
	const char *const *move = ctx->input;

	return store_order_move(ctx, move[0], move[1]);
}

static enum status
move(struct world *w, const char *id, const char *status)
{
	const char *input[] = { id, status };

	return world_run(&w->worker, work_move, input);
}

static const char *
status_of(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_order_get(&w->worker, id, NULL, out), ST_OK);
	return view_get_text(out, "status");
}

static void
an_order_keeps_what_was_bought(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	char id[ID_SIZE];

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(store_order_get(&w->worker, id, NULL, out), ST_OK);
	assert_string_equal(view_get_text(out, "status"), "created");
	assert_string_equal(view_get_text(out, "userId"), w->user);
	assert_string_equal(view_get_text(out, "currency"), "EUR");
	assert_int_equal(world_int(out, "amountMinor"), 900);
	assert_int_equal(world_int(out, "credits"), 1000);
	assert_null(view_get(out, "paidAt"));
	assert_int_equal(create(w, id, "nobody"), ST_USER_NOT_FOUND);
	assert_int_equal(store_order_get(&w->worker, "nothing", NULL, out),
	    ST_ORDER_NOT_FOUND);
}

/* Two transactions that wait for each other end one of them a second later. */
static void
an_order_does_not_wait_for_a_change_of_its_user(void **state)
{
	struct world *w = *state;
	struct user user;
	char id[ID_SIZE];

	assert_int_equal(db_script(&w->owner, "BEGIN"), ST_OK);
	assert_int_equal(store_user_lock(&w->owner, w->user, &user), ST_OK);
	assert_int_equal(db_script(&w->worker,
	    "SET lock_timeout = '2s'"), ST_OK);
	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(db_script(&w->owner, "COMMIT"), ST_OK);
}

static void
an_order_moves_along_the_table_only(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE], other[ID_SIZE];

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(move(w, id, "refunded"), ST_CONFLICT);
	assert_int_equal(move(w, id, "eaten"), ST_CONFLICT);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(move(w, id, "created"), ST_CONFLICT);
	assert_int_equal(move(w, id, "deleted"), ST_CONFLICT);
	assert_int_equal(move(w, id, "refunded"), ST_OK);
	assert_int_equal(move(w, id, "deleted"), ST_CONFLICT);
	assert_int_equal(move(w, id, "created"), ST_CONFLICT);
	assert_string_equal(status_of(w, id), "refunded");
	assert_int_equal(create(w, other, w->user), ST_OK);
	assert_int_equal(move(w, other, "deleted"), ST_OK);
	assert_int_equal(move(w, other, "refunded"), ST_CONFLICT);
	assert_int_equal(move(w, "nothing", "paid"), ST_ORDER_NOT_FOUND);
}

static void
the_database_holds_to_the_table_by_itself(void **state)
{
	static const char jump[] =
	    "UPDATE orders SET status = 'refunded', paid_at = now()"
	    " WHERE id = $1";
	static const char unpaid[] =
	    "UPDATE orders SET status = 'paid' WHERE id = $1";
	struct world *w = *state;
	char id[ID_SIZE];

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(db_run(&w->worker, jump, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	assert_int_equal(db_run(&w->owner, jump, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	assert_int_equal(db_run(&w->worker, unpaid, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	world_denied(w, "UPDATE orders SET amount_minor = 1");
	world_denied(w, "DELETE FROM orders");
	world_denied(w,
	    "INSERT INTO order_moves VALUES ('created', 'refunded')");
}

static void
one_of_two_moves_at_once_wins(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE];
	const char *input[] = { id, "paid" };
	int outcomes[WORLD_STATUSES];

	assert_int_equal(create(w, id, w->user), ST_OK);
	world_race(8, work_move, input, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_string_equal(status_of(w, id), "paid");
}

static void
an_order_outlives_its_user(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	char id[ID_SIZE];

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(store_order_get(&w->worker, id, NULL, out), ST_OK);
	assert_null(view_get(out, "userId"));
	assert_non_null(view_get_text(out, "email"));
	assert_int_equal(move(w, id, "deleted"), ST_OK);
}

static void
a_history_tells_every_move(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	char id[ID_SIZE];

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(store_order_history(&w->worker, id,
	    view_list(out, "history")), ST_OK);
	assert_int_equal(world_length(out, "history"), 2);
	assert_string_equal(view_get_text(world_item(out, "history", 0),
	    "status"), "created");
	assert_string_equal(view_get_text(world_item(out, "history", 1),
	    "status"), "paid");
	assert_string_equal(view_get_text(world_item(out, "history", 1),
	    "actorText"), "System");
}

static size_t
count(struct world *w, struct order_filter filter, struct page *page)
{
	struct json_object *out = view_root(w->worker.arena);

	filter.to = PAGE_START;
	assert_int_equal(store_order_list(&w->worker, &filter, page,
	    view_list(out, "orders")), ST_OK);
	return world_length(out, "orders");
}

static void
lists_are_filtered_and_paged(void **state)
{
	struct world *w = *state;
	struct page page;
	char id[ID_SIZE];

	for (int i = 0; i < 3; i++)
		assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(move(w, id, "paid"), ST_OK);
	assert_int_equal(page_read(&w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(count(w, (struct order_filter){
	    .user_id = w->user }, &page), 2);
	assert_int_equal(page_read(&w->worker, page.next, 2, &page), ST_OK);
	assert_int_equal(count(w, (struct order_filter){
	    .user_id = w->user }, &page), 1);
	assert_null(page.next);
	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	assert_int_equal(count(w, (struct order_filter){
	    .user_id = w->user, .status = "paid" }, &page), 1);
	assert_int_equal(count(w, (struct order_filter){
	    .user_id = "nobody" }, &page), 0);
	assert_true(count(w, (struct order_filter){ .status = "paid" },
	    &page) >= 1);
	assert_true(count(w, (struct order_filter){ .from = 0 },
	    &page) >= 3);
}

static void
orders_are_found_by_what_is_known_of_them(void **state)
{
	struct world *w = *state;
	struct page page;
	char id[ID_SIZE];
	const char *email = arena_printf(w->worker.arena, "%s@EXAMPLE.com",
	    w->user);

	assert_int_equal(create(w, id, w->user), ST_OK);
	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	assert_int_equal(count(w, (struct order_filter){ .search = email },
	    &page), 1);
	assert_int_equal(count(w, (struct order_filter){ .search = email,
	    .status = "paid" }, &page), 0);
	assert_int_equal(count(w, (struct order_filter){ .search = id },
	    &page), 1);
	assert_int_equal(count(w, (struct order_filter){ .search = id,
	    .from = clock_now() + 1000 }, &page), 0);
	assert_int_equal(count(w, (struct order_filter){ .search = "pi_no" },
	    &page), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_order_keeps_what_was_bought),
		WORLD_TEST(an_order_does_not_wait_for_a_change_of_its_user),
		WORLD_TEST(an_order_moves_along_the_table_only),
		WORLD_TEST(the_database_holds_to_the_table_by_itself),
		WORLD_TEST(one_of_two_moves_at_once_wins),
		WORLD_TEST(an_order_outlives_its_user),
		WORLD_TEST(a_history_tells_every_move),
		WORLD_TEST(lists_are_filtered_and_paged),
		WORLD_TEST(orders_are_found_by_what_is_known_of_them),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
