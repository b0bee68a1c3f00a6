#include "trust/token.h"

#include <jwt.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/panic.h"
#include "base/text.h"
#include "trust/sign.h"

#define PARTS 3
#define SIGNATURE_MAX (JWK_RSA_BITS_MAX / 8)
#define HALF_BYTES 32		/* r and s of ES256 */
#define DER_MAX 80		/* of an ES256 signature */

struct part {
	const char *text;
	size_t size;
};

/* ---- the gate ---------------------------------------------------------- */

static bool
deny(const char **reason, const char *text)
{
	*reason = text;
	return false;
}

static bool
split(const char *text, struct part part[PARTS])
{
	for (int i = 0; i < PARTS; i++) {
		part[i].text = text;
		part[i].size = strcspn(text, ".");
		text += part[i].size;
		if (part[i].size == 0 || (*text == '.') != (i < PARTS - 1))
			return false;
		text += *text == '.';
	}
	return true;
}

/* It goes into a query and a log, so nothing in it may surprise them. */
static bool
is_kid(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= JWK_KID_MAX && strspn(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	    "_-") == size;
}

/* A token need not name its type; another statement must. */
static bool
is_of_type(const struct json_object *header, const char *type)
{
	if (!json_has(header, "typ"))
		return type == NULL;
	return text_is(json_text(header, "typ"), type != NULL ? type : "JWT");
}

static bool
read_header(struct arena *arena, const char *type, const struct part *part,
    struct token *out, const char **reason)
{
	struct json_object *header;
	size_t size, known;
	const char *text = (const char *)text_from_base64url(arena,
	    part->text, part->size, &size);

	if (text == NULL)
		return deny(reason, "the header is no base64url");
	if (!json_read(arena, text, size, &header, reason))
		return false;
	known = (size_t)json_has(header, "alg") + json_has(header, "kid") +
	    json_has(header, "typ");
	if (known == 0 || json_members(header) != known)
		return deny(reason, "the header says more than we take");
	out->alg = jwk_alg_of(json_text(header, "alg"));
	if (out->alg == JWK_NONE)
		return deny(reason, "the algorithm is none of ours");
	if (!is_of_type(header, type))
		return deny(reason, "the type is none of ours");
	out->kid = json_has(header, "kid") ? json_text(header, "kid") : "";
	if (out->kid == NULL || (json_has(header, "kid") &&
	    !is_kid(out->kid)))
		return deny(reason, "the key's name is malformed");
	return true;
}

bool
token_admit_as(struct arena *arena, const char *type, const char *text,
    struct token *out, const char **reason)
{
	struct part part[PARTS];

	*reason = NULL;
	if (strlen(text) > TOKEN_BYTES_MAX)
		return deny(reason, "the token is too long");
	if (!split(text, part))
		return deny(reason, "the token has not three parts");
	if (!read_header(arena, type, &part[0], out, reason))
		return false;
	out->text = text;
	out->signed_size = part[0].size + 1 + part[1].size;
	out->payload = (const char *)text_from_base64url(arena, part[1].text,
	    part[1].size, &out->payload_size);
	out->signature = text_from_base64url(arena, part[2].text,
	    part[2].size, &out->signature_size);
	if (out->payload == NULL || out->signature == NULL)
		return deny(reason, "a part is no base64url");
	return true;
}

bool
token_admit(struct arena *arena, const char *text, struct token *out,
    const char **reason)
{
	return token_admit_as(arena, NULL, text, out, reason);
}

/* ---- verifying --------------------------------------------------------- */

/* JOSE has r and s side by side (RFC 7518, section 3.4), OpenSSL a sequence. */
static size_t
ecdsa_to_der(uint8_t der[DER_MAX], const uint8_t *raw)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, HALF_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(raw + HALF_BYTES, HALF_BYTES, NULL);
	int size;

	if (pair == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(pair, r, s) != 1)
		panic("token: out of memory");
	size = i2d_ECDSA_SIG(pair, &der);
	ECDSA_SIG_free(pair);
	return size > 0 ? (size_t)size : 0;
}

static const EVP_MD *
digest_of(enum jwk_alg alg)
{
	return alg == JWK_EDDSA ? NULL : EVP_sha256();
}

static bool
verify_pair(const struct token *token, const struct jwk *key)
{
	const uint8_t *signature = token->signature;
	size_t size = token->signature_size;
	uint8_t der[DER_MAX];
	EVP_MD_CTX *ctx;
	bool right;

	if (key->alg == JWK_ES256) {
		if (size != 2 * HALF_BYTES)
			return false;
		size = ecdsa_to_der(der, signature);
		signature = der;
	}
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL,
	    digest_of(key->alg), NULL, key->pair) != 1)
		panic("token: no verification with %s",
		    jwk_alg_name(key->alg));
	right = EVP_DigestVerify(ctx, signature, size,
	    (const uint8_t *)token->text, token->signed_size) == 1;
	EVP_MD_CTX_free(ctx);
	return right;
}

static bool
libjwt_agrees(const struct token *token, const struct jwk *key)
{
	jwt_t *jwt = NULL;
	bool agrees = jwt_decode(&jwt, token->text,
	    (const unsigned char *)key->secret, (int)key->secret_size) == 0 &&
	    jwt_get_alg(jwt) == JWT_ALG_HS256;

	jwt_free(jwt);
	return agrees;
}

/* strcmp would tell how much of a forgery is right, as libjwt's once did
 * (CVE-2024-25189); it only ever sees a token whose signature is. */
