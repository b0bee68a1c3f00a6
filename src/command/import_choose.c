/*
 * Choosing rows of another system: what can become ours, and what not and why.
 */
#include "command/import.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "store/extra.h"
#include "store/user.h"
#include "trust/password.h"
#include "trust/sign.h"
#include "view/view.h"

#define TOKEN_MAX 512		/* what a signed cookie may hold */
#define SUBJECT_MAX 1024	/* an index holds no more than 2704 bytes */
#define CREDENTIAL_MAX 1364	/* 1023 bytes in base64url (WebAuthn) */
#define KEY_HASH_TEXT 43	/* SHA-256 in base64url without padding */

#define ID_LONG "the id is too long"

/* ---- what is wrong with a row ------------------------------------------ */

static bool
longer(const char *text, size_t most)
{
	return text != NULL && text_utf16_length(text) > most;
}

static bool
roles_exist(struct arena *arena, const char *roles)
{
	char *list = arena_text(arena, roles != NULL ? roles : ""), *rest;

	for (char *role = strtok_r(list, ", ", &rest); role != NULL;
	    role = strtok_r(NULL, ", ", &rest))
		if (!role_exists(role))
			return false;
	return true;
}

static const char *
field_problem(struct ctx *ctx, const struct extra_fields *extra,
    struct json_object *row)
{
	const char *field = extra_carry(extra, row,
	    view_object(row, "fields"));

	return field == NULL ? NULL : arena_printf(ctx->arena,
	    "the field %s has the wrong type or is too long", field);
}

const char *
import_user_problem(struct ctx *ctx, struct json_object *user)
{
	const char *email = view_get_text(user, "email");

	if (strlen(view_get_text(user, "id")) >= BETTER_AUTH_ID_SIZE)
		return ID_LONG;
	/* Who cannot be written to could not sign in from a new device. */
	if (email == NULL || !text_email(email) || !text_mailable(email))
		return "the e-mail address is not valid";
	if (view_get_text(user, "name") == NULL)
		return "there is no name";
	if (longer(view_get_text(user, "name"), USER_NAME_MAX))
		return "the name is too long";
	if (longer(view_get_text(user, "username"), USER_NAME_MAX))
		return "the username is too long";
	if (longer(view_get_text(user, "image"), USER_IMAGE_MAX))
		return "the address of the image is too long";
	if (!roles_exist(ctx->arena, view_get_text(user, "role")))
		return "the role is not known here";
	return field_problem(ctx, &ctx->config->user_extra, user);
}

bool
import_is_admin(const struct json_object *user)
{
	const char *role = view_get_text(user, "role");

	return role != NULL && role_is_admin(role);
}

const char *
import_account_problem(const struct json_object *account)
{
	const char *provider = view_get_text(account, "providerId");
	const char *subject = view_get_text(account, "accountId");
	const char *password = view_get_text(account, "password");

	if (subject == NULL || subject[0] == '\0' || provider == NULL ||
	    provider[0] == '\0')
		return "an account has no provider or no subject";
	if (strlen(subject) + strlen(provider) > SUBJECT_MAX)
		return "the subject of an account is too long";
	if (!text_is(provider, "credential"))
		return NULL;
	if (!text_is(subject, view_get_text(account, "userId")))
		return "the account with the password is not his own";
	if (password != NULL && !password_readable(password))
		return "the password's hash is of no form that is known here";
	return NULL;
}

static const char *
account_problem(struct import *import, struct json_object *row)
{
	(void)import;
	return import_account_problem(row);
}

/* Adds the token's hash: our database never sees the token. */
static const char *
session_problem(struct import *import, struct json_object *row)
{
	const char *token = view_get_text(row, "token");
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];
	uint8_t hash[SHA256_BYTES];

	if (token == NULL || token[0] == '\0' || strlen(token) > TOKEN_MAX)
		return "a session has no token that a cookie can hold";
	sha256(hash, token, strlen(token));
	text_hex(hex, hash, sizeof(hash));
	view_text(row, "tokenHash", hex);
	return field_problem(import->ours,
	    &import->ours->config->session_extra, row);
}

