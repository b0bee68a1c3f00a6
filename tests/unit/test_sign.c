#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/sign.h"

/* vectors.json of the wire contract: secret, signedCookie, bearerHmac */
#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define TOKEN "AbCdEfGhIjKlMnOpQrStUvWxYz012345"
#define MAC "R+A+uFAafz8q0rDC0/+2WNqsxcZKupsmsWywWV57fek="
#define MAC_WIRE "R%2BA%2BuFAafz8q0rDC0%2F%2B2WNqsxcZKupsmsWywWV57fek%3D"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
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
assert_digest(const uint8_t digest[SHA256_BYTES], const char *hex)
{
	char text[TEXT_HEX_SIZE(SHA256_BYTES)];

	text_hex(text, digest, SHA256_BYTES);
	assert_string_equal(text, hex);
}

static void
sha256_gives_the_published_digests(void **state)
{
	uint8_t digest[SHA256_BYTES];
	char thousand[1000];

	(void)state;
	sha256(digest, "", 0);
	assert_digest(digest, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	sha256(digest, "abc", 3);
	assert_digest(digest, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	sha256(digest,
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
	assert_digest(digest, "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	memset(thousand, 'a', sizeof(thousand));
	sha256(digest, thousand, sizeof(thousand));
	assert_digest(digest, "41edece42d63e8d9bf515a9ba6932e1c"
	    "20cbc9f5a5d134645adb5db1b9737ea3");
}

struct hmac_case {
	size_t key_size;
	uint8_t key_byte;	/* repeated, when key is NULL */
	const char *key;
	uint8_t data_byte;	/* fifty of them, when data is NULL */
	const char *data;
	const char *hex;
};

/* RFC 4231, section 4; case 5 is the truncated one we have no use for */
static const struct hmac_case hmac_cases[] = {
	{ 20, 0x0b, NULL, 0, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7" },
	{ 4, 0, "Jefe", 0, "what do ya want for nothing?",
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843" },
	{ 20, 0xaa, NULL, 0xdd, NULL, "773ea91e36800e46854db8ebd09181a7"
	    "2959098b3ef8c122d9635514ced565fe" },
	{ 25, 0, "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
	    "\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19", 0xcd, NULL,
	    "82558a389a443c0ea4cc819899f2083a"
	    "85f0faa3e578f8077a2e3ff46729665b" },
	{ 131, 0xaa, NULL, 0,
	    "Test Using Larger Than Block-Size Key - Hash Key First",
	    "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54" },
	{ 131, 0xaa, NULL, 0, "This is a test using a larger than block-size "
	    "key and a larger than block-size data. The key needs to be "
	    "hashed before being used by the HMAC algorithm.",
	    "9b09ffa71b942fcb27635fbcd5b0e944"
	    "bfdc63644f0713938a7f51535c3a35e2" }
};

static void
hmac_gives_the_digests_of_rfc_4231(void **state)
{
	uint8_t digest[SHA256_BYTES], key[131], data[50];

	(void)state;
	for (size_t i = 0; i < COUNT(hmac_cases); i++) {
		const struct hmac_case *c = &hmac_cases[i];

		memset(key, c->key_byte, sizeof(key));
		memset(data, c->data_byte, sizeof(data));
		hmac_sha256(digest, c->key == NULL ? (const void *)key : c->key,
		    c->key_size, c->data == NULL ? (const void *)data : c->data,
		    c->data == NULL ? sizeof(data) : strlen(c->data));
		assert_digest(digest, c->hex);
	}
}

/* RFC 5869, appendix A.3, and jweSession of vectors.json */
static void
hkdf_gives_the_published_keys(void **state)
{
	uint8_t key[64];
	char text[TEXT_HEX_SIZE(64)];

	(void)state;
	hkdf_sha256(key, 42, "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	    "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "", "");
	text_hex(text, key, 42);
	assert_string_equal(text, "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
	hkdf_sha256(key, 64, SECRET, "better-auth-session",
	    "BetterAuth.js Generated Encryption Key");
	text_hex(text, key, 64);
	assert_string_equal(text, "2ad820be5d7e6c45f96840396ac4077a"
	    "2d2d0706d71ab1111dc6578b92ff659ddf1fc98a740bce2b9504641c7465e00e"
	    "0d990d2472d28ced2eda28937390214e");
}

static void
hmac_takes_empty_keys_and_messages(void **state)
{
	uint8_t digest[SHA256_BYTES];

	(void)state;
	hmac_sha256(digest, NULL, 0, "", 0);
	assert_digest(digest, "b613679a0814d9ec772f95d778c35fc5"
	    "ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869, A.3: neither salt nor info; its first 32 bytes */
static void
derived_keys_are_those_of_rfc_5869(void **state)
{
	uint8_t key[SHA256_BYTES];

	(void)state;
	derive_key(key, "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
	    "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", "");
	assert_digest(key, "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d");
}

static void
each_purpose_has_its_own_key(void **state)
{
	uint8_t form[SHA256_BYTES], other[SHA256_BYTES];

	(void)state;
	derive_key(form, SECRET, "form");
	derive_key(other, SECRET, "forms");
	assert_memory_not_equal(form, other, SHA256_BYTES);
	derive_key(other, SECRET "x", "form");
	assert_memory_not_equal(form, other, SHA256_BYTES);
	derive_key(other, SECRET, "form");
	assert_memory_equal(form, other, SHA256_BYTES);
}

static void
cookies_are_signed_as_the_contract_shows(void **state)
{
	(void)state;
	assert_string_equal(cookie_sign(arena, SECRET, TOKEN),
	    TOKEN "." MAC_WIRE);
}

static void
cookies_are_read_raw_and_percent_encoded(void **state)
{
	(void)state;
	assert_string_equal(cookie_verify(arena, SECRET, TOKEN "." MAC_WIRE),
	    TOKEN);
	assert_string_equal(cookie_verify(arena, SECRET, TOKEN "." MAC),
	    TOKEN);
}

static void
what_was_signed_is_read_back(void **state)
{
	static const char *const values[] = {
		"x", "true", "a.b.c", ".", "..", "id:true", "hmac!id",
		"50% off", "%41", "%zz", "a b+c=d/e", "gr\303\274\303\237e",
		"\360\237\216\253"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		const char *wire = cookie_sign(arena, SECRET, values[i]);

		assert_string_equal(cookie_verify(arena, SECRET, wire),
		    values[i]);
	}
}

static void
other_secrets_and_values_are_refused(void **state)
{
	(void)state;
	assert_null(cookie_verify(arena, SECRET "x", TOKEN "." MAC));
	assert_null(cookie_verify(arena, "", TOKEN "." MAC));
	assert_null(cookie_verify(arena, SECRET, TOKEN "x." MAC));
	assert_null(cookie_verify(arena, SECRET, "x" TOKEN "." MAC));
	assert_null(cookie_verify(arena, SECRET, TOKEN ".." MAC));
	assert_null(cookie_verify(arena, SECRET, TOKEN "\n." MAC));
}

static void
every_changed_character_is_noticed(void **state)
{
	char wire[] = TOKEN "." MAC;

	(void)state;
	for (size_t i = 0; i < sizeof(wire) - 1; i++) {
		char kept = wire[i];

		wire[i] = kept == 'x' ? 'y' : 'x';
		assert_null(cookie_verify(arena, SECRET, wire));
		wire[i] = kept;
	}
	assert_non_null(cookie_verify(arena, SECRET, wire));
}

static void
malformed_cookies_are_refused(void **state)
{
	static const char *const wires[] = {
		"", ".", "=", "%", TOKEN, MAC, "." MAC, TOKEN ".",
		TOKEN "." MAC " ", TOKEN "." MAC "=", TOKEN "." MAC ".",
		" " TOKEN "." MAC, "\"" TOKEN "." MAC "\"",
		/* no padding; the url alphabet; another spelling of the end */
		TOKEN ".R+A+uFAafz8q0rDC0/+2WNqsxcZKupsmsWywWV57fek",
		TOKEN ".R-A-uFAafz8q0rDC0_-2WNqsxcZKupsmsWywWV57fek",
		TOKEN ".R-A-uFAafz8q0rDC0_-2WNqsxcZKupsmsWywWV57fek=",
		TOKEN ".R+A+uFAafz8q0rDC0/+2WNqsxcZKupsmsWywWV57fel=",
		TOKEN "%00." MAC_WIRE, TOKEN "." MAC_WIRE "%00",
		TOKEN "." MAC_WIRE "%", TOKEN "." MAC_WIRE "%ff",
		/* decoded once, not twice */
		TOKEN ".R%252BA%252BuFAafz8q0rDC0%252F%252B2WNqsxcZKupsm"
		    "sWywWV57fek%253D"
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wires); i++)
		assert_null(cookie_verify(arena, SECRET, wires[i]));
}

/* value, a dot and its signature, all as they stand */
static const char *
raw_sign(const char *value)
{
	uint8_t mac[SHA256_BYTES];
	char text[TEXT_BASE64_SIZE(SHA256_BYTES)];

	hmac_sha256(mac, SECRET, strlen(SECRET), value, strlen(value));
	text_base64(text, mac, sizeof(mac));
	return arena_printf(arena, "%s.%s", value, text);
}

static void
undecodable_cookies_count_as_they_stand(void **state)
{
	static const char *const values[] = { "100%", "%4", "%g1", "a%ffb" };

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		assert_string_equal(cookie_verify(arena, SECRET,
		    raw_sign(values[i])), values[i]);
}

static void
an_empty_value_is_refused_though_signed(void **state)
{
	(void)state;
	assert_null(cookie_verify(arena, SECRET, raw_sign("")));
}

static void
values_end_at_512_bytes(void **state)
{
	char value[514];

	(void)state;
	memset(value, '!', sizeof(value));
	value[512] = '\0';
	assert_string_equal(cookie_verify(arena, SECRET, raw_sign(value)),
	    value);
	memset(value, '/', 512);
	assert_string_equal(cookie_verify(arena, SECRET,
	    cookie_sign(arena, SECRET, value)), value);
	value[512] = '/';
	value[513] = '\0';
	assert_null(cookie_verify(arena, SECRET, raw_sign(value)));
	assert_null(cookie_verify(arena, SECRET,
	    cookie_sign(arena, SECRET, value)));
}

static void
huge_cookies_are_refused_unread(void **state)
{
	char *wire = arena_alloc(arena, 100001);
	size_t before = arena_used(arena);

	(void)state;
	memset(wire, '%', 100000);
	assert_null(cookie_verify(arena, SECRET, wire));
	assert_int_equal(arena_used(arena), before);
}

static void
bare_bearer_tokens_are_taken_as_they_are(void **state)
{
	char *long_token = arena_alloc(arena, 514);

	(void)state;
	assert_string_equal(bearer_verify(arena, SECRET, TOKEN), TOKEN);
	assert_string_equal(bearer_verify(arena, SECRET, "%41"), "%41");
	assert_null(bearer_verify(arena, SECRET, ""));
	memset(long_token, 'a', 513);
	assert_null(bearer_verify(arena, SECRET, long_token));
}

static void
signed_bearer_tokens_must_be_signed_right(void **state)
{
	(void)state;
	assert_string_equal(bearer_verify(arena, SECRET, TOKEN "." MAC),
	    TOKEN);
	assert_string_equal(bearer_verify(arena, SECRET, TOKEN "." MAC_WIRE),
	    TOKEN);
	assert_null(bearer_verify(arena, SECRET, TOKEN
	    ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
	assert_null(bearer_verify(arena, SECRET, TOKEN "."));
	assert_null(bearer_verify(arena, SECRET, "." MAC));
	assert_null(bearer_verify(arena, SECRET "x", TOKEN "." MAC));
}

static void
bearer_tokens_hold_no_dot(void **state)
{
	(void)state;
	assert_null(bearer_verify(arena, SECRET, raw_sign("a.b")));
	assert_non_null(cookie_verify(arena, SECRET, raw_sign("a.b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_published_digests),
		cmocka_unit_test(hmac_gives_the_digests_of_rfc_4231),
		cmocka_unit_test(hkdf_gives_the_published_keys),
		cmocka_unit_test(hmac_takes_empty_keys_and_messages),
		cmocka_unit_test(derived_keys_are_those_of_rfc_5869),
		cmocka_unit_test(each_purpose_has_its_own_key),
		cmocka_unit_test(cookies_are_signed_as_the_contract_shows),
		cmocka_unit_test(cookies_are_read_raw_and_percent_encoded),
		cmocka_unit_test(what_was_signed_is_read_back),
		cmocka_unit_test(other_secrets_and_values_are_refused),
		cmocka_unit_test(every_changed_character_is_noticed),
		cmocka_unit_test(malformed_cookies_are_refused),
		cmocka_unit_test(undecodable_cookies_count_as_they_stand),
		cmocka_unit_test(an_empty_value_is_refused_though_signed),
		cmocka_unit_test(values_end_at_512_bytes),
		cmocka_unit_test(huge_cookies_are_refused_unread),
		cmocka_unit_test(bare_bearer_tokens_are_taken_as_they_are),
		cmocka_unit_test(signed_bearer_tokens_must_be_signed_right),
		cmocka_unit_test(bearer_tokens_hold_no_dot)
	};

	return cmocka_run_group_tests_name("sign", tests, begin, end);
}
