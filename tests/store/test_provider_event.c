#include "world.h"

#include "store/page.h"
#include "store/provider_event.h"

/* The promises are those of store/provider_event.h. */

static struct config config = { .stripe_keep_days = 90 };

struct taking {
	struct provider_event event;
	const char *effect;	/* NULL: none is made */
	const char *error;	/* NULL: nothing went wrong */
	const char *key;
	bool done;
};

static enum status
work_take(struct ctx *ctx)
{
	struct taking *taking = ctx->input;

	TRY(store_event_take(ctx, &taking->event, &taking->key,
	    &taking->done));
	if (taking->error != NULL) {
		TRY(store_event_failed(ctx, taking->key, taking->error));
		return ST_CONFLICT;
	}
	return taking->effect == NULL || taking->done ? ST_OK :
	    store_event_applied(ctx, taking->key, taking->effect);
}

static struct provider_event
event_of(struct world *w, const char *type)
{
	return (struct provider_event){
	    .id = arena_printf(w->worker.arena, "evt_%s", w->user),
	    .type = type, .created_at = w->worker.now, .body = "{}" };
}

static struct taking
take(struct world *w, const char *type, const char *effect)
{
	struct taking taking = { .event = event_of(w, type),
	    .effect = effect };

	assert_int_equal(world_run(&w->worker, work_take, &taking), ST_OK);
	return taking;
}

static struct json_object *
shown(struct world *w, const char *key)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_event_get(&w->worker, key, out), ST_OK);
	return out;
}

static void
an_event_is_one_by_its_id_and_type(void **state)
{
	struct world *w = *state;
	struct taking first = take(w, "a.b", "payment");
	struct taking second = take(w, "a.b", "payment");
	struct taking other = take(w, "a.c", "payment");

	assert_false(first.done);
	assert_true(second.done);
	assert_string_equal(first.key, second.key);
	assert_false(other.done);
	assert_int_equal(world_int(shown(w, first.key), "deliveries"), 2);
	assert_string_equal(view_get_text(shown(w, first.key), "effect"),
	    "payment");
}

static void
what_has_no_effect_yet_may_have_it_later(void **state)
{
	struct world *w = *state;
	bool done = true;
	struct provider_event event = event_of(w, "a.b");

	assert_int_equal(store_event_done(&w->worker, &event, &done), ST_OK);
	assert_false(done);
	(void)take(w, "a.b", NULL);
	assert_int_equal(store_event_done(&w->worker, &event, &done), ST_OK);
	assert_false(done);
	(void)take(w, "a.b", "payment");
	assert_int_equal(store_event_done(&w->worker, &event, &done), ST_OK);
	assert_true(done);
}

static void
a_failure_is_kept_though_the_handler_refuses(void **state)
{
	struct world *w = *state;
	struct taking taking = { .event = event_of(w, "a.b"),
	    .error = "no such order" };

	assert_int_equal(world_run(&w->worker, work_take, &taking),
	    ST_CONFLICT);
	assert_string_equal(view_get_text(shown(w, taking.key), "error"),
	    "no such order");
	assert_null(view_get(shown(w, taking.key), "appliedAt"));
	(void)take(w, "a.b", "payment");
	assert_null(view_get(shown(w, taking.key), "error"));
}

static void
a_long_reason_is_cut_between_characters(void **state)
{
	struct world *w = *state;
	char text[EVENT_ERROR_MAX + 3];
	struct taking taking = { .event = event_of(w, "a.b"),
	    .error = text };

	memset(text, 'a', sizeof(text));
	memcpy(text + EVENT_ERROR_MAX - 1, "\xc3\xbc!", 4);
	assert_int_equal(world_run(&w->worker, work_take, &taking),
	    ST_CONFLICT);
	assert_int_equal(strlen(view_get_text(shown(w, taking.key),
	    "error")), EVENT_ERROR_MAX - 1);
}

static void
the_database_knows_no_second_effect(void **state)
{
	struct world *w = *state;
	struct taking taking = take(w, "a.b", "payment");
	static const char again[] =
	    "UPDATE provider_events SET applied_at = now(), effect = 'credits'"
	    " WHERE id = $1";

	assert_int_equal(db_run(&w->owner, again,
	    DB_ARGS(db_text(taking.key)), NULL), ST_INVALID);
}

static enum status
work_race(struct ctx *ctx)
{
	struct taking taking = *(struct taking *)ctx->input;

	ctx->input = &taking;
	TRY(work_take(ctx));
	return taking.done ? ST_NOT_MODIFIED : ST_OK;
}

static void
one_of_many_at_once_makes_the_effect(void **state)
{
	struct world *w = *state;
	struct taking taking = { .event = event_of(w, "a.b"),
	    .effect = "payment" };
	int outcomes[WORLD_STATUSES];

	world_race(8, work_race, &taking, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_NOT_MODIFIED], 7);
}

static size_t
count(struct world *w, const char *type, const char *wanted)
{
	struct json_object *out = view_root(w->worker.arena);
	struct page page;

	assert_int_equal(page_read(&w->worker, NULL, PAGE_LIMIT_MAX, &page),
	    ST_OK);
	assert_int_equal(store_event_list(&w->worker, &(struct event_filter){
	    .type = type, .state = wanted }, &page, view_list(out, "list")),
	    ST_OK);
	return world_length(out, "list");
}

static void
lists_are_filtered(void **state)
{
	struct world *w = *state;

	(void)take(w, "list.good", "payment");
	(void)take(w, "list.bad", NULL);
	assert_int_equal(count(w, "list.good", NULL), 1);
	assert_int_equal(count(w, "list.good", "applied"), 1);
	assert_int_equal(count(w, "list.good", "failed"), 0);
	assert_int_equal(count(w, "list.bad", "failed"), 1);
	assert_true(count(w, NULL, "failed") >= 1);
	assert_true(count(w, NULL, NULL) >= 2);
}

static void
a_body_is_kept_byte_for_byte_and_for_some_time(void **state)
{
	struct world *w = *state;
	struct taking taking = { .event = event_of(w, "a.b") };
	const char *body;
	int64_t removed;

	taking.event.body = "{ \"id\":\t1 }\n";
	assert_int_equal(world_run(&w->worker, work_take, &taking), ST_OK);
	assert_int_equal(store_event_body(&w->worker, taking.key, &body),
	    ST_OK);
	assert_string_equal(body, taking.event.body);
	w->worker.config = &config;
	assert_int_equal(store_event_purge(&w->worker, 1000, &removed),
	    ST_OK);
	assert_int_equal(removed, 0);
	w->worker.now += 91 * INT64_C(86400000);
	assert_int_equal(store_event_purge(&w->worker, 1000, &removed),
	    ST_OK);
	assert_true(removed >= 1);
	assert_int_equal(store_event_body(&w->worker, taking.key, &body),
	    ST_EVENT_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(an_event_is_one_by_its_id_and_type),
		WORLD_TEST(what_has_no_effect_yet_may_have_it_later),
		WORLD_TEST(a_failure_is_kept_though_the_handler_refuses),
		WORLD_TEST(a_long_reason_is_cut_between_characters),
		WORLD_TEST(the_database_knows_no_second_effect),
		WORLD_TEST(one_of_many_at_once_makes_the_effect),
		WORLD_TEST(lists_are_filtered),
		WORLD_TEST(a_body_is_kept_byte_for_byte_and_for_some_time),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
