#include "world.h"

#include "store/page.h"
#include "store/task.h"

/* The promises of store/task.h. */

static enum status
add(struct world *w, const char *user_id, const struct task *task,
    struct json_object *out)
{
	/* Within one millisecond there is no newer and older. */
	w->worker.now++;
	return store_task_add(&w->worker, user_id, task, out);
}

static const char *
add_titled(struct world *w, const char *title)
{
	struct json_object *out = view_root(w->worker.arena);
	const struct task task = { .title = title };

	assert_int_equal(add(w, w->user, &task, out), ST_OK);
	return view_get_text(out, "id");
}

static void
a_task_is_kept_as_it_was_given(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const struct task task = { "Buy milk", "Two litres", true };

	assert_int_equal(add(w, w->user, &task, view_object(out, "made")),
	    ST_OK);
	assert_int_equal(store_task_get(&w->worker, w->user, view_get_text(
	    view_get(out, "made"), "id"), view_object(out, "got")), ST_OK);
	assert_int_equal(json_object_equal(view_get(out, "made"),
	    view_get(out, "got")), 1);
	out = view_get(out, "got");
	assert_string_equal(view_get_text(out, "title"), "Buy milk");
	assert_string_equal(view_get_text(out, "description"), "Two litres");
	assert_true(view_is_true(out, "completed"));
}

static void
replacing_replaces_all_of_it(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id = add_titled(w, "First");
	const struct task task = { "Second", NULL, true };

	w->worker.now = clock_now() + 1000;
	assert_int_equal(store_task_replace(&w->worker, w->user, id, &task,
	    out), ST_OK);
	assert_string_equal(view_get_text(out, "title"), "Second");
	assert_null(view_get_text(out, "description"));
	assert_true(view_is_true(out, "completed"));
	assert_string_not_equal(view_get_text(out, "createdAt"),
	    view_get_text(out, "updatedAt"));
}

static void
nobody_finds_another_s_task(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id = add_titled(w, "Mine");
	const struct task task = { .title = "Theirs" };
	char other[ID_SIZE];

	world_user(&w->worker, other, NULL, NULL, "super_admin");
	assert_int_equal(store_task_get(&w->worker, other, id, out),
	    ST_TASK_NOT_FOUND);
	assert_int_equal(store_task_replace(&w->worker, other, id, &task, out),
	    ST_TASK_NOT_FOUND);
	assert_int_equal(store_task_remove(&w->worker, other, id),
	    ST_TASK_NOT_FOUND);
	assert_int_equal(store_task_get(&w->worker, w->user, id, out), ST_OK);
	assert_string_equal(view_get_text(out, "title"), "Mine");
}

static void
what_is_removed_is_gone(void **state)
{
	struct world *w = *state;
	const char *id = add_titled(w, "Gone");

	assert_int_equal(store_task_remove(&w->worker, w->user, id), ST_OK);
	assert_int_equal(store_task_remove(&w->worker, w->user, id),
	    ST_TASK_NOT_FOUND);
}

static void
tasks_are_listed_newest_first_in_pages(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct page page;

	(void)add_titled(w, "One");
	(void)add_titled(w, "Two");
	(void)add_titled(w, "Three");
	assert_int_equal(page_read(&w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(store_task_list(&w->worker, w->user, &page,
	    view_list(out, "first")), ST_OK);
	assert_int_equal(world_length(out, "first"), 2);
	assert_string_equal(view_get_text(world_item(out, "first", 0),
	    "title"), "Three");
	assert_int_equal(page_read(&w->worker, page.next, 2, &page), ST_OK);
	assert_int_equal(store_task_list(&w->worker, w->user, &page,
	    view_list(out, "second")), ST_OK);
	assert_int_equal(world_length(out, "second"), 1);
	assert_string_equal(view_get_text(world_item(out, "second", 0),
	    "title"), "One");
	assert_null(page.next);
}

static void
texts_have_bounds_and_users_a_number(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const struct task empty = { .title = "" }, one = { .title = "One" };

	assert_int_equal(add(w, w->user, &empty, out), ST_INVALID);
	assert_int_equal(db_run(&w->owner, "INSERT INTO tasks (id, user_id,"
	    " title, completed, created_at, updated_at) SELECT $1 || i, $1,"
	    " 'T', false, now(), now() FROM generate_series(1, $2::int) i",
	    DB_ARGS(db_text(w->user), db_int(TASKS_MAX - 1)), NULL), ST_OK);
	assert_int_equal(add(w, w->user, &one, out), ST_OK);
	assert_int_equal(add(w, w->user, &one, out), ST_CONFLICT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_task_is_kept_as_it_was_given),
		WORLD_TEST(replacing_replaces_all_of_it),
		WORLD_TEST(nobody_finds_another_s_task),
		WORLD_TEST(what_is_removed_is_gone),
		WORLD_TEST(tasks_are_listed_newest_first_in_pages),
		WORLD_TEST(texts_have_bounds_and_users_a_number),
	};

	return cmocka_run_group_tests_name("task", tests, world_migrate, NULL);
}
