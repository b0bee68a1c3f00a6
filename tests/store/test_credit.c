#include "world.h"

#include "store/credit.h"
#include "store/ledger.h"
#include "store/page.h"

/* The promises are those of store/credit.h and store/ledger.h. */

static enum status
work_grant(struct ctx *ctx)
{
	return store_credit_grant(ctx, ctx->input, ctx->view);
}

static enum status
work_adjust(struct ctx *ctx)
{
	return store_credit_adjust(ctx, ctx->input, ctx->view);
}

static enum status
work_spend(struct ctx *ctx)
{
	return store_credit_spend(ctx, ctx->input, ctx->view);
}

static enum status
work_verify(struct ctx *ctx)
{
	return ledger_verify(ctx, ctx->view);
}

static enum status
grant(struct world *w, int64_t amount, const char *key)
{
	return world_run(&w->worker, work_grant, &(struct credit){
	    .wallet_id = w->user, .amount = amount, .reason = "gift",
	    .key = key });
}

static enum status
adjust(struct world *w, int64_t amount, const char *key)
{
	return world_run(&w->worker, work_adjust, &(struct credit){
	    .wallet_id = w->user, .amount = amount, .reason = "mistake",
	    .key = key });
}

static enum status
spend(struct world *w, int64_t amount, const char *key)
{
	return world_run(&w->worker, work_spend, &(struct credit){
	    .wallet_id = w->user, .amount = amount, .reason = "",
	    .key = key });
}

static struct wallet
wallet(struct world *w)
{
	struct wallet out;

	assert_int_equal(store_wallet_get(&w->worker, w->user, &out), ST_OK);
	return out;
}

static int64_t
transfers(struct world *w)
{
	static const char sql[] =
	    "SELECT count(*) FROM transfers WHERE wallet_id = $1";
	struct db_rows rows;

	assert_int_equal(db_one(&w->owner, &rows, sql,
	    DB_ARGS(db_text(w->user))), ST_OK);
	return db_get_int(&rows, 0, 0);
}

static bool
is_clean(struct world *w)
{
	assert_int_equal(world_run(&w->worker, work_verify, NULL), ST_OK);
	return json_object_get_boolean(view_get(w->worker.view, "clean"));
}

static void
a_grant_and_an_adjustment_add_up(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 500, "a"), ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 500);
	assert_int_equal(adjust(w, -120, "b"), ST_OK);
	assert_int_equal(world_int(w->worker.view, "amount"), 120);
	assert_int_equal(world_int(w->worker.view, "change"), -120);
	assert_int_equal(world_int(w->worker.view, "balance"), 380);
	assert_int_equal(adjust(w, 20, "c"), ST_OK);
	assert_int_equal(wallet(w).balance, 400);
	assert_true(is_clean(w));
}

static void
a_balance_never_falls_below_zero(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 10, "a"), ST_OK);
	assert_int_equal(spend(w, 11, "b"), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(adjust(w, -11, "c"), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(spend(w, 10, "d"), ST_OK);
	assert_int_equal(spend(w, 1, "e"), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(wallet(w).balance, 0);
	assert_int_equal(transfers(w), 2);
}

static void
a_balance_has_a_limit(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, CREDIT_MAX, "a"), ST_OK);
	assert_int_equal(grant(w, 1, "b"), ST_BALANCE_LIMIT_EXCEEDED);
	assert_int_equal(adjust(w, 1, "c"), ST_BALANCE_LIMIT_EXCEEDED);
	assert_int_equal(adjust(w, -CREDIT_MAX, "d"), ST_OK);
	assert_int_equal(wallet(w).balance, 0);
}

