#include "world.h"

#include "base/text.h"
#include "store/entitlement.h"
#include "store/licence.h"
#include "store/licence_key.h"
#include "store/page.h"
#include "trust/jwk.h"
#include "trust/licence.h"

/* The promises are those of store/licence.h and store/licence_key.h. */

static const struct config here = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.origin = "https://login.example.com",
};

static enum status
work_issue(struct ctx *ctx)
{
	ctx->config = &here;
	return store_licence_issue(ctx, ctx->input, ctx->view);
}

static enum status
issue(struct world *w, const char *type, const char *features,
    const char *limits, int64_t expires_at)
{
	return world_run(&w->worker, work_issue, &(struct licence_new){
	    .user_id = w->user, .type = type, .features = features,
	    .limits = limits, .expires_at = expires_at });
}

static const char *
issued(struct world *w, int64_t expires_at)
{
	assert_int_equal(issue(w, "pro", "[\"export\"]", "{\"seats\": 5}",
	    expires_at), ST_OK);
	return arena_text(w->worker.arena,
	    view_get_text(w->worker.view, "id"));
}

static enum status
work_revoke(struct ctx *ctx)
{
	const char *const *input = ctx->input;

	return store_licence_revoke(ctx, input[0], input[1], input[2]);
}

static enum status
take_back(struct world *w, const char *user_id, const char *id)
{
	const char *input[] = { user_id, id, "No longer paid for." };

	return world_run(&w->worker, work_revoke, input);
}

static void
assert_counts(struct world *w, const char *expected)
{
	const char *text;

	w->worker.now = clock_now();
	assert_int_equal(store_entitlement_text(&w->worker, "user", w->user,
	    &text), ST_OK);
	assert_string_equal(text, expected);
}

static bool
file_is_read(struct world *w, const char *id, const struct jwk *key,
    struct licence_file *out)
{
	const char *file, *reason;

	assert_int_equal(store_licence_file(&w->worker, w->user, id, &file),
	    ST_OK);
	return licence_read(w->worker.arena, file, strlen(file), key, out,
	    &reason);
}

static void
a_licence_gives_what_it_says_and_a_file_of_it(void **state)
{
	struct world *w = *state;
	const int64_t end = clock_now() + DAY_MS;
	const char *id = issued(w, end);
	struct licence_file licence;
	const struct jwk *key;

	assert_string_equal(view_get_text(w->worker.view, "state"), "active");
	assert_counts(w, "{\"seats\": 5, \"export\": true}");
	assert_int_equal(store_licence_key_public(&w->worker, NULL, &key),
	    ST_OK);
	assert_true(file_is_read(w, id, key, &licence));
	assert_string_equal(licence.id, id);
	assert_string_equal(licence.kid, key->kid);
	assert_string_equal(licence.owner_id, w->user);
	assert_string_equal(licence.issuer, "https://login.example.com");
	assert_string_equal(licence.type, "pro");
	assert_true(text_starts(licence.holder, w->user));
	assert_true(licence.expires_at == end - end % 1000);
	assert_int_equal(world_int(view_get(licence.claims, "limits"),
	    "seats"), 5);
}

static void
a_licence_may_have_no_end(void **state)
{
	struct world *w = *state;
	const char *id = issued(w, 0);
	struct licence_file licence;
	const struct jwk *key;

	assert_null(view_get(w->worker.view, "expiresAt"));
	assert_int_equal(store_licence_key_public(&w->worker, NULL, &key),
	    ST_OK);
	assert_true(file_is_read(w, id, key, &licence));
	assert_true(licence.expires_at == 0);
}

