#include "world.h"

#include "store/letter.h"
#include "store/page.h"

/*
 * The promises of store/letter.h. A claim takes whatever is due, so each test
 * ends what earlier ones have left.
 */

#define LEASE_MS 60000
#define BODY "sealed elsewhere"

static const struct config capped = { .mail_per_recipient = 3,
	.mail_keep_days = 30 };

static enum status
work_add(struct ctx *ctx)
{
	return store_letter_add(ctx, ctx->input);
}

static enum status
work_resend(struct ctx *ctx)
{
	return store_letter_resend(ctx, ctx->input);
}

static enum status
work_drop(struct ctx *ctx)
{
	return store_letter_drop(ctx, ctx->input);
}

static enum status
act(struct world *w, enum status (*work)(struct ctx *ctx), char *id)
{
	return world_run(&w->worker, work, id);
}

static enum status
add_kind(struct world *w, char id[ID_SIZE], const char *kind,
    const char *recipient, bool decoy)
{
	id_new(id, clock_now());
	return world_run(&w->worker, work_add, &(struct letter_new){
	    .id = id, .kind = kind, .user_id = w->user,
	    .recipient = recipient, .subject = "Choose a new password",
	    .message_id = arena_printf(w->worker.arena, "<%s@example.com>",
	    id), .body = (const uint8_t *)BODY, .body_size = strlen(BODY),
	    .decoy = decoy });
}

static enum status
add(struct world *w, char id[ID_SIZE], const char *recipient, bool decoy)
{
	return add_kind(w, id, "reset-password", recipient, decoy);
}

static enum status
claim(struct world *w, struct letter_due *due)
{
	return store_letter_claim(&w->worker, LEASE_MS, due);
}

/* A letter, alone in the queue. */
static void
add_alone(struct world *w, char id[ID_SIZE])
{
	struct letter_due due;

	w->worker.now = clock_now() + INT64_C(366) * 86400000;
	while (claim(w, &due) == ST_OK)
		assert_int_equal(store_letter_sent(&w->worker, due.id), ST_OK);
	assert_int_equal(add(w, id, arena_printf(w->worker.arena,
	    "%s@example.com", w->user), false), ST_OK);
}

static struct json_object *
letter(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_letter_get(&w->worker, id, out), ST_OK);
	return out;
}

static const char *
state_of(struct world *w, const char *id)
{
	return view_get_text(letter(w, id), "state");
}

static bool
has_body(struct world *w, const char *id)
{
	const uint8_t *body;
	size_t size;

	if (store_letter_body(&w->worker, id, &body, &size) != ST_OK)
		return false;
	assert_int_equal(size, strlen(BODY));
	assert_memory_equal(body, BODY, size);
	return true;
}

static void
a_letter_is_claimed_by_one_mailer(void **state)
{
	struct world *w = *state;
	struct letter_due due, other;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_string_equal(due.id, id);
	assert_int_equal(due.attempt, 1);
	assert_string_equal(due.subject, "Choose a new password");
	assert_memory_equal(due.body, BODY, due.body_size);
	assert_string_equal(state_of(w, id), "sending");
	assert_int_equal(claim(w, &other), ST_NOT_FOUND);
}

static enum status
work_claim(struct ctx *ctx)
{
	struct letter_due due;

	return store_letter_claim(ctx, LEASE_MS, &due);
}

static void
many_mailers_claim_each_letter_once(void **state)
{
	struct world *w = *state;
	int outcomes[WORLD_STATUSES];
	char id[ID_SIZE];

	add_alone(w, id);
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(w, id, "b@example.com", false), ST_OK);
	world_race(10, work_claim, NULL, outcomes);
	assert_int_equal(outcomes[ST_OK], 4);
	assert_int_equal(outcomes[ST_NOT_FOUND], 6);
}

static void
what_was_acknowledged_is_final_and_wiped(void **state)
{
	struct world *w = *state;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(store_letter_sent(&w->worker, id), ST_OK);
	assert_string_equal(state_of(w, id), "sent");
	assert_false(has_body(w, id));
	assert_non_null(view_get_text(letter(w, id), "sentAt"));
	assert_int_equal(store_letter_sent(&w->worker, id), ST_CONFLICT);
	assert_int_equal(act(w, work_resend, id), ST_CONFLICT);
	assert_int_equal(act(w, work_drop, id), ST_CONFLICT);
	/* and the database says so, too */
	assert_int_equal(db_run(&w->worker, "UPDATE letters SET"
	    " state = 'queued', sent_at = NULL, body = '\\x00', next_at = now()"
	    " WHERE state = 'sent'", DB_NONE, NULL), ST_INVALID);
}

static void
a_failed_attempt_waits_and_keeps_its_words(void **state)
{
	struct world *w = *state;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(store_letter_again(&w->worker, &due,
	    w->worker.now + 5000, "451 later", false), ST_OK);
	assert_string_equal(state_of(w, id), "queued");
	assert_string_equal(view_get_text(letter(w, id), "error"),
	    "451 later");
	assert_int_equal(claim(w, &due), ST_NOT_FOUND);
	w->worker.now += 5000;
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(due.attempt, 2);
	assert_int_equal(world_int(letter(w, id), "doubts"), 0);
}

