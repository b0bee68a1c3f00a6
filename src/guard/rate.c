#include "guard/guard.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"
#include "routes.h"
#include "trust/sign.h"

#define CLOCK_SLACK_MS 60000

/* contract README, section 10: the first rule whose prefix matches. */
static const struct {
	const char *prefix;
	int64_t window, max;
} special[] = {
	{ "/sign-in", 10, 3 },
	{ "/sign-up", 10, 3 },
	{ "/change-password", 10, 3 },
	{ "/change-email", 10, 3 },
	{ "/request-password-reset", 60, 3 },
	{ "/send-verification-email", 60, 3 },
	{ "/forget-password", 60, 3 },
};

/* The path that counts: an alias shares its original's bucket. */
static const char *
rate_path(const struct ctx *ctx)
{
	const char *base = ctx->config->server_base_path;

	if (ctx->route != NULL && ctx->route->rate != NULL)
		return ctx->route->rate;
	if (text_starts(ctx->request.path, base))
		return ctx->request.path + strlen(base);
	return ctx->request.path;
}

static void
rule_for(const struct ctx *ctx, const char *path, int64_t *window,
    int64_t *max)
{
	*window = ctx->config->rate_limit_window;
	*max = ctx->config->rate_limit_max;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (text_starts(path, special[i].prefix)) {
			*window = special[i].window;
			*max = special[i].max;
			return;
		}
	}
}

/* Keyed, so that nobody can choose keys that fall into one bucket. */
static uint64_t
key_of(struct ctx *ctx, const char *path)
{
	const char *text = arena_printf(ctx->arena, "%s|%s",
	    ctx->request.address, path);
	uint8_t mac[SHA256_BYTES];
	uint64_t key;

	hmac_sha256(mac, ctx->shared->rate_seed,
	    sizeof(ctx->shared->rate_seed), text, strlen(text));
	memcpy(&key, mac, sizeof(key));
	return key | 1;
}

/* The key's entry, or the one that is least worth keeping. */
static struct rate_entry *
entry_for(struct rate_entry *ways, uint64_t key, int64_t now)
{
	struct rate_entry *best = &ways[0];

	for (int i = 0; i < RATE_WAYS; i++) {
		if (ways[i].key == key)
			return &ways[i];
		if (ways[i].last_ms + ways[i].window_ms <
		    best->last_ms + best->window_ms)
			best = &ways[i];
	}
	*best = (struct rate_entry){ .key = key, .last_ms = now };
	return best;
}

/* Has the clock been set back? Less is a request long on its way. */
static bool
is_ahead(const struct rate_entry *entry, int64_t now, int64_t window_ms)
{
	return entry->last_ms - now > window_ms + CLOCK_SLACK_MS;
}

/* Milliseconds until the next request may pass; 0: this one may. */
static int64_t
count_request(struct rate_entry *entry, int64_t now, int64_t window_ms,
    int64_t max)
{
	if (now - entry->last_ms >= window_ms ||
	    is_ahead(entry, now, window_ms)) {
		entry->count = 0;
		entry->last_ms = now;
	}
	if ((int64_t)entry->count >= max)
		return entry->last_ms + window_ms - now;
	entry->count++;
	if (now > entry->last_ms)
		entry->last_ms = now;
	entry->window_ms = window_ms;
	return 0;
}

enum status
rate_pass(struct ctx *ctx)
{
	const char *path = rate_path(ctx);
	struct shared *shared = ctx->shared;
	int64_t window, max, wait;
	pthread_mutex_t *lock;
	uint64_t key, bucket;

	if (!ctx->config->rate_limit_enabled || shared == NULL ||
	    text_starts(ctx->request.path, "/assets/"))
		return ST_OK;
	rule_for(ctx, path, &window, &max);
	key = key_of(ctx, path);
	bucket = (key >> 1) % RATE_BUCKETS;
	lock = &shared->rate_lock[bucket % RATE_LOCKS];
	shared_lock(lock);
	wait = count_request(entry_for(shared->rate[bucket], key, ctx->now),
	    ctx->now, window * 1000, max);
	shared_unlock(lock);
	if (wait <= 0)
		return ST_OK;
	ctx->retry_after = (wait + 999) / 1000;
	return refuse(ctx, ST_TOO_MANY_REQUESTS, "more than %lld in %lld s",
	    (long long)max, (long long)window);
}
