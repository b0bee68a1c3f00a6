#include "world.h"

#include "store/page.h"
#include "store/plan.h"

/* The promises are those of store/plan.h. */

static enum status
work_create(struct ctx *ctx)
{
	return store_plan_create(ctx, ctx->input);
}

static enum status
work_update(struct ctx *ctx)
{
	return store_plan_update(ctx, ctx->input);
}

/* A pack under a name of its own. */
static struct plan
a_pack(struct world *w)
{
	char *id = arena_alloc(w->worker.arena, ID_SIZE);

	id_new(id, clock_now());
	return (struct plan){ .id = id, .kind = "pack", .name = id,
	    .title = "1,000 credits", .description = "", .price_minor = 900,
	    .currency = "EUR", .credits = 1000, .limits = "{}",
	    .entitlements = "{\"export\": true}", .active = true };
}

static enum status
create(struct world *w, struct plan *plan)
{
	return world_run(&w->worker, work_create, plan);
}

static bool
is_offered(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_plan_offers(&w->worker, NULL,
	    view_list(out, "plans")), ST_OK);
	for (size_t i = 0; i < world_length(out, "plans"); i++)
		if (strcmp(view_get_text(world_item(out, "plans", i), "id"),
		    id) == 0)
			return true;
	return false;
}

static void
a_plan_is_kept_as_it_was_made(void **state)
{
	struct world *w = *state;
	struct plan plan = a_pack(w), got;

	plan.credits_expire_days = 90;
	assert_int_equal(create(w, &plan), ST_OK);
	assert_int_equal(store_plan_get(&w->worker, plan.id, &got), ST_OK);
	assert_string_equal(got.kind, "pack");
	assert_string_equal(got.title, plan.title);
	assert_int_equal(got.price_minor, 900);
	assert_int_equal(got.credits_expire_days, 90);
	assert_int_equal(got.trial_days, 0);
	assert_null(got.interval);
	assert_null(got.stripe_price_id);
	assert_string_equal(got.entitlements, "{\"export\": true}");
	assert_true(got.active);
	assert_int_equal(store_plan_get(&w->worker, "nothing", &got),
	    ST_PLAN_NOT_FOUND);
}

static void
a_name_is_taken_once_in_whatever_case(void **state)
{
	struct world *w = *state;
	struct plan plan = a_pack(w), other = a_pack(w);

	plan.name = arena_printf(w->worker.arena, "Pro-%s", plan.id);
	other.name = arena_printf(w->worker.arena, "pRO-%s", plan.id);
	assert_int_equal(create(w, &plan), ST_OK);
	assert_int_equal(create(w, &other), ST_PLAN_NAME_TAKEN);
	other.name = other.id;
	assert_int_equal(create(w, &other), ST_OK);
	other.name = plan.name;
	assert_int_equal(world_run(&w->worker, work_update, &other),
	    ST_PLAN_NAME_TAKEN);
}

static void
a_retired_plan_is_not_offered(void **state)
{
	struct world *w = *state;
	struct plan plan = a_pack(w);

	assert_int_equal(create(w, &plan), ST_OK);
	assert_true(is_offered(w, plan.id));
	plan.active = false;
	assert_int_equal(world_run(&w->worker, work_update, &plan), ST_OK);
	assert_false(is_offered(w, plan.id));
	plan.id = "nothing";
	assert_int_equal(world_run(&w->worker, work_update, &plan),
	    ST_PLAN_NOT_FOUND);
}

static void
a_kind_stays(void **state)
{
	struct world *w = *state;
	struct plan plan = a_pack(w);

	assert_int_equal(create(w, &plan), ST_OK);
	plan.kind = "subscription";
	plan.interval = "month";
	assert_int_equal(world_run(&w->worker, work_update, &plan),
	    ST_PLAN_NOT_FOUND);
}

