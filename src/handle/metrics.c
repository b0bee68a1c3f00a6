/*
 * Figures for Prometheus, in its text format (version 0.0.4). All come from
 * the memory the workers share, so this answers while the database is away,
 * and asking often costs it nothing.
 */
#include "handle/handle.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"
#include "routes.h"

#define TEXT_BYTES ((size_t)64 * 1024)
#define US_PER_SECOND 1000000

static const char *const outcomes[OUTCOMES] = {
	[OUTCOME_ACCEPTED] = "accepted", [OUTCOME_REFUSED] = "refused",
	[OUTCOME_FORBIDDEN] = "forbidden", [OUTCOME_LIMITED] = "limited",
	[OUTCOME_BUSY] = "busy", [OUTCOME_MALFORMED] = "malformed",
	[OUTCOME_FAILED] = "failed",
};
static const char *const limits[METRIC_LIMITS] = {
	[METRIC_REQUESTS] = "requests", [METRIC_ACCOUNT] = "account",
	[METRIC_NETWORK] = "network",
};
static const char *const processes[PROCESSES] = {
	[PROCESS_WORKER] = "worker", [PROCESS_JANITOR] = "janitor",
	[PROCESS_MAILER] = "mailer",
};

/* ---- the format -------------------------------------------------------- */

static void
head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP tollgate_%s %s\n# TYPE tollgate_%s %s\n",
	    name, help, name, type);
}

/* labels: with their braces, or "". */
static void
sample(struct buf *out, const char *name, const char *labels,
    uint64_t number)
{
	buf_printf(out, "tollgate_%s%s %llu\n", name, labels,
	    (unsigned long long)number);
}

static void
sample_us(struct buf *out, const char *name, const char *labels, uint64_t us)
{
	buf_printf(out, "tollgate_%s%s %llu.%06llu\n", name, labels,
	    (unsigned long long)us / US_PER_SECOND,
	    (unsigned long long)us % US_PER_SECOND);
}

static void
lone(struct buf *out, const char *name, const char *type, const char *help,
    uint64_t number)
{
	head(out, name, type, help);
	sample(out, name, "", number);
}

static uint64_t
read_counter(_Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
each(struct buf *out, const char *name, const char *label,
    const char *const *values, _Atomic uint64_t *counters, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "tollgate_%s{%s=\"%s\"} %llu\n", name, label,
		    values[i], (unsigned long long)read_counter(&counters[i]));
}

/* labels: inside of the braces, with a comma at the end, or "". */
static void
histogram(struct buf *out, const char *name, const char *labels,
    struct metric_time *time)
{
	uint64_t count = 0;

	for (int i = 0; i < METRIC_BUCKETS; i++) {
		count += read_counter(&time->bucket[i]);
		buf_printf(out, "tollgate_%s_bucket{%sle=\"", name, labels);
		if (i < METRIC_BUCKETS - 1)
			buf_printf(out, "%g", (double)metric_bounds_us[i] /
			    US_PER_SECOND);
		else
			buf_text(out, "+Inf");
		buf_printf(out, "\"} %llu\n", (unsigned long long)count);
	}
	labels = labels[0] == '\0' ? "" : arena_printf(out->arena, "{%.*s}",
	    (int)strlen(labels) - 1, labels);
	sample_us(out, arena_printf(out->arena, "%s_sum", name), labels,
	    read_counter(&time->us));
	sample(out, arena_printf(out->arena, "%s_count", name), labels, count);
}

/* ---- what there is ----------------------------------------------------- */

/* A base path is the operator's, and may hold what ends a label. */
static const char *
label_text(struct arena *arena, const char *text)
{
	struct buf buf;

	buf_init(&buf, arena, strlen(text) + 1);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buf_char(&buf, '\\');
		buf_char(&buf, *text);
	}
	return buf.data;
}

static const char *
route_labels(struct ctx *ctx, size_t i)
{
	const struct route *route = &routes[i];

	if (i == routes_count)
		return "method=\"any\",route=\"none\",";
	return arena_printf(ctx->arena, "method=\"%s\",route=\"%s%s\",",
	    route_method(route), route->face != FACE_AUTH ? "" :
	    label_text(ctx->arena, ctx->config->server_base_path),
	    route->path);
}

static void
request_counts(struct ctx *ctx, struct buf *out)
{
	head(out, "requests_total", "counter",
	    "Requests answered, by route and HTTP status.");
	for (size_t i = 0; i <= routes_count; i++) {
		struct metric_route *row = &ctx->shared->metrics.route[i];
		const char *labels = route_labels(ctx, i);

		for (int s = 0; s < METRIC_STATUSES; s++) {
			uint64_t count = read_counter(&row->status[s]);

			if (count > 0)
				sample(out, "requests_total", arena_printf(
				    ctx->arena, "{%sstatus=\"%d\"}", labels,
				    metric_statuses[s]), count);
		}
	}
}

static void
request_times(struct ctx *ctx, struct buf *out)
{
	head(out, "request_duration_seconds", "histogram",
	    "Time from the first byte read to the last one written.");
	for (size_t i = 0; i <= routes_count; i++) {
		struct metric_time *time = &ctx->shared->metrics.route[i].time;

		if (read_counter(&time->us) > 0)
			histogram(out, "request_duration_seconds",
			    route_labels(ctx, i), time);
	}
}

