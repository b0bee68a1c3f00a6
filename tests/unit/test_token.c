#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/sign.h"
#include "trust/token.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* vectors.json of the wire contract: secret and hs256EmailToken */
#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define EMAIL_TOKEN							\
	"eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImFAZXhhbXBsZS5jb20iLCJpYXQi"	\
	"OjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMH0."			\
	"VELBFOTXgxfrp_HBlh9OhKZ8RtKfLMleWBPQH-7sLVs"
#define NOW ((int64_t)1700000000)
#define ISSUER "https://login.example.com"

static struct arena *arena;
static struct jwk *keys[JWK_HS256 + 1];

static int
begin(void **state)
{
	(void)state;
	arena = arena_new((size_t)16 << 20);
	for (int alg = JWK_RS256; alg <= JWK_EDDSA; alg++) {
		keys[alg] = jwk_generate((enum jwk_alg)alg, 2048);
		(void)snprintf(keys[alg]->kid, sizeof(keys[alg]->kid), "k%d",
		    alg);
	}
	keys[JWK_HS256] = jwk_of_secret("k4", SECRET);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_HS256; alg++)
		jwk_free(keys[alg]);
	arena_free(arena);
	return 0;
}

static const char *
encoded(const void *bytes, size_t size)
{
	char *text = arena_alloc(arena, TEXT_BASE64_SIZE(size));

	text_base64url(text, bytes, size);
	return text;
}

/* header "." payload "." signature, whatever they are. */
static char *
assembled(const char *header, const char *payload, const void *signature,
    size_t size)
{
	return arena_printf(arena, "%s.%s.%s", encoded(header, strlen(header)),
	    encoded(payload, strlen(payload)), encoded(signature, size));
}

static struct token
admitted(const char *text)
{
	struct token token;
	const char *reason;

	if (!token_admit(arena, text, &token, &reason))
		fail_msg("'%s' was refused: %s", text, reason);
	return token;
}

static void
expect_refused(const char *text)
{
	struct token token;
	const char *reason = NULL;

	if (token_admit(arena, text, &token, &reason))
		fail_msg("'%.80s' was admitted", text);
	assert_non_null(reason);
}

static void
expect_header_refused(const char *header)
{
	expect_refused(assembled(header, "{}", "signature", 9));
}

/* ---- what is right ----------------------------------------------------- */

/* RFC 7515, appendices A.2 and A.3; RFC 8037, appendix A.4 */
static const struct published {
	enum jwk_alg alg;
	const char *key, *token;
} published[] = {
	{ JWK_RS256, "{\"kty\":\"RSA\",\"n\":\""
	    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm"
	    "fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_"
	    "YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5"
	    "z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uD"
	    "Zlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9ia"
	    "GNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}",
	    "eyJhbGciOiJSUzI1NiJ9."
	    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
	    "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5R"
	    "Zmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQ"
	    "jbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQB"
	    "MHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt"
	    "FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
	    "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw" },
	{ JWK_ES256, "{\"kty\":\"EC\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
	    "eyJhbGciOiJFUzI1NiJ9."
	    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9l"
	    "eGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8I"
	    "SlSApmWQxfKTUJqPP3-Kg6NU1Q" },
	{ JWK_EDDSA, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
	    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
	    "eyJhbGciOiJFZERTQSJ9."
	    "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
	    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylG"
	    "jg5BhVsPt9g7sVvpAr_MuM0KAg" },
};

static void
published_tokens_verify_and_changed_ones_do_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(published); i++) {
		struct jwk *key = jwk_of_public(arena, published[i].alg, "",
		    published[i].key);
		char *text = arena_text(arena, published[i].token);
		char *payload = strchr(text, '.') + 2;
		struct token token = admitted(text);

		assert_true(token_verify(&token, key));
		*payload = *payload == 'A' ? 'B' : 'A';
		token = admitted(text);
		assert_false(token_verify(&token, key));
		jwk_free(key);
	}
}

