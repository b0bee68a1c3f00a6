/*
 * licence.h - licences as files that can be checked without us
 *
 * A file is a compact JWS (RFC 7515) of type "licence+jwt", signed with
 * Ed25519 (RFC 8037) and nothing else, in lines of 64 characters between a
 * BEGIN and an END line. Its one form is the one licence_armor gives: a file
 * that differs in a single byte is none.
 *
 * Its claims: "iss", "sub" (the owner's id), "jti" (the licence's), "iat",
 * "exp" unless it has no end, "ownerKind", "holder", "licence" (its type),
 * "features" (a list of texts) and "limits" (an object of whole numbers).
 */
#ifndef TRUST_LICENCE_H
#define TRUST_LICENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "trust/jwk.h"

struct arena;
struct json_object;

#define LICENCE_FILE_MAX 16384	/* bytes; no file has more */

/* What stands between the lines: claims, the JSON text of an object, signed
 * with an EdDSA key. NULL when it would be too long. */
char *licence_sign(struct arena *arena, const struct jwk *key,
    const char *claims);

/* The file of it. */
char *licence_armor(struct arena *arena, const char *token);

/* A file's members; texts and claims are borrowed from the arena. */
struct licence_file {
	const char *id, *kid, *issuer, *owner_id, *owner_kind, *holder, *type;
	int64_t issued_at, expires_at;	/* ms UTC; expires_at 0: no end */
	struct json_object *claims;	/* with features and limits */
};

/*
 * licence_read - is it, byte for byte, a file signed with this key?
 *
 * key  with a kid: the file must name it
 *
 * Whether the licence has expired is not looked at. False with *reason, a
 * constant text.
 */
bool licence_read(struct arena *arena, const char *text, size_t size,
    const struct jwk *key, struct licence_file *out, const char **reason);

/* May it be used at that instant, in ms UTC? False with *reason. */
bool licence_is_current(const struct licence_file *licence, int64_t at,
    const char **reason);

/*
 * licence_key_read - a public half as `tollgate licence key` prints it
 *
 * A JWK of an Ed25519 key, with its kid or without, or PEM. The caller frees
 * it. NULL: it is neither.
 */
struct jwk *licence_key_read(struct arena *arena, const char *text,
    size_t size);

#endif
