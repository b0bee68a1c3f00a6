/*
 * seal.h - secrets at rest: encrypted and bound to their place
 *
 * AES-256-GCM under a key derived (HKDF-SHA256, RFC 5869) from server.secret
 * and a purpose, with a random nonce (NIST SP 800-38D, section 8.2.2). The
 * purpose names the kind of secret and the row it lives in ("letter:<id>"), so
 * that a sealed value moved to another row does not open.
 *
 * Layout: version (1 byte), key id (4 bytes, of the derived key), nonce (12),
 * ciphertext, tag (16).
 */
#ifndef TRUST_SEAL_H
#define TRUST_SEAL_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define SEAL_OVERHEAD 33	/* bytes a sealed value is longer */
#define SEAL_BYTES_MAX ((size_t)16 * 1024 * 1024)

/*
 * seal - size bytes of data, SEAL_BYTES_MAX at most, into the arena
 *
 * purpose  1 .. 120 bytes
 * out      receives the size, which is size + SEAL_OVERHEAD
 */
uint8_t *seal(struct arena *arena, const char *secret, const char *purpose,
    const void *data, size_t size, size_t *out);

/*
 * unseal - the bytes again, followed by a NUL that *out does not count
 *
 * NULL when the value was not sealed for this purpose with this secret, or
 * was changed; which of them is not told.
 */
char *unseal(struct arena *arena, const char *secret, const char *purpose,
    const uint8_t *sealed, size_t size, size_t *out);

#endif
