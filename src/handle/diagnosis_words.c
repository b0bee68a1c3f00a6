#include "handle/admin.h"

#include "base/arena.h"
#include "base/format.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/words.h"
#include "view/view.h"

#define US_PER_MS 1000
#define BYTES_PER_MB 1000000

/* ---- how long, how much ------------------------------------------------ */

/* "0.42 ms" */
static const char *
latency_text(struct ctx *ctx, int64_t us)
{
	return arena_printf(ctx->arena, "%.2f ms", (double)us / US_PER_MS);
}

/* "40 s", "12 min", "3 h" */
static const char *
age_text(struct ctx *ctx, int64_t seconds)
{
	if (seconds < 120)
		return arena_printf(ctx->arena, "%lld s", (long long)seconds);
	if (seconds < 7200)
		return arena_printf(ctx->arena, "%lld min",
		    (long long)seconds / 60);
	return arena_printf(ctx->arena, "%lld h", (long long)seconds / 3600);
}

static const char *
of_text(struct ctx *ctx, int64_t part, int64_t whole)
{
	return arena_printf(ctx->arena, "%lld of %lld", (long long)part,
	    (long long)whole);
}

/* ---- the four at the top ----------------------------------------------- */

static void
database_figure(struct ctx *ctx, struct json_object *figures)
{
	const struct json_object *database = view_get(ctx->view, "database");

	words_figure(figures, "Database", latency_text(ctx,
	    view_get_int(database, "microseconds")),
	    view_is_true(database, "readOnly") ? "Read-only" :
	    "Reads and writes");
}

static void
host_figures(struct ctx *ctx, struct json_object *figures)
{
	const struct json_object *host = view_get(ctx->view, "host");
	const struct json_object *hash = view_get(host, "hashSlots");
	int64_t awaited = view_get_int(hash, "awaited");

	words_figure(figures, "Workers", of_text(ctx, (int64_t)view_count(
	    view_get(host, "workers")), view_get_int(host, "workersWanted")),
	    "On this host");
	words_figure(figures, "Hash slots in use", of_text(ctx,
	    view_get_int(hash, "inUse"), view_get_int(hash, "all")),
	    awaited == 0 ? "Nobody waits" : arena_printf(ctx->arena,
	    "%lld wait", (long long)awaited));
}

static void
mail_figure(struct ctx *ctx, struct json_object *figures)
{
	const struct json_object *mail = view_get(ctx->view, "mail");
	int64_t queued = view_get_int(mail, "queued");
	int64_t failed = view_get_int(mail, "failed");
	const char *note = "Nothing waits";

	if (!view_is_true(mail, "sending"))
		note = "Kept, not sent";
	else if (queued > 0)
		note = arena_printf(ctx->arena, "The oldest for %s",
		    age_text(ctx, view_get_int(mail, "oldestSeconds")));
	else if (failed > 0)
		note = arena_printf(ctx->arena, "%lld failed",
		    (long long)failed);
	words_figure(figures, "Letters to send", arena_printf(ctx->arena,
	    "%lld", (long long)queued), note);
}

/* ---- rows -------------------------------------------------------------- */

/* A badge's colour; NULL: none. */
static const struct tone {
	const char *word, *tone;
} tones[] = {
	{ "idle", "good" }, { "applied", "good" },
	{ "waiting", "warn" }, { "pending", "warn" },
	{ "changed", "warn" }, { "newer", "warn" },
};

static void
state_words(struct ctx *ctx, struct json_object *row)
{
	const char *state = view_get_text(row, "state");
	const char *tone = NULL;

	(void)ctx;
	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
		if (text_is(tones[i].word, state))
			tone = tones[i].tone;
	view_text(row, "tone", tone);
}

static void
worker_words(struct ctx *ctx, struct json_object *worker)
{
	state_words(ctx, worker);
	words_number(worker, "servedText", view_get_int(worker, "served"));
}

static void
step_words(struct ctx *ctx, struct json_object *step)
{
	state_words(ctx, step);
	words_moment(step, "appliedAt");
}

static void
rule_words(struct ctx *ctx, struct json_object *rule)
{
	bool last = text_is(view_get_text(rule, "path"), "*");

	view_text(rule, "pathText", last ? NULL :
	    view_get_text(rule, "path"));
	view_text(rule, "limitText", view_is_true(rule, "off") ? "No limit" :
	    arena_printf(ctx->arena, "%lld in %s",
	    (long long)view_get_int(rule, "requests"), age_text(ctx,
	    view_get_int(rule, "seconds"))));
	view_text(rule, "fromText", view_is_true(rule, "own") ?
	    "rate_limit.rules" : last ? "rate_limit.max" : "Built in");
}

static const char *
kind_text(struct ctx *ctx, const struct json_object *database)
{
	int64_t replicas = view_get_int(database, "replicas");

	if (view_is_true(database, "standby"))
		return "Standby of another server";
	if (view_is_true(database, "readOnly"))
		return "Primary, read-only";
	if (replicas == 0)
		return "Primary, nothing follows it";
	return arena_printf(ctx->arena, "Primary, followed by %lld",
	    (long long)replicas);
}

static void
database_words(struct ctx *ctx, struct json_object *database)
{
	char megabytes[FORMAT_NUMBER_SIZE];

	words_moment(database, "startedAt");
	format_number(megabytes, view_get_int(database, "bytes") /
	    BYTES_PER_MB);
	view_text(database, "bytesText", arena_printf(ctx->arena, "%s MB",
	    megabytes));
	view_text(database, "kindText", kind_text(ctx, database));
	view_text(database, "connectionsText", of_text(ctx,
	    view_get_int(database, "connections"),
	    view_get_int(database, "connectionsMax")));
}

void
diagnosis_words(struct ctx *ctx)
{
	struct json_object *figures = view_list(ctx->view, "figures");
	struct json_object *host = view_get(ctx->view, "host");

	database_figure(ctx, figures);
	host_figures(ctx, figures);
	mail_figure(ctx, figures);
	words_moment(host, "startedAt");
	words_each(ctx, view_get(host, "workers"), worker_words);
	words_each(ctx, view_get(ctx->view, "schema"), step_words);
	words_each(ctx, view_get(view_get(ctx->view, "limits"), "rules"),
	    rule_words);
	database_words(ctx, view_get(ctx->view, "database"));
}
