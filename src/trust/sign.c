/*
 * OpenSSL 3 looks a digest up by name in every one-shot call: SHA256() takes
 * 300 ns and HMAC() 1000 ns where the work itself is 50 and 200 ns. The
 * functions under it are called deprecated but need no look-up, no memory and
 * cannot fail, and here every request signs something.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "trust/sign.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/arena.h"
#include "base/panic.h"
#include "base/text.h"

#define SHA256_BLOCK_BYTES 64
#define COOKIE_VALUE_MAX 512
#define INFO_MAX 128
#define SIGNATURE_TEXT (TEXT_BASE64_SIZE(SHA256_BYTES) - 1)
#define SIGNED_MAX (COOKIE_VALUE_MAX + 1 + SIGNATURE_TEXT)

void
sha256(uint8_t out[SHA256_BYTES], const void *data, size_t size)
{
	SHA256_CTX state;

	SHA256_Init(&state);
	SHA256_Update(&state, data, size);
	SHA256_Final(out, &state);
	explicit_bzero(&state, sizeof(state));
}

/* out = SHA-256((key with every byte xor pad), data) */
static void
hash_padded(uint8_t out[SHA256_BYTES], const uint8_t key[SHA256_BLOCK_BYTES],
    uint8_t pad, const void *data, size_t size)
{
	uint8_t block[SHA256_BLOCK_BYTES];
	SHA256_CTX state;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = key[i] ^ pad;
	SHA256_Init(&state);
	SHA256_Update(&state, block, sizeof(block));
	SHA256_Update(&state, data, size);
	SHA256_Final(out, &state);
	explicit_bzero(block, sizeof(block));
	explicit_bzero(&state, sizeof(state));
}

void
hmac_sha256(uint8_t out[SHA256_BYTES], const void *key, size_t key_size,
    const void *data, size_t size)
{
	uint8_t block[SHA256_BLOCK_BYTES] = { 0 };
	uint8_t inner[SHA256_BYTES];

	if (key_size > sizeof(block))
		sha256(block, key, key_size);
	else if (key_size > 0)
		memcpy(block, key, key_size);
	hash_padded(inner, block, 0x36, data, size);
	hash_padded(out, block, 0x5c, inner, sizeof(inner));
	explicit_bzero(block, sizeof(block));
	explicit_bzero(inner, sizeof(inner));
}

/* An absent salt is zeros, to which HMAC pads an empty key as well. */
void
hkdf_sha256(uint8_t *out, size_t size, const char *secret, const char *salt,
    const char *info)
{
	uint8_t key[SHA256_BYTES], block[SHA256_BYTES];
	uint8_t data[SHA256_BYTES + INFO_MAX + 1];
	size_t before = 0, info_size = strlen(info), part;

	if (info_size > INFO_MAX || size > HKDF_BYTES_MAX)
		panic("hkdf: the purpose or the key is too long");
	hmac_sha256(key, salt, strlen(salt), secret, strlen(secret));
	for (uint8_t count = 1; size > 0; count++) {
		memcpy(data + before, info, info_size);
		data[before + info_size] = count;
		hmac_sha256(block, key, sizeof(key), data,
		    before + info_size + 1);
		part = size < sizeof(block) ? size : sizeof(block);
		memcpy(out, block, part);
		memcpy(data, block, sizeof(block));
		before = sizeof(block);
		out += part;
		size -= part;
	}
	explicit_bzero(key, sizeof(key));
	explicit_bzero(block, sizeof(block));
	explicit_bzero(data, sizeof(data));
}

void
derive_key(uint8_t out[SHA256_BYTES], const char *secret, const char *purpose)
{
	hkdf_sha256(out, SHA256_BYTES, secret, "", purpose);
}

static void
signature(char out[SIGNATURE_TEXT + 1], const char *secret, const char *value,
    size_t size)
{
	uint8_t mac[SHA256_BYTES];

	hmac_sha256(mac, secret, strlen(secret), value, size);
	text_base64(out, mac, sizeof(mac));
}

char *
cookie_sign(struct arena *arena, const char *secret, const char *value)
{
	char mac[SIGNATURE_TEXT + 1];

	signature(mac, secret, value, strlen(value));
	return text_percent(arena, arena_printf(arena, "%s.%s", value, mac));
}

/*
 * The bytes behind the wire form. What decodeURIComponent of the reference
 * would refuse, a bad escape or bad UTF-8, counts as it stands. NULL: a NUL.
 */
static const char *
wire_decode(struct arena *arena, const char *wire)
{
	size_t size;
	char *text;

	if (strchr(wire, '%') == NULL)
		return wire;
	text = text_unpercent(arena, wire, strlen(wire), false, &size);
	if (text == NULL)
		return wire;
	if (memchr(text, '\0', size) != NULL)
		return NULL;
	return text_utf8(text, size) ? text : wire;
}

/*
 * Our own signature is encoded and the texts compared: base64 has one
 * canonical form, so a text that decodes to the same bytes but is spelt
 * otherwise is refused without a decoder to get wrong.
 */
static bool
signature_right(const char *secret, const char *value, size_t size,
    const char *given)
{
	char mac[SIGNATURE_TEXT + 1];

	if (strlen(given) != SIGNATURE_TEXT)
		return false;
	signature(mac, secret, value, size);
	return text_same_secret(mac, given, SIGNATURE_TEXT);
}

char *
cookie_verify(struct arena *arena, const char *secret, const char *wire)
{
	const char *text, *dot;
	size_t size;

	if (strlen(wire) > 3 * SIGNED_MAX ||
	    (text = wire_decode(arena, wire)) == NULL)
		return NULL;
	dot = strrchr(text, '.');
	if (dot == NULL)
		return NULL;
	size = (size_t)(dot - text);
	if (size == 0 || size > COOKIE_VALUE_MAX ||
	    !signature_right(secret, text, size, dot + 1))
		return NULL;
	return arena_copy(arena, text, size);
}

char *
bearer_verify(struct arena *arena, const char *secret, const char *credentials)
{
	size_t size = strlen(credentials);
	char *token;

	if (strchr(credentials, '.') == NULL)
		return size == 0 || size > COOKIE_VALUE_MAX ? NULL :
		    arena_copy(arena, credentials, size);
	token = cookie_verify(arena, secret, credentials);
	/*
	 * The reference splits here at the first dot and a cookie at the last;
	 * a text on which the two disagree names no session.
	 */
	if (token == NULL || strchr(token, '.') != NULL)
		return NULL;
	return token;
}