static void
requests(struct ctx *ctx, struct buf *out)
{
	struct metrics *metrics = &ctx->shared->metrics;

	request_counts(ctx, out);
	request_times(ctx, out);
	head(out, "sign_ins_total", "counter",
	    "Attempts to sign in, by how they ended.");
	each(out, "sign_ins_total", "outcome", outcomes, metrics->sign_in,
	    OUTCOMES);
	head(out, "limits_hit_total", "counter",
	    "Requests refused as too many, or as too many wrong secrets.");
	each(out, "limits_hit_total", "limit", limits, metrics->limit,
	    METRIC_LIMITS);
}

static void
hashing(struct ctx *ctx, struct buf *out)
{
	struct shared *shared = ctx->shared;
	struct metrics *metrics = &shared->metrics;

	lone(out, "hash_slots", "gauge",
	    "Passwords that may be hashed at once.", (uint64_t)shared->slots);
	lone(out, "hash_slots_in_use", "gauge",
	    "Passwords being hashed.",
	    (uint64_t)shared_count(shared, WORKER_HASHING));
	lone(out, "hash_slots_awaited", "gauge",
	    "Workers that wait for a hash slot.",
	    (uint64_t)shared_count(shared, WORKER_WAITING));
	lone(out, "hash_refusals_total", "counter",
	    "Requests refused because no hash slot was free in time.",
	    read_counter(&metrics->hash_refusals));
	head(out, "hash_wait_seconds", "histogram",
	    "Waits of those that got a hash slot.");
	histogram(out, "hash_wait_seconds", "", &metrics->hash_wait);
}

/* The janitor asks once a minute; before it has, nothing is known. */
static void
database(struct ctx *ctx, struct buf *out)
{
	struct metrics *metrics = &ctx->shared->metrics;
	int64_t counted = atomic_load(&metrics->counted_ms);

	lone(out, "database_statements_total", "counter",
	    "Statements asked by requests.",
	    read_counter(&metrics->db_statements));
	lone(out, "database_errors_total", "counter",
	    "Statements and commits that failed for no fault of the caller's.",
	    read_counter(&metrics->db_failures));
	head(out, "database_seconds_total", "counter",
	    "Time requests have waited for the database.");
	sample_us(out, "database_seconds_total", "",
	    read_counter(&metrics->db_us));
	if (counted == 0)
		return;
	lone(out, "counted_timestamp_seconds", "gauge",
	    "When the janitor counted sessions and letters.",
	    (uint64_t)counted / 1000);
	lone(out, "sessions", "gauge",
	    "Sessions in the database; of more than 20000 an estimate.",
	    (uint64_t)atomic_load(&metrics->sessions));
	lone(out, "letters_queued", "gauge",
	    "Letters neither sent nor given up.",
	    (uint64_t)atomic_load(&metrics->letters_queued));
	lone(out, "letters_failed", "gauge",
	    "Letters given up or refused.",
	    (uint64_t)atomic_load(&metrics->letters_failed));
	/* While there is no mail server letters are meant to wait. */
	if (ctx->config->mail_smtp_url[0] == '\0')
		return;
	lone(out, "letters_oldest_seconds", "gauge",
	    "Age of the oldest letter in the queue.",
	    (uint64_t)atomic_load(&metrics->letters_oldest_s));
}

static void
processes_there(struct ctx *ctx, struct buf *out)
{
	struct shared *shared = ctx->shared;
	struct metrics *metrics = &shared->metrics;

	head(out, "workers", "gauge", "Workers, by what they are doing.");
	for (int state = WORKER_STARTING; state < WORKER_STATES; state++)
		sample(out, "workers", arena_printf(ctx->arena,
		    "{state=\"%s\"}", worker_state_names[state]),
		    (uint64_t)shared_count(shared, (enum worker_state)state));
	lone(out, "workers_wanted", "gauge", "Workers there should be.",
	    (uint64_t)shared->workers);
	head(out, "process_starts_total", "counter",
	    "Processes the master started.");
	each(out, "process_starts_total", "process", processes,
	    metrics->births, PROCESSES);
	head(out, "process_failures_total", "counter",
	    "Processes that ended by a signal or with an error.");
	each(out, "process_failures_total", "process", processes,
	    metrics->failures, PROCESSES);
	head(out, "build_info", "gauge", "1, with the version as a label.");
	sample(out, "build_info", "{version=\"" VERSION_TEXT "\"}", 1);
	head(out, "start_time_seconds", "gauge", "When the master started.");
	sample_us(out, "start_time_seconds", "",
	    (uint64_t)metrics->started * 1000);
}

enum status
metrics(struct ctx *ctx)
{
	struct buf out;

	if (ctx->shared == NULL)
		return refuse(ctx, ST_NOT_FOUND,
		    "a worker alone shares no figures");
	buf_init(&out, ctx->arena, TEXT_BYTES);
	requests(ctx, &out);
	hashing(ctx, &out);
	database(ctx, &out);
	processes_there(ctx, &out);
	ctx->response.body = out.data;
	ctx->response.body_size = out.size;
	ctx->response.content_type =
	    "text/plain; version=0.0.4; charset=utf-8";
	response_header(ctx, "Cache-Control", "no-store");
	return ST_OK;
}
