/*
 * fixture.h - a request's context on the database of the test run
 *
 * TOLLGATE_TEST_DB names a fresh, empty database; without it a test program
 * fails, because a store test that was skipped has kept no promise. Two
 * contexts are two connections, hence two workers.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "view/view.h"

#define FIXTURE_DEADLINE_MS 3000
#define FIXTURE_ARENA_BYTES ((size_t)64 << 20)

struct fixture {
	struct ctx ctx;
	struct ctx other;
};

static inline const char *
fixture_url(void)
{
	return getenv("TOLLGATE_TEST_DB");
}

static inline int
fixture_check(void **state)
{
	(void)state;
	if (fixture_url() != NULL)
		return 0;
	print_error("TOLLGATE_TEST_DB must name a fresh database\n");
	return -1;
}

static const struct config fixture_config = {
	.server_secret = "fixture-secret-0123456789abcdefABCDEF",
};

static inline struct ctx
fixture_ctx(const char *url, int64_t deadline_ms)
{
	struct ctx ctx = { .now = clock_now(), .config = &fixture_config };

	ctx.arena = arena_new(FIXTURE_ARENA_BYTES);
	ctx.view = view_root(ctx.arena);
	ctx.page = view_root(ctx.arena);
	ctx.db = db_open(url, NULL, deadline_ms);
	return ctx;
}

static inline void
fixture_release(struct ctx *ctx)
{
	db_close(ctx->db);
	arena_free(ctx->arena);
}

static inline int
fixture_open(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	f->ctx = fixture_ctx(fixture_url(), FIXTURE_DEADLINE_MS);
	f->other = fixture_ctx(fixture_url(), FIXTURE_DEADLINE_MS);
	*state = f;
	return 0;
}

static inline int
fixture_close(void **state)
{
	struct fixture *f = *state;

	fixture_release(&f->ctx);
	fixture_release(&f->other);
	free(f);
	return 0;
}

/* The first column of the first row, for checking what is really there. */
static inline int64_t
fixture_int(struct ctx *ctx, const char *sql)
{
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, sql, DB_NONE), ST_OK);
	return db_get_int(&rows, 0, 0);
}

static inline const char *
fixture_text(struct ctx *ctx, const char *sql)
{
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, sql, DB_NONE), ST_OK);
	return db_get_text(&rows, 0, 0);
}

#define STORE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

#endif
