#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "guard/session_data.h"
#include "store/session.h"
#include "store/user.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* vectors.json of the wire contract: secret and compactSessionData */
#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define TOKEN "AbCdEfGhIjKlMnOpQrStUvWxYz012345"
#define NOW ((int64_t)1700000000000)
#define COMPACT								\
	"eyJzZXNzaW9uIjp7InNlc3Npb24iOnsiaWQiOiJzMSIsInRva2VuIjoiQWJD"	\
	"ZEVmR2hJaktsTW5PcFFyU3RVdld4WXowMTIzNDUifSwidXNlciI6eyJpZCI6"	\
	"InUxIn0sInVwZGF0ZWRBdCI6MTcwMDAwMDAwMDAwMCwidmVyc2lvbiI6IjEi"	\
	"fSwiZXhwaXJlc0F0IjoxNzAwMDAwMzAwMDAwLCJzaWduYXR1cmUiOiJKX0Q0"	\
	"NG1iQk1lMmxlMVVhTGhIYW85V1BhMFI3YnFHQ3JrR1dyUVpQSEE4In0"
#define DATA "better-auth.session_data"
#define DELETION "=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"

static const char *const ways[] = { "compact", "jwt", "jwe" };

static const struct session session = { .id = "s1", .token = TOKEN,
	.user_id = "u1", .expires_at = NOW + 100000000, .created_at = NOW,
	.updated_at = NOW, .ip_address = "", .user_agent = "x",
	.fields = "{}" };

struct world {
	struct ctx ctx;
	struct config config;
	struct user user;
	struct pair cookies[8], query;
};

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -1;
	w->config = (struct config){ .server_secret = SECRET,
	    .cookie_data = DATA, .session_cookie_cache = "compact",
	    .session_cookie_cache_max_age = 300,
	    .session_cookie_cache_version = "1" };
	w->user = (struct user){ .id = "u1", .name = "A", .role = "user",
	    .email = "a@example.com", .fields = "{}", .created_at = NOW,
	    .updated_at = NOW };
	w->ctx.arena = arena_new((size_t)8 << 20);
	w->ctx.config = &w->config;
	w->ctx.now = NOW;
	w->ctx.request.cookies.pair = w->cookies;
	w->ctx.request.query.pair = &w->query;
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	arena_free(w->ctx.arena);
	free(w);
	return 0;
}

/* The next request's cookies begin with this one; NULL: there is none. */
static void
bring(struct world *w, const char *name, const char *value)
{
	struct pairs *cookies = &w->ctx.request.cookies;

	if (name == NULL)
		cookies->count = 0;
	else
		w->cookies[cookies->count++] = (struct pair){ name, value };
	w->ctx.response.headers = NULL;
}

static size_t
answers(const struct world *w)
{
	size_t count = 0;

	for (const struct header *h = w->ctx.response.headers; h != NULL;
	    h = h->next)
		count++;
	return count;
}

static const char *
answer(const struct world *w, size_t index)
{
	const struct header *h = w->ctx.response.headers;

	while (index-- > 0)
		h = h->next;
	return h->value;
}

/* What a browser would send back of what was answered. */
static void
bring_back(struct world *w)
{
	struct header *headers = w->ctx.response.headers;

	bring(w, NULL, NULL);
	for (; headers != NULL; headers = headers->next) {
		const char *text = headers->value, *value = strchr(text, '=');

		bring(w, arena_copy(w->ctx.arena, text,
		    (size_t)(value - text)), arena_copy(w->ctx.arena,
		    value + 1, strcspn(value + 1, ";")));
	}
}

static bool
wanted(struct world *w)
{
	return session_data_wanted(&w->ctx, &session);
}

static void
write_copy(struct world *w, const char *way, bool remember)
{
	w->config.session_cookie_cache = way;
	bring(w, NULL, NULL);
	session_data_put(&w->ctx, &session, &w->user, remember);
}

/* ---- good copies ------------------------------------------------------- */

static void
the_contract_s_copy_is_good(void **state)
{
	struct world *w = *state;

	bring(w, DATA, COMPACT);
	assert_false(wanted(w));
	assert_int_equal(answers(w), 0);
	w->ctx.now = NOW + 300000;
	assert_true(wanted(w));
	assert_int_equal(answers(w), 1);
	assert_string_equal(answer(w, 0), DATA DELETION);
}

