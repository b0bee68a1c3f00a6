/*
 * legacy.h - password hashes other programs made, to be verified and replaced
 *
 * Each says false when hash is not of its form or asks for more work than we
 * allow; nothing was computed then. Else *right is the answer.
 */
#ifndef TRUST_LEGACY_H
#define TRUST_LEGACY_H

#include <stdbool.h>

/* Whether one of the three below would read it. */
bool legacy_readable(const char *hash);

/* Better Auth: "salt:key" in hex, scrypt with N = 16384, r = 16, p = 1. */
bool scrypt_verify(const char *hash, const char *password, bool *right);

/* $2a$ $2b$ $2y$, cost 4 .. 15; the first 72 bytes of the password count. */
bool bcrypt_verify(const char *hash, const char *password, bool *right);

/* $y$ with the parameters crypt_gensalt(3) writes for costs 1 .. 9. */
bool yescrypt_verify(const char *hash, const char *password, bool *right);

#endif