static void
the_contract_s_hs256_token_is_ours(void **state)
{
	struct jwk *key = jwk_of_secret("", SECRET);
	struct token token = admitted(EMAIL_TOKEN);
	struct json_object *claims;
	const char *reason;

	(void)state;
	assert_true(token_verify(&token, key));
	assert_int_equal(token_claims(arena, &token,
	    &(struct token_rules){ .now = NOW * 1000 }, &claims, &reason),
	    ST_OK);
	assert_string_equal(json_text(claims, "email"), "a@example.com");
	assert_string_equal(token_sign(arena, key, "{\"email\":\"a@example.com"
	    "\",\"iat\":1700000000,\"exp\":1700003600}"), EMAIL_TOKEN);
	jwk_free(key);
}

static void
what_we_sign_verifies_with_its_public_half(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_HS256; alg++) {
		const char *text = token_sign(arena, keys[alg], "{\"a\":1}");
		struct token token = admitted(text);
		struct jwk *half;

		assert_string_equal(token.kid, keys[alg]->kid);
		assert_true(token_verify(&token, keys[alg]));
		if (alg == JWK_HS256)
			continue;
		half = jwk_of_public(arena, (enum jwk_alg)alg,
		    keys[alg]->kid, jwk_public(arena, keys[alg]));
		assert_true(token_verify(&token, half));
		jwk_free(half);
	}
}

/* The public half as PEM, NUL-terminated; the secret of HS256. */
static char *
pem_of(const struct jwk *key)
{
	BIO *bio;
	char *data, *text;
	long size;

	if (key->alg == JWK_HS256)
		return arena_text(arena, SECRET);
	bio = BIO_new(BIO_s_mem());
	assert_int_equal(PEM_write_bio_PUBKEY(bio, key->pair), 1);
	size = BIO_get_mem_data(bio, &data);
	text = arena_copy(arena, data, (size_t)size);
	BIO_free(bio);
	return text;
}

/* Somebody else's verifier; it does not know EdDSA. */
static void
libjwt_accepts_what_we_sign(void **state)
{
	static const enum jwk_alg known[] = { JWK_RS256, JWK_ES256, JWK_HS256 };

	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		char *pem = pem_of(keys[known[i]]);
		jwt_t *jwt = NULL;

		assert_int_equal(jwt_decode(&jwt, token_sign(arena,
		    keys[known[i]], "{\"a\":1}"), (unsigned char *)pem,
		    (int)strlen(pem)), 0);
		assert_int_equal(jwt_get_grant_int(jwt, "a"), 1);
		jwt_free(jwt);
	}
}

/* ---- whose key it is --------------------------------------------------- */

static void
a_token_verifies_with_its_own_key_only(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_HS256; alg++) {
		struct token token = admitted(token_sign(arena, keys[alg],
		    "{}"));
		struct jwk other = *keys[alg];

		for (int key = JWK_RS256; key <= JWK_HS256; key++)
			assert_int_equal(token_verify(&token, keys[key]),
			    alg == key);
		other.kid[0] = 'x';
		assert_false(token_verify(&token, &other));
		other.kid[0] = '\0';
		assert_false(token_verify(&token, &other));
	}
}

/* libjwt#200: the public key, which everybody has, as an HMAC secret. */
static void
a_public_key_is_no_secret(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_EDDSA; alg++) {
		const char *secrets[] = { pem_of(keys[alg]),
		    jwk_public(arena, keys[alg]), "" };

		for (size_t i = 0; i < COUNT(secrets); i++) {
			const char *text = arena_printf(arena, "%s.%s",
			    encoded("{\"alg\":\"HS256\",\"kid\":\"k1\"}", 26),
			    encoded("{}", 2));
			uint8_t mac[SHA256_BYTES];
			struct token token;

			hmac_sha256(mac, secrets[i], strlen(secrets[i]), text,
			    strlen(text));
			token = admitted(arena_printf(arena, "%s.%s", text,
			    encoded(mac, sizeof(mac))));
			for (int key = JWK_RS256; key <= JWK_HS256; key++)
				assert_false(token_verify(&token, keys[key]));
		}
	}
}

/* A key that was never set verifies nothing, "none" least of all. */
static void
zero_refuses(void **state)
{
	struct token token = admitted(token_sign(arena, keys[JWK_HS256], "{}"));
	struct jwk nothing = { .alg = JWK_NONE };

	(void)state;
	assert_false(token_verify(&token, &nothing));
	token.alg = JWK_NONE;
	token.kid = "";
	assert_false(token_verify(&token, &nothing));
}

/* ---- the gate ---------------------------------------------------------- */

