#include "world.h"

#include "store/credit.h"
#include "store/page.h"
#include "store/proposal.h"

/* The promises are those of store/proposal.h; two administrators are there. */

static const struct config config = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
	.credits_approval = true,
	.credits_approval_above = 100,
	.credits_approval_days = 7,
};

struct scene {
	struct world *w;
	char first[ID_SIZE], second[ID_SIZE];
};

static struct scene
open_scene(struct world *w)
{
	struct scene scene = { .w = w };

	w->worker.config = &config;
	world_user(&w->worker, scene.first, NULL, "Marek First", "admin_rw");
	world_user(&w->worker, scene.second, NULL, "Vera Second", "admin_rw");
	return scene;
}

/* What one of them does. */
struct act {
	const char *by;
	struct credit credit;
	const char *kind, *id, *state;
	bool late;		/* a second after it has lapsed */
};

static void
as(struct ctx *ctx, const struct act *act)
{
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));

	user->id = act->by;
	ctx->user = user;
	ctx->config = &config;
	if (act->late)
		ctx->now += config.credits_approval_days * DAY_MS + 1000;
}

static enum status
work_add(struct ctx *ctx)
{
	struct act *act = ctx->input;

	as(ctx, act);
	return store_proposal_add(ctx, act->kind, &act->credit, &act->id);
}

static struct credit
credit(struct scene *scene, const char *key, int64_t amount)
{
	return (struct credit){ .wallet_id = scene->w->user,
		.amount = amount, .reason = "A big customer", .key = key };
}

/* The id of a proposal of the first one's. */
static const char *
propose(struct scene *scene, const char *key)
{
	struct act act = { .by = scene->first, .kind = "grant",
		.credit = credit(scene, key, 5000) };

	assert_int_equal(world_run(&scene->w->worker, work_add, &act), ST_OK);
	assert_non_null(act.id);
	return arena_text(scene->w->worker.arena, act.id);
}

static enum status
work_decide(struct ctx *ctx)
{
	struct act *act = ctx->input;
	const bool approves = strcmp(act->state, "approved") == 0;
	struct proposal proposal;

	as(ctx, act);
	TRY(store_proposal_get(ctx, act->id, &proposal));
	if (approves)
		TRY(store_credit_grant(ctx, &(struct credit){
		    .wallet_id = proposal.wallet_id,
		    .amount = proposal.amount, .reason = proposal.reason,
		    .key = proposal.key }, ctx->view));
	return store_proposal_decide(ctx, &proposal, act->state,
	    approves ? view_get_text(ctx->view, "id") : NULL);
}

static enum status
decide(struct scene *scene, const char *by, const char *id, const char *state)
{
	return world_run(&scene->w->worker, work_decide, &(struct act){
	    .by = by, .id = id, .state = state });
}

static int64_t
balance(struct scene *scene)
{
	struct wallet wallet;

	assert_int_equal(store_wallet_get(&scene->w->worker, scene->w->user,
	    &wallet), ST_OK);
	return wallet.balance;
}

static const char *
state_of(struct scene *scene, const char *id)
{
	struct proposal proposal;

	assert_int_equal(store_proposal_get(&scene->w->worker, id, &proposal),
	    ST_OK);
	return proposal.state;
}

/* ---- to propose ---------------------------------------------------------- */

static void
what_is_proposed_is_kept_and_changes_nothing(void **state)
{
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");
	struct json_object *out = view_root(scene.w->worker.arena);

	assert_int_equal(balance(&scene), 0);
	assert_int_equal(store_proposal_show(&scene.w->worker, id, out),
	    ST_OK);
	assert_string_equal(view_get_text(out, "state"), "open");
	assert_string_equal(view_get_text(out, "userId"), scene.w->user);
	assert_string_equal(view_get_text(out, "proposedBy"), scene.first);
	assert_string_equal(view_get_text(out, "proposedByText"),
	    "Marek First");
	assert_string_equal(view_get_text(out, "reason"), "A big customer");
	assert_int_equal(world_int(out, "amount"), 5000);
	assert_null(view_get(out, "decidedBy"));
	assert_int_equal(store_proposal_show(&scene.w->worker, "nothing",
	    out), ST_PROPOSAL_NOT_FOUND);
}