static void
a_subscription_is_found_by_name_and_by_price(void **state)
{
	struct world *w = *state;
	struct plan plan = a_pack(w), got;

	plan.kind = "subscription";
	plan.interval = "month";
	plan.stripe_price_id = arena_printf(w->worker.arena, "price_%s",
	    plan.id);
	plan.stripe_annual_price_id = arena_printf(w->worker.arena,
	    "price_y%s", plan.id);
	assert_int_equal(create(w, &plan), ST_OK);
	assert_int_equal(store_plan_named(&w->worker, arena_printf(
	    w->worker.arena, "%s", plan.id), &got), ST_OK);
	assert_int_equal(store_plan_priced(&w->worker,
	    plan.stripe_annual_price_id, &got), ST_OK);
	assert_string_equal(got.id, plan.id);
	plan.active = false;
	assert_int_equal(world_run(&w->worker, work_update, &plan), ST_OK);
	assert_int_equal(store_plan_named(&w->worker, plan.name, &got),
	    ST_PLAN_NOT_FOUND);
	assert_int_equal(store_plan_priced(&w->worker, plan.stripe_price_id,
	    &got), ST_OK);
}

static void
the_database_holds_the_bounds(void **state)
{
	static const char *const unsound[] = { "[]", "{\"Export\": true}",
		"{\"a b\": 1}", "{\"\": 1}", "{\"export\": null}",
		"{\"export\": [1e300, 1e300, 1e300, 1e300]}" };
	struct world *w = *state;
	struct plan plan = a_pack(w);

	plan.price_minor = 0;
	assert_int_equal(create(w, &plan), ST_INVALID);
	plan = a_pack(w);
	plan.currency = "eur";
	assert_int_equal(create(w, &plan), ST_INVALID);
	plan = a_pack(w);
	plan.interval = "month";
	assert_int_equal(create(w, &plan), ST_INVALID);
	plan = a_pack(w);
	plan.kind = "subscription";
	assert_int_equal(create(w, &plan), ST_INVALID);
	plan = a_pack(w);
	plan.limits = "[]";
	assert_int_equal(create(w, &plan), ST_INVALID);
	for (size_t i = 0; i < sizeof(unsound) / sizeof(unsound[0]); i++) {
		plan = a_pack(w);
		plan.entitlements = unsound[i];
		assert_int_equal(create(w, &plan), ST_INVALID);
	}
	world_denied(w, "DELETE FROM plans");
	world_denied(w, "UPDATE plans SET kind = 'pack'");
}

static void
changes_are_audited(void **state)
{
	static const char sql[] =
	    "SELECT string_agg(action, ' ' ORDER BY created_at, id)"
	    " FROM audit WHERE target_type = 'plan' AND target_id = $1";
	struct world *w = *state;
	struct plan plan = a_pack(w);
	struct db_rows rows;

	assert_int_equal(create(w, &plan), ST_OK);
	plan.price_minor = 800;
	assert_int_equal(world_run(&w->worker, work_update, &plan), ST_OK);
	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(plan.id))), ST_OK);
	assert_string_equal(db_get_text(&rows, 0, 0),
	    "plan.create plan.update");
}

static void
a_list_is_paged(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct page page;

	for (int i = 0; i < 3; i++) {
		struct plan plan = a_pack(w);

		assert_int_equal(create(w, &plan), ST_OK);
	}
	assert_int_equal(page_read(&w->worker, NULL, 2, &page), ST_OK);
	assert_int_equal(store_plan_list(&w->worker, &page,
	    view_list(out, "plans")), ST_OK);
	assert_int_equal(world_length(out, "plans"), 2);
	assert_non_null(page.next);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_plan_is_kept_as_it_was_made),
		WORLD_TEST(a_name_is_taken_once_in_whatever_case),
		WORLD_TEST(a_retired_plan_is_not_offered),
		WORLD_TEST(a_kind_stays),
		WORLD_TEST(a_subscription_is_found_by_name_and_by_price),
		WORLD_TEST(the_database_holds_the_bounds),
		WORLD_TEST(changes_are_audited),
		WORLD_TEST(a_list_is_paged),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
