/*
 * jwe.h - texts encrypted for ourselves (RFC 7516, compact serialisation)
 *
 * "dir" with A256CBC-HS512 (RFC 7518, section 5.2.5), as the wire contract has
 * it for cookies (core-session.md): the key is derived from the secret and a
 * salt that names the purpose, its kid is the thumbprint of RFC 7638.
 */
#ifndef TRUST_JWE_H
#define TRUST_JWE_H

#include <stddef.h>

struct arena;

#define JWE_BYTES_MAX 16384	/* of the compact form */

/* text, NUL-terminated, encrypted with a fresh nonce. */
char *jwe_seal(struct arena *arena, const char *secret, const char *salt,
    const char *text);

/*
 * jwe_open - the text again, followed by a NUL that *size does not count
 *
 * NULL when it is not ours: another header, a part that is not canonical
 * base64url, a tag that is wrong, longer than JWE_BYTES_MAX.
 */
char *jwe_open(struct arena *arena, const char *secret, const char *salt,
    const char *jwe, size_t *size);

#endif
