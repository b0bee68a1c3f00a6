/*
 * licence_key.h - the pairs that sign licence files (table licence_keys)
 *
 * One signs at a time, and is made when the first licence is issued. Another
 * takes its place only when an operator says so: what it signed stays good for
 * whoever has its public half.
 */
#ifndef STORE_LICENCE_KEY_H
#define STORE_LICENCE_KEY_H

#include "base/status.h"

struct ctx;
struct jwk;

/*
 * store_licence_key_signing - the key that signs, with its private half
 *
 * Makes the first, with an audit row. It ends with the request.
 * ST_INTERNAL  logged: server.secret is not the one it was sealed with
 */
enum status store_licence_key_signing(struct ctx *ctx,
    const struct jwk **out);

/*
 * store_licence_key_public - the public half of the key of that id
 *
 * id  NULL: of the one that signs, which is made if need be
 * ST_SIGNING_KEY_NOT_FOUND
 */
enum status store_licence_key_public(struct ctx *ctx, const char *id,
    const struct jwk **out);

/* Another key signs from now on, with an audit row. Its id is *id. */
enum status store_licence_key_replace(struct ctx *ctx, const char **id);

#endif
