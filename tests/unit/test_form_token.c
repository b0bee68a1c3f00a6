#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "guard/form_token.h"
#include "store/session.h"
#include "view/view.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NONCE_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define NONCE_B "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define COOKIE "better-auth.form"

static const uint8_t key[32] = "a key of thirty-two bytes length";
static const uint8_t other_key[32] = "a second key of thirty-two bytes";
static const char *const origins[] = { "https://login.example.com",
	"https://app.example.com" };
static const struct config config = { .cookie_form = COOKIE,
	.origins = origins, .origins_count = COUNT(origins) };
static const struct session session_a = { .id = "019a1b2c3d4e7000" },
    session_b = { .id = "019a1b2c3d4e7001" };

/* One request after another, in the same arena. */
struct world {
	struct ctx ctx;
	struct pair cookie, param;
};

static int
setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	world.ctx.arena = arena_new((size_t)1 << 20);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	arena_free(((struct world *)*state)->ctx.arena);
	return 0;
}

static struct ctx *
ask(struct world *world, const struct session *session, const char *nonce)
{
	struct arena *arena = world->ctx.arena;

	world->ctx = (struct ctx){ .arena = arena, .config = &config,
	    .form_key = key, .session = session };
	world->cookie = (struct pair){ COOKIE, nonce };
	world->ctx.request.cookies.pair = &world->cookie;
	world->ctx.request.cookies.count = nonce != NULL ? 1 : 0;
	return &world->ctx;
}

/* The verdict on a form that carries token, NULL for none. */
static enum status
check(struct world *world, const struct session *session, const char *nonce,
    const char *token)
{
	struct ctx *ctx = ask(world, session, nonce);

	ctx->body = view_root(ctx->arena);
	if (token != NULL)
		view_text(ctx->body, FORM_TOKEN_FIELD, token);
	return form_token_check(ctx);
}

static const char *
token(struct world *world, const struct session *session, const char *nonce)
{
	return form_token(ask(world, session, nonce));
}

static void
a_sessions_token_is_taken_back(void **state)
{
	const char *own = token(*state, &session_a, NULL);

	assert_int_equal(check(*state, &session_a, NULL, own), ST_OK);
	/* and sets no cookie */
	assert_null(((struct world *)*state)->ctx.response.headers);
}

static void
a_foreign_sessions_token_is_refused(void **state)
{
	const char *own = token(*state, &session_a, NULL);
	const char *other = token(*state, &session_b, NULL);

	assert_string_not_equal(own, other);
	assert_int_equal(check(*state, &session_a, NULL, other),
	    ST_INVALID_CSRF_TOKEN);
	assert_int_equal(check(*state, &session_b, NULL, own),
	    ST_INVALID_CSRF_TOKEN);
}

static void
a_visitors_token_is_bound_to_his_cookie(void **state)
{
	const char *own = token(*state, NULL, NONCE_A);

	assert_int_equal(check(*state, NULL, NONCE_A, own), ST_OK);
	assert_int_equal(check(*state, NULL, NONCE_B, own),
	    ST_INVALID_CSRF_TOKEN);
	assert_int_equal(check(*state, NULL, NULL, own),
	    ST_INVALID_CSRF_TOKEN);
}

/* Who can plant a cookie must not be able to act for who is signed in. */
static void
a_visitors_token_opens_no_session(void **state)
{
	const char *visitors = token(*state, NULL, NONCE_A);
	const char *own = token(*state, &session_a, NONCE_A);

	assert_string_not_equal(visitors, own);
	assert_int_equal(check(*state, &session_a, NONCE_A, visitors),
	    ST_INVALID_CSRF_TOKEN);
	assert_int_equal(check(*state, NULL, NONCE_A, own),
	    ST_INVALID_CSRF_TOKEN);
}

static void
a_new_visitor_gets_a_cookie_that_fits(void **state)
{
	struct world *world = *state;
	const char *own = token(world, NULL, NULL);
	const struct header *header = world->ctx.response.headers;
	char nonce[33] = { 0 };

	assert_non_null(header);
	assert_string_equal(header->name, "Set-Cookie");
	assert_memory_equal(header->value, COOKIE "=", strlen(COOKIE "="));
	memcpy(nonce, header->value + strlen(COOKIE "="), 32);
	assert_int_equal(header->value[strlen(COOKIE "=") + 32], ';');
	assert_int_equal(check(world, NULL, nonce, own), ST_OK);
	assert_string_not_equal(token(world, NULL, NULL), own);
}