static void
a_key_gives_the_first_answer_again(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE];
	const char *created_at;

	assert_int_equal(grant(w, 100, "a"), ST_OK);
	assert_int_equal(spend(w, 30, "b"), ST_OK);
	(void)snprintf(id, sizeof(id), "%s",
	    view_get_text(w->worker.view, "id"));
	created_at = arena_text(w->worker.arena,
	    view_get_text(w->worker.view, "createdAt"));
	assert_int_equal(spend(w, 60, "c"), ST_OK);
	assert_int_equal(spend(w, 30, "b"), ST_OK);
	assert_string_equal(view_get_text(w->worker.view, "id"), id);
	assert_string_equal(view_get_text(w->worker.view, "createdAt"),
	    created_at);
	assert_int_equal(world_int(w->worker.view, "amount"), 30);
	assert_int_equal(world_int(w->worker.view, "balance"), 70);
	assert_int_equal(wallet(w).balance, 10);
}

static void
a_key_belongs_to_one_request(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 100, "a"), ST_OK);
	assert_int_equal(grant(w, 101, "a"), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(adjust(w, 100, "a"), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(spend(w, 100, "a"), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(adjust(w, 5, "b"), ST_OK);
	assert_int_equal(adjust(w, -5, "b"), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(world_run(&w->worker, work_grant, &(struct credit){
	    .wallet_id = w->user, .amount = 100, .reason = "another",
	    .key = "a" }), ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(wallet(w).balance, 105);
}

static void
a_key_is_free_again_after_a_refusal(void **state)
{
	struct world *w = *state;

	assert_int_equal(spend(w, 10, "a"), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(grant(w, 10, "b"), ST_OK);
	assert_int_equal(spend(w, 10, "a"), ST_OK);
}

static void
a_key_is_another_in_another_wallet(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];

	world_user(&w->worker, other, NULL, NULL, "user");
	assert_int_equal(grant(w, 10, "a"), ST_OK);
	assert_int_equal(world_run(&w->worker, work_grant, &(struct credit){
	    .wallet_id = other, .amount = 7, .reason = "", .key = "a" }),
	    ST_OK);
	assert_int_equal(world_int(w->worker.view, "balance"), 7);
}

static enum status
work_quota(struct ctx *ctx)
{
	struct credit *credit = ctx->input;

	return store_quota_set(ctx, credit->wallet_id, credit->amount);
}

static void
set_quota(struct world *w, int64_t quota)
{
	assert_int_equal(world_run(&w->worker, work_quota, &(struct credit){
	    .wallet_id = w->user, .amount = quota }), ST_OK);
}

static void
a_quota_bounds_what_a_month_spends(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 100, "a"), ST_OK);
	set_quota(w, 50);
	assert_int_equal(spend(w, 51, "b"), ST_QUOTA_EXCEEDED);
	assert_int_equal(spend(w, 30, "c"), ST_OK);
	assert_int_equal(spend(w, 21, "d"), ST_QUOTA_EXCEEDED);
	assert_int_equal(spend(w, 20, "e"), ST_OK);
	/* What was done is done, quota or not. */
	assert_int_equal(spend(w, 30, "c"), ST_OK);
	assert_int_equal(wallet(w).spent, 50);
	assert_int_equal(wallet(w).quota, 50);
	assert_int_equal(adjust(w, -10, "f"), ST_OK);
	set_quota(w, QUOTA_NONE);
	assert_int_equal(spend(w, 40, "g"), ST_OK);
	assert_int_equal(wallet(w).spent, 90);
	set_quota(w, 0);
	assert_int_equal(grant(w, 1, "h"), ST_OK);
	assert_int_equal(spend(w, 1, "i"), ST_QUOTA_EXCEEDED);
	assert_true(is_clean(w));
}

static enum status
work_spend_at(struct ctx *ctx)
{
	struct credit *credit = ctx->input;

	ctx->now = strtoll(credit->reason, NULL, 10);
	return store_credit_spend(ctx, credit, ctx->view);
}

static enum status
spend_at(struct world *w, int64_t now, int64_t amount, const char *key)
{
	char reason[32];

	(void)snprintf(reason, sizeof(reason), "%lld", (long long)now);
	return world_run(&w->worker, work_spend_at, &(struct credit){
	    .wallet_id = w->user, .amount = amount, .reason = reason,
	    .key = key });
}

static void
a_quota_starts_again_with_the_month(void **state)
{
	const int64_t november = INT64_C(1764547199999); /* its last ms, UTC */
	struct world *w = *state;

	assert_int_equal(grant(w, 100, "a"), ST_OK);
	set_quota(w, 10);
	assert_int_equal(spend_at(w, november, 10, "b"), ST_OK);
	assert_int_equal(spend_at(w, november, 1, "c"), ST_QUOTA_EXCEEDED);
	assert_int_equal(spend_at(w, november + 1, 10, "d"), ST_OK);
	assert_int_equal(spend_at(w, november + 1, 1, "e"),
	    ST_QUOTA_EXCEEDED);
	/* Late, from a machine whose clock lags: it counts in no month. */
	assert_int_equal(spend_at(w, november, 1, "f"), ST_OK);
	assert_true(is_clean(w));
}

static void
an_imported_user_gets_a_wallet_at_the_first_grant(void **state)
{
	static const char sql[] = "DELETE FROM wallets WHERE id = $1";
	struct world *w = *state;

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	assert_int_equal(wallet(w).balance, 0);
	assert_int_equal(spend(w, 1, "a"), ST_INSUFFICIENT_CREDITS);
	assert_int_equal(grant(w, 5, "b"), ST_OK);
	assert_int_equal(wallet(w).balance, 5);
}

static void
nobody_and_the_system_have_no_wallet(void **state)
{
	struct world *w = *state;
	struct credit credit = { .amount = 5, .reason = "", .key = "a" };

	credit.wallet_id = "nobody";
	assert_int_equal(world_run(&w->worker, work_grant, &credit),
	    ST_USER_NOT_FOUND);
	credit.wallet_id = "issued";
	assert_int_equal(world_run(&w->worker, work_grant, &credit),
	    ST_USER_NOT_FOUND);
	assert_int_equal(world_run(&w->worker, work_spend, &credit),
	    ST_INSUFFICIENT_CREDITS);
}

/* Races */

static enum status
work_spend_keyed(struct ctx *ctx)
{
	struct credit credit = *(struct credit *)ctx->input;
	char key[ID_SIZE];

	id_new(key, ctx->now);
	credit.key = key;
	return store_credit_spend(ctx, &credit, ctx->view);
}

static void
fifty_spends_at_once_take_what_is_there(void **state)
{
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 10,
	    .reason = "race" };
	int outcomes[WORLD_STATUSES];

	assert_int_equal(grant(w, 300, "a"), ST_OK);
	world_race(50, work_spend_keyed, &credit, outcomes);
	assert_int_equal(outcomes[ST_OK], 30);
	assert_int_equal(outcomes[ST_INSUFFICIENT_CREDITS], 20);
	assert_int_equal(wallet(w).balance, 0);
	assert_int_equal(transfers(w), 31);
	assert_true(is_clean(w));
}

static void
one_key_fifty_times_at_once_spends_once(void **state)
{
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 10,
	    .reason = "race", .key = "once" };
	int outcomes[WORLD_STATUSES];

	assert_int_equal(grant(w, 300, "a"), ST_OK);
	world_race(50, work_spend, &credit, outcomes);
	assert_int_equal(outcomes[ST_OK], 50);
	assert_int_equal(wallet(w).balance, 290);
	assert_int_equal(transfers(w), 2);
	assert_true(is_clean(w));
}

