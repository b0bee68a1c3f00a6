#include "trust/seal.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/panic.h"
#include "base/random.h"
#include "base/text.h"
#include "trust/sign.h"

enum { LAYOUT = 1, KEY_ID_BYTES = 4, NONCE_BYTES = 12, TAG_BYTES = 16,
	HEAD_BYTES = 1 + KEY_ID_BYTES, TEXT_AT = HEAD_BYTES + NONCE_BYTES };
_Static_assert(TEXT_AT + TAG_BYTES == SEAL_OVERHEAD, "the documented layout");

/* The head is authenticated as well: it says how to read the rest. */
static void
head_of(uint8_t head[HEAD_BYTES], const uint8_t key[SHA256_BYTES])
{
	uint8_t id[SHA256_BYTES];

	sha256(id, key, SHA256_BYTES);
	head[0] = LAYOUT;
	memcpy(head + 1, id, KEY_ID_BYTES);
}

static EVP_CIPHER_CTX *
cipher(const uint8_t *key, const uint8_t *nonce, int encrypt,
    const uint8_t *head)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int ignored;

	if (ctx == NULL || EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key,
	    nonce, encrypt) != 1 || EVP_CipherUpdate(ctx, NULL, &ignored, head,
	    HEAD_BYTES) != 1)
		panic("seal: no AES-256-GCM");
	return ctx;
}

uint8_t *
seal(struct arena *arena, const char *secret, const char *purpose,
    const void *data, size_t size, size_t *out)
{
	uint8_t *sealed, key[SHA256_BYTES];
	EVP_CIPHER_CTX *ctx;
	int written, rest;

	if (size > SEAL_BYTES_MAX)
		panic("seal: %zu bytes", size);
	sealed = arena_alloc(arena, size + SEAL_OVERHEAD);
	derive_key(key, secret, purpose);
	head_of(sealed, key);
	random_bytes(sealed + HEAD_BYTES, NONCE_BYTES);
	ctx = cipher(key, sealed + HEAD_BYTES, 1, sealed);
	if (EVP_CipherUpdate(ctx, sealed + TEXT_AT, &written, data, (int)size)
	    != 1 || EVP_CipherFinal_ex(ctx, sealed + TEXT_AT + written, &rest)
	    != 1 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES,
	    sealed + TEXT_AT + size) != 1)
		panic("seal: cannot encrypt");
	EVP_CIPHER_CTX_free(ctx);
	explicit_bzero(key, sizeof(key));
	*out = size + SEAL_OVERHEAD;
	return sealed;
}

static bool
opens(EVP_CIPHER_CTX *ctx, char *text, size_t size, const uint8_t *sealed)
{
	uint8_t tag[TAG_BYTES];
	int written, rest;

	memcpy(tag, sealed + TEXT_AT + size, sizeof(tag));
	return EVP_CipherUpdate(ctx, (uint8_t *)text, &written,
	    sealed + TEXT_AT, (int)size) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag)
	    == 1 &&
	    EVP_CipherFinal_ex(ctx, (uint8_t *)text + written, &rest) == 1;
}

char *
unseal(struct arena *arena, const char *secret, const char *purpose,
    const uint8_t *sealed, size_t size, size_t *out)
{
	uint8_t key[SHA256_BYTES], head[HEAD_BYTES];
	EVP_CIPHER_CTX *ctx;
	char *text = NULL;
	bool right;

	if (size < SEAL_OVERHEAD || size > SEAL_BYTES_MAX + SEAL_OVERHEAD)
		return NULL;
	size -= SEAL_OVERHEAD;
	derive_key(key, secret, purpose);
	head_of(head, key);
	right = memcmp(head, sealed, sizeof(head)) == 0;
	if (right) {
		text = arena_alloc(arena, size + 1);
		ctx = cipher(key, sealed + HEAD_BYTES, 0, sealed);
		right = opens(ctx, text, size, sealed);
		EVP_CIPHER_CTX_free(ctx);
	}
	explicit_bzero(key, sizeof(key));
	if (!right)
		return NULL;
	*out = size;
	return text;
}
