#include "guard/api_key.h"

#include <string.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "routes.h"
#include "store/api_key.h"
#include "store/session.h"

/* The reference means seconds and counts milliseconds. */
#define ENDLESS_MS 604800

const struct scope scopes[] = {
	{ "profile:read", "See your profile and your credits, orders and "
	    "referrals", PERMISSION_NONE },
	{ "credits:read", "See your credits, holds and usage",
	    PERMISSION_NONE },
	{ "entitlements:read", "See what you are entitled to",
	    PERMISSION_NONE },
	{ "credits:spend", "Spend your credits", PERMISSION_NONE },
	{ "credits:hold", "Set your credits aside, and spend what is",
	    PERMISSION_NONE },
	{ "credits:usage", "Note usage and spend what it costs",
	    PERMISSION_NONE },
	{ "admin:read", "See what administrators see",
	    PERMISSION_SYSTEM_READ },
	{ "admin:write", "Change credits, holds and quotas, orders (refunds "
	    "included) and plans, entitlements and licences, items, "
	    "reservations and feedback",
	    PERMISSION_CREDIT_GRANT },
	{ NULL, NULL, PERMISSION_NONE }
};

static bool
counts_here(const struct ctx *ctx)
{
	const struct config *config = ctx->config;

	switch (ctx->route->face) {
	case FACE_AUTH:
		return config->api_key_enabled && config->api_key_sessions;
	case FACE_JSON:
		return config->api_key_enabled;
	case FACE_PAGE:
		break;
	}
	return false;
}

const char *
api_key_sent(const struct ctx *ctx)
{
	const struct list *headers = &ctx->config->api_key_params;

	for (size_t i = 0; counts_here(ctx) && i < headers->count; i++) {
		const char *key = request_param(&ctx->request,
		    headers->text[i]);

		if (key != NULL && key[0] != '\0')
			return key;
	}
	return NULL;
}

/* "credits:spend" as {"credits":["spend"]}; the texts are our own. */
static const char *
scope_json(struct ctx *ctx, const char *scope)
{
	const char *colon = scope == NULL ? NULL : strchr(scope, ':');

	return colon == NULL ? "{}" : arena_printf(ctx->arena,
	    "{\"%.*s\":[\"%s\"]}", (int)(colon - scope), scope, colon + 1);
}

static enum status
limited(struct ctx *ctx, int64_t wait_ms)
{
	ctx->refusal.retry_after = (wait_ms + 999) / 1000;
	ctx->refusal.details = arena_printf(ctx->arena, "{\"tryAgainIn\":%lld}",
	    (long long)wait_ms);
	return ST_RATE_LIMITED;
}

static const char *
text_or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static struct session *
stand_in(struct ctx *ctx, const char *key, const struct api_key_used *used,
    const struct user *user)
{
	struct session *session = arena_alloc(ctx->arena, sizeof(*session));

	session->by_key = true;
	session->id = used->id;
	session->token = key;
	session->user_id = user->id;
	session->created_at = session->updated_at = ctx->now;
	session->expires_at = used->expires_at != 0 ? used->expires_at :
	    ctx->now + ENDLESS_MS;
	session->ip_address = text_or_null(ctx->request.address);
	session->user_agent = text_or_null(ctx->request.user_agent);
	session->fields = "{}";
	return session;
}

/* Whether the row is for keys at all, whatever this one may do. */
static bool
row_takes_keys(const struct ctx *ctx)
{
	const char *scope = ctx->route->scope;

	return scope != NULL && (strcmp(scope, SCOPE_ANY) != 0 ||
	    ctx->config->api_key_sessions);
}

enum status
api_key_find(struct ctx *ctx, const char *key)
{
	struct user *user = arena_alloc(ctx->arena, sizeof(*user));
	struct api_key_used used;
	int64_t wait_ms;
	enum status status;

	if (strlen(key) < API_KEY_LETTERS)
		return refuse(ctx, ST_API_KEY_TOO_SHORT, "too short");
	status = store_api_key_use(ctx, key, scope_json(ctx,
	    ctx->route->scope), &used, user, &wait_ms);
	if (status == ST_RATE_LIMITED)
		return limited(ctx, wait_ms);
	TRY(status);
	user->permissions = permissions_of(user->role);
	ctx->session = stand_in(ctx, key, &used, user);
	ctx->user = user;
	return row_takes_keys(ctx) && used.allowed ? ST_OK :
	    refuse(ctx, ST_API_KEY_NOT_ALLOWED, "key %s lacks %s", used.id,
	    ctx->route->scope != NULL ? ctx->route->scope : "a scope");
}
