#include "guard/session_data.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/session.h"
#include "store/user.h"
#include "trust/jwe.h"
#include "trust/sign.h"
#include "trust/token.h"
#include "view/view.h"

#define SALT "better-auth-session"
#define COOKIE_BYTES_MAX 4050	/* name and attributes included */
#define ATTRIBUTE_BYTES 64	/* of them, ".99" and "=" */
#define CHUNKS_MAX 2		/* SESSION_DATA_BYTES_MAX needs no more */
#define CHUNK_NUMBER_MAX 99
#define BRIEF_SECONDS 60	/* of a compact copy that ends with the browser */
#define BRIEF_TOKEN_SECONDS 300	/* and of the others */

/* What is in a copy that was made with our secret. */
struct copy {
	struct json_object *payload;	/* session, user, updatedAt, version */
	int64_t expires_at;		/* ms */
};

/* ---- compact ----------------------------------------------------------- */

/* Over the payload's text with one member more. */
static const char *
compact_signature(struct ctx *ctx, const char *payload, int64_t expires_at)
{
	const char *secret = ctx->config->server_secret;
	const char *text = arena_printf(ctx->arena, "%.*s,\"expiresAt\":%lld}",
	    (int)strlen(payload) - 1, payload, (long long)expires_at);
	uint8_t mac[SHA256_BYTES];

	hmac_sha256(mac, secret, strlen(secret), text, strlen(text));
	return text_to_base64url(ctx->arena, mac, sizeof(mac));
}

static const char *
write_compact(struct ctx *ctx, struct json_object *payload, int64_t seconds)
{
	int64_t expires_at = ctx->now + seconds * 1000;
	const char *text = view_as_text(ctx->arena, payload);

	text = arena_printf(ctx->arena, "{\"session\":%s,\"expiresAt\":%lld,"
	    "\"signature\":\"%s\"}", text, (long long)expires_at,
	    compact_signature(ctx, text, expires_at));
	return text_to_base64url(ctx->arena, text, strlen(text));
}

/* The payload is written again in the order it came in, as the contract has
 * it: what was signed is its text without blanks. */
static bool
read_compact(struct ctx *ctx, const char *value, struct copy *out)
{
	struct json_object *whole;
	const char *reason, *given, *right;
	size_t size;
	uint8_t *text = text_from_base64url(ctx->arena, value, strlen(value),
	    &size);

	if (text == NULL || !json_read(ctx->arena, (const char *)text, size,
	    &whole, &reason) ||
	    !json_integer(whole, "expiresAt", &out->expires_at))
		return false;
	out->payload = view_get(whole, "session");
	given = json_text(whole, "signature");
	if (given == NULL || json_members(out->payload) == 0)
		return false;
	right = compact_signature(ctx, view_as_text(ctx->arena, out->payload),
	    out->expires_at);
	return strlen(given) == strlen(right) &&
	    text_same_secret(right, given, strlen(right));
}

/* ---- tokens ------------------------------------------------------------ */

static const char *
claims_text(struct ctx *ctx, struct json_object *payload, int64_t seconds)
{
	view_int(payload, "iat", ctx->now / 1000);
	view_int(payload, "exp", ctx->now / 1000 + seconds);
	return view_as_text(ctx->arena, payload);
}

static const char *
write_jwt(struct ctx *ctx, struct json_object *payload, int64_t seconds)
{
	struct jwk *key = jwk_of_secret("", ctx->config->server_secret);
	const char *text = token_sign(ctx->arena, key,
	    claims_text(ctx, payload, seconds));

	jwk_free(key);
	return text;
}

static bool
read_jwt(struct ctx *ctx, const char *value, struct copy *out)
{
	struct token_rules rules = { .now = ctx->now };
	struct token token;
	const char *reason;
	struct jwk *key;
	bool right;

	if (!token_admit(ctx->arena, value, &token, &reason))
		return false;
	key = jwk_of_secret("", ctx->config->server_secret);
	right = token_verify(&token, key);
	jwk_free(key);
	return right && token_claims(ctx->arena, &token, &rules,
	    &out->payload, &reason) == ST_OK &&
	    json_integer(out->payload, "exp", &out->expires_at);
}

static const char *
write_jwe(struct ctx *ctx, struct json_object *payload, int64_t seconds)
{
	char id[ID_SIZE];

	id_new(id, ctx->now);
	view_text(payload, "jti", arena_printf(ctx->arena,
	    "%.8s-%.4s-%.4s-%.4s-%s", id, id + 8, id + 12, id + 16, id + 20));
	return jwe_seal(ctx->arena, ctx->config->server_secret, SALT,
	    claims_text(ctx, payload, seconds));
}

static bool
read_jwe(struct ctx *ctx, const char *value, struct copy *out)
{
	const char *text, *reason;
	size_t size;

	text = jwe_open(ctx->arena, ctx->config->server_secret, SALT, value,
	    &size);
	return text != NULL &&
	    json_read(ctx->arena, text, size, &out->payload, &reason) &&
	    json_integer(out->payload, "exp", &out->expires_at);
}

/* ---- the ways to write it ---------------------------------------------- */

static const struct way {
	const char *name;	/* as session.cookie_cache has it */
	const char *(*write)(struct ctx *ctx, struct json_object *payload,
	    int64_t seconds);	/* NULL: too long */
	bool (*read)(struct ctx *ctx, const char *value, struct copy *out);
	int64_t brief;		/* lifetime in seconds, not remembered */
	int64_t unit;		/* of expires_at, in ms */
} ways[] = {
	{ "compact", write_compact, read_compact, BRIEF_SECONDS, 1 },
	{ "jwt", write_jwt, read_jwt, BRIEF_TOKEN_SECONDS, 1000 },
	{ "jwe", write_jwe, read_jwe, BRIEF_TOKEN_SECONDS, 1000 },
};

