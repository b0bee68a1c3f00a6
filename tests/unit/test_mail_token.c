#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/mail_token.h"
#include "trust/sign.h"

#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define ISSUED INT64_C(1700000000)
#define EXPIRES INT64_C(1700003600)
#define NOW (ISSUED * 1000)
#define HEADER "{\"alg\":\"HS256\"}"
#define PAYLOAD "{\"email\":\"a@example.com\",\"iat\":1700000000,"	\
	"\"exp\":1700003600}"
/* hs256EmailToken of the wire contract's vectors. */
#define RECORDED "eyJhbGciOiJIUzI1NiJ9"					\
	".eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20iLCJpYXQiOjE3MDAwMDAwMDAsImV4"	\
	"cCI6MTcwMDAwMzYwMH0.VELBFOTXgxfrp_HBlh9OhKZ8RtKfLMleWBPQH-7sLVs"

static int
setup(void **state)
{
	*state = arena_new((size_t)1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* Any header and claims, signed as a token of ours would be. */
static char *
signed_text(struct arena *arena, const char *header, const char *payload)
{
	char mac_text[TEXT_BASE64_SIZE(SHA256_BYTES)];
	uint8_t mac[SHA256_BYTES];
	char *one = arena_alloc(arena, TEXT_BASE64_SIZE(strlen(header)));
	char *two = arena_alloc(arena, TEXT_BASE64_SIZE(strlen(payload)));
	char *head;

	text_base64url(one, (const uint8_t *)header, strlen(header));
	text_base64url(two, (const uint8_t *)payload, strlen(payload));
	head = arena_printf(arena, "%s.%s", one, two);
	hmac_sha256(mac, SECRET, strlen(SECRET), head, strlen(head));
	text_base64url(mac_text, mac, sizeof(mac));
	return arena_printf(arena, "%s.%s", head, mac_text);
}

static enum mail_token_verdict
verdict(struct arena *arena, const char *text)
{
	struct mail_token token;

	return mail_token_read(arena, SECRET, text, NOW, &token);
}

static enum mail_token_verdict
verdict_of(struct arena *arena, const char *header, const char *payload)
{
	return verdict(arena, signed_text(arena, header, payload));
}

static void
it_writes_the_token_of_the_contract(void **state)
{
	assert_string_equal(mail_token_make(*state, SECRET,
	    &(struct mail_token){ .email = "a@example.com",
	    .issued_at = ISSUED, .expires_at = EXPIRES }), RECORDED);
}

static void
it_reads_the_token_of_the_contract(void **state)
{
	struct mail_token token;

	assert_int_equal(mail_token_read(*state, SECRET, RECORDED, NOW,
	    &token), MAIL_TOKEN_RIGHT);
	assert_string_equal(token.email, "a@example.com");
	assert_null(token.update_to);
	assert_null(token.request_type);
	assert_null(token.user_id);
	assert_null(token.nonce);
	assert_int_equal(token.issued_at, ISSUED);
	assert_int_equal(token.expires_at, EXPIRES);
}

static void
all_claims_come_back(void **state)
{
	struct mail_token token = { .email = "a\"@example.com",
		.update_to = "\xc3\xa9@example.com", .request_type = "x",
		.user_id = "u1", .nonce = "n1", .issued_at = ISSUED, .expires_at = EXPIRES };
	const char *text = mail_token_make(*state, SECRET, &token);

	memset(&token, 0, sizeof(token));
	assert_int_equal(mail_token_read(*state, SECRET, text, NOW, &token),
	    MAIL_TOKEN_RIGHT);
	assert_string_equal(token.email, "a\"@example.com");
	assert_string_equal(token.update_to, "\xc3\xa9@example.com");
	assert_string_equal(token.request_type, "x");
	assert_string_equal(token.user_id, "u1");
	assert_string_equal(token.nonce, "n1");
}

static void
it_ends_at_the_second_it_says(void **state)
{
	struct mail_token token;

	assert_int_equal(mail_token_read(*state, SECRET, RECORDED,
	    EXPIRES * 1000 - 1, &token), MAIL_TOKEN_RIGHT);
	assert_int_equal(mail_token_read(*state, SECRET, RECORDED,
	    EXPIRES * 1000, &token), MAIL_TOKEN_EXPIRED);
	assert_string_equal(token.email, "a@example.com");
}

static void
another_secret_is_refused(void **state)
{
	struct mail_token token;

	assert_int_equal(mail_token_read(*state, SECRET "x", RECORDED, NOW,
	    &token), MAIL_TOKEN_WRONG);
}

static void
every_changed_byte_is_noticed(void **state)
{
	char text[] = RECORDED;

	for (size_t i = 0; i < strlen(RECORDED); i++) {
		char kept = text[i];

		text[i] = kept == 'A' ? 'B' : 'A';
		assert_int_equal(verdict(*state, text), MAIL_TOKEN_WRONG);
		text[i] = kept;
	}
	assert_int_equal(verdict(*state, text), MAIL_TOKEN_RIGHT);
}

static void
other_headers_are_refused_though_signed(void **state)
{
	static const char *const headers[] = { "", "{}", "{\"alg\":\"none\"}",
		"{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}",
		"{ \"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"kid\":\"1\"}",
		"{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
		"{\"typ\":\"JWT\",\"alg\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"none\"}" };

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_int_equal(verdict_of(*state, headers[i], PAYLOAD),
		    MAIL_TOKEN_WRONG);
	assert_int_equal(verdict_of(*state, HEADER, PAYLOAD),
	    MAIL_TOKEN_RIGHT);
}

static void
other_shapes_are_refused(void **state)
{
	static const char *const texts[] = { "", ".", "..", "...", "garbage",
		"eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9.",
		"eyJhbGciOiJIUzI1NiJ9..", RECORDED ".", RECORDED "=",
		RECORDED ".x", "." RECORDED, " " RECORDED };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(verdict(*state, texts[i]), MAIL_TOKEN_WRONG);
}

static void
an_unsigned_token_is_refused(void **state)
{
	char text[] = RECORDED;

	*(strrchr(text, '.') + 1) = '\0';
	assert_int_equal(verdict(*state, text), MAIL_TOKEN_WRONG);
}

static void
claims_of_another_kind_are_refused(void **state)
{
	static const char *const payloads[] = { "", "null", "[]", "{}", "1",
		"{\"email\":\"a\",\"iat\":1}",
		"{\"iat\":1,\"exp\":9999999999}",
		"{\"email\":null,\"iat\":1,\"exp\":9999999999}",
		"{\"email\":1,\"iat\":1,\"exp\":9999999999}",
		"{\"email\":\"a\",\"iat\":\"1\",\"exp\":9999999999}",
		"{\"email\":\"a\",\"iat\":1,\"exp\":99999999.5}",
		"{\"email\":\"a\",\"iat\":1,\"exp\":9999999999,"
		    "\"updateTo\":null}",
		"{\"email\":\"a\",\"iat\":1,\"exp\":9999999999,"
		    "\"exp\":9999999999}",
		"{\"email\":\"a\",\"iat\":1,\"exp\":9999999999} " "x" };

	for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
		assert_int_equal(verdict_of(*state, HEADER, payloads[i]),
		    MAIL_TOKEN_WRONG);
}

/* A token for programs, signed with the same secret, names an e-mail, too. */
static void
a_claim_that_is_not_ours_makes_it_another_token(void **state)
{
	assert_int_equal(verdict_of(*state, HEADER, "{\"email\":\"a\","
	    "\"iat\":1,\"exp\":9999999999,\"sub\":\"u1\"}"),
	    MAIL_TOKEN_WRONG);
}

static void
too_long_a_token_is_refused(void **state)
{
	char name[MAIL_TOKEN_BYTES_MAX];

	memset(name, 'a', sizeof(name));
	name[2900] = '\0';
	assert_int_equal(verdict(*state, mail_token_make(*state, SECRET,
	    &(struct mail_token){ .email = name, .issued_at = ISSUED,
	    .expires_at = EXPIRES })), MAIL_TOKEN_RIGHT);
	memset(name, 'a', sizeof(name));
	name[3050] = '\0';
	assert_int_equal(verdict(*state, mail_token_make(*state, SECRET,
	    &(struct mail_token){ .email = name, .issued_at = ISSUED,
	    .expires_at = EXPIRES })), MAIL_TOKEN_WRONG);
}

static void
times_beyond_all_bounds_do_no_harm(void **state)
{
	assert_int_equal(verdict_of(*state, HEADER, "{\"email\":\"a\","
	    "\"iat\":-9223372036854775808,\"exp\":9223372036854775807}"),
	    MAIL_TOKEN_RIGHT);
	assert_int_equal(verdict_of(*state, HEADER, "{\"email\":\"a\","
	    "\"iat\":1,\"exp\":-9223372036854775808}"), MAIL_TOKEN_EXPIRED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_writes_the_token_of_the_contract),
		TEST(it_reads_the_token_of_the_contract),
		TEST(all_claims_come_back),
		TEST(it_ends_at_the_second_it_says),
		TEST(another_secret_is_refused),
		TEST(every_changed_byte_is_noticed),
		TEST(other_headers_are_refused_though_signed),
		TEST(other_shapes_are_refused),
		TEST(an_unsigned_token_is_refused),
		TEST(claims_of_another_kind_are_refused),
		TEST(a_claim_that_is_not_ours_makes_it_another_token),
		TEST(too_long_a_token_is_refused),
		TEST(times_beyond_all_bounds_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