static void
a_letter_given_up_keeps_its_body_and_can_be_sent_again(void **state)
{
	struct world *w = *state;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(store_letter_again(&w->worker, &due, 0,
	    "550 no such user", false), ST_OK);
	assert_string_equal(state_of(w, id), "failed");
	assert_int_equal(claim(w, &due), ST_NOT_FOUND);
	assert_true(has_body(w, id));
	assert_int_equal(act(w, work_resend, id), ST_OK);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(due.attempt, 1);
	assert_true(due.queued_at == w->worker.now);
	assert_int_equal(fixture_int(&w->owner, arena_printf(w->owner.arena,
	    "SELECT count(*) FROM audit WHERE action = 'letter.resend'"
	    " AND target_id = '%s' AND before ->> 'state' = 'failed'", id)),
	    1);
}

static void
a_dead_mailers_letter_comes_back_in_doubt(void **state)
{
	struct world *w = *state;
	struct letter_due dead, due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &dead), ST_OK);
	assert_int_equal(act(w, work_drop, id), ST_CONFLICT);
	w->worker.now += LEASE_MS;
	assert_int_equal(claim(w, &due), ST_OK);
	assert_string_equal(due.id, id);
	assert_int_equal(world_int(letter(w, id), "doubts"), 1);
	/* it was not dead but slow: its failure is not believed any more */
	assert_int_equal(store_letter_again(&w->worker, &dead, 0, "late",
	    false), ST_CONFLICT);
	assert_string_equal(state_of(w, id), "sending");
	/* an acknowledgement is */
	assert_int_equal(store_letter_sent(&w->worker, dead.id), ST_OK);
	assert_int_equal(store_letter_again(&w->worker, &due, 0, "late",
	    false), ST_CONFLICT);
	assert_string_equal(state_of(w, id), "sent");
}

static void
an_end_nobody_heard_is_a_doubt(void **state)
{
	struct world *w = *state;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(store_letter_again(&w->worker, &due, w->worker.now,
	    "the server went away", true), ST_OK);
	assert_int_equal(world_int(letter(w, id), "doubts"), 1);
}

static void
a_dropped_letter_is_wiped(void **state)
{
	struct world *w = *state;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(act(w, work_drop, id), ST_OK);
	assert_string_equal(state_of(w, id), "dropped");
	assert_false(has_body(w, id));
	assert_int_equal(claim(w, &due), ST_NOT_FOUND);
	assert_int_equal(act(w, work_resend, id), ST_CONFLICT);
	assert_int_equal(store_letter_sent(&w->worker, id), ST_CONFLICT);
	assert_int_equal(act(w, work_drop, arena_text(w->worker.arena,
	    "nothing")), ST_LETTER_NOT_FOUND);
}

static void
one_letter_too_many_is_kept_as_failed(void **state)
{
	struct world *w = *state;
	char *recipient = arena_printf(w->worker.arena, "%s@cap.example.com",
	    w->user);
	char id[4][ID_SIZE];

	w->worker.config = &capped;
	for (int i = 0; i < 4; i++)
		assert_int_equal(add(w, id[i], recipient, false), ST_OK);
	assert_string_equal(state_of(w, id[2]), "queued");
	assert_string_equal(state_of(w, id[3]), "failed");
	assert_true(has_body(w, id[3]));
	/* another address is not concerned */
	assert_int_equal(add(w, id[0], arena_printf(w->worker.arena,
	    "other-%s", recipient), false), ST_OK);
	assert_string_equal(state_of(w, id[0]), "queued");
}

static void
who_asks_for_many_links_keeps_out_no_warning(void **state)
{
	struct world *w = *state;
	const char *recipient = arena_printf(w->worker.arena,
	    "%s@example.com", w->user);
	char id[ID_SIZE];

	w->worker.config = &capped;
	for (int i = 0; i < 4; i++)
		assert_int_equal(add(w, id, recipient, false), ST_OK);
	assert_string_equal(state_of(w, id), "failed");
	assert_int_equal(add_kind(w, id, "password-changed", recipient,
	    false), ST_OK);
	assert_string_equal(state_of(w, id), "queued");
}

static void
a_decoy_is_for_nobody(void **state)
{
	struct world *w = *state;
	struct json_object *out = view_root(w->worker.arena);
	struct letter_due due;
	char alone[ID_SIZE], id[ID_SIZE];

	add_alone(w, alone);
	assert_int_equal(store_letter_sent(&w->worker, alone), ST_OK);
	assert_int_equal(add(w, id, "nobody@example.com", true), ST_OK);
	assert_int_equal(claim(w, &due), ST_NOT_FOUND);
	assert_int_equal(store_letter_get(&w->worker, id, out),
	    ST_LETTER_NOT_FOUND);
	assert_int_equal(act(w, work_resend, id), ST_LETTER_NOT_FOUND);
	assert_false(has_body(w, id));
}

