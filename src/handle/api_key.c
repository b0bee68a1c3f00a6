#include "handle/api_key.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/api_key.h"
#include "handle/handle.h"
#include "http/form.h"
#include "store/api_key.h"
#include "store/audit.h"
#include "store/user.h"
#include "view/view.h"

#define METADATA_MAX 4000	/* bytes of JSON */
#define LIST_LIMIT INT32_MAX

/* ---- what every way to make one shares --------------------------------- */

static enum status
audit(struct ctx *ctx, const char *action, const struct json_object *key)
{
	struct json_object *shown = view_root(ctx->arena);

	view_text(shown, "key", view_get_text(key, "id"));
	view_text(shown, "start", view_get_text(key, "start"));
	view_text(shown, "name", view_get_text(key, "name"));
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = "user", .target_id = view_get_text(key,
	    "referenceId"), .after = shown });
}

static const char *
new_key(struct ctx *ctx, const char *prefix)
{
	char letters[API_KEY_LETTERS + 1];
	char *key;

	random_letters(letters, API_KEY_LETTERS);
	key = arena_printf(ctx->arena, "%s%s", prefix != NULL ? prefix : "",
	    letters);
	explicit_bzero(letters, sizeof(letters));
	return key;
}

enum status
api_key_make(struct ctx *ctx, struct api_key_new *new, struct json_object *out)
{
	char id[ID_SIZE];

	id_new(id, ctx->now);
	if (new->prefix == NULL && ctx->config->api_key_prefix[0] != '\0')
		new->prefix = ctx->config->api_key_prefix;
	new->id = arena_text(ctx->arena, id);
	new->user_id = ctx->user->id;
	new->key = new_key(ctx, new->prefix);
	TRY(store_api_key_create(ctx, new, out));
	view_text(out, "key", new->key);
	return audit(ctx, "apikey.create", out);
}

enum status
api_key_expiry(struct ctx *ctx, int64_t seconds, int64_t *expires_at)
{
	const struct config *config = ctx->config;

	if (seconds == FIELD_NONE) {
		*expires_at = config->api_key_expires_in == 0 ? 0 :
		    ctx->now + config->api_key_expires_in * 1000;
		return ST_OK;
	}
	if (!config->api_key_custom_expiry)
		return refuse(ctx, ST_KEY_DISABLED_EXPIRATION,
		    "api_key.custom_expiry is off");
	if (seconds < config->api_key_min_expires_days * DAY_SECONDS)
		return refuse(ctx, ST_EXPIRES_IN_IS_TOO_SMALL, "%lld s",
		    (long long)seconds);
	if (seconds > config->api_key_max_expires_days * DAY_SECONDS)
		return refuse(ctx, ST_EXPIRES_IN_IS_TOO_LARGE, "%lld s",
		    (long long)seconds);
	*expires_at = ctx->now + seconds * 1000;
	return ST_OK;
}

enum status
api_key_end(struct ctx *ctx, const char *user_id, const char *id)
{
	struct json_object *ended = view_root(ctx->arena);

	TRY(store_api_key_delete(ctx, user_id, id, ended));
	return audit(ctx, "apikey.delete", ended);
}

/* ---- the wire contract ------------------------------------------------- */

/* Of a client's body; everything else is looked for there by name. */
struct wanted {
	const char *id;
	const char *name;
	const char *prefix;
	int64_t expires_in;	/* seconds */
	enum choice enabled;
};

#define NAME_FIELD							\
	FIELD_ANY(struct wanted, name, "name",				\
	    .optional = true)
#define EXPIRES_FIELD							\
	FIELD_INT(struct wanted, expires_in, "expiresIn", 1, INT64_MAX,	\
	    .optional = true, .nullable = true)
#define ID_FIELD(wire)							\
	FIELD_ANY(struct wanted, id, wire)

static const struct form_field create_fields[] = {
	NAME_FIELD, EXPIRES_FIELD,
	FIELD_ANY(struct wanted, prefix, "prefix", .optional = true),
};
static const struct form_field update_fields[] = {
	ID_FIELD("keyId"), NAME_FIELD, EXPIRES_FIELD,
	FIELD_BOOL(struct wanted, enabled, "enabled", .optional = true),
};
static const struct form_field get_fields[] = { ID_FIELD("id") };
static const struct form_field delete_fields[] = { ID_FIELD("keyId") };
const struct form api_key_create_form = FORM(create_fields, struct wanted);
const struct form api_key_update_form = FORM(update_fields, struct wanted);
const struct form api_key_get_form = FORM(get_fields, struct wanted);
const struct form api_key_delete_form = FORM(delete_fields, struct wanted);

