#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/licence.h"
#include "trust/sign.h"
#include "trust/token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW_MS (INT64_C(1700000000) * 1000)
#define HEADER(alg)							\
	"{\"alg\":\"" alg "\",\"kid\":\"k1\",\"typ\":\"licence+jwt\"}"
#define CLAIMS								\
	"{\"iss\":\"https://login.example.com\",\"sub\":\"u1\","	\
	"\"jti\":\"l1\",\"iat\":1700000000,\"exp\":1700086400,"		\
	"\"ownerKind\":\"user\",\"holder\":\"a@example.com\","		\
	"\"licence\":\"pro\",\"features\":[\"export\"],"		\
	"\"limits\":{\"seats\":5}}"

static struct arena *arena, *scratch;
static struct jwk *key, *other;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new((size_t)16 << 20);
	scratch = arena_new((size_t)1 << 20);
	key = jwk_generate(JWK_EDDSA, 0);
	other = jwk_generate(JWK_EDDSA, 0);
	(void)stpcpy(key->kid, "k1");
	(void)stpcpy(other->kid, "k1");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	jwk_free(key);
	jwk_free(other);
	arena_free(arena);
	arena_free(scratch);
	return 0;
}

static char *
file_of(const char *claims)
{
	return licence_armor(arena, licence_sign(arena, key, claims));
}

static bool
is_read(const char *text, size_t size, const struct jwk *with)
{
	struct licence_file licence;
	const char *reason = NULL;
	bool read = licence_read(scratch, text, size, with, &licence,
	    &reason);

	arena_reset(scratch);
	assert_true(read || reason != NULL);
	return read;
}

static void
expect_refused(const char *text)
{
	assert_false(is_read(text, strlen(text), key));
}

static const char *
encoded(const void *bytes, size_t size)
{
	return text_to_base64url(arena, bytes, size);
}

static const char *
unsigned_of(const char *header, const char *claims)
{
	return arena_printf(arena, "%s.%s", encoded(header, strlen(header)),
	    encoded(claims, strlen(claims)));
}

static void
a_file_says_what_was_signed(void **state)
{
	const char *text = file_of(CLAIMS), *reason;
	struct licence_file licence;

	(void)state;
	assert_true(licence_read(arena, text, strlen(text), key, &licence,
	    &reason));
	assert_string_equal(licence.id, "l1");
	assert_string_equal(licence.kid, "k1");
	assert_string_equal(licence.issuer, "https://login.example.com");
	assert_string_equal(licence.owner_id, "u1");
	assert_string_equal(licence.owner_kind, "user");
	assert_string_equal(licence.holder, "a@example.com");
	assert_string_equal(licence.type, "pro");
	assert_true(licence.issued_at == NOW_MS);
	assert_true(licence.expires_at == NOW_MS + INT64_C(86400000));
	assert_true(text_starts(text, "-----BEGIN TOLLGATE LICENCE-----\n"));
	for (const char *line = text; *line != '\0';
	    line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 64);
}

static void
it_is_current_from_its_issue_to_its_end(void **state)
{
	const struct licence_file licence = { .issued_at = NOW_MS,
		.expires_at = NOW_MS + 1000 };
	const struct licence_file endless = { .issued_at = NOW_MS };
	const char *reason;

	(void)state;
	assert_true(licence_is_current(&licence, NOW_MS, &reason));
	assert_true(licence_is_current(&licence, NOW_MS + 999, &reason));
	assert_false(licence_is_current(&licence, NOW_MS + 1000, &reason));
	assert_false(licence_is_current(&licence, NOW_MS - 61000, &reason));
	assert_true(licence_is_current(&endless, INT64_MAX, &reason));
}

/* Each of its bits, and what would pass for something else. */
static void
no_byte_may_change(void **state)
{
	static const char others[] = "\0\r\n .-=AZaz09_";
	char *text = file_of(CLAIMS);
	const size_t size = strlen(text);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		const char was = text[i];

		for (int bit = 1; bit < 256; bit <<= 1) {
			text[i] = (char)(was ^ bit);
			assert_false(is_read(text, size, key));
		}
		for (size_t k = 0; k < sizeof(others); k++) {
			text[i] = others[k];
			assert_int_equal(is_read(text, size, key),
			    others[k] == was);
		}
		text[i] = was;
	}
	assert_true(is_read(text, size, key));
}

static void
no_byte_may_be_missing_or_one_too_many(void **state)
{
	const char *text = file_of(CLAIMS);
	const size_t size = strlen(text);
	char *changed = arena_alloc(arena, size + 2);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		memcpy(changed, text, i);
		memcpy(changed + i, text + i + 1, size - i);
		assert_false(is_read(changed, size - 1, key));
		assert_false(is_read(text, i, key));
		changed[i] = '\n';
		memcpy(changed + i + 1, text + i, size - i + 1);
		assert_false(is_read(changed, size + 1, key));
		changed[i] = 'A';
		assert_false(is_read(changed, size + 1, key));
	}
	expect_refused(arena_printf(arena, "%s\n", text));
	expect_refused(arena_printf(arena, " %s", text));
	expect_refused(arena_printf(arena, "%s%s", text, text));
	expect_refused("");
}

static void
another_key_or_kid_does_not_do(void **state)
{
	const char *text = file_of(CLAIMS);
	struct jwk named = *key;

	(void)state;
	assert_false(is_read(text, strlen(text), other));
	(void)stpcpy(named.kid, "k2");
	assert_false(is_read(text, strlen(text), &named));
	named.kid[0] = '\0';
	assert_true(is_read(text, strlen(text), &named));
}