static void
first_grants_at_once_make_one_wallet(void **state)
{
	static const char sql[] = "DELETE FROM wallets WHERE id = $1";
	struct world *w = *state;
	struct credit credit = { .wallet_id = w->user, .amount = 10,
	    .reason = "race", .key = "once" };
	int outcomes[WORLD_STATUSES];

	assert_int_equal(db_run(&w->owner, sql, DB_ARGS(db_text(w->user)),
	    NULL), ST_OK);
	world_race(10, work_grant, &credit, outcomes);
	assert_int_equal(outcomes[ST_OK], 10);
	assert_int_equal(wallet(w).balance, 10);
	assert_true(is_clean(w));
}

/* What the database refuses by itself */

static void
nobody_rewrites_the_ledger(void **state)
{
	static const char *const scripts[] = {
		"UPDATE transfers SET amount = 1",
		"UPDATE transfers SET amount = 1 WHERE false",
		"DELETE FROM transfers",
		"TRUNCATE transfers CASCADE",
		"TRUNCATE wallets CASCADE",
		"UPDATE audit SET action = 'a.b'",
		"DELETE FROM audit",
		"TRUNCATE audit",
	};
	struct world *w = *state;

	assert_int_equal(grant(w, 10, "a"), ST_OK);
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		world_denied(w, scripts[i]);
		/* a trigger holds its owner to it */
		assert_int_equal(db_script(&w->owner, scripts[i]),
		    ST_INTERNAL);
	}
	world_denied(w, "SET LOCAL session_replication_role = replica");
	assert_int_equal(db_script(&w->owner,
	    "SET LOCAL session_replication_role = replica;"
	    "DELETE FROM transfers"), ST_INTERNAL);
	assert_int_equal(wallet(w).balance, 10);
	assert_true(is_clean(w));
}