static void
what_is_out_of_bounds_is_not_issued(void **state)
{
	static const char *const wrong[][3] = {
		{ "gold", "[]", "{}" }, { "pro", "{}", "{}" },
		{ "pro", "[\"A\"]", "{}" }, { "pro", "[1]", "{}" },
		{ "pro", "[[\"a\"]]", "{}" }, { "pro", "[]", "[]" },
		{ "pro", "[]", "{\"seats\": -1}" },
		{ "pro", "[]", "{\"seats\": 1.5}" },
		{ "pro", "[]", "{\"seats\": \"5\"}" },
		{ "pro", "[]", "{\"seats\": [5]}" },
		{ "pro", "[]", "{\"seats\": 1000000000000001}" },
		{ "pro", "[]", "{\"Seats\": 1}" }, { "pro", "null", "{}" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(issue(w, wrong[i][0], wrong[i][1],
		    wrong[i][2], 0), ST_INVALID);
	assert_int_equal(issue(w, "pro", "[]", "{}", clock_now() - 5000),
	    ST_INVALID);
	assert_counts(w, "{}");
	assert_int_equal(world_run(&w->worker, work_issue,
	    &(struct licence_new){ .user_id = "nobody", .type = "pro",
	    .features = "[]", .limits = "{}" }), ST_USER_NOT_FOUND);
}

static void
a_revoked_licence_gives_nothing_and_stays_revoked(void **state)
{
	static const char again[] =
	    "UPDATE licences SET revoked_at = NULL, reason = NULL"
	    " WHERE id = $1";
	struct world *w = *state;
	const char *id = issued(w, 0);
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(take_back(w, "somebody", id), ST_LICENCE_NOT_FOUND);
	assert_int_equal(take_back(w, w->user, "nothing"), ST_LICENCE_NOT_FOUND);
	assert_counts(w, "{\"seats\": 5, \"export\": true}");
	assert_int_equal(take_back(w, w->user, id), ST_OK);
	assert_counts(w, "{}");
	assert_int_equal(take_back(w, NULL, id), ST_LICENCE_REVOKED);
	assert_int_equal(db_run(&w->worker, again, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
	assert_int_equal(store_licence_get(&w->worker, w->user, id, out),
	    ST_OK);
	assert_string_equal(view_get_text(out, "state"), "revoked");
	assert_string_equal(view_get_text(out, "reason"),
	    "No longer paid for.");
}

static void
a_licence_is_shown_to_its_owner_only(void **state)
{
	struct world *w = *state;
	const char *id = issued(w, 0), *file;
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_licence_get(&w->worker, "somebody", id, out),
	    ST_LICENCE_NOT_FOUND);
	assert_int_equal(store_licence_file(&w->worker, "somebody", id,
	    &file), ST_LICENCE_NOT_FOUND);
	assert_int_equal(store_licence_file(&w->worker, NULL, id, &file),
	    ST_OK);
	assert_int_equal(store_licence_of(&w->worker, w->user,
	    view_list(out, "mine")), ST_OK);
	assert_int_equal(world_length(out, "mine"), 1);
}

static void
workers_do_not_rewrite_a_licence(void **state)
{
	struct world *w = *state;

	world_denied(w, "UPDATE licences SET type = 'enterprise'");
	world_denied(w, "DELETE FROM licences");
}

static void
a_licence_outlives_its_user(void **state)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	const char *id = issued(w, 0);

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(store_licence_get(&w->worker, NULL, id, out), ST_OK);
	assert_int_equal(take_back(w, NULL, id), ST_OK);
}

/* ---- keys -------------------------------------------------------------- */

static enum status
work_public(struct ctx *ctx)
{
	const struct jwk *key;

	return store_licence_key_public(ctx, NULL, &key);
}

static void
the_first_key_is_made_once(void **state)
{
	static const char none[] = "DELETE FROM licence_keys";
	static const char sql[] = "SELECT count(*) FROM licence_keys";
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];
	struct db_rows rows;

	assert_int_equal(db_run(&w->owner, none, DB_NONE, NULL), ST_OK);
	world_race(8, work_public, NULL, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(db_one(&w->owner, &rows, sql, DB_NONE), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
}

static enum status
work_replace(struct ctx *ctx)
{
	const char *id;

	TRY(store_licence_key_replace(ctx, &id));
	view_text(ctx->view, "id", id);
	return ST_OK;
}

static void
another_key_signs_and_the_old_files_stay_good(void **state)
{
	struct world *w = *state;
	const char *before = issued(w, 0), *after;
	const struct jwk *old, *new;
	struct licence_file licence;

	assert_int_equal(store_licence_key_public(&w->worker, NULL, &old),
	    ST_OK);
	assert_int_equal(world_run(&w->worker, work_replace, NULL), ST_OK);
	assert_string_not_equal(view_get_text(w->worker.view, "id"),
	    old->kid);
	after = issued(w, 0);
	assert_int_equal(store_licence_key_public(&w->worker, NULL, &new),
	    ST_OK);
	assert_true(file_is_read(w, after, new, &licence));
	assert_false(file_is_read(w, after, old, &licence));
	assert_int_equal(store_licence_key_public(&w->worker, old->kid, &old),
	    ST_OK);
	assert_true(file_is_read(w, before, old, &licence));
	assert_int_equal(store_licence_key_public(&w->worker, "nothing",
	    &old), ST_SIGNING_KEY_NOT_FOUND);
}

static void
a_key_of_another_secret_does_not_open(void **state)
{
	static const char move[] =
	    "UPDATE licence_keys SET private_key = '\\x00'"
	    " WHERE replaced_at IS NULL";
	struct world *w = *state;

	(void)issued(w, 0);
	assert_int_equal(db_run(&w->owner, move, DB_NONE, NULL), ST_OK);
	assert_int_equal(issue(w, "pro", "[]", "{}", 0), ST_INTERNAL);
	assert_int_equal(world_run(&w->worker, work_replace, NULL), ST_OK);
	assert_int_equal(issue(w, "pro", "[]", "{}", 0), ST_OK);
}

/* ---- lists ------------------------------------------------------------- */

static size_t
count(struct world *w, const char *q, const char *type, const char *state,
    struct page *page)
{
	struct json_object *out = view_root(w->worker.arena);

	w->worker.now = clock_now();
	assert_int_equal(store_licence_list(&w->worker,
	    &(struct licence_filter){ .q = q, .type = type, .state = state },
	    page, view_list(out, "licences")), ST_OK);
	return world_length(out, "licences");
}

static void
lists_are_filtered_and_paged(void **state)
{
	struct world *w = *state;
	const char *id;
	struct page page;

	(void)issued(w, 0);
	(void)issued(w, clock_now() + 29 * DAY_MS);
	(void)issued(w, clock_now() + 31 * DAY_MS);
	assert_int_equal(issue(w, "free", "[]", "{}", 0), ST_OK);
	id = arena_text(w->worker.arena, view_get_text(w->worker.view, "id"));
	assert_int_equal(take_back(w, w->user, id), ST_OK);
	assert_int_equal(page_read(&w->worker, NULL, 3, &page), ST_OK);
	assert_int_equal(count(w, w->user, NULL, NULL, &page), 3);
	assert_int_equal(page_read(&w->worker, page.next, 3, &page), ST_OK);
	assert_int_equal(count(w, w->user, NULL, NULL, &page), 1);
	assert_null(page.next);
	assert_int_equal(page_read(&w->worker, NULL, 100, &page), ST_OK);
	assert_int_equal(count(w, w->user, "pro", NULL, &page), 3);
	assert_int_equal(count(w, w->user, "enterprise", NULL, &page), 0);
	assert_int_equal(count(w, w->user, NULL, "active", &page), 3);
	assert_int_equal(count(w, w->user, NULL, "expiring", &page), 1);
	assert_int_equal(count(w, w->user, NULL, "revoked", &page), 1);
	assert_int_equal(count(w, w->user, NULL, "expired", &page), 0);
	assert_int_equal(count(w, id, NULL, NULL, &page), 1);
	assert_int_equal(count(w, "@EXAMPLE.com", "free", "revoked", &page),
	    1);
	assert_int_equal(count(w, "%", NULL, NULL, &page), 0);
	assert_true(count(w, NULL, NULL, "expiring", &page) >= 1);
	assert_true(count(w, "", "pro", NULL, &page) >= 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_licence_gives_what_it_says_and_a_file_of_it),
		WORLD_TEST(a_licence_may_have_no_end),
		WORLD_TEST(what_is_out_of_bounds_is_not_issued),
		WORLD_TEST(a_revoked_licence_gives_nothing_and_stays_revoked),
		WORLD_TEST(a_licence_is_shown_to_its_owner_only),
		WORLD_TEST(workers_do_not_rewrite_a_licence),
		WORLD_TEST(a_licence_outlives_its_user),
		WORLD_TEST(the_first_key_is_made_once),
		WORLD_TEST(another_key_signs_and_the_old_files_stay_good),
		WORLD_TEST(a_key_of_another_secret_does_not_open),
		WORLD_TEST(lists_are_filtered_and_paged),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