static struct json_object *
list(struct world *w, const char *state, struct page *page)
{
	struct json_object *out = view_root(w->worker.arena);

	assert_int_equal(store_letter_list(&w->worker, state, page,
	    view_list(out, "letters")), ST_OK);
	return out;
}

static void
the_list_is_newest_first_and_by_state(void **state)
{
	struct world *w = *state;
	struct page page = { .limit = 1, .at = PAGE_START, .id = "" };
	struct json_object *out;
	char id[ID_SIZE], newer[ID_SIZE];

	add_alone(w, id);
	/* Within one millisecond there is no newer and older. */
	(void)usleep(2000);
	assert_int_equal(add(w, newer, "b@example.com", false), ST_OK);
	out = list(w, "queued", &page);
	assert_int_equal(world_length(out, "letters"), 1);
	assert_string_equal(view_get_text(world_item(out, "letters", 0),
	    "id"), newer);
	assert_int_equal(page_read(&w->worker, page.next, 1, &page), ST_OK);
	out = list(w, "queued", &page);
	assert_string_equal(view_get_text(world_item(out, "letters", 0),
	    "id"), id);
	assert_null(page.next);
	page = (struct page){ .limit = 100, .at = PAGE_START, .id = "" };
	assert_true(world_length(list(w, NULL, &page), "letters") > 2);
}

static void
figures_count_what_waits_and_what_failed(void **state)
{
	struct world *w = *state;
	struct letter_figures before, after;
	struct letter_due due;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(store_letter_figures(&w->worker, &before), ST_OK);
	assert_int_equal(before.queued, 1);
	w->worker.now += 7000;
	assert_int_equal(store_letter_figures(&w->worker, &after), ST_OK);
	assert_int_equal(after.oldest_seconds, 7);
	assert_int_equal(claim(w, &due), ST_OK);
	assert_int_equal(store_letter_again(&w->worker, &due, 0, "no", true),
	    ST_OK);
	assert_int_equal(store_letter_figures(&w->worker, &after), ST_OK);
	assert_int_equal(after.queued, 0);
	assert_int_equal(after.oldest_seconds, 0);
	assert_int_equal(after.failed, before.failed + 1);
	assert_int_equal(after.doubts, before.doubts + 1);
}

static void
what_is_old_and_what_is_a_decoy_goes(void **state)
{
	struct world *w = *state;
	int64_t count = 0;
	char id[ID_SIZE], decoy[ID_SIZE];

	add_alone(w, id);
	assert_int_equal(add(w, decoy, "nobody@example.com", true), ST_OK);
	w->worker.config = &capped;
	assert_int_equal(store_letter_purge(&w->worker, 100, &count), ST_OK);
	assert_int_equal(count, 0);
	w->worker.now += 2 * 3600 * 1000;
	assert_int_equal(store_letter_purge(&w->worker, 100, &count), ST_OK);
	assert_true(count >= 1);
	assert_string_equal(state_of(w, id), "queued");
	w->worker.now += INT64_C(31) * 86400000;
	assert_int_equal(store_letter_purge(&w->worker, 100, &count), ST_OK);
	assert_int_equal(fixture_int(&w->owner,
	    "SELECT count(*) FROM letters"), 0);
}

static void
a_letter_outlives_its_user(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE];

	add_alone(w, id);
	assert_string_equal(view_get_text(letter(w, id), "userId"), w->user);
	assert_int_equal(db_run(&w->owner, "DELETE FROM users WHERE id = $1",
	    DB_ARGS(db_text(w->user)), NULL), ST_OK);
	assert_string_equal(state_of(w, id), "queued");
	assert_string_equal(view_get_text(letter(w, id), "userId"), w->user);
	assert_int_equal(add(w, id, "gone@example.com", false), ST_OK);
}

static void
the_database_refuses_what_is_no_address(void **state)
{
	struct world *w = *state;
	char id[ID_SIZE];

	assert_int_equal(add(w, id, "a@example.com\r\nRCPT TO:<b>", false),
	    ST_INVALID);
	assert_int_equal(add(w, id, "", false), ST_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_letter_is_claimed_by_one_mailer),
		WORLD_TEST(many_mailers_claim_each_letter_once),
		WORLD_TEST(what_was_acknowledged_is_final_and_wiped),
		WORLD_TEST(a_failed_attempt_waits_and_keeps_its_words),
		WORLD_TEST(
		    a_letter_given_up_keeps_its_body_and_can_be_sent_again),
		WORLD_TEST(a_dead_mailers_letter_comes_back_in_doubt),
		WORLD_TEST(an_end_nobody_heard_is_a_doubt),
		WORLD_TEST(a_dropped_letter_is_wiped),
		WORLD_TEST(one_letter_too_many_is_kept_as_failed),
		WORLD_TEST(who_asks_for_many_links_keeps_out_no_warning),
		WORLD_TEST(a_decoy_is_for_nobody),
		WORLD_TEST(the_list_is_newest_first_and_by_state),
		WORLD_TEST(figures_count_what_waits_and_what_failed),
		WORLD_TEST(what_is_old_and_what_is_a_decoy_goes),
		WORLD_TEST(a_letter_outlives_its_user),
		WORLD_TEST(the_database_refuses_what_is_no_address),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