/* Text of base64 that our own decoder and PostgreSQL's read alike. */
static bool
is_base64(struct arena *arena, const char *text,
    long (*decode)(uint8_t *out, const char *text, size_t size))
{
	const size_t size = text == NULL ? 0 : strlen(text);

	return size > 0 &&
	    decode(arena_alloc(arena, size / 4 * 3 + 3), text, size) > 0;
}

static const char *
passkey_problem(struct import *import, struct json_object *row)
{
	struct arena *arena = import->ours->arena;
	const char *type = view_get_text(row, "deviceType");
	const char *credential = view_get_text(row, "credentialID");
	int64_t counter = view_get_int(row, "counter");

	if (!is_base64(arena, credential, text_unbase64url) ||
	    strlen(credential) > CREDENTIAL_MAX ||
	    !is_base64(arena, view_get_text(row, "publicKey"), text_unbase64))
		return "a passkey cannot be read";
	if ((!text_is(type, "singleDevice") &&
	    !text_is(type, "multiDevice")) ||
	    counter < 0 || counter > UINT32_MAX)
		return "a passkey says of itself what is not possible";
	return NULL;
}

/* Text of a JSON object, as Better Auth keeps them, to an object. */
static bool
parse_object(struct arena *arena, struct json_object *row, const char *key)
{
	const char *text = view_get_text(row, key), *reason;
	struct json_object *value;
	bool object;

	if (text == NULL)
		return true;
	object = text[0] == '{' || text_is(text, "null");
	if (!object || !json_read(arena, text, strlen(text), &value, &reason))
		return false;
	/* The text ends here: it is the row's. */
	view_copy(row, key, value);
	return true;
}

/* Adds the hash as we keep it: theirs is the same one, written otherwise. */
static const char *
api_key_problem(struct import *import, struct json_object *row)
{
	struct arena *arena = import->ours->arena;
	const char *key = view_get_text(row, "key");
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];
	uint8_t hash[SHA256_BYTES + 3];

	if (key == NULL || strlen(key) != KEY_HASH_TEXT ||
	    text_unbase64url(hash, key, KEY_HASH_TEXT) != SHA256_BYTES)
		return "an API key has no hash that can be read";
	text_hex(hex, hash, SHA256_BYTES);
	view_text(row, "keyHash", hex);
	if (!parse_object(arena, row, "permissions") ||
	    !parse_object(arena, row, "metadata"))
		return "an API key has permissions or metadata that cannot be"
		    " read";
	return NULL;
}

/* ---- telling ----------------------------------------------------------- */

static void
count(const struct import *import, int64_t *number)
{
	*number += !import->copying;
}

static void
conflict(struct import *import, struct tally *tally, const char *user_id,
    const char *what)
{
	if (import->copying)
		return;
	(void)printf("user %s: %s\n", user_id, what);
	tally->refused++;
	import->conflicts++;
}

void
import_refuse_long(struct import *import, struct tally *tally,
    const struct json_object *rows)
{
	for (size_t i = 0; i < view_count(rows); i++) {
		count(import, &tally->seen);
		conflict(import, tally, view_get_text(view_at(rows, i),
		    "userId"), tally == &import->users ? ID_LONG :
		    "the id of something he owns is too long");
	}
}

/* With another row there, or with one here. */
static const char *
shared(const struct json_object *twice, const struct json_object *taken,
    const struct json_object *row)
{
	const char *id = view_get_text(row, "id");
	const char *what = view_get_text(twice, id);

	return what != NULL ? what : view_get_text(taken, id);
}

/* ---- choosing ---------------------------------------------------------- */

#define KEYS 24
static const char *const user_keys[KEYS] = { "id", "name", "email",
	"emailVerified", "image", "role", "banned", "banReason", "banExpires",
	"username", "displayUsername", "fields", "createdAt", "updatedAt" };