static void
no_algorithm_is_none_however_it_is_spelt(void **state)
{
	static const char *const names[] = { "\"none\"", "\"None\"",
	    "\"NONE\"", "\"nOnE\"", "\"\"", "\"none \"", "\" none\"",
	    "\"n\\u006fne\"", "\"none\\u0000\"", "null", "false", "0", "[]",
	    "[\"none\"]", "{}", "[\"HS256\"]", "\"RS256\\u0000\"", "\"rs256\"",
	    "\"HS384\"", "\"PS256\"", "\"ES384\"", "\"RSA\"", "\"dir\"" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		expect_header_refused(arena_printf(arena, "{\"alg\":%s}",
		    names[i]));
	expect_header_refused("{}");
	expect_header_refused("{\"kid\":\"k1\"}");
	expect_header_refused("{\"typ\":\"JWT\"}");
	expect_header_refused("{\"Alg\":\"HS256\"}");
}

static void
a_header_says_nothing_but_algorithm_key_and_type(void **state)
{
	static const char *const members[] = { "\"alg\":\"HS256\"",
	    "\"\\u0061lg\":\"HS256\"", "\"kid\":\"a\",\"kid\":\"b\"",
	    "\"crit\":[\"exp\"]", "\"crit\":[]", "\"b64\":false",
	    "\"zip\":\"DEF\"", "\"jku\":\"https://evil.example/jwks\"",
	    "\"x5u\":\"https://evil.example/cert\"", "\"x5c\":[\"AAAA\"]",
	    "\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}", "\"cty\":\"JWT\"",
	    "\"enc\":\"A256GCM\"", "\"typ\":\"JOSE\"", "\"typ\":\"jwt\"",
	    "\"typ\":1", "\"typ\":null", "\"\":1" };

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++)
		expect_header_refused(arena_printf(arena,
		    "{\"alg\":\"HS256\",%s}", members[i]));
	assert_int_equal(admitted(assembled(
	    "{\"typ\":\"JWT\",\"kid\":\"k_-9\",\"alg\":\"HS256\"}", "{}", "s",
	    1)).alg, JWK_HS256);
}