static void
a_copy_we_wrote_is_good_until_its_time_is_up(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(ways); i++) {
		w->ctx.now = NOW;
		write_copy(w, ways[i], true);
		assert_int_equal(answers(w), 1);
		assert_non_null(strstr(answer(w, 0), "; Max-Age=300; Path=/;"));
		bring_back(w);
		w->ctx.now = NOW + 299999;
		assert_false(wanted(w));
		assert_int_equal(answers(w), 0);
		w->ctx.now = NOW + 300000;
		assert_true(wanted(w));
		assert_string_equal(answer(w, 0), DATA DELETION);
	}
}

static void
a_copy_that_ends_with_the_browser_has_no_age(void **state)
{
	static const int64_t brief[] = { 60000, 300000, 300000 };
	struct world *w = *state;

	w->config.session_cookie_cache_max_age = 1000;
	for (size_t i = 0; i < COUNT(ways); i++) {
		w->ctx.now = NOW;
		write_copy(w, ways[i], false);
		assert_null(strstr(answer(w, 0), "Max-Age"));
		bring_back(w);
		w->ctx.now = NOW + brief[i] - 1;
		assert_false(wanted(w));
		w->ctx.now = NOW + brief[i];
		assert_true(wanted(w));
	}
}

static void
a_new_copy_can_be_asked_for(void **state)
{
	struct world *w = *state;

	bring(w, DATA, COMPACT);
	w->query = (struct pair){ "disableCookieCache", "true" };
	w->ctx.request.query.count = 1;
	assert_true(wanted(w));
	assert_int_equal(answers(w), 0);
	w->query.value = "";
	assert_false(wanted(w));
}

/* ---- copies that are not ----------------------------------------------- */

static void
a_copy_of_another_session_or_version_is_replaced(void **state)
{
	struct session other = session;
	struct world *w = *state;

	other.token = "XbCdEfGhIjKlMnOpQrStUvWxYz012345";
	for (size_t i = 0; i < COUNT(ways); i++) {
		write_copy(w, ways[i], true);
		bring_back(w);
		assert_true(session_data_wanted(&w->ctx, &other));
		assert_string_equal(answer(w, 0), DATA DELETION);
		w->config.session_cookie_cache_version = "2";
		assert_true(wanted(w));
		w->config.session_cookie_cache_version = "1";
		w->config.server_secret = SECRET "x";
		assert_true(wanted(w));
		w->config.server_secret = SECRET;
		assert_false(wanted(w));
	}
}

static void
a_changed_copy_is_deleted_and_replaced(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(ways); i++) {
		char *value;

		write_copy(w, ways[i], true);
		bring_back(w);
		value = arena_text(w->ctx.arena, w->cookies[0].value);
		for (size_t at = 0; value[at] != '\0'; at += 7) {
			char before = value[at];

			value[at] = before == 'A' ? 'B' : 'A';
			bring(w, NULL, NULL);
			bring(w, DATA, value);
			assert_true(wanted(w));
			value[at] = before;
		}
		bring(w, NULL, NULL);
		bring(w, DATA, value);
		assert_false(wanted(w));
	}
}

static void
a_copy_written_in_another_way_is_replaced(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(ways); i++)
		for (size_t j = 0; j < COUNT(ways); j++) {
			write_copy(w, ways[i], true);
			bring_back(w);
			w->config.session_cookie_cache = ways[j];
			assert_int_equal(wanted(w), i != j);
		}
}

static void
odd_texts_are_no_copies(void **state)
{
	static const char *const texts[] = { "", "AAAA", "e30", "bnVsbA", "W10",
	    "eyJzZXNzaW9uIjoxLCJleHBpcmVzQXQiOjEsInNpZ25hdHVyZSI6IiJ9",
	    "eyJzZXNzaW9uIjp7fSwiZXhwaXJlc0F0IjoxLCJzaWduYXR1cmUiOjF9",
	    "..", "....", "a.b.c", "a.b.c.d.e", "eyJhbGciOiJub25lIn0.e30.AAAA",
	    COMPACT "A", COMPACT "=" };
	struct world *w = *state;

	for (size_t i = 0; i < COUNT(ways); i++)
		for (size_t j = 0; j < COUNT(texts); j++) {
			w->config.session_cookie_cache = ways[i];
			bring(w, NULL, NULL);
			bring(w, DATA, texts[j]);
			assert_true(wanted(w));
			assert_int_equal(answers(w), 1);
		}
}