static void
the_same_key_proposes_once(void **state)
{
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");
	struct act other = { .by = scene.first, .kind = "grant",
		.credit = credit(&scene, "one", 6000) };
	struct act adjust = { .by = scene.first, .kind = "adjust",
		.credit = credit(&scene, "one", 5000) };

	assert_string_equal(propose(&scene, "one"), id);
	assert_string_not_equal(propose(&scene, "two"), id);
	assert_int_equal(world_run(&scene.w->worker, work_add, &other),
	    ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(world_run(&scene.w->worker, work_add, &adjust),
	    ST_IDEMPOTENCY_KEY_REUSED);
	assert_int_equal(decide(&scene, scene.second, id, "approved"), ST_OK);
	assert_string_equal(propose(&scene, "one"), id);
}

static enum status
work_grant(struct ctx *ctx)
{
	return store_credit_grant(ctx, ctx->input, ctx->view);
}

static void
a_key_of_the_ledger_proposes_nothing(void **state)
{
	struct scene scene = open_scene(*state);
	struct credit small = credit(&scene, "one", 50);
	struct act act = { .by = scene.first, .kind = "grant",
		.credit = credit(&scene, "one", 5000) };

	assert_int_equal(world_run(&scene.w->worker, work_grant, &small),
	    ST_OK);
	assert_int_equal(world_run(&scene.w->worker, work_add, &act), ST_OK);
	assert_null(act.id);
}

static enum status
work_race(struct ctx *ctx)
{
	struct act act = *(struct act *)ctx->input;
	struct user subject;

	TRY(store_user_lock(ctx, act.credit.wallet_id, &subject));
	as(ctx, &act);
	return store_proposal_add(ctx, act.kind, &act.credit, &act.id);
}

static void
eight_who_propose_the_same_at_once_make_one(void **state)
{
	static const char sql[] =
	    "SELECT count(*) FROM credit_proposals WHERE wallet_id = $1";
	struct scene scene = open_scene(*state);
	struct act act = { .by = scene.first, .kind = "grant",
		.credit = credit(&scene, "one", 5000) };
	int outcomes[WORLD_STATUSES];
	struct db_rows rows;

	world_race(8, work_race, &act, outcomes);
	assert_int_equal(outcomes[ST_OK], 8);
	assert_int_equal(db_one(&scene.w->worker, &rows, sql,
	    DB_ARGS(db_text(scene.w->user))), ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 1);
}

/* ---- to decide ----------------------------------------------------------- */

static void
another_one_confirms_once(void **state)
{
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");

	assert_int_equal(decide(&scene, scene.second, id, "approved"), ST_OK);
	assert_int_equal(balance(&scene), 5000);
	assert_string_equal(state_of(&scene, id), "approved");
	assert_int_equal(decide(&scene, scene.second, id, "approved"),
	    ST_PROPOSAL_DECIDED);
	assert_int_equal(decide(&scene, scene.second, id, "declined"),
	    ST_PROPOSAL_DECIDED);
	assert_int_equal(balance(&scene), 5000);
}

static void
what_is_turned_down_grants_nothing(void **state)
{
	struct scene scene = open_scene(*state);
	const char *declined = propose(&scene, "one");
	const char *withdrawn = propose(&scene, "two");

	assert_int_equal(decide(&scene, scene.second, declined, "declined"),
	    ST_OK);
	assert_int_equal(decide(&scene, scene.first, withdrawn, "withdrawn"),
	    ST_OK);
	assert_int_equal(decide(&scene, scene.second, declined, "approved"),
	    ST_PROPOSAL_DECIDED);
	assert_int_equal(decide(&scene, scene.second, withdrawn, "approved"),
	    ST_PROPOSAL_DECIDED);
	assert_int_equal(balance(&scene), 0);
}

static void
the_database_wants_two_people(void **state)
{
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");

	assert_int_equal(decide(&scene, scene.first, id, "approved"),
	    ST_INVALID);
	assert_int_equal(decide(&scene, scene.first, id, "declined"),
	    ST_INVALID);
	assert_int_equal(decide(&scene, scene.second, id, "withdrawn"),
	    ST_INVALID);
	assert_int_equal(decide(&scene, scene.w->user, id, "approved"),
	    ST_INVALID);
	assert_string_equal(state_of(&scene, id), "open");
	assert_int_equal(balance(&scene), 0);
}

static void
the_database_keeps_what_was_proposed_and_decided(void **state)
{
	static const char again[] =
	    "UPDATE credit_proposals SET state = 'open', decided_by = NULL,"
	    " decided_at = NULL, transfer_id = NULL WHERE id = $1";
	static const char late[] =
	    "UPDATE credit_proposals SET state = 'approved',"
	    " decided_by = $2, decided_at = lapses_at,"
	    " transfer_id = (SELECT min(id) FROM transfers) WHERE id = $1";
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");

	world_denied(scene.w,
	    "UPDATE credit_proposals SET amount = amount * 10");
	world_denied(scene.w, "DELETE FROM credit_proposals");
	assert_int_equal(db_run(&scene.w->owner, late, DB_ARGS(db_text(id),
	    db_text(scene.second)), NULL), ST_INVALID);
	assert_int_equal(decide(&scene, scene.second, id, "declined"), ST_OK);
	assert_int_equal(db_run(&scene.w->owner, again, DB_ARGS(db_text(id)),
	    NULL), ST_INVALID);
}

static void
who_confirms_at_once_grants_once(void **state)
{
	struct scene scene = open_scene(*state);
	struct act act = { .by = scene.second, .state = "approved",
		.id = propose(&scene, "one") };
	int outcomes[WORLD_STATUSES];

	world_race(16, work_decide, &act, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(outcomes[ST_PROPOSAL_DECIDED], 15);
	assert_int_equal(balance(&scene), 5000);
}

static enum status
work_either(struct ctx *ctx)
{
	struct act *act = ctx->input;
	struct act mine = *act;

	if (getpid() % 2 == 0)
		mine.state = "declined";
	ctx->input = &mine;
	return work_decide(ctx);
}

static void
one_of_yes_and_no_at_once_counts(void **state)
{
	struct scene scene = open_scene(*state);
	struct act act = { .by = scene.second, .state = "approved",
		.id = propose(&scene, "one") };
	int outcomes[WORLD_STATUSES];

	world_race(16, work_either, &act, outcomes);
	assert_int_equal(outcomes[ST_OK], 1);
	assert_int_equal(balance(&scene), strcmp(state_of(&scene, act.id),
	    "approved") == 0 ? 5000 : 0);
}

static void
a_proposal_lapses_by_itself(void **state)
{
	struct scene scene = open_scene(*state);
	struct act late = { .by = scene.second, .state = "approved",
		.id = propose(&scene, "one"), .late = true };

	assert_int_equal(world_run(&scene.w->worker, work_decide, &late),
	    ST_PROPOSAL_DECIDED);
	assert_string_equal(state_of(&scene, late.id), "lapsed");
	assert_int_equal(balance(&scene), 0);
}

static void
the_proposer_s_role_is_that_of_now(void **state)
{
	static const char demote[] =
	    "UPDATE users SET role = 'user' WHERE id = $1";
	static const char ban[] =
	    "UPDATE users SET banned = true WHERE id = $1";
	static const char *const acts[] = { demote, ban };
	static const char *const roles[] = { "user", NULL };
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");
	struct proposal proposal;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(db_run(&scene.w->owner, acts[i],
		    DB_ARGS(db_text(scene.first)), NULL), ST_OK);
		assert_int_equal(store_proposal_get(&scene.w->worker, id,
		    &proposal), ST_OK);
		if (roles[i] == NULL)
			assert_null(proposal.proposer_role);
		else
			assert_string_equal(proposal.proposer_role,
			    roles[i]);
	}
}

static void
every_step_is_in_the_audit_trail(void **state)
{
	static const char sql[] =
	    "SELECT string_agg(action || ' ' || (actor_id = $2), ','"
	    "  ORDER BY created_at, id) FROM audit"
	    " WHERE target_type = 'user' AND target_id = $1"
	    "  AND action LIKE 'credit.%'";
	struct scene scene = open_scene(*state);
	const char *id = propose(&scene, "one");
	struct db_rows rows;

	assert_int_equal(decide(&scene, scene.second, id, "approved"), ST_OK);
	assert_int_equal(db_one(&scene.w->worker, &rows, sql,
	    DB_ARGS(db_text(scene.w->user), db_text(scene.first))), ST_OK);
	assert_non_null(strstr(db_get_text(&rows, 0, 0),
	    "credit.propose true"));
	assert_non_null(strstr(db_get_text(&rows, 0, 0),
	    "credit.approve false"));
	assert_non_null(strstr(db_get_text(&rows, 0, 0),
	    "credit.grant false"));
}

/* ---- to look at ---------------------------------------------------------- */

static size_t
count(struct scene *scene, const char *state)
{
	struct json_object *out = view_root(scene->w->worker.arena);
	struct page page;

	assert_int_equal(page_read(&scene->w->worker, NULL, 100, &page),
	    ST_OK);
	assert_int_equal(store_proposal_list(&scene->w->worker, state, &page,
	    view_list(out, "list")), ST_OK);
	return world_length(out, "list");
}

static void
lists_are_filtered_by_state(void **state)
{
	static const char clear[] =
	    "ALTER TABLE credit_proposals DISABLE TRIGGER USER;"
	    "DELETE FROM credit_proposals;"
	    "ALTER TABLE credit_proposals ENABLE TRIGGER USER";
	struct scene scene = open_scene(*state);
	struct ctx *worker = &scene.w->worker;

	assert_int_equal(db_script(&scene.w->owner, clear), ST_OK);
	(void)propose(&scene, "one");
	(void)propose(&scene, "two");
	assert_int_equal(decide(&scene, scene.second, propose(&scene,
	    "three"), "approved"), ST_OK);
	assert_int_equal(decide(&scene, scene.second, propose(&scene,
	    "four"), "declined"), ST_OK);
	assert_int_equal(decide(&scene, scene.first, propose(&scene, "five"),
	    "withdrawn"), ST_OK);
	assert_int_equal(count(&scene, NULL), 5);
	assert_int_equal(count(&scene, "open"), 2);
	assert_int_equal(count(&scene, "approved"), 1);
	assert_int_equal(count(&scene, "declined"), 1);
	assert_int_equal(count(&scene, "withdrawn"), 1);
	assert_int_equal(count(&scene, "lapsed"), 0);
	worker->now += config.credits_approval_days * DAY_MS + 1000;
	assert_int_equal(count(&scene, "open"), 0);
	assert_int_equal(count(&scene, "lapsed"), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(what_is_proposed_is_kept_and_changes_nothing),
		WORLD_TEST(the_same_key_proposes_once),
		WORLD_TEST(a_key_of_the_ledger_proposes_nothing),
		WORLD_TEST(eight_who_propose_the_same_at_once_make_one),
		WORLD_TEST(another_one_confirms_once),
		WORLD_TEST(what_is_turned_down_grants_nothing),
		WORLD_TEST(the_database_wants_two_people),
		WORLD_TEST(the_database_keeps_what_was_proposed_and_decided),
		WORLD_TEST(who_confirms_at_once_grants_once),
		WORLD_TEST(one_of_yes_and_no_at_once_counts),
		WORLD_TEST(a_proposal_lapses_by_itself),
		WORLD_TEST(the_proposer_s_role_is_that_of_now),
		WORLD_TEST(every_step_is_in_the_audit_trail),
		WORLD_TEST(lists_are_filtered_by_state),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