/* NULL: it is off. */
static const struct way *
configured(const struct ctx *ctx)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].name, ctx->config->session_cookie_cache) ==
		    0)
			return &ways[i];
	return NULL;
}

/* ---- cookies ----------------------------------------------------------- */

static const char *
chunk_name(struct ctx *ctx, size_t number)
{
	return arena_printf(ctx->arena, "%s.%zu", ctx->config->cookie_data,
	    number);
}

/* The number of the chunk that a cookie of this name is; -1: none. */
static int64_t
chunk_number(const struct ctx *ctx, const char *name)
{
	size_t size = strlen(ctx->config->cookie_data);
	int64_t number = -1;

	if (strncmp(name, ctx->config->cookie_data, size) != 0 ||
	    name[size] != '.' ||
	    !text_int(name + size + 1, 0, CHUNK_NUMBER_MAX, &number))
		return -1;
	return number;
}

/* NULL: it was not sent. */
static const char *
chunk(const struct ctx *ctx, int64_t number)
{
	const struct pairs *cookies = &ctx->request.cookies;

	for (size_t i = 0; i < cookies->count; i++)
		if (chunk_number(ctx, cookies->pair[i].name) == number)
			return cookies->pair[i].value;
	return NULL;
}

/* The whole cookie, else its chunks joined; NULL: neither. */
static const char *
brought(struct ctx *ctx)
{
	const char *value = request_cookie(&ctx->request,
	    ctx->config->cookie_data);
	const char *part;

	if (value != NULL)
		return value;
	for (int64_t i = 0; i < CHUNKS_MAX; i++) {
		part = chunk(ctx, i);
		if (part != NULL)
			value = arena_printf(ctx->arena, "%s%s",
			    value != NULL ? value : "", part);
	}
	return value;
}

/* Of what the request brought: the whole cookie if asked, and the chunks from
 * a number on. */
static void
delete_brought(struct ctx *ctx, bool whole, int64_t from)
{
	const struct pairs *cookies = &ctx->request.cookies;

	for (size_t i = 0; i < cookies->count; i++) {
		const char *name = cookies->pair[i].name;

		if ((whole && strcmp(name, ctx->config->cookie_data) == 0) ||
		    chunk_number(ctx, name) >= from)
			response_cookie(ctx, name, "", 0);
	}
}

void
session_data_forget(struct ctx *ctx)
{
	response_cookie(ctx, ctx->config->cookie_data, "", 0);
	/* As the reference does, which deletes a cookie it reads twice. */
	delete_brought(ctx, configured(ctx) != NULL, 0);
}

static bool
fits(struct ctx *ctx, const struct way *way, const char *value,
    const struct session *session)
{
	struct copy copy;

	return strlen(value) <= SESSION_DATA_BYTES_MAX &&
	    way->read(ctx, value, &copy) &&
	    copy.expires_at > ctx->now / way->unit &&
	    text_is(json_text(copy.payload, "version"),
	    ctx->config->session_cookie_cache_version) &&
	    text_is(json_text(view_get(copy.payload, "session"), "token"),
	    session->token);
}

bool
session_data_wanted(struct ctx *ctx, const struct session *session)
{
	const struct way *way = configured(ctx);
	const char *value = brought(ctx);
	const char *anyway = request_query(&ctx->request,
	    "disableCookieCache");

	if (value != NULL && (way == NULL ||
	    !fits(ctx, way, value, session))) {
		delete_brought(ctx, true, 0);
		value = NULL;
	}
	return value == NULL || (anyway != NULL && anyway[0] != '\0');
}

/* In as many cookies as it takes; the ones from before that are not written
 * again go. */
static void
put_value(struct ctx *ctx, const char *value, int64_t max_age)
{
	const char *name = ctx->config->cookie_data;
	size_t room = COOKIE_BYTES_MAX - ATTRIBUTE_BYTES - strlen(name);
	int64_t chunks = 0;

	if (strlen(value) <= room) {
		response_cookie(ctx, name, value, max_age);
		delete_brought(ctx, false, 0);
		return;
	}
	for (; *value != '\0'; chunks++) {
		size_t size = strnlen(value, room);

		response_cookie(ctx, chunk_name(ctx, (size_t)chunks),
		    arena_copy(ctx->arena, value, size), max_age);
		value += size;
	}
	delete_brought(ctx, true, chunks);
}

void
session_data_put(struct ctx *ctx, const struct session *session,
    const struct user *user, bool remember)
{
	const struct way *way = configured(ctx);
	int64_t age = ctx->config->session_cookie_cache_max_age;
	struct json_object *payload;
	const char *value;

	if (way == NULL)
		return;
	payload = view_root(ctx->arena);
	session_view(ctx, view_object(payload, "session"), session,
	    session->token);
	user_view(ctx, view_object(payload, "user"), user);
	view_int(payload, "updatedAt", ctx->now);
	view_text(payload, "version",
	    ctx->config->session_cookie_cache_version);
	value = way->write(ctx, payload, remember ? age : way->brief);
	if (value != NULL && strlen(value) <= SESSION_DATA_BYTES_MAX)
		put_value(ctx, value, remember ? age : -1);
	else
		delete_brought(ctx, true, 0);
}
