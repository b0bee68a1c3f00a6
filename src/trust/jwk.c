#include "trust/jwk.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/panic.h"
#include "base/text.h"

#define CURVE_BYTES 32		/* of P-256 and Ed25519 alike */
#define RSA_BYTES_MAX (JWK_RSA_BITS_MAX / 8)
#define RSA_EXPONENT "AQAB"	/* 65537, which is what we make */
#define FIELD_TEXT_SIZE TEXT_BASE64_SIZE(RSA_BYTES_MAX)

static const struct alg {
	const char *name;
	int type;		/* of OpenSSL's key */
} algs[] = {
	[JWK_RS256] = { "RS256", EVP_PKEY_RSA },
	[JWK_ES256] = { "ES256", EVP_PKEY_EC },
	[JWK_EDDSA] = { "EdDSA", EVP_PKEY_ED25519 },
	[JWK_HS256] = { "HS256", EVP_PKEY_NONE },
};

enum jwk_alg
jwk_alg_of(const char *name)
{
	for (int i = JWK_RS256; i <= JWK_HS256; i++)
		if (text_is(name, algs[i].name))
			return (enum jwk_alg)i;
	return JWK_NONE;
}

const char *
jwk_alg_name(enum jwk_alg alg)
{
	return algs[alg].name;
}

/* ---- births and deaths ------------------------------------------------- */

/* Takes pair over. */
static struct jwk *
key_of(enum jwk_alg alg, const char *kid, EVP_PKEY *pair)
{
	struct jwk *key = calloc(1, sizeof(*key));
	size_t size = strlen(kid);

	if (key == NULL || size > JWK_KID_MAX)
		panic("jwk: no room for key %.*s", JWK_KID_MAX, kid);
	key->alg = alg;
	key->pair = pair;
	memcpy(key->kid, kid, size);
	return key;
}

void
jwk_free(struct jwk *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pair);
	if (key->secret != NULL)
		explicit_bzero(key->secret, key->secret_size);
	free(key->secret);
	free(key);
}

struct jwk *
jwk_of_secret(const char *kid, const char *secret)
{
	struct jwk *key = key_of(JWK_HS256, kid, NULL);

	key->secret = strdup(secret);
	key->secret_size = strlen(secret);
	if (key->secret == NULL)
		panic("jwk: out of memory");
	return key;
}

struct jwk *
jwk_generate(enum jwk_alg alg, int64_t rsa_bits)
{
	EVP_PKEY *pair = NULL;

	switch (alg) {
	case JWK_RS256:
		pair = EVP_RSA_gen((size_t)rsa_bits);
		break;
	case JWK_ES256:
		pair = EVP_EC_gen("P-256");
		break;
	case JWK_EDDSA:
		pair = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	case JWK_HS256:
	case JWK_NONE:
		break;
	}
	if (pair == NULL)
		panic("jwk: no key pair of algorithm %d", (int)alg);
	return key_of(alg, "", pair);
}

/* ---- the private half -------------------------------------------------- */

uint8_t *
jwk_private(struct arena *arena, const struct jwk *key, size_t *size)
{
	int length = i2d_PrivateKey(key->pair, NULL);
	uint8_t *bytes, *end;

	if (length <= 0)
		panic("jwk: there is no private half");
	bytes = end = arena_alloc(arena, (size_t)length);
	if (i2d_PrivateKey(key->pair, &end) != length)
		panic("jwk: the private half has changed");
	*size = (size_t)length;
	return bytes;
}

struct jwk *
jwk_of_private(enum jwk_alg alg, const char *kid, const void *bytes,
    size_t size)
{
	const unsigned char *at = bytes;
	EVP_PKEY *pair = d2i_AutoPrivateKey(NULL, &at, (long)size);

	if (pair == NULL)
		return NULL;
	if (EVP_PKEY_get_base_id(pair) == algs[alg].type &&
	    at == (const unsigned char *)bytes + size)
		return key_of(alg, kid, pair);
	EVP_PKEY_free(pair);
	return NULL;
}

