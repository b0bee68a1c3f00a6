/*
 * token.h - signed tokens: JWS compact serialisation (RFC 7515) with claims
 * (RFC 7519), read by the checks of RFC 8725
 *
 * token_admit is the gate: text of a stranger becomes a struct token only when
 * it is three non-empty parts of canonical base64url, TOKEN_BYTES_MAX at most,
 * under a header of nothing but "alg" (one we know), "kid" and "typ": "JWT".
 * No "crit", "jku", "x5u", "zip", no duplicate member. It is then believed
 * only by token_verify with a key whose algorithm and kid are the header's.
 * Statements that are no access tokens have another type, which they must
 * name, so that none is taken for the other (RFC 8725, section 3.11).
 *
 * libjwt has the last word on HS256, after our own comparison in constant
 * time. It is asked about nothing else: 1.10.2 parses the PEM of a key in each
 * call (measured, in us of processor time to verify: RS256 640, where OpenSSL
 * with a parsed key takes 63; ES256 829 and 195; to sign, RS256 2046 and 613,
 * ES256 911 and 60), does not know EdDSA, writes beyond its memory when a part
 * is empty, overflows the stack with a huge token, and would take an RSA key's
 * PEM for an HMAC secret. HS256 costs 18 us.
 */
#ifndef TRUST_TOKEN_H
#define TRUST_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "trust/jwk.h"

struct arena;
struct json_object;

#define TOKEN_BYTES_MAX 8192
#define TOKEN_SKEW_SECONDS 60	/* by which another host's clock may lead */

struct token {
	const char *text;		/* as it came */
	enum jwk_alg alg;
	const char *kid;		/* "": none; [A-Za-z0-9_-] only */
	size_t signed_size;		/* of text, the two parts signed */
	const char *payload;		/* decoded, not yet read */
	size_t payload_size;
	const uint8_t *signature;	/* decoded */
	size_t signature_size;
};

/* The gate above. False with *reason, a constant text. */
bool token_admit(struct arena *arena, const char *text, struct token *out,
    const char **reason);

/* The same for a statement whose header names this type. */
bool token_admit_as(struct arena *arena, const char *type, const char *text,
    struct token *out, const char **reason);

/* Is it signed by this key, with this key's algorithm, under its kid? */
bool token_verify(const struct token *token, const struct jwk *key);

/*
 * token_claims - what a verified token says, if it may be acted upon now
 *
 * rules   NULL issuer or audience: the token must have none, which keeps
 *         tokens of different kinds apart
 * claims  receives the payload, borrowed from the arena
 *
 * Dates are integers; exp and iat are required, nbf is respected.
 *
 * ST_TOKEN_EXPIRED  it was good until exp
 * ST_INVALID_TOKEN  anything else; *reason, a constant text, says what
 */
struct token_rules {
	const char *issuer;
	const char *audience;
	int64_t now;			/* ms UTC */
};
enum status token_claims(struct arena *arena, const struct token *token,
    const struct token_rules *rules, struct json_object **claims,
    const char **reason);

/*
 * token_sign - a token of claims, which are the JSON text of an object
 *
 * key  has its private half or secret; its kid, unless empty, is named
 * NULL when the token would be longer than TOKEN_BYTES_MAX.
 */
char *token_sign(struct arena *arena, const struct jwk *key,
    const char *claims);

/* The same of a type, which its header names. */
char *token_sign_as(struct arena *arena, const char *type,
    const struct jwk *key, const char *claims);

#endif
