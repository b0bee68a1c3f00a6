#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/entitlement.h"
#include "store/licence.h"
#include "store/licence_key.h"
#include "store/user.h"
#include "trust/jwk.h"
#include "trust/licence.h"
#include "view/view.h"

#define ARENA_BYTES ((size_t)1024 * 1024)
#define KEY_FILE_MAX 4096
#define DAYS_MAX 36500

struct input {
	const struct options *options;
	int64_t days;			/* 0: no end */
};

static int
wrong(const char *text)
{
	(void)fprintf(stderr, "tollgate: licence: %s\n", text);
	return 2;
}

/* ---- issue, revoke, key, rotate ---------------------------------------- */

/* "seats=5"; the key goes to key, which has room for it. */
static bool
read_limit(const char *text, char key[ENTITLEMENT_KEY_MAX + 1],
    int64_t *number)
{
	const size_t size = strcspn(text, "=");

	if (text[size] != '=' || size > ENTITLEMENT_KEY_MAX)
		return false;
	memcpy(key, text, size);
	key[size] = '\0';
	return entitlement_key_is_sound(key) &&
	    text_int(text + size + 1, 0, LICENCE_LIMIT_MAX, number);
}

static const char *
features_text(struct ctx *ctx, const struct words *words)
{
	struct json_object *list = view_root_list(ctx->arena);

	for (size_t i = 0; i < words->count; i++)
		view_text(list, NULL, words->word[i]);
	return view_as_text(ctx->arena, list);
}

static const char *
limits_text(struct ctx *ctx, const struct words *words)
{
	struct json_object *object = view_root(ctx->arena);
	char key[ENTITLEMENT_KEY_MAX + 1];
	int64_t number;

	for (size_t i = 0; i < words->count; i++)
		if (read_limit(words->word[i], key, &number))
			view_int(object, key, number);
	return view_as_text(ctx->arena, object);
}

static enum status
issue(struct ctx *ctx)
{
	const struct input *input = ctx->input;
	const struct options *options = input->options;
	const char *file;
	struct user user;
	enum status status = store_user_by_email(ctx,
	    text_lower(ctx->arena, options->user), &user);

	if (status == ST_USER_NOT_FOUND)
		return refuse(ctx, status, "%s", options->user);
	TRY(status);
	TRY(store_licence_issue(ctx, &(struct licence_new){
	    .user_id = user.id, .type = options->type,
	    .features = features_text(ctx, &options->features),
	    .limits = limits_text(ctx, &options->limits),
	    .expires_at = input->days == 0 ? 0 :
	    ctx->now + input->days * DAY_MS }, ctx->view));
	TRY(store_licence_file(ctx, user.id, view_get_text(ctx->view, "id"),
	    &file));
	(void)fputs(file, stdout);
	return ST_OK;
}

static enum status
take_back(struct ctx *ctx)
{
	const struct input *input = ctx->input;

	return store_licence_revoke(ctx, NULL, input->options->word,
	    input->options->reason);
}

static enum status
print_key(struct ctx *ctx)
{
	const struct options *options =
	    ((const struct input *)ctx->input)->options;
	const struct jwk *key;
	const char *jwk;

	TRY(store_licence_key_public(ctx, options->word, &key));
	if (text_is(options->format, "pem")) {
		(void)fputs(jwk_public_pem(ctx->arena, key), stdout);
		return ST_OK;
	}
	jwk = jwk_public(ctx->arena, key);
	(void)printf("%.*s,\"kid\":\"%s\",\"alg\":\"%s\",\"use\":\"sig\"}\n",
	    (int)strlen(jwk) - 1, jwk, key->kid, jwk_alg_name(key->alg));
	return ST_OK;
}

static enum status
rotate(struct ctx *ctx)
{
	const char *id;

	TRY(store_licence_key_replace(ctx, &id));
	(void)printf("%s\n", id);
	return ST_OK;
}

/* NULL, or what is wrong with how it was called. */
static const char *
check_issue(const struct options *options, struct input *input)
{
	char key[ENTITLEMENT_KEY_MAX + 1];
	int64_t number;
	bool known = false;

	for (size_t i = 0; licence_types[i] != NULL; i++)
		known |= text_is(options->type, licence_types[i]);
	if (options->user == NULL || !text_email(options->user))
		return "--user needs the e-mail address of a user";
	if (!known)
		return "--type is one of free, pro, enterprise";
	if (options->expires != NULL && !text_int(options->expires, 1,
	    DAYS_MAX, &input->days))
		return "--expires is a number of days";
	for (size_t i = 0; i < options->features.count; i++)
		if (!entitlement_key_is_sound(options->features.word[i]))
			return "--feature is a key of a-z 0-9 . _ : -";
	for (size_t i = 0; i < options->limits.count; i++)
		if (!read_limit(options->limits.word[i], key, &number))
			return "--limit is KEY=NUMBER";
	return NULL;
}

static const char *
check_revoke(const struct options *options, struct input *input)
{
	(void)input;
	return options->word != NULL && options->reason != NULL ? NULL :
	    "revoke needs the id of a licence, and --reason";
}

