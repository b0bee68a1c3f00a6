#include "trust/jwe.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "trust/sign.h"

#define INFO "BetterAuth.js Generated Encryption Key"

enum { MAC_KEY = 32, CIPHER_KEY = 32, KEY_BYTES = MAC_KEY + CIPHER_KEY,
	IV_BYTES = 16, BLOCK_BYTES = 16, TAG_BYTES = 32, SHA512_BYTES = 64,
	LENGTH_BYTES = 8 };

/* The key, and the one header it goes with. */
struct box {
	uint8_t key[KEY_BYTES];
	const char *header;		/* encoded */
};

static struct box
box_of(struct arena *arena, const char *secret, const char *salt)
{
	struct box box;
	uint8_t hash[SHA256_BYTES];
	const char *text;

	hkdf_sha256(box.key, sizeof(box.key), secret, salt, INFO);
	text = arena_printf(arena, "{\"k\":\"%s\",\"kty\":\"oct\"}",
	    text_to_base64url(arena, box.key, sizeof(box.key)));
	sha256(hash, text, strlen(text));
	text = arena_printf(arena, "{\"alg\":\"dir\",\"enc\":\"A256CBC-HS512\","
	    "\"kid\":\"%s\"}", text_to_base64url(arena, hash, sizeof(hash)));
	box.header = text_to_base64url(arena, text, strlen(text));
	return box;
}

/* Over header, iv and text, then the header's length in bits. */
static void
tag_of(uint8_t tag[TAG_BYTES], struct arena *arena, const struct box *box,
    const uint8_t *iv, const uint8_t *text, size_t size)
{
	size_t header = strlen(box->header);
	size_t whole = header + IV_BYTES + size + LENGTH_BYTES;
	uint8_t *data = arena_alloc(arena, whole), mac[SHA512_BYTES];
	uint64_t bits = (uint64_t)header * 8;

	memcpy(data, box->header, header);
	memcpy(data + header, iv, IV_BYTES);
	memcpy(data + header + IV_BYTES, text, size);
	for (size_t i = 1; i <= LENGTH_BYTES; i++, bits >>= 8)
		data[whole - i] = (uint8_t)bits;
	if (HMAC(EVP_sha512(), box->key, MAC_KEY, data, whole, mac, NULL) ==
	    NULL)
		panic("jwe: no HMAC-SHA512");
	memcpy(tag, mac, TAG_BYTES);
}

static EVP_CIPHER_CTX *
cipher_of(const struct box *box, const uint8_t *iv, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL,
	    box->key + MAC_KEY, iv, encrypt) != 1)
		panic("jwe: no AES-256-CBC");
	return ctx;
}

/* Both ways; false when the padding is none. */
static bool
crypt(const struct box *box, const uint8_t *iv, int encrypt, uint8_t *out,
    size_t *out_size, const void *in, size_t size)
{
	EVP_CIPHER_CTX *ctx = cipher_of(box, iv, encrypt);
	int written = 0, rest = 0;
	bool right = EVP_CipherUpdate(ctx, out, &written, in, (int)size) == 1 &&
	    EVP_CipherFinal_ex(ctx, out + written, &rest) == 1;

	EVP_CIPHER_CTX_free(ctx);
	*out_size = (size_t)(written + rest);
	return right;
}

char *
jwe_seal(struct arena *arena, const char *secret, const char *salt,
    const char *text)
{
	struct box box = box_of(arena, secret, salt);
	uint8_t iv[IV_BYTES], tag[TAG_BYTES];
	uint8_t *sealed = arena_alloc(arena, strlen(text) + BLOCK_BYTES);
	size_t size;
	char *jwe;

	random_bytes(iv, sizeof(iv));
	if (!crypt(&box, iv, 1, sealed, &size, text, strlen(text)))
		panic("jwe: cannot encrypt");
	tag_of(tag, arena, &box, iv, sealed, size);
	jwe = arena_printf(arena, "%s..%s.%s.%s", box.header,
	    text_to_base64url(arena, iv, sizeof(iv)),
	    text_to_base64url(arena, sealed, size),
	    text_to_base64url(arena, tag, sizeof(tag)));
	explicit_bzero(box.key, sizeof(box.key));
	return jwe;
}

/* The bytes of the part that end ends; *at goes behind it. NULL: another. */
static const uint8_t *
take_part(struct arena *arena, const char **at, char end, size_t *size)
{
	const char *text = *at;
	size_t length = strcspn(text, ".");

	*at += length + (text[length] == '.');
	return text[length] == end ?
	    text_from_base64url(arena, text, length, size) : NULL;
}

static char *
open_parts(struct arena *arena, const struct box *box, const char *at,
    size_t *size)
{
	size_t iv_size = 0, sealed_size = 0, tag_size = 0;
	const uint8_t *iv = take_part(arena, &at, '.', &iv_size);
	const uint8_t *sealed = take_part(arena, &at, '.', &sealed_size);
	const uint8_t *tag = take_part(arena, &at, '\0', &tag_size);
	uint8_t right[TAG_BYTES];
	char *text;

	if (iv == NULL || sealed == NULL || tag == NULL ||
	    iv_size != IV_BYTES || tag_size != TAG_BYTES ||
	    sealed_size == 0 || sealed_size % BLOCK_BYTES != 0)
		return NULL;
	tag_of(right, arena, box, iv, sealed, sealed_size);
	if (!text_same_secret(right, tag, TAG_BYTES))
		return NULL;
	text = arena_alloc(arena, sealed_size + BLOCK_BYTES + 1);
	return crypt(box, iv, 0, (uint8_t *)text, size, sealed, sealed_size) ?
	    text : NULL;
}

char *
jwe_open(struct arena *arena, const char *secret, const char *salt,
    const char *jwe, size_t *size)
{
	struct box box;
	size_t header;
	char *text = NULL;

	if (strlen(jwe) > JWE_BYTES_MAX)
		return NULL;
	box = box_of(arena, secret, salt);
	header = strlen(box.header);
	if (strncmp(jwe, box.header, header) == 0 &&
	    strncmp(jwe + header, "..", 2) == 0)
		text = open_parts(arena, &box, jwe + header + 2, size);
	explicit_bzero(box.key, sizeof(box.key));
	return text;
}