/* The public half, which everybody has, as a secret; and no signature. */
static void
no_algorithm_but_eddsa_is_taken(void **state)
{
	const char *secrets[] = { jwk_public(arena, key),
		jwk_public_pem(arena, key), "" };
	const char *text = unsigned_of(HEADER("HS256"), CLAIMS);
	uint8_t mac[SHA256_BYTES];
	struct jwk *rsa = jwk_generate(JWK_RS256, 2048);

	(void)state;
	for (size_t i = 0; i < COUNT(secrets); i++) {
		hmac_sha256(mac, secrets[i], strlen(secrets[i]), text,
		    strlen(text));
		expect_refused(licence_armor(arena, arena_printf(arena,
		    "%s.%s", text, encoded(mac, sizeof(mac)))));
	}
	text = unsigned_of(HEADER("none"), CLAIMS);
	expect_refused(licence_armor(arena, arena_printf(arena, "%s.", text)));
	expect_refused(licence_armor(arena, arena_printf(arena, "%s.AA",
	    text)));
	(void)stpcpy(rsa->kid, "k1");
	expect_refused(licence_armor(arena, licence_sign(arena, rsa,
	    CLAIMS)));
	jwk_free(rsa);
}

static void
a_token_is_no_licence_and_a_licence_no_token(void **state)
{
	struct token token;
	const char *reason;

	(void)state;
	expect_refused(licence_armor(arena, token_sign(arena, key, CLAIMS)));
	expect_refused(licence_armor(arena, token_sign_as(arena, "JWT", key,
	    CLAIMS)));
	assert_false(token_admit(arena, licence_sign(arena, key, CLAIMS),
	    &token, &reason));
	assert_non_null(reason);
}

static void
claims_must_say_all_that_a_licence_says(void **state)
{
	static const char *const wrong[] = { "{}", "null", "[]", "7",
	    "{\"iss\":\"i\",\"sub\":\"u\",\"jti\":\"l\",\"iat\":1,"
	    "\"ownerKind\":\"user\",\"holder\":\"h\"}",
	    "{\"iss\":\"i\",\"sub\":\"u\",\"jti\":\"l\",\"iat\":1.5,"
	    "\"ownerKind\":\"user\",\"holder\":\"h\",\"licence\":\"pro\"}",
	    "{\"iss\":\"i\",\"sub\":\"u\",\"jti\":\"l\",\"iat\":1,\"exp\":0,"
	    "\"ownerKind\":\"user\",\"holder\":\"h\",\"licence\":\"pro\"}",
	    "{\"iss\":\"i\",\"sub\":\"u\",\"jti\":\"l\",\"iat\":1,"
	    "\"exp\":9223372036854775807,"
	    "\"ownerKind\":\"user\",\"holder\":\"h\",\"licence\":\"pro\"}",
	    "{\"iss\":\"i\",\"sub\":\"u\",\"jti\":\"l\",\"exp\":1,"
	    "\"ownerKind\":\"user\",\"holder\":\"h\",\"licence\":\"pro\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		expect_refused(file_of(wrong[i]));
}

static void
a_public_half_is_read_as_jwk_and_as_pem(void **state)
{
	const char *file = file_of(CLAIMS);
	const char *jwk = jwk_public(arena, key);
	const char *named = arena_printf(arena, "%.*s,\"kid\":\"k1\"}\n",
	    (int)strlen(jwk) - 1, jwk);
	const char *const texts[] = { jwk, named,
		jwk_public_pem(arena, key) };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct jwk *half = licence_key_read(arena, texts[i],
		    strlen(texts[i]));

		assert_non_null(half);
		assert_string_equal(half->kid, i == 1 ? "k1" : "");
		assert_true(is_read(file, strlen(file), half));
		jwk_free(half);
	}
}

static void
what_is_no_ed25519_key_is_not_read(void **state)
{
	struct jwk *rsa = jwk_generate(JWK_RS256, 2048);
	const char *const texts[] = { "", "{}", "nonsense", "null",
		jwk_public(arena, rsa), jwk_public_pem(arena, rsa),
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n"
		"DEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
		"AAAA\n-----END PUBLIC KEY-----\n",
		"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_null(licence_key_read(arena, texts[i],
		    strlen(texts[i])));
	assert_null(licence_key_read(arena, "\xff\xfe", 2));
	jwk_free(rsa);
}

static void
what_would_be_too_long_is_not_signed(void **state)
{
	char *claims = arena_alloc(arena, TOKEN_BYTES_MAX + 2);

	(void)state;
	memset(claims, ' ', TOKEN_BYTES_MAX + 1);
	assert_null(licence_sign(arena, key, claims));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_says_what_was_signed),
		cmocka_unit_test(it_is_current_from_its_issue_to_its_end),
		cmocka_unit_test(no_byte_may_change),
		cmocka_unit_test(no_byte_may_be_missing_or_one_too_many),
		cmocka_unit_test(another_key_or_kid_does_not_do),
		cmocka_unit_test(no_algorithm_but_eddsa_is_taken),
		cmocka_unit_test(a_token_is_no_licence_and_a_licence_no_token),
		cmocka_unit_test(claims_must_say_all_that_a_licence_says),
		cmocka_unit_test(a_public_half_is_read_as_jwk_and_as_pem),
		cmocka_unit_test(what_is_no_ed25519_key_is_not_read),
		cmocka_unit_test(what_would_be_too_long_is_not_signed),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
