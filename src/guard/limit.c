#include "guard/limit.h"

#include <string.h>

#include "base/log.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"

#define CLOCK_SLACK_MS 60000
#define LOG_PAUSE_MS 60000

/* ---- in the memory of this host ---------------------------------------- */

struct place {
	pthread_mutex_t *lock;
	struct limit_entry *ways;
	uint64_t key;
};

/* Keyed, so that nobody can choose keys that fall into one bucket. */
static struct place
place_of(struct ctx *ctx, enum limit_table table, const char *text)
{
	struct shared *shared = ctx->shared;
	struct limits *limits = &shared->limits[table];
	uint8_t mac[SHA256_BYTES];
	uint64_t key, bucket;

	hmac_sha256(mac, shared->limit_seed, sizeof(shared->limit_seed), text,
	    strlen(text));
	memcpy(&key, mac, sizeof(key));
	bucket = (key >> 1) % LIMIT_BUCKETS;
	return (struct place){ .lock = &limits->lock[bucket % LIMIT_LOCKS],
	    .ways = limits->entry[bucket], .key = key | 1 };
}

/* Has the clock been set back? Less is a request long on its way. */
static bool
is_forgotten(const struct limit_entry *entry, int64_t now, int64_t span_ms)
{
	return entry->forget_ms <= now ||
	    entry->forget_ms - now > 2 * span_ms + CLOCK_SLACK_MS;
}

static struct limit_entry *
find(const struct place *place)
{
	for (int i = 0; i < LIMIT_WAYS; i++)
		if (place->ways[i].key == place->key)
			return &place->ways[i];
	return NULL;
}

/* What is forgotten gives way first, then who was counted least: a flood of
 * newcomers pushes out newcomers. */
static bool
is_worth_less(const struct limit_entry *a, const struct limit_entry *b,
    int64_t now)
{
	int64_t counted_a = a->forget_ms <= now ? 0 : a->count;
	int64_t counted_b = b->forget_ms <= now ? 0 : b->count;

	return counted_a != counted_b ? counted_a < counted_b :
	    a->forget_ms < b->forget_ms;
}

static struct limit_entry *
make(const struct place *place, int64_t now)
{
	struct limit_entry *least = &place->ways[0];

	for (int i = 1; i < LIMIT_WAYS; i++)
		if (is_worth_less(&place->ways[i], least, now))
			least = &place->ways[i];
	*least = (struct limit_entry){ .key = place->key };
	return least;
}

static int64_t
pause_ms(int64_t times)
{
	int64_t pause = LIMIT_PAUSE_MS;

	while (times-- > 0 && pause < LIMIT_PAUSE_MAX_MS)
		pause *= 2;
	return pause < LIMIT_PAUSE_MAX_MS ? pause : LIMIT_PAUSE_MAX_MS;
}

static int64_t
wait_of(const struct limit_entry *entry, int64_t now,
    const struct limit *limit)
{
	if (entry->count < limit->free)
		return 0;
	if (entry->count >= limit->most)
		return entry->forget_ms - now;
	return entry->last_ms + pause_ms(entry->count - limit->free) - now;
}

static void
count(struct limit_entry *entry, int64_t now, const struct limit *limit)
{
	bool first = entry->count++ == 0;

	/* Its moment is that of its first byte; others have come since. */
	if (now > entry->last_ms)
		entry->last_ms = now;
	if (first || !limit->fixed)
		entry->forget_ms = entry->last_ms + limit->forget_ms;
}

static int64_t
take_here(struct ctx *ctx, enum limit_table table, const char *key,
    const struct limit *limit)
{
	struct place place = place_of(ctx, table, key);
	struct limit_entry *entry;
	int64_t wait;

	shared_lock(place.lock);
	entry = find(&place);
	if (entry == NULL)
		entry = make(&place, ctx->now);
	else if (is_forgotten(entry, ctx->now, limit->forget_ms))
		*entry = (struct limit_entry){ .key = place.key };
	wait = wait_of(entry, ctx->now, limit);
	if (wait <= 0)
		count(entry, ctx->now, limit);
	shared_unlock(place.lock);
	return wait > 0 ? wait : 0;
}

static void
give_back_here(struct ctx *ctx, enum limit_table table, const char *key,
    bool all)
{
	struct place place = place_of(ctx, table, key);
	struct limit_entry *entry;

	shared_lock(place.lock);
	entry = find(&place);
	if (entry != NULL && (all || entry->count <= 1))
		*entry = (struct limit_entry){ 0 };
	else if (entry != NULL)
		entry->count--;
	shared_unlock(place.lock);
}

/* ---- or in the database ------------------------------------------------ */

bool
limit_is_on(const struct ctx *ctx)
{
	return ctx->config->rate_limit_enabled && ctx->shared != NULL;
}

static bool
is_in_database(const struct ctx *ctx)
{
	return strcmp(ctx->config->rate_limit_storage, "database") == 0;
}

/* One line a minute: it would be one a request otherwise. */
static void
tell_fallback(struct ctx *ctx)
{
	int64_t last = atomic_load(&ctx->shared->limit_told_ms);

	if (ctx->now - last >= LOG_PAUSE_MS && atomic_compare_exchange_strong(
	    &ctx->shared->limit_told_ms, &last, ctx->now))
		log_warn("limit", "the database does not count; this host "
		    "counts by itself");
}

int64_t
limit_take(struct ctx *ctx, enum limit_table table, const char *key,
    const struct limit *limit)
{
	uint8_t hash[SHA256_BYTES];
	int64_t wait = 0;

	if (!limit_is_on(ctx))
		return 0;
	if (!is_in_database(ctx))
		return take_here(ctx, table, key, limit);
	sha256(hash, key, strlen(key));
	if (store_limit_take(ctx, hash, limit, &wait) == ST_OK)
		return wait;
	tell_fallback(ctx);
	return take_here(ctx, table, key, limit);
}

static void
give_back(struct ctx *ctx, enum limit_table table, const char *key, bool all)
{
	uint8_t hash[SHA256_BYTES];

	if (!limit_is_on(ctx))
		return;
	give_back_here(ctx, table, key, all);
	if (!is_in_database(ctx))
		return;
	/* What cannot be given back is forgotten in time. */
	sha256(hash, key, strlen(key));
	(void)(all ? store_limit_clear(ctx, hash) :
	    store_limit_undo(ctx, hash));
}

void
limit_undo(struct ctx *ctx, enum limit_table table, const char *key)
{
	give_back(ctx, table, key, false);
}

void
limit_clear(struct ctx *ctx, enum limit_table table, const char *key)
{
	give_back(ctx, table, key, true);
}
