#include "trust/licence.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/token.h"

#define TYPE "licence+jwt"
#define BEGIN_LINE "-----BEGIN TOLLGATE LICENCE-----\n"
#define END_LINE "-----END TOLLGATE LICENCE-----\n"
#define LINE_BYTES 64
#define DATE_MAX INT64_C(253402300799)	/* 9999-12-31, in seconds */

/* ---- written ----------------------------------------------------------- */

char *
licence_sign(struct arena *arena, const struct jwk *key, const char *claims)
{
	return token_sign_as(arena, TYPE, key, claims);
}

char *
licence_armor(struct arena *arena, const char *token)
{
	struct buf out;

	buf_init(&out, arena, 2 * strlen(token) + 2 * LINE_BYTES);
	buf_text(&out, BEGIN_LINE);
	for (size_t size = strlen(token); size > 0; size = strlen(token)) {
		size = size < LINE_BYTES ? size : LINE_BYTES;
		buf_printf(&out, "%.*s\n", (int)size, token);
		token += size;
	}
	buf_text(&out, END_LINE);
	return out.data;
}

/* ---- read -------------------------------------------------------------- */

static bool
deny(const char **reason, const char *text)
{
	*reason = text;
	return false;
}

/* What stands between the lines; NULL: it is not written as we write it. */
static const char *
unarmor(struct arena *arena, const char *text, size_t size)
{
	const size_t from = strlen(BEGIN_LINE), end = strlen(END_LINE);
	const char *file;
	char *token, *at;

	if (size < from + end || size > LICENCE_FILE_MAX)
		return NULL;
	at = token = arena_alloc(arena, size);
	for (size_t i = from; i < size - end; i++)
		if (text[i] != '\n')
			*at++ = text[i];
	*at = '\0';
	file = licence_armor(arena, token);
	return strlen(file) == size && memcmp(file, text, size) == 0 ?
	    token : NULL;
}

/* Seconds as ms; 0 when there is none. False: it is no date. */
static bool
read_date(const struct json_object *claims, const char *name, int64_t *out)
{
	int64_t seconds = 0;

	if (json_has(claims, name) && (!json_integer(claims, name, &seconds) ||
	    seconds < 1 || seconds > DATE_MAX))
		return false;
	*out = seconds * 1000;
	return true;
}

static bool
read_claims(struct arena *arena, const struct token *token,
    struct licence_file *out, const char **reason)
{
	struct json_object *claims;

	if (!json_read(arena, token->payload, token->payload_size, &claims,
	    reason))
		return false;
	*out = (struct licence_file){ .kid = token->kid, .claims = claims,
	    .id = json_text(claims, "jti"),
	    .issuer = json_text(claims, "iss"),
	    .owner_id = json_text(claims, "sub"),
	    .owner_kind = json_text(claims, "ownerKind"),
	    .holder = json_text(claims, "holder"),
	    .type = json_text(claims, "licence") };
	if (out->id == NULL || out->issuer == NULL || out->owner_id == NULL ||
	    out->owner_kind == NULL || out->holder == NULL ||
	    out->type == NULL)
		return deny(reason, "it does not say all that a licence says");
	if (!read_date(claims, "iat", &out->issued_at) ||
	    !read_date(claims, "exp", &out->expires_at) ||
	    out->issued_at == 0)
		return deny(reason, "a date is missing or is none");
	return true;
}

bool
licence_read(struct arena *arena, const char *text, size_t size,
    const struct jwk *key, struct licence_file *out, const char **reason)
{
	const char *between = unarmor(arena, text, size);
	struct jwk named = *key;
	struct token token;

	if (between == NULL)
		return deny(reason, "it is no licence file, or was changed");
	if (!token_admit_as(arena, TYPE, between, &token, reason))
		return false;
	/* PEM has no room for a name: whoever brings the key vouches for it. */
	if (key->kid[0] == '\0')
		(void)stpcpy(named.kid, token.kid);
	if (strcmp(token.kid, named.kid) != 0)
		return deny(reason, "it is signed with another key");
	if (!token_verify(&token, &named))
		return deny(reason, "the signature is wrong");
	return read_claims(arena, &token, out, reason);
}

bool
licence_is_current(const struct licence_file *licence, int64_t at,
    const char **reason)
{
	if (licence->issued_at - TOKEN_SKEW_SECONDS * 1000 > at)
		return deny(reason, "it is not valid yet");
	if (licence->expires_at != 0 && licence->expires_at <= at)
		return deny(reason, "it has expired");
	return true;
}

struct jwk *
licence_key_read(struct arena *arena, const char *text, size_t size)
{
	struct json_object *object;
	const char *reason, *kid;

	if (!text_utf8(text, size))
		return NULL;
	text = arena_copy(arena, text, size);
	if (text_starts(text, "-----BEGIN PUBLIC KEY-----"))
		return jwk_of_public_pem("", text);
	if (!json_read(arena, text, size, &object, &reason))
		return NULL;
	kid = json_text(object, "kid");
	return jwk_of_public(arena, JWK_EDDSA, kid != NULL ? kid : "", text);
}
