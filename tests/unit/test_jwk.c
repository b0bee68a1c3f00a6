#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/json.h"
#include "trust/jwk.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 7515, appendices A.2 and A.3; RFC 8037, appendix A.2 */
#define RSA_N								\
	"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm"	\
	"fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"	\
	"YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"	\
	"z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"	\
	"Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"	\
	"GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_TEXT "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\"}"
#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC(curve, x, y) "{\"kty\":\"EC\",\"crv\":\"" curve		\
	"\",\"x\":\"" x "\",\"y\":\"" y "\"}"
#define ED_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED(curve, x) "{\"crv\":\"" curve "\",\"x\":\"" x "\",\"kty\":\"OKP\"}"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new((size_t)8 << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
an_algorithm_has_one_spelling(void **state)
{
	static const char *const names[] = { "", "none", "None", "NONE",
	    "rs256", "RS256 ", " RS256", "RS384", "RS512", "PS256", "ES384",
	    "eddsa", "EDDSA", "Ed25519", "hs256", "HS384", "HS512" };

	(void)state;
	assert_int_equal(jwk_alg_of("RS256"), JWK_RS256);
	assert_int_equal(jwk_alg_of("ES256"), JWK_ES256);
	assert_int_equal(jwk_alg_of("EdDSA"), JWK_EDDSA);
	assert_int_equal(jwk_alg_of("HS256"), JWK_HS256);
	assert_int_equal(jwk_alg_of(NULL), JWK_NONE);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(jwk_alg_of(names[i]), JWK_NONE);
}

static void
a_public_half_is_read_and_written_as_it_was(void **state)
{
	static const struct {
		enum jwk_alg alg;
		const char *text;
	} cases[] = {
		{ JWK_RS256, RSA_TEXT },
		{ JWK_ES256, EC("P-256", EC_X, EC_Y) },
		{ JWK_EDDSA, ED("Ed25519", ED_X) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct jwk *key = jwk_of_public(arena, cases[i].alg, "k1",
		    cases[i].text);

		assert_non_null(key);
		assert_int_equal(key->alg, cases[i].alg);
		assert_string_equal(key->kid, "k1");
		assert_string_equal(jwk_public(arena, key), cases[i].text);
		jwk_free(key);
	}
}

static void
a_private_half_makes_the_same_key_again(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_EDDSA; alg++) {
		struct jwk *key = jwk_generate((enum jwk_alg)alg, 2048), *again;
		size_t size;
		uint8_t *bytes = jwk_private(arena, key, &size);

		again = jwk_of_private((enum jwk_alg)alg, "k2", bytes, size);
		assert_non_null(again);
		assert_string_equal(again->kid, "k2");
		assert_string_equal(jwk_public(arena, again),
		    jwk_public(arena, key));
		jwk_free(again);
		for (int other = JWK_RS256; other <= JWK_HS256; other++)
			if (other != alg)
				assert_null(jwk_of_private(
				    (enum jwk_alg)other, "k2", bytes, size));
		assert_null(jwk_of_private((enum jwk_alg)alg, "k2", bytes,
		    size - 1));
		jwk_free(key);
	}
}

/* A number with leading zeros is as long as any other; 1 in 128 keys has. */
static void
coordinates_are_padded(void **state)
{
	struct json_object *tree;
	const char *reason;

	(void)state;
	for (int i = 0; i < 600; i++) {
		struct jwk *key = jwk_generate(JWK_ES256, 0);
		const char *text = jwk_public(arena, key);

		assert_true(json_read(arena, text, strlen(text), &tree,
		    &reason));
		assert_int_equal(strlen(json_text(tree, "x")), 43);
		assert_int_equal(strlen(json_text(tree, "y")), 43);
		jwk_free(key);
	}
}

static void
what_is_no_key_of_the_algorithm_is_refused(void **state)
{
	static const struct {
		enum jwk_alg alg;
		const char *text;
	} cases[] = {
		/* another kind of key */
		{ JWK_NONE, RSA_TEXT }, { JWK_HS256, RSA_TEXT },
		{ JWK_ES256, RSA_TEXT }, { JWK_EDDSA, RSA_TEXT },
		{ JWK_RS256, EC("P-256", EC_X, EC_Y) },
		{ JWK_HS256, "{\"kty\":\"oct\",\"k\":\"" EC_X "\"}" },
		{ JWK_RS256, "{\"kty\":\"oct\",\"k\":\"" EC_X "\"}" },
		/* a modulus too short, even, with a zero in front, padded */
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" EC_X
		    "\",\"e\":\"AQAB\"}" },
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"A" RSA_N
		    "\",\"e\":\"AQAB\"}" },
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" RSA_N
		    "==\",\"e\":\"AQAB\"}" },
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" RSA_N RSA_N RSA_N
		    "\",\"e\":\"AQAB\"}" },
		/* an exponent that makes signatures anybody's */
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" RSA_N
		    "\",\"e\":\"AQ\"}" },
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" RSA_N
		    "\",\"e\":\"Aw\"}" },
		{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\"" RSA_N "\"}" },
		/* beside the curve, of another curve, too short */
		{ JWK_ES256, EC("P-256", EC_Y, EC_X) },
		{ JWK_ES256, EC("P-256", EC_X, EC_X) },
		{ JWK_ES256, EC("P-384", EC_X, EC_Y) },
		{ JWK_ES256, EC("secp256k1", EC_X, EC_Y) },
		{ JWK_ES256, EC("P-256", "AA", EC_Y) },
		{ JWK_ES256, EC("P-256", EC_X EC_X, EC_Y) },
		{ JWK_ES256, EC("P-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") },
		{ JWK_EDDSA, ED("X25519", ED_X) },
		{ JWK_EDDSA, ED("Ed448", ED_X) },
		{ JWK_EDDSA, ED("Ed25519", "") },
		{ JWK_EDDSA, ED("Ed25519", ED_X "A") },
		{ JWK_EDDSA, ED("Ed25519", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlr"
		    "wIaaPcHURp") },
		/* not JSON, or not one value of a member */
		{ JWK_EDDSA, "" }, { JWK_EDDSA, "null" }, { JWK_EDDSA, "[]" },
		{ JWK_EDDSA, ED("Ed25519", ED_X) "x" },
		{ JWK_EDDSA, "{\"crv\":\"Ed25519\",\"x\":\"" ED_X
		    "\",\"x\":\"" ED_X "\",\"kty\":\"OKP\"}" },
		{ JWK_EDDSA, "{\"crv\":\"Ed25519\",\"x\":1,\"kty\":\"OKP\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct jwk *key = jwk_of_public(arena, cases[i].alg, "k",
		    cases[i].text);

		if (key != NULL)
			fail_msg("case %zu was accepted", i);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_algorithm_has_one_spelling),
		cmocka_unit_test(a_public_half_is_read_and_written_as_it_was),
		cmocka_unit_test(a_private_half_makes_the_same_key_again),
		cmocka_unit_test(coordinates_are_padded),
		cmocka_unit_test(what_is_no_key_of_the_algorithm_is_refused),
	};

	return cmocka_run_group_tests_name("jwk", tests, begin, end);
}