static const char *
check_key(const struct options *options, struct input *input)
{
	(void)input;
	return options->format == NULL || text_is(options->format, "jwk") ||
	    text_is(options->format, "pem") ? NULL :
	    "--format is jwk or pem";
}

static const char *
check_rotate(const struct options *options, struct input *input)
{
	(void)input;
	return options->word == NULL ? NULL : "rotate takes nothing";
}

/* ---- verify: no database, no configuration ----------------------------- */

/* Its first max + 1 bytes, so that what is too long can be seen; NULL: it
 * cannot be read. */
static const char *
read_file(struct arena *arena, const char *path, size_t max, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *bytes = arena_alloc(arena, max + 1);

	if (file == NULL)
		return NULL;
	*size = fread(bytes, 1, max + 1, file);
	if (ferror(file))
		bytes = NULL;
	(void)fclose(file);
	return bytes;
}

static void
print_moment(const char *name, int64_t instant)
{
	char text[CLOCK_ISO_SIZE] = "never";

	if (instant != 0)
		clock_iso(text, instant);
	(void)printf("%s: %s\n", name, text);
}

static void
print_words(const struct licence_file *licence)
{
	const struct json_object *features = view_get(licence->claims,
	    "features");
	struct view_member limit = { 0 };

	(void)printf("features:");
	for (size_t i = 0; i < view_count(features); i++) {
		const char *key = view_get_string(view_at(features, i));

		(void)printf(" %s", key != NULL ? key : "?");
	}
	(void)printf("\nlimits:");
	while (view_next(view_get(licence->claims, "limits"), &limit))
		(void)printf(" %s=%lld", limit.name, (long long)view_get_int(
		    view_get(licence->claims, "limits"), limit.name));
	(void)printf("\n");
}

static void
print_licence(const struct licence_file *licence)
{
	(void)printf("licence: %s\ntype: %s\nholder: %s\nowner: %s %s\n"
	    "issuer: %s\nkey: %s\n", licence->id, licence->type,
	    licence->holder, licence->owner_kind, licence->owner_id,
	    licence->issuer, licence->kid);
	print_words(licence);
	print_moment("issued", licence->issued_at);
	print_moment("expires", licence->expires_at);
}

static int
invalid_licence(const char *path, const char *reason)
{
	(void)fprintf(stderr, "tollgate: licence: %s is not valid: %s\n",
	    path, reason);
	return 1;
}

static int
verify_with(struct arena *arena, const struct options *options,
    const struct jwk *key, int64_t at)
{
	struct licence_file licence;
	const char *text, *reason;
	size_t size;

	text = read_file(arena, options->word, LICENCE_FILE_MAX, &size);
	if (text == NULL)
		return wrong("the licence cannot be read");
	if (!licence_read(arena, text, size, key, &licence, &reason))
		return invalid_licence(options->word, reason);
	print_licence(&licence);
	return licence_is_current(&licence, at, &reason) ? 0 :
	    invalid_licence(options->word, reason);
}

static int
verify_in(struct arena *arena, const struct options *options, int64_t at)
{
	const char *text;
	struct jwk *key;
	size_t size;
	int rc;

	text = read_file(arena, options->key, KEY_FILE_MAX, &size);
	if (text == NULL)
		return wrong("the key cannot be read");
	key = licence_key_read(arena, text, size);
	if (key == NULL)
		return wrong("--key holds no public key as \"tollgate licence "
		    "key\" prints it");
	rc = verify_with(arena, options, key, at);
	jwk_free(key);
	return rc;
}

static int
verify(const struct options *options)
{
	int64_t at = clock_now();
	struct arena *arena;
	int rc;

	if (options->word == NULL || options->key == NULL)
		return wrong("verify needs a file, and --key with the public "
		    "key");
	if (options->at != NULL && !clock_read_iso(options->at, &at))
		return wrong("--at is a moment like 2026-11-27T10:00:00Z");
	arena = arena_new(ARENA_BYTES);
	rc = verify_in(arena, options, at);
	arena_free(arena);
	return rc;
}

/* ---- the command ------------------------------------------------------- */

static const struct verb {
	const char *name;
	const char *(*check)(const struct options *options,
	    struct input *input);
	enum status (*work)(struct ctx *ctx);
} verbs[] = {
	{ "issue", check_issue, issue },
	{ "revoke", check_revoke, take_back },
	{ "key", check_key, print_key },
	{ "rotate", check_rotate, rotate },
};

int
command_licence(struct config *config, const struct options *options)
{
	static const char *const needed[] = { "server_url", "server_secret",
		NULL };
	struct input input = { .options = options };
	const char *reason;

	if (config == NULL)
		return verify(options);
	for (size_t i = 0; options->verb != NULL &&
	    i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, options->verb) != 0)
			continue;
		reason = verbs[i].check(options, &input);
		if (reason != NULL)
			return wrong(reason);
		return config_need(config, needed) ?
		    command_with_db(config, &input, false, verbs[i].work) : 2;
	}
	return wrong("knows issue, revoke, verify, key and rotate");
}