/* A client may say who it is, but not what it is allowed. */
static enum status
pass_client(struct ctx *ctx)
{
	static const char *const names[] = { "remaining", "refillAmount",
		"refillInterval", "rateLimitMax", "rateLimitTimeWindow",
		"rateLimitEnabled", "permissions" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (view_has(ctx->body, names[i]))
			return refuse(ctx, ST_SERVER_ONLY_PROPERTY, "%s",
			    names[i]);
	return ctx->session != NULL ? ST_OK :
	    refuse(ctx, ST_UNAUTHORIZED_SESSION, "nobody is signed in");
}

/* An object's JSON, or NULL when the body has none. */
static enum status
take_metadata(struct ctx *ctx, const char **metadata)
{
	struct json_object *value = view_get(ctx->body, "metadata");
	const char *text;

	if (!view_is_truthy(value))
		return ST_OK;
	if (!ctx->config->api_key_metadata)
		return refuse(ctx, ST_METADATA_DISABLED,
		    "api_key.metadata is off");
	text = view_as_text(ctx->arena, value);
	if (text[0] != '{')
		return refuse(ctx, ST_INVALID_METADATA_TYPE, "no object");
	if (strlen(text) > METADATA_MAX)
		return invalid(ctx, "body", "metadata", arena_printf(
		    ctx->arena, "Too big: expected object to have <=%d bytes",
		    METADATA_MAX), "The metadata is too big.");
	*metadata = text;
	return ST_OK;
}

static enum status
check_prefix(struct ctx *ctx, const char *prefix)
{
	if (prefix == NULL || (prefix[0] != '\0' && strspn(prefix,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "_-") == strlen(prefix)))
		return ST_OK;
	return invalid(ctx, "body", "prefix", "Invalid prefix format, must be "
	    "alphanumeric and contain only underscores and hyphens.",
	    "The prefix has letters, digits, - and _ only.");
}

static enum status
check_name(struct ctx *ctx, const char *name)
{
	const size_t length = name == NULL ? 0 : text_utf16_length(name);

	if (name != NULL && (length == 0 || length > API_KEY_NAME_MAX))
		return refuse(ctx, ST_INVALID_NAME_LENGTH, "%zu characters",
		    length);
	return ST_OK;
}

/* In the order of the contract. */
enum status
api_key_create(struct ctx *ctx)
{
	const struct wanted *input = ctx->input;
	struct api_key_new new = { .name = input->name,
		.prefix = input->prefix, .remaining = -1 };

	TRY(check_prefix(ctx, input->prefix));
	TRY(pass_client(ctx));
	/* The subject is who is signed in, whatever a body says. */
	if (view_has(ctx->body, "userId"))
		return refuse(ctx, ST_UNAUTHORIZED_SESSION, "for another");
	TRY(take_metadata(ctx, &new.metadata));
	TRY(api_key_expiry(ctx, input->expires_in, &new.expires_at));
	if (input->prefix != NULL &&
	    strlen(input->prefix) > API_KEY_PREFIX_MAX)
		return refuse(ctx, ST_INVALID_PREFIX_LENGTH, "too long");
	TRY(check_name(ctx, input->name));
	if (input->name == NULL && ctx->config->api_key_require_name)
		return refuse(ctx, ST_NAME_REQUIRED, "no name");
	return api_key_make(ctx, &new, ctx->view);
}

enum status
api_key_get(struct ctx *ctx)
{
	const struct wanted *input = ctx->input;

	return store_api_key_get(ctx, ctx->user->id, input->id, ctx->view);
}

static enum status
read_change(struct ctx *ctx, const struct wanted *input,
    struct api_key_change *change)
{
	change->name = input->name;
	TRY(check_name(ctx, input->name));
	change->set_enabled = input->enabled != CHOICE_ABSENT;
	change->enabled = input->enabled == CHOICE_YES;
	change->set_expires_at = view_has(ctx->body, "expiresIn");
	if (input->expires_in != FIELD_NONE)
		TRY(api_key_expiry(ctx, input->expires_in,
		    &change->expires_at));
	return take_metadata(ctx, &change->metadata);
}

enum status
api_key_update(struct ctx *ctx)
{
	const struct wanted *input = ctx->input;
	struct api_key_change change = { 0 };

	TRY(pass_client(ctx));
	TRY(store_api_key_get(ctx, ctx->user->id, input->id,
	    view_root(ctx->arena)));
	TRY(read_change(ctx, input, &change));
	if (change.name == NULL && !change.set_enabled &&
	    !change.set_expires_at && change.metadata == NULL)
		return refuse(ctx, ST_NO_VALUES_TO_UPDATE, "nothing to do");
	TRY(store_api_key_update(ctx, ctx->user->id, input->id, &change,
	    ctx->view));
	return audit(ctx, "apikey.update", ctx->view);
}

enum status
api_key_delete(struct ctx *ctx)
{
	const struct wanted *input = ctx->input;

	TRY(api_key_end(ctx, ctx->user->id, input->id));
	view_bool(ctx->view, "success", true);
	return ST_OK;
}

struct part {
	int64_t limit, offset;
	const char *sort_by, *direction;
};

static const char *const directions[] = { "asc", "desc", NULL };
static const struct form_field part_fields[] = {
	FIELD_INT(struct part, limit, "limit", 0, LIST_LIMIT,
	    .optional = true),
	FIELD_INT(struct part, offset, "offset", 0, LIST_LIMIT,
	    .optional = true),
	FIELD_TEXT(struct part, sort_by, "sortBy", 0, 100, .optional = true),
	FIELD_ENUM(struct part, direction, "sortDirection", directions,
	    .optional = true),
};
const struct form api_key_list_form = FORM(part_fields, struct part);

enum status
api_key_list(struct ctx *ctx)
{
	const struct part *part = ctx->input;
	const struct api_key_range range = { .sort_by = part->sort_by,
		.descending = text_is(part->direction, "desc"),
		.limit = part->limit != FIELD_NONE ? part->limit : LIST_LIMIT,
		.offset = part->offset != FIELD_NONE ? part->offset : 0 };
	int64_t total;

	TRY(store_api_key_list(ctx, ctx->user->id, &range,
	    view_list(ctx->view, "apiKeys"), &total));
	view_int(ctx->view, "total", total);
	if (part->limit != FIELD_NONE)
		view_int(ctx->view, "limit", part->limit);
	if (part->offset != FIELD_NONE)
		view_int(ctx->view, "offset", part->offset);
	return ST_OK;
}
