/*
 * key.h - the keys of tokens, parsed once a process
 *
 * Reading a key costs more than using it, so a worker keeps those it has met.
 * What a kept key may still be used for is asked of the database each time:
 * the signer by key_signer, the verifier by store_key_user.
 */
#ifndef GUARD_KEY_H
#define GUARD_KEY_H

#include "base/status.h"

struct ctx;
struct jwk;
struct key_ring;

/* Empty; ctx->keys. Accepts NULL to free. */
struct key_ring *key_ring_new(void);
void key_ring_free(struct key_ring *ring);

/*
 * key_signer - the key that signs now, borrowed
 *
 * One statement. Makes the first key, and the next one when it is due (a
 * 2048-bit RSA key takes a tenth of a second), so not inside a transaction.
 * ST_INTERNAL: its private half cannot be opened.
 */
enum status key_signer(struct ctx *ctx, const struct jwk **out);

/* Makes the first key or the next one, if one is due; otherwise as above. */
enum status key_ready(struct ctx *ctx);

/*
 * key_verifier - the key of that name, borrowed
 *
 * No statement for one that was met before. ST_NOT_FOUND.
 */
enum status key_verifier(struct ctx *ctx, const char *kid,
    const struct jwk **out);

#endif