static void
a_key_s_name_is_a_name_and_nothing_else(void **state)
{
	static const char *const names[] = { "\"\"", "\"../../etc/passwd\"",
	    "\"k1' OR '1'='1\"", "\"k1; DROP TABLE users\"", "\"k1\\n\"",
	    "\"k1\\u0000\"", "\"/dev/null\"", "\"k 1\"", "\"k1%00\"",
	    "\"http://evil.example/\"", "\"k\\u00e9\"", "1", "null", "true",
	    "[\"k1\"]", "{\"k1\":1}" };
	char longest[JWK_KID_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		expect_header_refused(arena_printf(arena,
		    "{\"alg\":\"RS256\",\"kid\":%s}", names[i]));
	memset(longest, 'k', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect_header_refused(arena_printf(arena,
	    "{\"alg\":\"RS256\",\"kid\":\"%s\"}", longest));
}

static void
a_header_is_strict_json(void **state)
{
	static const char *const headers[] = { "", "null", "[]", "\"RS256\"",
	    "1", "{\"alg\":\"RS256\"}x", "{\"alg\":\"RS256\"}{}",
	    "{'alg':'RS256'}", "{\"alg\":\"RS256\",}", "{\"alg\":\"RS256\"",
	    "{\"alg\":\"RS\\ud800\"}", "{\"alg\":\"RS256\"}\x01",
	    "{\"alg\":\"\xff\"}", "{\"alg\":RS256}" };
	char deep[4000];

	(void)state;
	for (size_t i = 0; i < COUNT(headers); i++)
		expect_header_refused(headers[i]);
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	expect_header_refused(deep);
	expect_header_refused(arena_printf(arena, "{\"alg\":\"RS256\","
	    "\"kid\":%s", deep));
}

static void
a_token_has_three_parts_that_are_not_empty(void **state)
{
	static const char *const texts[] = { "", ".", "..", "...", "....",
	    "a", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9",
	    "eyJhbGciOiJIUzI1NiJ9.", "eyJhbGciOiJIUzI1NiJ9..",
	    "eyJhbGciOiJIUzI1NiJ9.e30.", "eyJhbGciOiJIUzI1NiJ9..AAAA",
	    ".e30.AAAA", "..AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.",
	    ".eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
	    "eyJhbGciOiJIUzI1NiJ9.e30..AAAA",
	    "eyJhbGciOiJIUzI1NiJ9.e30.AAAA.AAAA" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_refused(texts[i]);
}

static void
base64_has_one_form(void **state)
{
	static const char *const texts[] = {
	    "eyJhbGciOiJIUzI1NiJ9.e30.AAAB=", "eyJhbGciOiJIUzI1NiJ9.e30=.AAAA",
	    "eyJhbGciOiJIUzI1NiJ9=.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.e31.AAAA",
	    "eyJhbGciOiJIUzI1NiJ9.e3.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAAA",
	    "eyJhbGciOiJIUzI1NiJ9.e30.AB", "eyJhbGciOiJIUzI1NiJ9.e30.A+AA",
	    "eyJhbGciOiJIUzI1NiJ9.e30.A/AA", "eyJhbGciOiJIUzI1NiJ9.e30.AA\nA",
	    " eyJhbGciOiJIUzI1NiJ9.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA ",
	    "eyJhbGciOiJIUzI1NiJ9.e 30.AAAA", "eyJhbGciOiJIUzI1NiJ8.e30.AAAA",
	    "eyJhbGciOiJIUzI1NiJ9.e30.AA%3D" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_refused(texts[i]);
}

static void
a_huge_token_is_not_looked_at(void **state)
{
	size_t sizes[] = { TOKEN_BYTES_MAX + 1, 100000, (size_t)1 << 20 };
	const char *begin_text = "eyJhbGciOiJIUzI1NiJ9.e30.";

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		char *text = arena_alloc(arena, sizes[i] + 1);

		memset(text, 'A', sizes[i]);
		memcpy(text, begin_text, strlen(begin_text));
		expect_refused(text);
	}
}

/* ---- signatures -------------------------------------------------------- */

static void
expect_unsigned(enum jwk_alg alg, const void *signature, size_t size)
{
	struct token token = admitted(assembled(arena_printf(arena,
	    "{\"alg\":\"%s\",\"kid\":\"%s\"}", jwk_alg_name(alg),
	    keys[alg]->kid), "{}", signature, size));

	assert_false(token_verify(&token, keys[alg]));
}

static void
an_ecdsa_signature_is_two_numbers_of_the_curve(void **state)
{
	/* the order of P-256 */
	static const uint8_t order[32] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
	    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
	    0x25, 0x51 };
	struct token right = admitted(token_sign(arena, keys[JWK_ES256],
	    "{}"));
	uint8_t raw[65] = { 0 }, der[72] = { 0x30, 0x44, 0x02, 0x20 };

	(void)state;
	assert_int_equal(right.signature_size, 64);
	expect_unsigned(JWK_ES256, raw, 64);		/* r = s = 0 */
	memcpy(raw, right.signature, 32);
	expect_unsigned(JWK_ES256, raw, 64);		/* s = 0 */
	memset(raw, 0, 32);
	memcpy(raw + 32, right.signature + 32, 32);
	expect_unsigned(JWK_ES256, raw, 64);		/* r = 0 */
	memcpy(raw, order, 32);
	expect_unsigned(JWK_ES256, raw, 64);		/* r = n */
	memcpy(raw + 32, order, 32);
	expect_unsigned(JWK_ES256, raw, 64);
	memset(raw, 0xff, 64);
	expect_unsigned(JWK_ES256, raw, 64);		/* beyond n */
	memcpy(raw, right.signature, 64);
	expect_unsigned(JWK_ES256, raw, 63);
	raw[64] = 0;
	expect_unsigned(JWK_ES256, raw, 65);
	memcpy(der + 4, right.signature, 32);
	der[36] = 0x02;
	der[37] = 0x20;
	memcpy(der + 38, right.signature + 32, 32);
	expect_unsigned(JWK_ES256, der, 70);		/* DER, not raw */
}

static void
a_signature_has_neither_a_byte_less_nor_one_more(void **state)
{
	(void)state;
	for (int alg = JWK_RS256; alg <= JWK_HS256; alg++) {
		char *text = token_sign(arena, keys[alg], "{}");
		struct token token = admitted(text);
		size_t size = token.signature_size;
		uint8_t *longer = arena_alloc(arena, size + 1);

		memcpy(longer, token.signature, size);
		token.signature = longer;
		assert_true(token_verify(&token, keys[alg]));
		token.signature_size = size + 1;
		assert_false(token_verify(&token, keys[alg]));
		token.signature_size = size - 1;
		assert_false(token_verify(&token, keys[alg]));
		token.signature_size = size;
		for (size_t i = 0; i < size; i += size / 8) {
			longer[i] ^= 1;
			assert_false(token_verify(&token, keys[alg]));
			longer[i] ^= 1;
		}
	}
}

/* ---- claims ------------------------------------------------------------ */

static enum status
claims_of(const char *payload)
{
	struct token token = { .payload = payload,
	    .payload_size = strlen(payload) };
	struct token_rules rules = { .issuer = ISSUER, .audience = "api",
	    .now = NOW * 1000 };
	struct json_object *claims;
	const char *reason = NULL;
	enum status status = token_claims(arena, &token, &rules, &claims,
	    &reason);

	assert_int_equal(status == ST_OK, reason == NULL);
	return status;
}

#define ISS "\"iss\":\"" ISSUER "\","
#define AUD "\"aud\":\"api\","
#define IAT "\"iat\":1700000000,"
#define EXP "\"exp\":1700000001"

static void
claims_in_force_are_given(void **state)
{
	(void)state;
	assert_int_equal(claims_of("{" ISS AUD IAT EXP "}"), ST_OK);
	assert_int_equal(claims_of("{" ISS AUD IAT EXP
	    ",\"nbf\":1700000000,\"sub\":\"u\",\"x\":[1.5,null]}"), ST_OK);
	/* clocks of two hosts */
	assert_int_equal(claims_of("{" ISS AUD EXP ",\"iat\":1700000060}"),
	    ST_OK);
}

static void
expired_is_said_only_of_what_was_good_before(void **state)
{
	(void)state;
	assert_int_equal(claims_of("{" ISS AUD IAT "\"exp\":1700000000}"),
	    ST_TOKEN_EXPIRED);
	assert_int_equal(claims_of("{" ISS AUD IAT "\"exp\":0}"),
	    ST_TOKEN_EXPIRED);
	assert_int_equal(claims_of("{" ISS AUD IAT "\"exp\":-1}"),
	    ST_TOKEN_EXPIRED);
	assert_int_equal(claims_of("{" AUD IAT "\"exp\":1}"),
	    ST_INVALID_TOKEN);
	assert_int_equal(claims_of("{" ISS AUD "\"exp\":1}"),
	    ST_INVALID_TOKEN);
}

static void
other_claims_are_refused(void **state)
{
	static const char *const payloads[] = {
	    /* not yet */
	    "{" ISS AUD EXP ",\"iat\":1700000061}",
	    "{" ISS AUD IAT EXP ",\"nbf\":1700000061}",
	    /* missing, or no whole number */
	    "{" ISS AUD EXP "}", "{" ISS AUD "\"iat\":1700000000}",
	    "{" ISS AUD IAT "\"exp\":\"1700000001\"}",
	    "{" ISS AUD IAT "\"exp\":1700000001.0}",
	    "{" ISS AUD IAT "\"exp\":1.7e9}", "{" ISS AUD IAT "\"exp\":1e400}",
	    "{" ISS AUD IAT "\"exp\":null}", "{" ISS AUD IAT "\"exp\":true}",
	    "{" ISS AUD IAT "\"exp\":[1700000001]}",
	    "{" ISS AUD IAT "\"exp\":9223372036854775808}",
	    "{" ISS AUD IAT "\"exp\":0x7fffffff}",
	    "{" ISS AUD IAT "\"exp\":01700000001}",
	    "{" ISS AUD EXP ",\"iat\":1.5}", "{" ISS AUD EXP ",\"iat\":\"1\"}",
	    "{" ISS AUD IAT EXP ",\"nbf\":1.5}",
	    "{" ISS AUD IAT EXP ",\"nbf\":null}",
	    /* another issuer, another audience */
	    "{" AUD IAT EXP "}", "{" ISS IAT EXP "}",
	    "{" AUD IAT EXP ",\"iss\":\"" ISSUER "/\"}",
	    "{" AUD IAT EXP ",\"iss\":\"https://evil.example\"}",
	    "{" AUD IAT EXP ",\"iss\":[\"" ISSUER "\"]}",
	    "{" ISS IAT EXP ",\"aud\":\"API\"}", "{" ISS IAT EXP ",\"aud\":\"\"}",
	    "{" ISS IAT EXP ",\"aud\":[\"api\"]}",
	    "{" ISS IAT EXP ",\"aud\":[\"api\",\"x\"]}",
	    "{" ISS IAT EXP ",\"aud\":null}", "{" ISS IAT EXP ",\"aud\":{}}",
	    /* twice, of which readers take either */
	    "{" ISS AUD IAT EXP "," EXP "}",
	    "{" ISS AUD IAT "\"exp\":1," EXP "}",
	    "{" ISS AUD IAT EXP ",\"\\u0065xp\":1}",
	    "{" ISS AUD AUD IAT EXP "}", "{" ISS AUD IAT EXP
	    ",\"sub\":\"a\",\"sub\":\"b\"}",
	    /* no object */
	    "", "null", "[]", "1", "\"x\"", "{", "{}{}",
	    "{" ISS AUD IAT EXP "}x", "{" ISS AUD IAT EXP ",\"x\":[[[[[[[[[[[["
	    "[[[[[[]]]]]]]]]]]]]]]]]]}",
	    "{" ISS AUD IAT EXP ",\"x\":\"\xff\"}",
	    "{" ISS AUD IAT EXP ",\"sub\":\"a\\u0000b\"}" };

	(void)state;
	for (size_t i = 0; i < COUNT(payloads); i++)
		if (claims_of(payloads[i]) != ST_INVALID_TOKEN)
			fail_msg("%s was not refused", payloads[i]);
}

static void
tokens_without_audience_are_another_kind(void **state)
{
	struct token_rules rules = { .now = NOW * 1000 };
	struct token token = { .payload = "{" ISS AUD IAT EXP "}" };
	struct json_object *claims;
	const char *reason;

	(void)state;
	token.payload_size = strlen(token.payload);
	assert_int_equal(token_claims(arena, &token, &rules, &claims, &reason),
	    ST_INVALID_TOKEN);
}

static void
a_token_that_would_be_too_long_is_not_made(void **state)
{
	char *claims = arena_alloc(arena, 2 * TOKEN_BYTES_MAX);

	(void)state;
	memset(claims, ' ', 2 * TOKEN_BYTES_MAX - 1);
	assert_null(token_sign(arena, keys[JWK_EDDSA], claims));
	claims[6100] = '\0';
	assert_null(token_sign(arena, keys[JWK_EDDSA], claims));
	claims[6000] = '\0';
	assert_non_null(token_sign(arena, keys[JWK_EDDSA], claims));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    published_tokens_verify_and_changed_ones_do_not),
		cmocka_unit_test(the_contract_s_hs256_token_is_ours),
		cmocka_unit_test(what_we_sign_verifies_with_its_public_half),
		cmocka_unit_test(libjwt_accepts_what_we_sign),
		cmocka_unit_test(a_token_verifies_with_its_own_key_only),
		cmocka_unit_test(a_public_key_is_no_secret),
		cmocka_unit_test(zero_refuses),
		cmocka_unit_test(no_algorithm_is_none_however_it_is_spelt),
		cmocka_unit_test(
		    a_header_says_nothing_but_algorithm_key_and_type),
		cmocka_unit_test(a_key_s_name_is_a_name_and_nothing_else),
		cmocka_unit_test(a_header_is_strict_json),
		cmocka_unit_test(a_token_has_three_parts_that_are_not_empty),
		cmocka_unit_test(base64_has_one_form),
		cmocka_unit_test(a_huge_token_is_not_looked_at),
		cmocka_unit_test(
		    an_ecdsa_signature_is_two_numbers_of_the_curve),
		cmocka_unit_test(
		    a_signature_has_neither_a_byte_less_nor_one_more),
		cmocka_unit_test(claims_in_force_are_given),
		cmocka_unit_test(expired_is_said_only_of_what_was_good_before),
		cmocka_unit_test(other_claims_are_refused),
		cmocka_unit_test(tokens_without_audience_are_another_kind),
		cmocka_unit_test(a_token_that_would_be_too_long_is_not_made),
	};

	return cmocka_run_group_tests_name("token", tests, begin, end);
}
