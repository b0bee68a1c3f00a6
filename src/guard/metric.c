#include "guard/metric.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/shared.h"
#include "routes.h"
#include "store/db.h"
#include "store/letter.h"

/* The frequent ones first: the table is searched from its start. */
const int metric_statuses[METRIC_STATUSES] = { 200, 401, 303, 304, 302, 404,
	400, 403, 429, 503, 422, 409, 405, 413, 415, 500, 201, 0 };

/* A session check takes a tenth of a millisecond, a password ten or more. */
const int64_t metric_bounds_us[METRIC_BUCKETS] = { 500, 1000, 5000, 25000,
	100000, 500000, 2500000, INT64_MAX };

/* Nothing is read by what was written before: no order is needed. */
static void
add(_Atomic uint64_t *counter, uint64_t number)
{
	atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static void
add_time(struct metric_time *time, int64_t us)
{
	int i = 0;

	while (us > metric_bounds_us[i])
		i++;
	add(&time->bucket[i], 1);
	add(&time->us, (uint64_t)us);
}

static size_t
status_index(int http)
{
	size_t i = 0;

	while (metric_statuses[i] != http && metric_statuses[i] != 0)
		i++;
	return i;
}

/* The row after the last one counts what no row was found for. */
static size_t
route_index(const struct route *route)
{
	return route != NULL ? (size_t)(route - routes) : routes_count;
}

static enum metric_outcome
outcome_of(enum status status)
{
	int http = status_http(status);

	if (status == ST_OK)
		return OUTCOME_ACCEPTED;
	if (status == ST_BANNED_USER || status == ST_EMAIL_NOT_VERIFIED)
		return OUTCOME_FORBIDDEN;
	if (status == ST_BUSY)
		return OUTCOME_BUSY;
	if (http == 401)
		return OUTCOME_REFUSED;
	if (http == 429)
		return OUTCOME_LIMITED;
	return http < 500 ? OUTCOME_MALFORMED : OUTCOME_FAILED;
}

/* Pages and aliases count as the path of the contract they stand for. */
static bool
is_sign_in(const struct route *route)
{
	return route != NULL && text_starts(route->rate != NULL ?
	    route->rate : route->path, "/sign-in/");
}

void
metric_request(struct ctx *ctx, enum status status, int http)
{
	struct metrics *metrics = ctx->shared != NULL ?
	    &ctx->shared->metrics : NULL;
	const struct db_figures db = db_figures(ctx->db);
	struct metric_route *row;

	if (metrics == NULL)
		return;
	row = &metrics->route[route_index(ctx->route)];
	add(&row->status[status_index(http)], 1);
	add_time(&row->time, clock_monotonic_us() - ctx->request.started_us);
	if (is_sign_in(ctx->route))
		add(&metrics->sign_in[outcome_of(status)], 1);
	if (db.statements == 0 && db.us == 0)
		return;
	add(&metrics->db_statements, (uint64_t)db.statements);
	add(&metrics->db_failures, (uint64_t)db.failures);
	add(&metrics->db_us, (uint64_t)db.us);
}

void
metric_hash_wait(struct shared *shared, int64_t us, enum status status)
{
	if (status == ST_OK)
		add_time(&shared->metrics.hash_wait, us);
	else
		add(&shared->metrics.hash_refusals, 1);
}

void
metric_birth(struct shared *shared, enum metric_process process)
{
	add(&shared->metrics.births[process], 1);
}

void
metric_failure(struct shared *shared, enum metric_process process)
{
	add(&shared->metrics.failures[process], 1);
}

void
metric_database(struct shared *shared, int64_t now, int64_t sessions,
    const struct letter_figures *letters)
{
	struct metrics *metrics = &shared->metrics;

	atomic_store(&metrics->sessions, sessions);
	atomic_store(&metrics->letters_queued, letters->queued);
	atomic_store(&metrics->letters_failed, letters->failed);
	atomic_store(&metrics->letters_oldest_s, letters->oldest_seconds);
	atomic_store(&metrics->counted_ms, now);
}

void
metric_limit_hit(struct shared *shared, enum metric_limit limit)
{
	if (shared != NULL)
		add(&shared->metrics.limit[limit], 1);
}
