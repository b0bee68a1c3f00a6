#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "ctx.h"
#include "guard/shared.h"
#include "routes.h"
#include "store/db.h"

#define ROUNDS 200000
#define NS_PER_SECOND INT64_C(1000000000)

static int
setup(void **state)
{
	static struct ctx ctx;
	int fd = shared_create(4, 2);

	ctx = (struct ctx){ .shared = shared_map(fd),
		.db = db_open("", NULL, 1000), .route = &routes[0] };
	*state = &ctx;
	return close(fd) == 0 && ctx.shared != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct ctx *ctx = *state;

	db_close(ctx->db);
	return munmap(ctx->shared, sizeof(struct shared));
}

static void
answer(struct ctx *ctx, enum status status, int http, int64_t us)
{
	ctx->request.started_us = clock_monotonic_us() - us;
	metric_request(ctx, status, http);
}

static const int sent[] = {
#define STATUS(name, http, ...) http,
#define STATUS_AS(name, code, http, ...) http,
#include "base/status.def"
#undef STATUS
#undef STATUS_AS
};

/* Rows are told apart by their place in the map, which must have room. */
static void
every_route_has_a_row_and_every_status_a_column(void **state)
{
	(void)state;
	assert_true(routes_count < METRIC_ROUTES);
	for (size_t s = 0; s < sizeof(sent) / sizeof(sent[0]); s++) {
		bool found = false;

		for (int i = 0; i < METRIC_STATUSES; i++)
			found = found || metric_statuses[i] == sent[s];
		if (!found)
			fail_msg("%d has no column", sent[s]);
	}
	assert_int_equal(metric_statuses[METRIC_STATUSES - 1], 0);
	assert_true(metric_bounds_us[METRIC_BUCKETS - 1] == INT64_MAX);
}

static void
a_request_is_counted_in_its_row_and_bucket(void **state)
{
	struct ctx *ctx = *state;
	struct metric_route *rows = ctx->shared->metrics.route;

	answer(ctx, ST_OK, 200, 200);
	answer(ctx, ST_OK, 200, 7000);
	answer(ctx, ST_OK, 599, 90000000);
	ctx->route = NULL;
	answer(ctx, ST_NOT_FOUND, 404, 0);
	assert_int_equal(rows[0].status[0], 2);
	assert_int_equal(rows[0].status[METRIC_STATUSES - 1], 1);
	assert_int_equal(rows[0].time.bucket[0], 1);
	assert_int_equal(rows[0].time.bucket[3], 1);
	assert_int_equal(rows[0].time.bucket[METRIC_BUCKETS - 1], 1);
	assert_in_range(rows[0].time.us, 90007200, 90107200);
	assert_int_equal(rows[routes_count].status[5], 1);
}

static void
a_worker_alone_counts_nothing(void **state)
{
	struct ctx *ctx = *state;
	struct shared *shared = ctx->shared;

	ctx->shared = NULL;
	answer(ctx, ST_OK, 200, 1);
	metric_limit_hit(NULL, METRIC_NETWORK);
	ctx->shared = shared;
	assert_int_equal(shared->metrics.route[0].status[0], 0);
}

static void
workers_lose_no_count_between_them(void **state)
{
	struct ctx *ctx = *state;
	struct metric_route *row = &ctx->shared->metrics.route[0];
	uint64_t timed = 0;
	pid_t child[4];

	for (int i = 0; i < 4; i++) {
		child[i] = fork();
		assert_true(child[i] >= 0);
		if (child[i] != 0)
			continue;
		for (int round = 0; round < ROUNDS / 4; round++)
			answer(ctx, ST_OK, 200, 1);
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		assert_int_equal(waitpid(child[i], NULL, 0), child[i]);
	for (int i = 0; i < METRIC_BUCKETS; i++)
		timed += row->time.bucket[i];
	assert_int_equal(row->status[0], ROUNDS);
	assert_int_equal(timed, ROUNDS);
}

static int64_t
processor_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * NS_PER_SECOND + now.tv_nsec;
}

/* It is done for every request, session checks included. */
static void
counting_takes_less_than_a_microsecond(void **state)
{
	struct ctx *ctx = *state;
	int64_t started = processor_ns(), each;

	for (int i = 0; i < ROUNDS; i++)
		metric_request(ctx, ST_OK, 200);
	each = (processor_ns() - started) / ROUNDS;
	print_message("# %lld ns a request\n", (long long)each);
	assert_true(each < 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_route_has_a_row_and_every_status_a_column),
		TEST(a_request_is_counted_in_its_row_and_bucket),
		TEST(a_worker_alone_counts_nothing),
		TEST(workers_lose_no_count_between_them),
		TEST(counting_takes_less_than_a_microsecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