static const struct {
	const char *name;
	const char *(*problem)(struct import *, struct json_object *row);
	enum status (*taken)(struct ctx *ctx, struct json_object *rows,
	    struct json_object *out);
	const char *keys[KEYS];
} kinds[OWNED_KINDS] = {
	[OWNED_ACCOUNT] = { "accounts", account_problem,
	    import_taken_accounts, { "id", "userId", "providerId",
		"accountId", "password", "createdAt", "updatedAt" } },
	[OWNED_SESSION] = { "sessions", session_problem, NULL, { "id",
	    "userId", "tokenHash", "expiresAt", "ipAddress", "userAgent",
	    "fields", "createdAt", "updatedAt" } },
	[OWNED_PASSKEY] = { "passkeys", passkey_problem,
	    import_taken_passkeys, { "id", "userId", "name", "credentialID",
		"publicKey", "counter", "deviceType", "backedUp",
		"transports", "aaguid", "createdAt" } },
	[OWNED_API_KEY] = { "api keys", api_key_problem, NULL, { "id",
	    "userId", "keyHash", "start", "prefix", "name", "enabled",
	    "expiresAt", "remaining", "refillAmount", "refillInterval",
	    "lastRefillAt", "rateLimitEnabled", "rateLimitTimeWindow",
	    "rateLimitMax", "requestCount", "lastRequest", "permissions",
	    "metadata", "createdAt", "updatedAt" } },
};

const char *
import_name(enum owned kind)
{
	return kinds[kind].name;
}

/* What is not named stays behind, tokens of providers among it. */
static void
pick(struct json_object *list, const struct json_object *row,
    const char *const keys[KEYS])
{
	struct json_object *out = view_object(list, NULL);

	for (size_t i = 0; i < KEYS && keys[i] != NULL; i++)
		view_copy(out, keys[i], view_get(row, keys[i]));
}

struct against {
	struct json_object *known, *taken;
};

static void
choose_user(struct import *import, const struct against *against,
    struct json_object *row)
{
	const char *id = view_get_text(row, "id"), *problem;

	count(import, &import->users.seen);
	if (view_has(against->known, id)) {
		count(import, &import->users.known);
		return;
	}
	problem = shared(import->twice_users, against->taken, row);
	if (problem == NULL)
		problem = import_user_problem(import->ours, row);
	if (problem != NULL) {
		conflict(import, &import->users, id, problem);
		return;
	}
	if (view_is_true(row, "twoFactorEnabled"))
		count(import, &import->two_factor);
	if (import_is_admin(row))
		count(import, &import->admins);
	pick(import->accepted, row, user_keys);
	view_null(import->accepted_ids, id);
}

enum status
import_choose_users(struct import *import, struct json_object *users)
{
	struct against against = { view_root(import->page_arena),
		view_root(import->page_arena) };

	import->accepted = view_root_list(import->page_arena);
	import->accepted_ids = view_root(import->page_arena);
	TRY(import_known(import->ours, users, against.known));
	TRY(import_taken_users(import->ours, users, against.taken));
	for (size_t i = 0; i < view_count(users); i++)
		choose_user(import, &against, view_at(users, i));
	return ST_OK;
}

static void
choose_one(struct import *import, enum owned kind,
    const struct json_object *taken, struct json_object *row,
    struct json_object *chosen)
{
	const char *user_id = view_get_text(row, "userId"), *problem;

	/* A session in which an admin acts as somebody else ends here. */
	if (!view_has(import->accepted_ids, user_id) ||
	    view_get_text(row, "impersonatedBy") != NULL)
		return;
	count(import, &import->owned[kind].seen);
	problem = shared(import->twice[kind], taken, row);
	if (problem == NULL)
		problem = kinds[kind].problem(import, row);
	if (problem == NULL)
		pick(chosen, row, kinds[kind].keys);
	else
		conflict(import, &import->owned[kind], user_id, problem);
}

enum status
import_choose_owned(struct import *import, enum owned kind,
    struct json_object *rows, struct json_object *chosen)
{
	struct json_object *taken = view_root(import->ours->arena);

	if (kinds[kind].taken != NULL)
		TRY(kinds[kind].taken(import->ours, rows, taken));
	for (size_t i = 0; i < view_count(rows); i++)
		choose_one(import, kind, taken, view_at(rows, i), chosen);
	return ST_OK;
}
