/*
 * sign.h - keyed signatures of our own making: cookies and form tokens
 *
 * Cookies are signed as the wire contract says (contract README, section 5):
 * the secret's bytes are the key, no derivation. What is not of the contract
 * uses a key derived for its purpose with HKDF-SHA256 (RFC 5869).
 */
#ifndef TRUST_SIGN_H
#define TRUST_SIGN_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define SHA256_BYTES 32

void sha256(uint8_t out[SHA256_BYTES], const void *data, size_t size);

/* HMAC-SHA256 (RFC 2104). */
void hmac_sha256(uint8_t out[SHA256_BYTES], const void *key, size_t key_size,
    const void *data, size_t size);

/*
 * HKDF-SHA256 (RFC 5869): size bytes, HKDF_BYTES_MAX at most, of secret for
 * what salt and info name; info has 128 bytes at most.
 */
#define HKDF_BYTES_MAX 64
void hkdf_sha256(uint8_t *out, size_t size, const char *secret,
    const char *salt, const char *info);

/* The same without salt; info is the purpose. */
void derive_key(uint8_t out[SHA256_BYTES], const char *secret,
    const char *purpose);

/* value "." base64(HMAC(secret, value)), percent-encoded for the wire. */
char *cookie_sign(struct arena *arena, const char *secret, const char *value);

/*
 * cookie_verify - the value inside a signed cookie, raw or percent-encoded
 *
 * NULL when it is malformed or the signature is wrong, which is all the same
 * as no cookie. The value has 1 .. 512 bytes without NUL.
 */
char *cookie_verify(struct arena *arena, const char *secret,
    const char *wire);

/*
 * bearer_verify - the session token in an Authorization header's credentials
 *
 * Without a dot: the token itself. With one: token "." base64 signature, raw
 * or percent-encoded (contract/jwt-bearer-jwks.md). NULL when wrong.
 */
char *bearer_verify(struct arena *arena, const char *secret,
    const char *credentials);

#endif