static bool
verify_secret(const struct token *token, const struct jwk *key)
{
	uint8_t mac[SHA256_BYTES];

	hmac_sha256(mac, key->secret, key->secret_size, token->text,
	    token->signed_size);
	return token->signature_size == sizeof(mac) &&
	    text_same_secret(mac, token->signature, sizeof(mac)) &&
	    libjwt_agrees(token, key);
}

bool
token_verify(const struct token *token, const struct jwk *key)
{
	if (token->alg == JWK_NONE || token->alg != key->alg ||
	    strcmp(token->kid, key->kid) != 0)
		return false;
	return key->alg == JWK_HS256 ? verify_secret(token, key) :
	    verify_pair(token, key);
}

/* ---- claims ------------------------------------------------------------ */

/* Wanted and there, or neither: a list of audiences is none of ours. */
static bool
fits(const struct json_object *claims, const char *name, const char *wanted)
{
	return wanted == NULL ? !json_has(claims, name) :
	    text_is(json_text(claims, name), wanted);
}

static enum status
invalid_claims(const char **reason, const char *text)
{
	*reason = text;
	return ST_INVALID_TOKEN;
}

static enum status
check_dates(const struct json_object *claims, int64_t now,
    const char **reason)
{
	int64_t issued, from = 0, until;

	if (!json_integer(claims, "iat", &issued) ||
	    !json_integer(claims, "exp", &until) ||
	    (json_has(claims, "nbf") && !json_integer(claims, "nbf", &from)))
		return invalid_claims(reason,
		    "a date is missing or no integer");
	if (issued > now + TOKEN_SKEW_SECONDS ||
	    from > now + TOKEN_SKEW_SECONDS)
		return invalid_claims(reason, "it is not valid yet");
	if (until > now)
		return ST_OK;
	*reason = "it has expired";
	return ST_TOKEN_EXPIRED;
}

enum status
token_claims(struct arena *arena, const struct token *token,
    const struct token_rules *rules, struct json_object **claims,
    const char **reason)
{
	if (!json_read(arena, token->payload, token->payload_size, claims,
	    reason))
		return ST_INVALID_TOKEN;
	if (!fits(*claims, "iss", rules->issuer))
		return invalid_claims(reason, "the issuer is another");
	if (!fits(*claims, "aud", rules->audience))
		return invalid_claims(reason, "it is for another audience");
	return check_dates(*claims, rules->now / 1000, reason);
}

/* ---- signing ----------------------------------------------------------- */

static size_t
ecdsa_to_raw(uint8_t *raw, const uint8_t *der, size_t size)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);

	if (pair == NULL || BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw,
	    HALF_BYTES) != HALF_BYTES || BN_bn2binpad(ECDSA_SIG_get0_s(pair),
	    raw + HALF_BYTES, HALF_BYTES) != HALF_BYTES)
		panic("token: a signature of another curve");
	ECDSA_SIG_free(pair);
	return 2 * HALF_BYTES;
}

static size_t
sign_pair(uint8_t out[SIGNATURE_MAX], const struct jwk *key, const char *text,
    size_t text_size)
{
	uint8_t der[DER_MAX];
	uint8_t *made = key->alg == JWK_ES256 ? der : out;
	size_t size = key->alg == JWK_ES256 ? DER_MAX : SIGNATURE_MAX;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, digest_of(key->alg),
	    NULL, key->pair) != 1 || EVP_DigestSign(ctx, made, &size,
	    (const uint8_t *)text, text_size) != 1)
		panic("token: cannot sign with %s", jwk_alg_name(key->alg));
	EVP_MD_CTX_free(ctx);
	return key->alg == JWK_ES256 ? ecdsa_to_raw(out, der, size) : size;
}

static size_t
sign(uint8_t out[SIGNATURE_MAX], const struct jwk *key, const char *text,
    size_t size)
{
	if (key->alg != JWK_HS256)
		return sign_pair(out, key, text, size);
	hmac_sha256(out, key->secret, key->secret_size, text, size);
	return SHA256_BYTES;
}

static const char *
header_text(struct arena *arena, const char *type, const struct jwk *key)
{
	const char *text = arena_printf(arena, "{\"alg\":\"%s\"",
	    jwk_alg_name(key->alg));

	if (key->kid[0] != '\0')
		text = arena_printf(arena, "%s,\"kid\":\"%s\"", text, key->kid);
	if (type != NULL)
		text = arena_printf(arena, "%s,\"typ\":\"%s\"", text, type);
	return arena_printf(arena, "%s}", text);
}

char *
token_sign_as(struct arena *arena, const char *type, const struct jwk *key,
    const char *claims)
{
	const char *header = header_text(arena, type, key);
	uint8_t signature[SIGNATURE_MAX];
	char *text;
	size_t size;

	if (strlen(claims) > TOKEN_BYTES_MAX)
		return NULL;
	text = arena_printf(arena, "%s.%s",
	    text_to_base64url(arena, header, strlen(header)),
	    text_to_base64url(arena, claims, strlen(claims)));
	size = sign(signature, key, text, strlen(text));
	text = arena_printf(arena, "%s.%s", text,
	    text_to_base64url(arena, signature, size));
	return strlen(text) <= TOKEN_BYTES_MAX ? text : NULL;
}

char *
token_sign(struct arena *arena, const struct jwk *key, const char *claims)
{
	return token_sign_as(arena, NULL, key, claims);
}