static void
a_worker_has_no_hand_on_balances(void **state)
{
	static const char *const denied[] = {
		"UPDATE wallets SET balance = 1000",
		"UPDATE wallets SET last_number = 0",
		"UPDATE wallets SET period_spent = 0",
		"DELETE FROM wallets",
		("INSERT INTO wallets (id, kind, balance, last_number)"
		    " VALUES ('rich', 'user', 1000, 1)"),
	};
	static const char *const wrong[] = {
		("INSERT INTO wallets (id, kind, balance)"
		    " VALUES ('rich', 'user', 1000)"),
		("INSERT INTO wallets (id, kind, balance)"
		    " VALUES ('mint', 'system', NULL)"),
		"INSERT INTO wallets (id, kind) VALUES ('', 'user')",
		"INSERT INTO wallets (id, kind) VALUES ('pot', 'pot')",
		("INSERT INTO wallets (id, kind, monthly_quota)"
		    " VALUES ('poor', 'user', -1)"),
		"UPDATE wallets SET monthly_quota = 5 WHERE id = 'spent'",
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		world_denied(w, denied[i]);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(db_script(&w->worker, wrong[i]), ST_INVALID);
}

static enum status
insert_transfer(struct ctx *ctx, const char *wallet_id, const char *kind,
    const char *from, const char *to)
{
	static const char sql[] =
	    "INSERT INTO transfers (id, wallet_id, number, kind, from_id,"
	    "  to_id, amount, balance_after, reason, key, key_hash,"
	    "  created_at)"
	    " VALUES ($1, $2, 99, $3, $4, $5, 1, 99, '', $1, sha256('x'),"
	    "  now())";
	char id[ID_SIZE];

	id_new(id, clock_now());
	return db_run(ctx, sql, DB_ARGS(db_text(id), db_text(wallet_id),
	    db_text(kind), db_text(from), db_text(to)), NULL);
}

static void
a_transfer_has_the_sides_of_its_kind(void **state)
{
	struct world *w = *state;
	struct ctx *ctx = &w->worker;
	char other[ID_SIZE];

	world_user(ctx, other, NULL, NULL, "user");
	assert_int_equal(insert_transfer(ctx, w->user, "grant", "issued",
	    other), ST_INVALID);
	assert_int_equal(insert_transfer(ctx, w->user, "grant", "spent",
	    w->user), ST_INVALID);
	assert_int_equal(insert_transfer(ctx, w->user, "gift", "issued",
	    w->user), ST_INVALID);
	assert_int_equal(insert_transfer(ctx, "issued", "adjust", "issued",
	    "issued"), ST_INVALID);
	assert_int_equal(insert_transfer(ctx, w->user, "spend", w->user,
	    "spent"), ST_INVALID);
	assert_int_equal(insert_transfer(ctx, "nobody", "grant", "issued",
	    "nobody"), ST_INVALID);
	assert_int_equal(transfers(w), 0);
}

/* Lists */

static enum status
work_list(struct ctx *ctx)
{
	struct page *page = ctx->input;

	return store_ledger_of(ctx, &(struct ledger_filter){
	    .user = page->id, .to = PAGE_START }, true, page,
	    view_list(ctx->view, "transfers"));
}

static enum status
work_scans(struct ctx *ctx)
{
	static const char sql[] =
	    "SELECT pg_stat_get_xact_numscans('transfers_created_idx'::regclass)";
	struct page page = { .limit = 3, .at = PAGE_START, .id = ctx->input };
	struct db_rows rows;

	TRY(db_script(ctx, "SET LOCAL plan_cache_mode = force_generic_plan"));
	ctx->input = &page;
	TRY(work_list(ctx));
	TRY(db_one(ctx, &rows, sql, DB_NONE));
	view_int(ctx->view, "scans", db_get_int(&rows, 0, 0));
	return ST_OK;
}

static enum status
work_many_grants(struct ctx *ctx)
{
	struct credit credit = { .wallet_id = ctx->input, .amount = 1,
	    .reason = "" };

	for (int i = 0; i < 60; i++) {
		credit.key = arena_printf(ctx->arena, "many%d", i);
		TRY(store_credit_grant(ctx, &credit,
		    view_root(ctx->arena)));
	}
	return ST_OK;
}

/* Whatever PostgreSQL thinks of the span of time. */
static void
a_ledger_reads_its_own_transfers_only(void **state)
{
	struct world *w = *state;
	char other[ID_SIZE];

	for (int i = 0; i < 10; i++) {
		world_user(&w->worker, other, NULL, NULL, "user");
		assert_int_equal(world_run(&w->worker, work_many_grants,
		    other), ST_OK);
	}
	assert_int_equal(db_script(&w->owner, "ANALYZE transfers"), ST_OK);
	assert_int_equal(world_run(&w->worker, work_scans, other), ST_OK);
	assert_int_equal(world_length(w->worker.view, "transfers"), 3);
	assert_int_equal(world_int(w->worker.view, "scans"), 0);
}

static void
a_ledger_is_paged_without_gap(void **state)
{
	struct world *w = *state;
	struct page page = { .limit = 3, .at = PAGE_START, .id = w->user };
	char key[2] = "a";
	int64_t seen = 7;

	for (; key[0] < 'h'; key[0]++)
		assert_int_equal(grant(w, 1, key), ST_OK);
	for (int pages = 0; pages < 3; pages++) {
		assert_int_equal(world_run(&w->worker, work_list, &page),
		    ST_OK);
		for (size_t i = 0; i < world_length(w->worker.view,
		    "transfers"); i++)
			assert_int_equal(world_int(world_item(w->worker.view,
			    "transfers", i), "number"), seen--);
		assert_int_equal(page.next == NULL, pages == 2);
		assert_int_equal(page_read(&w->worker, page.next, 3, &page),
		    ST_OK);
		page.id = w->user;
	}
	assert_int_equal(seen, 0);
}

static enum status
work_ledger(struct ctx *ctx)
{
	struct page page;

	assert_int_equal(page_read(ctx, NULL, 2, &page), ST_OK);
	TRY(store_ledger_list(ctx, ctx->input, &page,
	    view_list(ctx->view, "transfers")));
	view_text(ctx->view, "next", page.next);
	return ST_OK;
}

static size_t
ledger_count(struct world *w, struct ledger_filter *filter)
{
	assert_int_equal(world_run(&w->worker, work_ledger, filter), ST_OK);
	return world_length(w->worker.view, "transfers");
}

static void
the_ledger_is_filtered(void **state)
{
	struct world *w = *state;
	struct ledger_filter filter = { .user = w->user, .to = PAGE_START };
	const char *email = arena_printf(w->worker.arena, "%s@EXAMPLE.com",
	    w->user);

	assert_int_equal(grant(w, 10, "a"), ST_OK);
	assert_int_equal(spend(w, 1, "b"), ST_OK);
	assert_int_equal(spend(w, 1, "c"), ST_OK);
	assert_int_equal(ledger_count(w, &filter), 2);
	assert_non_null(view_get_text(w->worker.view, "next"));
	filter.user = email;
	filter.kind = "grant";
	assert_int_equal(ledger_count(w, &filter), 1);
	assert_int_equal(world_int(world_item(w->worker.view, "transfers",
	    0), "change"), 10);
	filter.to = 1;
	assert_int_equal(ledger_count(w, &filter), 0);
	filter = (struct ledger_filter){ .to = PAGE_START, .kind = "spend" };
	assert_int_equal(ledger_count(w, &filter), 2);
	assert_string_equal(view_get_text(world_item(w->worker.view,
	    "transfers", 0), "userId"), w->user);
	filter.kind = NULL;
	assert_int_equal(ledger_count(w, &filter), 2);
	filter.user = "nobody";
	assert_int_equal(ledger_count(w, &filter), 0);
}

static void
the_ledger_is_searched_by_amount_and_transfer(void **state)
{
	struct world *w = *state;
	struct ledger_filter filter = { .to = PAGE_START, .least = 777000 };
	const char *id;

	assert_int_equal(grant(w, 777777, "a"), ST_OK);
	assert_int_equal(spend(w, 5, "b"), ST_OK);
	assert_true(ledger_count(w, &filter) >= 1);
	id = arena_text(w->owner.arena, view_get_text(world_item(
	    w->worker.view, "transfers", 0), "id"));
	filter.user = w->user;
	assert_int_equal(ledger_count(w, &filter), 1);
	filter.kind = "spend";
	assert_int_equal(ledger_count(w, &filter), 0);
	filter = (struct ledger_filter){ .to = PAGE_START, .transfer = id };
	assert_int_equal(ledger_count(w, &filter), 1);
	filter.least = 777778;
	assert_int_equal(ledger_count(w, &filter), 0);
	filter = (struct ledger_filter){ .to = PAGE_START, .least = 1 };
	assert_int_equal(ledger_count(w, &filter), 2);
}

static void
cursors_of_others_are_refused(void **state)
{
	static const char *const cursors[] = { "x", "MQ", "fA", "LTF8YQ",
		"MXxh=", "MXxh\n", "MDF8YQ", "OTk5OTk5OTk5OTk5OTk5OXxh" };
	struct world *w = *state;
	struct page page;

	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++)
		assert_int_equal(page_read(&w->worker, cursors[i], 5, &page),
		    ST_VALIDATION_ERROR);
	assert_int_equal(page_read(&w->worker, "MXxh", 5, &page), ST_OK);
	assert_int_equal(page.at, 1);
	assert_string_equal(page.id, "a");
	assert_int_equal(page_read(&w->worker, "", 5000, &page), ST_OK);
	assert_int_equal(page.limit, PAGE_ROWS_MAX);
}