/* ---- off --------------------------------------------------------------- */

static void
without_the_setting_there_is_none(void **state)
{
	struct world *w = *state;

	write_copy(w, "off", true);
	assert_int_equal(answers(w), 0);
	(void)wanted(w);
	assert_int_equal(answers(w), 0);
	bring(w, DATA, COMPACT);
	(void)wanted(w);
	assert_int_equal(answers(w), 1);
	assert_string_equal(answer(w, 0), DATA DELETION);
}

/* ---- size -------------------------------------------------------------- */

static char *
long_text(struct world *w, size_t size)
{
	char *text = arena_alloc(w->ctx.arena, size + 1);

	memset(text, 'n', size);
	return text;
}

static void
a_long_copy_comes_in_chunks_and_is_read_from_them(void **state)
{
	struct world *w = *state;

	w->user.name = long_text(w, 3200);
	for (size_t i = 0; i < COUNT(ways); i++) {
		write_copy(w, ways[i], true);
		assert_int_equal(answers(w), 2);
		for (size_t j = 0; j < 2; j++) {
			assert_true(strlen(answer(w, j)) <= 4050);
			assert_int_equal(answer(w, j)[strlen(DATA) + 1],
			    '0' + (int)j);
		}
		bring_back(w);
		assert_false(wanted(w));
		w->cookies[1].value = "AAAA";
		assert_true(wanted(w));
		assert_int_equal(answers(w), 2);
	}
}

static void
chunks_and_the_whole_replace_each_other(void **state)
{
	struct world *w = *state;

	bring(w, DATA, "old");
	w->user.name = long_text(w, 3200);
	session_data_put(&w->ctx, &session, &w->user, true);
	assert_int_equal(answers(w), 3);
	assert_string_equal(answer(w, 2), DATA DELETION);
	bring(w, NULL, NULL);
	bring(w, DATA ".0", "old");
	bring(w, DATA ".1", "old");
	bring(w, DATA ".x", "another's");
	bring(w, DATA "x", "another's");
	w->user.name = "A";
	session_data_put(&w->ctx, &session, &w->user, true);
	assert_int_equal(answers(w), 3);
	assert_string_equal(answer(w, 1), DATA ".0" DELETION);
	assert_string_equal(answer(w, 2), DATA ".1" DELETION);
}

/* A browser that had more would be refused by the web server. */
static void
a_copy_beyond_what_a_request_can_carry_is_not_written(void **state)
{
	struct world *w = *state;

	w->user.name = long_text(w, 4600);
	for (size_t i = 0; i < COUNT(ways); i++) {
		write_copy(w, ways[i], true);
		assert_int_equal(answers(w), 0);
		bring(w, DATA, COMPACT);
		session_data_put(&w->ctx, &session, &w->user, true);
		assert_int_equal(answers(w), 1);
		assert_string_equal(answer(w, 0), DATA DELETION);
	}
}

static void
forgetting_deletes_what_was_brought(void **state)
{
	struct world *w = *state;

	session_data_forget(&w->ctx);
	assert_int_equal(answers(w), 1);
	bring(w, DATA, COMPACT);
	bring(w, DATA ".0", "chunk");
	session_data_forget(&w->ctx);
	assert_int_equal(answers(w), 3);
	assert_string_equal(answer(w, 0), DATA DELETION);
	assert_string_equal(answer(w, 1), DATA DELETION);
	assert_string_equal(answer(w, 2), DATA ".0" DELETION);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_contract_s_copy_is_good),
		TEST(a_copy_we_wrote_is_good_until_its_time_is_up),
		TEST(a_copy_that_ends_with_the_browser_has_no_age),
		TEST(a_new_copy_can_be_asked_for),
		TEST(a_copy_of_another_session_or_version_is_replaced),
		TEST(a_changed_copy_is_deleted_and_replaced),
		TEST(a_copy_written_in_another_way_is_replaced),
		TEST(odd_texts_are_no_copies),
		TEST(without_the_setting_there_is_none),
		TEST(a_long_copy_comes_in_chunks_and_is_read_from_them),
		TEST(chunks_and_the_whole_replace_each_other),
		TEST(a_copy_beyond_what_a_request_can_carry_is_not_written),
		TEST(forgetting_deletes_what_was_brought),
	};

	return cmocka_run_group_tests_name("session_data", tests, NULL, NULL);
}
