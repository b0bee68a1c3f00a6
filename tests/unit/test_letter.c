#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "handle/letter.h"
#include "store/user.h"
#include "view/view.h"

/* The templates that are delivered, with views that are strict. */

#define URL "https://id.example.com/api/auth/verify-email?token=a.b-c&x=%2F"

static const struct config config = { .server_brand = "Tuck & Sons",
	.server_url = "https://id.example.com",
	.mail_sender = "no-reply@id.example.com" };
static const struct user ada = { .id = "1", .name = "Ada <Lovelace>",
	.email = "ada@example.com", .email_verified = true };

struct world {
	struct ctx ctx;
	struct letter letter;
	struct json_object *about;	/* what any kind may ask for */
	struct letter_text text;
};

static int
open_world(void **state)
{
	static const char *const members[] = { "subject", "itemName",
		"startsAtText", "endsAtText", "priceText", "reason" };
	const char *source = getenv("srcdir");
	struct world *w = calloc(1, sizeof(*w));
	char directory[4096];

	if (w == NULL)
		return -1;
	(void)snprintf(directory, sizeof(directory), "%s/templates",
	    source == NULL ? "." : source);
	w->ctx.arena = arena_new((size_t)4 << 20);
	w->ctx.config = &config;
	w->ctx.templates = templates_load(directory, true);
	w->ctx.request.user_agent = "";
	w->ctx.request.address = "192.0.2.7";
	w->about = view_root(w->ctx.arena);
	view_text(w->about, "id", "019c3e68");
	view_text(w->about, "item", "1,000 credits");
	view_text(w->about, "amount", "€9.00");
	view_text(w->about, "credits", "1,000");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_text(w->about, members[i], members[i]);
	letter_lines(&w->ctx, w->about, "answer", "One\r\n\r\n<Two>\nThree");
	w->letter = (struct letter){ .user = &ada, .url = URL,
		.new_email = "new@example.com", .about = w->about };
	*state = w;
	return w->ctx.templates == NULL ? -1 : 0;
}

static int
close_world(void **state)
{
	struct world *w = *state;

	templates_free(w->ctx.templates);
	arena_free(w->ctx.arena);
	free(w);
	return 0;
}

static void
render(struct world *w, enum letter_kind kind)
{
	w->letter.kind = kind;
	assert_int_equal(letter_render(&w->ctx, &w->letter, &w->text), ST_OK);
}

static void
every_kind_has_a_subject_and_two_parts(void **state)
{
	struct world *w = *state;

	for (int kind = LETTER_WELCOME; kind <= LETTER_RESERVATION_CANCELLED;
	    kind++) {
		render(w, (enum letter_kind)kind);
		assert_true(strlen(w->text.subject) > 5);
		assert_null(strchr(w->text.subject, '\n'));
		assert_non_null(strstr(w->text.text, "Hello Ada <Lovelace>,"));
		assert_non_null(strstr(w->text.text, "Tuck & Sons"));
		assert_non_null(strstr(w->text.html, "Ada &lt;Lovelace&gt;"));
		assert_non_null(strstr(w->text.html, "Tuck &amp; Sons"));
		assert_null(strstr(w->text.html, "{{"));
	}
}

static void
a_link_stands_in_both_parts(void **state)
{
	static const enum letter_kind linked[] = { LETTER_VERIFY_EMAIL,
		LETTER_RESET_PASSWORD, LETTER_CHANGE_EMAIL_CONFIRMATION,
		LETTER_DELETE_ACCOUNT, LETTER_ACCOUNT_CREATED,
		LETTER_RECEIPT, LETTER_REFUNDED };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(linked) / sizeof(linked[0]); i++) {
		render(w, linked[i]);
		assert_non_null(strstr(w->text.text, "\n" URL "\n"));
		assert_non_null(strstr(w->text.html,
		    "href=\"https://id.example.com/api/auth/verify-email"
		    "?token=a.b-c&amp;x=%2F\""));
	}
}

static void
strangers_words_reach_nobody_by_signing_up(void **state)
{
	struct world *w = *state;
	struct user stranger = ada;

	stranger.name = "Visit https://spam.example";
	stranger.email_verified = false;
	w->letter.user = &stranger;
	render(w, LETTER_VERIFY_EMAIL);
	assert_null(strstr(w->text.text, "spam"));
	assert_null(strstr(w->text.html, "spam"));
	w->letter.user = NULL;
	render(w, LETTER_RESET_PASSWORD);
	assert_non_null(strstr(w->text.text, "Hello,"));
}

static void
a_name_begins_no_line_of_its_own(void **state)
{
	struct world *w = *state;
	struct user odd = ada;

	odd.name = "Ada\r\n\r\nhttps://spam.example";
	w->letter.user = &odd;
	render(w, LETTER_WELCOME);
	assert_non_null(strstr(w->text.text,
	    "Hello Ada    https://spam.example,"));
	assert_null(strchr(w->text.text, '\r'));
}

static void
the_lines_of_an_answer_stay_lines(void **state)
{
	struct world *w = *state;

	render(w, LETTER_FEEDBACK_ANSWER);
	assert_non_null(strstr(w->text.text,
	    "\n    One\n    \n    <Two>\n    Three\n"));
	assert_non_null(strstr(w->text.html,
	    "One<br><br>&lt;Two&gt;<br>Three<br>"));
}

static void
a_change_names_the_new_address(void **state)
{
	struct world *w = *state;

	render(w, LETTER_CHANGE_EMAIL_CONFIRMATION);
	assert_non_null(strstr(w->text.text, "new@example.com"));
	render(w, LETTER_CHANGE_EMAIL_DONE);
	assert_non_null(strstr(w->text.text, "new@example.com"));
}

static void
a_receipt_says_what_was_paid_for(void **state)
{
	struct world *w = *state;

	render(w, LETTER_RECEIPT);
	assert_non_null(strstr(w->text.subject, "1,000 credits"));
	assert_non_null(strstr(w->text.text, "€9.00"));
	assert_non_null(strstr(w->text.html, "1,000 credits are in"));
	render(w, LETTER_REFUNDED);
	assert_non_null(strstr(w->text.text, "refunded €9.00"));
	assert_non_null(strstr(w->text.html, "019c3e68"));
}

#define LETTER_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_world, close_world)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LETTER_TEST(every_kind_has_a_subject_and_two_parts),
		LETTER_TEST(a_link_stands_in_both_parts),
		LETTER_TEST(strangers_words_reach_nobody_by_signing_up),
		LETTER_TEST(a_name_begins_no_line_of_its_own),
		LETTER_TEST(the_lines_of_an_answer_stay_lines),
		LETTER_TEST(a_change_names_the_new_address),
		LETTER_TEST(a_receipt_says_what_was_paid_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
