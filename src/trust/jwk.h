/*
 * jwk.h - keys that sign tokens (RFC 7517, RFC 7518)
 *
 * A key carries its algorithm, and is used with no other: what a token's
 * header says is compared with it, never followed (RFC 8725, section 3.1).
 */
#ifndef TRUST_JWK_H
#define TRUST_JWK_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct evp_pkey_st;

#define JWK_RSA_BITS_MIN 2048
#define JWK_RSA_BITS_MAX 4096
#define JWK_KID_MAX 64
#define JWK_SECRET_MIN 32	/* bytes (RFC 7518, section 3.2) */

enum jwk_alg {
	JWK_NONE,		/* zero refuses */
	JWK_RS256, JWK_ES256, JWK_EDDSA, JWK_HS256
};

/* By its exact name ("RS256", "ES256", "EdDSA", "HS256"), else JWK_NONE. */
enum jwk_alg jwk_alg_of(const char *name);
const char *jwk_alg_name(enum jwk_alg alg);

/* Parsed once, kept over requests. */
struct jwk {
	enum jwk_alg alg;
	char kid[JWK_KID_MAX + 1];	/* "": none */
	struct evp_pkey_st *pair;	/* NULL: HS256 */
	char *secret;			/* of HS256, secret_size bytes */
	size_t secret_size;
};

/* Accepts NULL; wipes what is secret. */
void jwk_free(struct jwk *key);

/* A new pair of RS256 (rsa_bits long), ES256 or EdDSA, still without kid. */
struct jwk *jwk_generate(enum jwk_alg alg, int64_t rsa_bits);

/* A shared secret for HS256; kid "" for tokens that name no key. */
struct jwk *jwk_of_secret(const char *kid, const char *secret);

/*
 * The private half as bytes to be sealed (DER), in the arena, and a key from
 * them. NULL when the bytes are no key of alg.
 */
uint8_t *jwk_private(struct arena *arena, const struct jwk *key,
    size_t *size);
struct jwk *jwk_of_private(enum jwk_alg alg, const char *kid,
    const void *bytes, size_t size);

/*
 * The public half as JSON text, members in the order of the wire contract
 * (jwt-bearer-jwks.md) without alg and kid, and a key that can only verify
 * from it. NULL when the text is no key of alg: another kind or curve, a point
 * beside it, an RSA modulus out of bounds, anything that is not canonical.
 */
char *jwk_public(struct arena *arena, const struct jwk *key);
struct jwk *jwk_of_public(struct arena *arena, enum jwk_alg alg,
    const char *kid, const char *text);

/* The same as PEM text (RFC 7468, "PUBLIC KEY"); read for EdDSA only. */
char *jwk_public_pem(struct arena *arena, const struct jwk *key);
struct jwk *jwk_of_public_pem(const char *kid, const char *text);

#endif
