#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define NOW ((int64_t)1700000000)

static struct jwk *keys[JWK_HS256 + 1];

static void
promise(int kept)
{
	if (!kept)
		abort();
}

static void
make_keys(void)
{
	if (keys[JWK_HS256] != NULL)
		return;
	for (int alg = JWK_RS256; alg <= JWK_EDDSA; alg++)
		keys[alg] = jwk_generate((enum jwk_alg)alg, 2048);
	keys[JWK_HS256] = jwk_of_secret("", SECRET);
}

/* Claims are acted upon only with every rule kept. */
static void
try_claims(struct arena *arena, const struct token *token)
{
	struct token_rules rules = { .issuer = "i", .audience = "a",
	    .now = NOW * 1000 };
	struct json_object *claims;
	const char *reason = NULL;
	int64_t until = 0;

	if (token_claims(arena, token, &rules, &claims, &reason) == ST_OK)
		promise(json_integer(claims, "exp", &until) && until > NOW &&
		    text_is(json_text(claims, "iss"), "i") &&
		    text_is(json_text(claims, "aud"), "a"));
	else
		promise(reason != NULL);
}

/* What is admitted keeps to the bounds, and means one key at most. */
static void
try_token(struct arena *arena, const char *text)
{
	struct token token;
	const char *reason;
	int believed = 0;

	if (!token_admit(arena, text, &token, &reason)) {
		promise(reason != NULL);
		return;
	}
	promise(strlen(text) <= TOKEN_BYTES_MAX && token.alg != JWK_NONE &&
	    strlen(token.kid) <= JWK_KID_MAX &&
	    token.signed_size < strlen(text));
	for (int alg = JWK_RS256; alg <= JWK_HS256; alg++)
		believed += token_verify(&token, keys[alg]);
	promise(believed <= 1);
	try_claims(arena, &token);
}

/* The input, too, as claims that we sign and as a public half. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)8 << 20);
	const char *text, *made;

	make_keys();
	if (size > 2 * TOKEN_BYTES_MAX)
		size = 2 * TOKEN_BYTES_MAX;
	text = arena_copy(arena, (const char *)data, size);
	try_token(arena, text);
	made = token_sign(arena, keys[JWK_HS256], text);
	if (made != NULL && text[0] != '\0')
		try_token(arena, made);
	for (int alg = JWK_RS256; alg <= JWK_EDDSA; alg++)
		jwk_free(jwk_of_public(arena, (enum jwk_alg)alg, "", text));
	arena_free(arena);
	return 0;
}