/* Verification */

static int64_t
problems(struct world *w, const char *damage, const char *rows,
    const char *problem)
{
	struct ctx *ctx = &w->owner;
	int64_t found = 0;

	/* In a transaction that is rolled back: the damage is not to stay. */
	assert_int_equal(db_script(ctx, arena_printf(ctx->arena,
	    "BEGIN; ALTER TABLE transfers DISABLE TRIGGER USER;"
	    "ALTER TABLE transfers DROP CONSTRAINT transfers_wallet_id_fkey;"
	    "%s = '%s'%s", damage, w->user, rows)), ST_OK);
	view_clear(ctx->view);
	assert_int_equal(ledger_verify(ctx, ctx->view), ST_OK);
	assert_int_equal(db_script(ctx, "ROLLBACK"), ST_OK);
	assert_false(json_object_get_boolean(view_get(ctx->view, "clean")));
	for (size_t i = 0; i < world_length(ctx->view, "first"); i++) {
		struct json_object *one = world_item(ctx->view, "first", i);

		assert_string_equal(view_get_text(one, "wallet"), w->user);
		found += strcmp(view_get_text(one, "problem"), problem) == 0;
	}
	return found;
}

static void
verify_finds_what_was_done_by_hand(void **state)
{
	struct world *w = *state;

	assert_int_equal(grant(w, 100, "a"), ST_OK);
	assert_int_equal(spend(w, 10, "b"), ST_OK);
	assert_int_equal(spend(w, 10, "c"), ST_OK);
	assert_true(is_clean(w));
	assert_int_equal(world_int(w->worker.view, "sum"), 0);
	assert_int_equal(problems(w, "UPDATE wallets SET balance = 81"
	    " WHERE id", "", "balance"), 1);
	assert_int_equal(problems(w, "UPDATE wallets SET period_spent = 0"
	    " WHERE id", "", "period"), 1);
	assert_int_equal(problems(w, "DELETE FROM transfers"
	    " WHERE wallet_id", " AND number = 3", "count"), 1);
	assert_int_equal(problems(w, "DELETE FROM transfers"
	    " WHERE wallet_id", " AND number = 2", "chain"), 1);
	assert_int_equal(problems(w, "UPDATE transfers SET amount = 11"
	    " WHERE wallet_id", " AND number = 2", "chain"), 1);
	assert_int_equal(problems(w, "UPDATE transfers SET reason = 'other'"
	    " WHERE wallet_id", " AND number = 2", "hash"), 1);
	assert_int_equal(problems(w, "DELETE FROM wallets WHERE id", "",
	    "orphan"), 1);
	assert_true(is_clean(w));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_grant_and_an_adjustment_add_up),
		WORLD_TEST(a_balance_never_falls_below_zero),
		WORLD_TEST(a_balance_has_a_limit),
		WORLD_TEST(a_key_gives_the_first_answer_again),
		WORLD_TEST(a_key_belongs_to_one_request),
		WORLD_TEST(a_key_is_free_again_after_a_refusal),
		WORLD_TEST(a_key_is_another_in_another_wallet),
		WORLD_TEST(a_quota_bounds_what_a_month_spends),
		WORLD_TEST(a_quota_starts_again_with_the_month),
		WORLD_TEST(an_imported_user_gets_a_wallet_at_the_first_grant),
		WORLD_TEST(nobody_and_the_system_have_no_wallet),
		WORLD_TEST(fifty_spends_at_once_take_what_is_there),
		WORLD_TEST(one_key_fifty_times_at_once_spends_once),
		WORLD_TEST(first_grants_at_once_make_one_wallet),
		WORLD_TEST(nobody_rewrites_the_ledger),
		WORLD_TEST(a_worker_has_no_hand_on_balances),
		WORLD_TEST(a_transfer_has_the_sides_of_its_kind),
		WORLD_TEST(a_ledger_is_paged_without_gap),
		WORLD_TEST(a_ledger_reads_its_own_transfers_only),
		WORLD_TEST(the_ledger_is_filtered),
		WORLD_TEST(the_ledger_is_searched_by_amount_and_transfer),
		WORLD_TEST(cursors_of_others_are_refused),
		WORLD_TEST(verify_finds_what_was_done_by_hand),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
