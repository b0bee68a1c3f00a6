#include "world.h"

#include "store/feedback.h"
#include "store/page.h"

/* The promises are those of store/feedback.h and of the table of moves. */

static enum status
work_add(struct ctx *ctx)
{
	return store_feedback_add(ctx, ctx->input, ctx->view);
}

static enum status
add(struct world *w, const char *user_id, int64_t rating, const char *subject)
{
	return world_run(&w->worker, work_add, &(struct feedback_new){
	    .user_id = user_id, .rating = rating, .subject = subject,
	    .text = "The door sticks.\nMend it." });
}

static void
add_one(struct world *w, char id[ID_SIZE])
{
	assert_int_equal(add(w, w->user, 2, "The door"), ST_OK);
	(void)snprintf(id, ID_SIZE, "%s", view_get_text(w->worker.view,
	    "id"));
}

static enum status
work_move(struct ctx *ctx)
{
	const char *const *move = ctx->input;

	return store_feedback_move(ctx, move[0], move[1]);
}

static enum status
move(struct world *w, const char *id, const char *state)
{
	const char *input[] = { id, state };

	return world_run(&w->worker, work_move, input);
}

static enum status
work_answer(struct ctx *ctx)
{
	const char *const *answer = ctx->input;

	return store_feedback_answer(ctx, answer[0], answer[1]);
}

static enum status
answer(struct world *w, const char *id, const char *text)
{
	const char *input[] = { id, text };

	return world_run(&w->worker, work_answer, input);
}

static struct json_object *
get(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_feedback_get(&w->worker, id, out), ST_OK);
	return out;
}

static void
a_feedback_is_kept_as_it_was_written(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	char id[ID_SIZE];

	add_one(w, id);
	out = get(w, id);
	assert_string_equal(view_get_text(out, "state"), "open");
	assert_string_equal(view_get_text(out, "userId"), w->user);
	assert_string_equal(view_get_text(out, "subject"), "The door");
	assert_string_equal(view_get_text(out, "text"),
	    "The door sticks.\nMend it.");
	assert_int_equal(world_int(out, "rating"), 2);
	assert_null(view_get(out, "answer"));
	assert_null(view_get(out, "answeredByText"));
	assert_int_equal(store_feedback_get(&w->worker, "nothing", out),
	    ST_FEEDBACK_NOT_FOUND);
}

static void
what_is_out_of_bounds_is_not_kept(void **state)
{
	struct world *w = *state;

	assert_int_equal(add(w, w->user, 0, "The door"), ST_INVALID);
	assert_int_equal(add(w, w->user, 6, "The door"), ST_INVALID);
	assert_int_equal(add(w, w->user, 3, ""), ST_INVALID);
	assert_int_equal(add(w, "nobody", 3, "The door"), ST_CONFLICT);
}