/* ---- the public half, written ------------------------------------------ */

/*
 * A number of the key as base64url, size bytes long: padded, or one key in
 * 256 would come out too short. Size 0: as long as it is.
 */
static void
number_text(char *out, const EVP_PKEY *pair, const char *name, size_t size)
{
	uint8_t bytes[RSA_BYTES_MAX];
	BIGNUM *number = NULL;

	if (EVP_PKEY_get_bn_param(pair, name, &number) != 1)
		panic("jwk: a key without %s", name);
	if (size == 0)
		size = (size_t)BN_num_bytes(number);
	if (size > sizeof(bytes) ||
	    BN_bn2binpad(number, bytes, (int)size) != (int)size)
		panic("jwk: %s is too long", name);
	text_base64url(out, bytes, size);
	BN_free(number);
}

static void
point_text(char *out, const EVP_PKEY *pair)
{
	uint8_t bytes[CURVE_BYTES];
	size_t size = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(pair, bytes, &size) != 1)
		panic("jwk: a key without a public half");
	text_base64url(out, bytes, size);
}

char *
jwk_public(struct arena *arena, const struct jwk *key)
{
	char first[FIELD_TEXT_SIZE], second[FIELD_TEXT_SIZE];

	switch (key->alg) {
	case JWK_RS256:
		number_text(first, key->pair, OSSL_PKEY_PARAM_RSA_N, 0);
		number_text(second, key->pair, OSSL_PKEY_PARAM_RSA_E, 0);
		return arena_printf(arena, "{\"kty\":\"RSA\",\"n\":\"%s\","
		    "\"e\":\"%s\"}", first, second);
	case JWK_ES256:
		number_text(first, key->pair, OSSL_PKEY_PARAM_EC_PUB_X,
		    CURVE_BYTES);
		number_text(second, key->pair, OSSL_PKEY_PARAM_EC_PUB_Y,
		    CURVE_BYTES);
		return arena_printf(arena, "{\"kty\":\"EC\",\"crv\":\"P-256\","
		    "\"x\":\"%s\",\"y\":\"%s\"}", first, second);
	case JWK_EDDSA:
		point_text(first, key->pair);
		return arena_printf(arena, "{\"crv\":\"Ed25519\",\"x\":\"%s\","
		    "\"kty\":\"OKP\"}", first);
	case JWK_HS256:
	case JWK_NONE:
		break;
	}
	panic("jwk: a shared secret has no public half");
}

/* ---- the public half, read --------------------------------------------- */

/* A member of base64url: its bytes into out, which holds room + 3; or 0. */
static size_t
member_bytes(uint8_t *out, size_t room, const struct json_object *object,
    const char *name)
{
	const char *text = json_text(object, name);
	size_t size = text != NULL ? strlen(text) : 0;
	long bytes;

	if (size == 0 || size / 4 * 3 > room)
		return 0;
	bytes = text_unbase64url(out, text, size);
	return bytes > 0 ? (size_t)bytes : 0;
}

/* From a builder, which is freed; NULL when OpenSSL refuses the numbers. */
static EVP_PKEY *
built(OSSL_PARAM_BLD *builder, const char *type)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pair = NULL;

	if (params == NULL || ctx == NULL)
		panic("jwk: out of memory");
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pair, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pair = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	return pair;
}

static OSSL_PARAM_BLD *
builder_new(void)
{
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

	if (builder == NULL)
		panic("jwk: out of memory");
	return builder;
}