static void
a_cookie_of_another_length_is_replaced(void **state)
{
	static const char *const bad[] = { "", "x", NONCE_A "A" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct world *world = *state;
		const char *own = token(world, NULL, bad[i]);

		assert_non_null(world->ctx.response.headers);
		assert_int_equal(check(world, NULL, bad[i], own),
		    ST_INVALID_CSRF_TOKEN);
	}
}

static void
missing_and_damaged_tokens_are_refused(void **state)
{
	struct arena *arena = ((struct world *)*state)->ctx.arena;
	char *own = arena_text(arena, token(*state, &session_a, NULL));
	size_t size = strlen(own);

	assert_int_equal(check(*state, &session_a, NULL, NULL),
	    ST_INVALID_CSRF_TOKEN);
	assert_int_equal(check(*state, &session_a, NULL, ""),
	    ST_INVALID_CSRF_TOKEN);
	assert_int_equal(check(*state, &session_a, NULL,
	    arena_printf(arena, "%sA", own)), ST_INVALID_CSRF_TOKEN);
	for (size_t i = 0; i < size; i++) {
		char *bad = arena_text(arena, own);

		bad[i] = bad[i] == 'x' ? 'y' : 'x';
		assert_int_equal(check(*state, &session_a, NULL, bad),
		    ST_INVALID_CSRF_TOKEN);
	}
	own[size - 1] = '\0';
	assert_int_equal(check(*state, &session_a, NULL, own),
	    ST_INVALID_CSRF_TOKEN);
}

static void
a_form_without_a_body_is_refused(void **state)
{
	assert_int_equal(form_token_check(ask(*state, &session_a, NULL)),
	    ST_INVALID_CSRF_TOKEN);
}

static void
tokens_of_another_key_are_worthless(void **state)
{
	struct world *world = *state;
	const char *foreign;

	(void)ask(world, &session_a, NULL);
	world->ctx.form_key = other_key;
	foreign = form_token(&world->ctx);
	assert_int_equal(check(world, &session_a, NULL, foreign),
	    ST_INVALID_CSRF_TOKEN);
}

static void
a_foreign_origin_is_refused_whatever_the_token(void **state)
{
	static const struct {
		const char *origin;
		enum status status;
	} rows[] = {
		{ "https://login.example.com", ST_OK },
		{ "https://app.example.com", ST_OK },
		/* a sandboxed frame says null and does not say same-origin */
		{ "null", ST_INVALID_ORIGIN },
		{ "https://evil.example", ST_INVALID_ORIGIN },
		{ "http://login.example.com", ST_INVALID_ORIGIN },
		{ "https://login.example.com.evil.example",
		    ST_INVALID_ORIGIN },
		{ "", ST_INVALID_ORIGIN },
	};
	struct world *world = *state;
	const char *own = token(world, &session_a, NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ctx *ctx = ask(world, &session_a, NULL);

		ctx->body = view_root(ctx->arena);
		view_text(ctx->body, FORM_TOKEN_FIELD, own);
		world->param = (struct pair){ "HTTP_ORIGIN", rows[i].origin };
		ctx->request.params = (struct pairs){ &world->param, 1 };
		assert_int_equal(form_token_check(ctx), rows[i].status);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_sessions_token_is_taken_back),
		TEST(a_foreign_sessions_token_is_refused),
		TEST(a_visitors_token_is_bound_to_his_cookie),
		TEST(a_visitors_token_opens_no_session),
		TEST(a_new_visitor_gets_a_cookie_that_fits),
		TEST(a_cookie_of_another_length_is_replaced),
		TEST(missing_and_damaged_tokens_are_refused),
		TEST(a_form_without_a_body_is_refused),
		TEST(tokens_of_another_key_are_worthless),
		TEST(a_foreign_origin_is_refused_whatever_the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