static void
a_day_takes_so_many_of_one_user(void **state)
{
	static const char age[] = "UPDATE feedbacks"
	    " SET created_at = created_at - interval '1 day'"
	    " WHERE user_id = $1";
	struct world *w = *state;

	for (int i = 0; i < FEEDBACKS_A_DAY; i++)
		assert_int_equal(add(w, w->user, 3, "Again"), ST_OK);
	assert_int_equal(add(w, w->user, 3, "Again"), ST_TOO_MUCH_FEEDBACK);
	assert_int_equal(db_run(&w->owner, age, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(add(w, w->user, 3, "Again"), ST_OK);
}

static void
a_feedback_moves_along_the_table_only(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE];

	add_one(w, id);
	assert_int_equal(move(w, id, "eaten"), ST_CONFLICT);
	assert_int_equal(answer(w, id, "We did."), ST_OK);
	assert_int_equal(answer(w, id, "We did, and oiled it."), ST_OK);
	assert_string_equal(view_get_text(get(w, id), "answer"),
	    "We did, and oiled it.");
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(answer(w, id, "No."), ST_CONFLICT);
	assert_string_equal(view_get_text(get(w, id), "answer"),
	    "We did, and oiled it.");
	assert_int_equal(move(w, id, "open"), ST_OK);
	assert_int_equal(move(w, "nothing", "open"), ST_FEEDBACK_NOT_FOUND);
	assert_int_equal(answer(w, "nothing", "No."), ST_FEEDBACK_NOT_FOUND);
	assert_int_equal(answer(w, id, ""), ST_INVALID);
}

static void
every_change_leaves_an_audit_row(void **state)
{
	static const char sql[] = "SELECT count(*) FILTER (WHERE"
	    " action = 'feedback.answer' AND after ->> 'answer' = 'We did.'),"
	    " count(*) FROM audit WHERE target_id = $1";
	struct world *w = *state;
	struct db_rows rows;
	char id[ID_SIZE];

	add_one(w, id);
	assert_int_equal(answer(w, id, "We did."), ST_OK);
	assert_int_equal(answer(w, id, "We did again."), ST_OK);
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(db_one(&w->worker, &rows, sql, DB_ARGS(db_text(id))),
	    ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
	assert_int_equal(db_get_int(&rows, 0, 1), 3);
}

static void
the_database_holds_to_the_table_by_itself(void **state)
{
	static const char jump[] = "UPDATE feedbacks SET state = 'answered',"
	    " answer = 'No.', answered_at = now() WHERE id = $1";
	static const char silent[] =
	    "UPDATE feedbacks SET state = 'answered' WHERE id = $1";
	struct world *w = *state;
	char id[ID_SIZE];

	add_one(w, id);
	assert_int_equal(db_run(&w->worker, silent, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(db_run(&w->worker, jump, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	assert_int_equal(db_run(&w->owner, jump, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	world_denied(w, "UPDATE feedbacks SET text = 'All is well.'");
	world_denied(w, "DELETE FROM feedbacks");
	world_denied(w,
	    "INSERT INTO feedback_moves VALUES ('closed', 'answered')");
}

static void
a_feedback_ends_with_its_user(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	char id[ID_SIZE];

	add_one(w, id);
	assert_int_equal(answer(w, id, "We did."), ST_OK);
	assert_int_equal(db_run(&w->worker, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(store_feedback_get(&w->worker, id, out),
	    ST_FEEDBACK_NOT_FOUND);
}

static size_t
count(struct world *w, struct feedback_filter filter, struct page *page)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_feedback_list(&w->worker, &filter, page,
	    view_list(out, "feedbacks")), ST_OK);
	return world_length(out, "feedbacks");
}

static size_t
found(struct world *w, struct feedback_filter filter)
{
	struct page page;

	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	return count(w, filter, &page);
}

static void
lists_are_searched_filtered_and_paged(void **state)
{
	struct world *w = *state;
	struct page page;
	char id[ID_SIZE];
	const char *email = arena_printf(w->worker.arena,
	    "%s@EXAMPLE.com", w->user);

	for (int64_t rating = 1; rating <= 3; rating++)
		assert_int_equal(add(w, w->user, rating, arena_printf(
		    w->worker.arena, "Ängste 100%% %s", w->user)), ST_OK);
	(void)snprintf(id, sizeof(id), "%s", view_get_text(w->worker.view,
	    "id"));
	assert_int_equal(move(w, id, "closed"), ST_OK);
	assert_int_equal(found(w, (struct feedback_filter){ .q = email }), 3);
	assert_int_equal(found(w, (struct feedback_filter){
	    .q = w->user }), 3);
	assert_int_equal(found(w, (struct feedback_filter){
	    .q = arena_printf(w->worker.arena, "ÄNGSTE 100%% %s",
	    w->user) }), 3);
	assert_int_equal(found(w, (struct feedback_filter){
	    .q = arena_printf(w->worker.arena, "ngste 1_0%% %s",
	    w->user) }), 0);
	assert_int_equal(found(w, (struct feedback_filter){ .q = w->user,
	    .state = "open" }), 2);
	assert_int_equal(found(w, (struct feedback_filter){ .q = w->user,
	    .state = "open", .rating = 1 }), 1);
	assert_true(found(w, (struct feedback_filter){ .rating = 3 }) >= 1);
	assert_true(found(w, (struct feedback_filter){
	    .state = "closed" }) >= 1);
	assert_true(found(w, (struct feedback_filter){ .q = "" }) >= 3);
	assert_int_equal(page_read(&w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(count(w, (struct feedback_filter){ .q = w->user },
	    &page), 2);
	assert_int_equal(page_read(&w->worker, page.next, 2, &page), ST_OK);
	assert_int_equal(count(w, (struct feedback_filter){ .q = w->user },
	    &page), 1);
	assert_null(page.next);
}

static void
a_user_sees_his_own_newest_first(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct page page;
	char other[ID_SIZE];

	world_user(&w->worker, other, NULL, NULL, "user");
	assert_int_equal(add(w, w->user, 3, "One"), ST_OK);
	assert_int_equal(add(w, w->user, 3, "Two"), ST_OK);
	assert_int_equal(add(w, other, 3, "Three"), ST_OK);
	assert_int_equal(page_read(&w->worker, NULL, 10, &page), ST_OK);
	assert_int_equal(store_feedback_of(&w->worker, w->user, &page,
	    view_list(out, "feedbacks")), ST_OK);
	assert_int_equal(world_length(out, "feedbacks"), 2);
	assert_string_equal(view_get_text(world_item(out, "feedbacks", 0),
	    "subject"), "Two");
	assert_false(view_has(world_item(out, "feedbacks", 0), "answeredBy"));
}

static void
figures_count_what_is_open_and_rated_lately(void **state)
{
	static const char age[] = "UPDATE feedbacks SET state = 'closed',"
	    " created_at = created_at - interval '40 days'";
	struct world *w = *state;
	struct feedback_figures figures;

	assert_int_equal(db_run(&w->owner, age, DB_NONE, NULL), ST_OK);
	assert_int_equal(store_feedback_figures(&w->worker, &figures), ST_OK);
	assert_int_equal(figures.open, 0);
	assert_int_equal(figures.rated, 0);
	assert_int_equal(add(w, w->user, 4, "One"), ST_OK);
	assert_int_equal(add(w, w->user, 5, "Two"), ST_OK);
	assert_int_equal(store_feedback_figures(&w->worker, &figures), ST_OK);
	assert_int_equal(figures.open, 2);
	assert_int_equal(figures.rated, 2);
	assert_int_equal(figures.tenths, 45);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_feedback_is_kept_as_it_was_written),
		WORLD_TEST(what_is_out_of_bounds_is_not_kept),
		WORLD_TEST(a_day_takes_so_many_of_one_user),
		WORLD_TEST(a_feedback_moves_along_the_table_only),
		WORLD_TEST(every_change_leaves_an_audit_row),
		WORLD_TEST(the_database_holds_to_the_table_by_itself),
		WORLD_TEST(a_feedback_ends_with_its_user),
		WORLD_TEST(lists_are_searched_filtered_and_paged),
		WORLD_TEST(a_user_sees_his_own_newest_first),
		WORLD_TEST(figures_count_what_is_open_and_rated_lately),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
