#include "trust/mail_token.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/sign.h"

#define HEADER "eyJhbGciOiJIUzI1NiJ9"	/* {"alg":"HS256"} */
#define HEADER_SIZE (sizeof(HEADER) - 1)
#define SIGNATURE_SIZE 43		/* base64url of SHA256_BYTES */

/* In the order in which they are written. */
static const struct claim {
	const char *name;
	size_t offset;
	bool number, optional;
} claims[] = {
	{ "email", offsetof(struct mail_token, email), false, false },
	{ "updateTo", offsetof(struct mail_token, update_to), false, true },
	{ "requestType", offsetof(struct mail_token, request_type), false,
	    true },
	{ "userId", offsetof(struct mail_token, user_id), false, true },
	{ "jti", offsetof(struct mail_token, nonce), false, true },
	{ "iat", offsetof(struct mail_token, issued_at), true, false },
	{ "exp", offsetof(struct mail_token, expires_at), true, false },
};
#define CLAIMS (sizeof(claims) / sizeof(claims[0]))

static void
write_claim(struct buf *out, const struct claim *claim, const void *member)
{
	const char *comma = out->size > 1 ? "," : "";
	const char *text;

	if (claim->number) {
		buf_printf(out, "%s\"%s\":%lld", comma, claim->name,
		    (long long)*(const int64_t *)member);
		return;
	}
	text = *(const char *const *)member;
	if (text == NULL)
		return;
	buf_printf(out, "%s\"%s\":", comma, claim->name);
	buf_json_text(out, text, strlen(text));
}

static void
sign(char out[TEXT_BASE64_SIZE(SHA256_BYTES)], const char *secret,
    const char *text, size_t size)
{
	uint8_t mac[SHA256_BYTES];

	hmac_sha256(mac, secret, strlen(secret), text, size);
	text_base64url(out, mac, sizeof(mac));
}

char *
mail_token_make(struct arena *arena, const char *secret,
    const struct mail_token *token)
{
	char mac[TEXT_BASE64_SIZE(SHA256_BYTES)], *payload, *head;
	struct buf json;

	buf_init(&json, arena, 256);
	buf_char(&json, '{');
	for (size_t i = 0; i < CLAIMS; i++)
		write_claim(&json, &claims[i],
		    (const char *)token + claims[i].offset);
	buf_char(&json, '}');
	payload = arena_alloc(arena, TEXT_BASE64_SIZE(json.size));
	text_base64url(payload, (const uint8_t *)json.data, json.size);
	head = arena_printf(arena, HEADER ".%s", payload);
	sign(mac, secret, head, strlen(head));
	return arena_printf(arena, "%s.%s", head, mac);
}

/* The claims' part when the rest is ours. Base64 has one spelling of our
 * signature, so texts are compared and nothing strange is decoded. */
static const char *
payload_of(const char *secret, const char *text, size_t *size)
{
	char mac[TEXT_BASE64_SIZE(SHA256_BYTES)];
	const char *payload = text + HEADER_SIZE + 1, *dot;
	size_t whole = strnlen(text, MAIL_TOKEN_BYTES_MAX + 1);

	if (whole > MAIL_TOKEN_BYTES_MAX ||
	    strncmp(text, HEADER ".", HEADER_SIZE + 1) != 0)
		return NULL;
	dot = strchr(payload, '.');
	if (dot == NULL || dot == payload ||
	    strlen(dot + 1) != SIGNATURE_SIZE)
		return NULL;
	sign(mac, secret, text, (size_t)(dot - text));
	*size = (size_t)(dot - payload);
	return text_same_secret(mac, dot + 1, SIGNATURE_SIZE) ? payload :
	    NULL;
}

static struct json_object *
decode(struct arena *arena, const char *payload, size_t size)
{
	char *json = arena_alloc(arena, size / 4 * 3 + 3);
	long length = text_unbase64url((uint8_t *)json, payload, size);
	struct json_object *object;
	const char *reason;

	if (length < 0 ||
	    !json_read(arena, json, (size_t)length, &object, &reason) ||
	    !json_object_is_type(object, json_type_object))
		return NULL;
	return object;
}

static bool
read_claim(const struct claim *claim, struct json_object *value,
    void *member)
{
	if (value == NULL)
		return false;
	if (!json_object_is_type(value, claim->number ? json_type_int :
	    json_type_string))
		return false;
	if (claim->number)
		*(int64_t *)member = json_object_get_int64(value);
	else
		*(const char **)member = json_object_get_string(value);
	return true;
}

enum mail_token_verdict
mail_token_read(struct arena *arena, const char *secret, const char *text,
    int64_t now, struct mail_token *out)
{
	struct json_object *object, *value;
	const char *payload;
	int known = 0;
	size_t size;

	memset(out, 0, sizeof(*out));
	payload = payload_of(secret, text, &size);
	if (payload == NULL || (object = decode(arena, payload, size)) == NULL)
		return MAIL_TOKEN_WRONG;
	for (size_t i = 0; i < CLAIMS; i++) {
		if (!json_object_object_get_ex(object, claims[i].name,
		    &value)) {
			if (claims[i].optional)
				continue;
			return MAIL_TOKEN_WRONG;
		}
		if (!read_claim(&claims[i], value,
		    (char *)out + claims[i].offset))
			return MAIL_TOKEN_WRONG;
		known++;
	}
	/* Other tokens are signed with the same secret, and have others. */
	if (known != json_object_object_length(object))
		return MAIL_TOKEN_WRONG;
	return out->expires_at > now / 1000 ? MAIL_TOKEN_RIGHT :
	    MAIL_TOKEN_EXPIRED;
}
