#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "send/mime.h"

struct world {
	struct arena *arena;
	struct buf out;
	struct mime mime;
};

static struct world world;

static int
setup(void **state)
{
	world.arena = arena_new((size_t)1 << 20);
	buf_init(&world.out, world.arena, 1024);
	world.mime = (struct mime){ .from = "no-reply@id.example.com",
		.from_name = "tollgate", .to = "ada@example.com",
		.subject = "Choose a new password",
		.message_id = "<0123@id.example.com>",
		.date = INT64_C(1795330260123),
		.text = "Hello,\n\nfollow https://id.example.com/?a=b\n",
		.html = "<p>Hello</p>\n" };
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(world.arena);
	return 0;
}

static const char *
build(struct world *w)
{
	w->out.size = 0;
	assert_int_equal(mime_build(&w->out, &w->mime), ST_OK);
	return w->out.data;
}

static void
assert_lines(const char *message)
{
	size_t column = 0;

	for (const char *p = message; *p != '\0'; p++) {
		assert_true((unsigned char)*p < 0x80);
		if (*p == '\n') {
			assert_true(p > message && p[-1] == '\r');
			assert_true(column <= MIME_LINE_MAX + 2);
			column = 0;
			continue;
		}
		if (*p == '\r')
			assert_true(p[1] == '\n');
		else
			column++;
	}
}

static void
a_message_has_its_headers_once(void **state)
{
	struct world *w = *state;
	const char *message = build(w);

	assert_true(text_starts(message,
	    "Date: Sun, 22 Nov 2026 06:51:00 +0000\r\n"
	    "From: tollgate\r\n <no-reply@id.example.com>\r\n"
	    "To: <ada@example.com>\r\n"
	    "Subject: Choose a new password\r\n"
	    "Message-ID: <0123@id.example.com>\r\n"
	    "Auto-Submitted: auto-generated\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/alternative;\r\n boundary=\""));
	assert_lines(message);
}

static void
both_parts_are_quoted_printable(void **state)
{
	struct world *w = *state;
	const char *message;

	w->mime.text = "caf\xc3\xa9 = 1 \n.dot\nlast";
	message = build(w);
	assert_non_null(strstr(message, "\r\n\r\n"
	    "caf=C3=A9 =3D 1=20\r\n=2Edot\r\nlast\r\n--"));
	assert_non_null(strstr(message, "Content-Type: text/plain;"));
	assert_non_null(strstr(message, "Content-Type: text/html;"));
}

static void
long_lines_are_broken_softly(void **state)
{
	struct world *w = *state;
	char text[2001];

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = "ab \xc3\xa9."[i % 6];
	text[sizeof(text) - 1] = '\0';
	w->mime.text = text;
	assert_lines(build(w));
	memset(text, '.', sizeof(text) - 1);
	assert_lines(build(w));
	/* no line of a part begins with a dot, so none can end the message */
	assert_null(strstr(w->out.data, "\n."));
}

static void
a_subject_beyond_ascii_is_encoded(void **state)
{
	struct world *w = *state;

	w->mime.subject = "Passwort \xc3\xa4ndern";
	assert_non_null(strstr(build(w),
	    "Subject: =?UTF-8?B?UGFzc3dvcnQgw6RuZGVybg==?=\r\n"));
	w->mime.subject = "=?UTF-8?B?c3BhbQ==?=";
	assert_null(strstr(build(w), "c3BhbQ=="));
}

static void
a_long_subject_is_folded_between_characters(void **state)
{
	struct world *w = *state;
	char subject[401];

	for (size_t i = 0; i < 200; i++)
		memcpy(subject + 2 * i, "\xc3\xa9", 2);
	subject[400] = '\0';
	w->mime.subject = subject;
	assert_lines(build(w));
	/* 42 bytes a word, all of them whole characters */
	assert_non_null(strstr(w->out.data, "w6nDqcOpw6nDqcOpw6nDqcOpw6nDqcOp"
	    "w6nDqcOpw6nDqcOpw6nDqcOp?=\r\n =?UTF-8?B?w6nD"));
}

static void
a_senders_name_needs_no_quotes(void **state)
{
	struct world *w = *state;

	w->mime.from_name = "Evil <root@example.com>,";
	assert_non_null(strstr(build(w), "From: =?UTF-8?B?"));
	assert_null(strstr(w->out.data, "root@"));
	w->mime.from_name = "";
	assert_non_null(strstr(build(w), "From: <no-reply@id.example.com>"));
}

/* As it was before, for the next try. */
static void
again(void **state)
{
	teardown(state);
	setup(state);
}

static void
nothing_begins_a_header_of_its_own(void **state)
{
	static const char *const bad[] = { "a\r\nBcc: x", "a\nb", "a\rb",
		"a\tb", "a\x7f", "a\x1b[0m" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		again(state);
		w->mime.subject = bad[i];
		assert_int_equal(mime_build(&w->out, &w->mime), ST_INVALID);
		again(state);
		w->mime.from_name = bad[i];
		assert_int_equal(mime_build(&w->out, &w->mime), ST_INVALID);
		again(state);
		w->mime.message_id = arena_printf(w->arena, "<%s@b>", bad[i]);
		assert_int_equal(mime_build(&w->out, &w->mime), ST_INVALID);
		assert_int_equal(w->out.size, 0);
	}
}

static void
an_address_that_says_more_is_refused(void **state)
{
	static const char *const bad[] = { "", "@", "a@", "@b", "a", "a@b@c",
		"a@b\r\nRCPT TO:<c@d>", "a@b>", "<a@b", "a b@c", "\"a\"@b",
		"a@b,c@d", "a@\xc3\xa9.example", "a@b\x7f", "a(x)@b" };
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(text_mailable(bad[i]));
		w->mime.to = bad[i];
		assert_int_equal(mime_build(&w->out, &w->mime), ST_INVALID);
		w->mime.to = "ada@example.com";
		w->mime.from = bad[i];
		assert_int_equal(mime_build(&w->out, &w->mime), ST_INVALID);
		w->mime.from = "no-reply@id.example.com";
	}
	assert_true(text_mailable("a.b+c@example.com"));
	assert_true(text_mailable("root@localhost"));
}

#define MIME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MIME_TEST(a_message_has_its_headers_once),
		MIME_TEST(both_parts_are_quoted_printable),
		MIME_TEST(long_lines_are_broken_softly),
		MIME_TEST(a_subject_beyond_ascii_is_encoded),
		MIME_TEST(a_long_subject_is_folded_between_characters),
		MIME_TEST(a_senders_name_needs_no_quotes),
		MIME_TEST(nothing_begins_a_header_of_its_own),
		MIME_TEST(an_address_that_says_more_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