static EVP_PKEY *
read_rsa(const struct json_object *object)
{
	uint8_t bytes[RSA_BYTES_MAX + 3];
	size_t size = member_bytes(bytes, RSA_BYTES_MAX, object, "n");
	OSSL_PARAM_BLD *builder;
	BIGNUM *modulus;
	EVP_PKEY *pair;

	if (!text_is(json_text(object, "kty"), "RSA") ||
	    !text_is(json_text(object, "e"), RSA_EXPONENT) ||
	    size < JWK_RSA_BITS_MIN / 8 || size > RSA_BYTES_MAX ||
	    (bytes[0] & 0x80) == 0 || (bytes[size - 1] & 1) == 0)
		return NULL;
	modulus = BN_bin2bn(bytes, (int)size, NULL);
	builder = builder_new();
	if (modulus == NULL ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus)
	    != 1 || OSSL_PARAM_BLD_push_ulong(builder, OSSL_PKEY_PARAM_RSA_E,
	    RSA_F4) != 1)
		panic("jwk: out of memory");
	pair = built(builder, "RSA");
	BN_free(modulus);
	return pair;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *
read_ec(const struct json_object *object)
{
	uint8_t point[1 + 2 * CURVE_BYTES + 3] = {
	    POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM_BLD *builder;

	if (!text_is(json_text(object, "kty"), "EC") ||
	    !text_is(json_text(object, "crv"), "P-256") ||
	    member_bytes(point + 1, CURVE_BYTES, object, "x") != CURVE_BYTES ||
	    member_bytes(point + 1 + CURVE_BYTES, CURVE_BYTES, object, "y") !=
	    CURVE_BYTES)
		return NULL;
	builder = builder_new();
	if (OSSL_PARAM_BLD_push_utf8_string(builder,
	    OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY,
	    point, 1 + 2 * CURVE_BYTES) != 1)
		panic("jwk: out of memory");
	return built(builder, "EC");
}

static EVP_PKEY *
read_okp(const struct json_object *object)
{
	uint8_t bytes[CURVE_BYTES + 3];

	if (!text_is(json_text(object, "kty"), "OKP") ||
	    !text_is(json_text(object, "crv"), "Ed25519") ||
	    member_bytes(bytes, CURVE_BYTES, object, "x") != CURVE_BYTES)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes,
	    CURVE_BYTES);
}

static EVP_PKEY *
read_public(enum jwk_alg alg, const struct json_object *object)
{
	switch (alg) {
	case JWK_RS256:
		return read_rsa(object);
	case JWK_ES256:
		return read_ec(object);
	case JWK_EDDSA:
		return read_okp(object);
	case JWK_HS256:
	case JWK_NONE:
		break;
	}
	return NULL;
}

struct jwk *
jwk_of_public(struct arena *arena, enum jwk_alg alg, const char *kid,
    const char *text)
{
	struct json_object *object;
	const char *reason;
	EVP_PKEY *pair;

	if (strlen(kid) > JWK_KID_MAX ||
	    !json_read(arena, text, strlen(text), &object, &reason))
		return NULL;
	pair = read_public(alg, object);
	return pair != NULL ? key_of(alg, kid, pair) : NULL;
}

/* ---- the public half as PEM -------------------------------------------- */

char *
jwk_public_pem(struct arena *arena, const struct jwk *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes, *text;
	long size;

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, key->pair) != 1)
		panic("jwk: a key without a public half");
	size = BIO_get_mem_data(bio, &bytes);
	text = arena_copy(arena, bytes, (size_t)size);
	BIO_free(bio);
	return text;
}

struct jwk *
jwk_of_public_pem(const char *kid, const char *text)
{
	/* Or OpenSSL would ask a terminal when the text claims to need one. */
	static char no_passphrase[] = "";
	BIO *bio = BIO_new_mem_buf(text, -1);
	EVP_PKEY *pair;

	if (bio == NULL)
		panic("jwk: out of memory");
	pair = PEM_read_bio_PUBKEY(bio, NULL, NULL, no_passphrase);
	BIO_free(bio);
	if (pair == NULL)
		return NULL;
	if (EVP_PKEY_get_base_id(pair) == algs[JWK_EDDSA].type)
		return key_of(JWK_EDDSA, kid, pair);
	EVP_PKEY_free(pair);
	return NULL;
}
