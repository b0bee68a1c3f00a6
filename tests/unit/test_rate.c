#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "guard/shared.h"
#include "routes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define START INT64_C(1795243860123)

struct world {
	struct ctx ctx;
	struct config config;
};

static int
setup(void **state)
{
	static struct world world;
	int fd = shared_create(8, 2);

	world.config = (struct config){ .rate_limit_enabled = true,
	    .rate_limit_window = 10, .rate_limit_max = 100,
	    .rate_limit_storage = "memory",
	    .server_base_path = "/api/auth" };
	world.ctx = (struct ctx){ .arena = arena_new((size_t)8 << 20),
	    .config = &world.config, .shared = shared_map(fd), .now = START };
	world.ctx.request.address = "192.0.2.1";
	*state = &world;
	return close(fd) == 0 && world.ctx.shared != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	arena_free(world->ctx.arena);
	return munmap(world->ctx.shared, sizeof(struct shared));
}

static enum status
ask(struct world *world, const char *path)
{
	world->ctx.request.path = path;
	world->ctx.refusal.retry_after = 0;
	return rate_pass(&world->ctx);
}

static void
assert_passes(struct world *world, const char *path, int times)
{
	for (int i = 0; i < times; i++)
		if (ask(world, path) != ST_OK)
			fail_msg("%s was refused after %d", path, i);
}

static void
assert_refused(struct world *world, const char *path, int64_t seconds)
{
	assert_int_equal(ask(world, path), ST_TOO_MANY_REQUESTS);
	assert_int_equal(world->ctx.refusal.retry_after, seconds);
}

/* contract README, section 10 */
static void
each_rule_of_the_contract_has_its_number(void **state)
{
	static const struct {
		const char *path;
		int max;
		int64_t window;
	} rows[] = {
		{ "/api/auth/get-session", 100, 10 },
		{ "/api/auth/no-such-path", 100, 10 },
		{ "/login", 100, 10 },
		{ "/api/auth/sign-in/email", 3, 10 },
		{ "/api/auth/sign-in/other", 3, 10 },
		{ "/api/auth/sign-up/email", 3, 10 },
		{ "/api/auth/change-password", 3, 10 },
		{ "/api/auth/change-email", 3, 10 },
		{ "/api/auth/request-password-reset", 3, 60 },
		{ "/api/auth/send-verification-email", 3, 60 },
		{ "/api/auth/forget-password/x", 3, 60 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_passes(*state, rows[i].path, rows[i].max);
		assert_refused(*state, rows[i].path, rows[i].window);
	}
}

/* Knocking on does not keep the door shut: a refusal moves nothing. */
static void
a_refused_request_changes_nothing(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 3);
	for (int i = 0; i < 9; i++) {
		world->ctx.now += 1000;
		assert_refused(world, "/api/auth/sign-in/email", 9 - i);
	}
	world->ctx.now += 1000;
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

/* The window counts from the last request that passed, not from the first. */
static void
every_passing_request_moves_the_window(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 1);
	world->ctx.now += 9000;
	assert_passes(world, "/api/auth/sign-in/email", 1);
	world->ctx.now += 9000;
	assert_passes(world, "/api/auth/sign-in/email", 1);
	world->ctx.now += 9000;
	assert_refused(world, "/api/auth/sign-in/email", 1);
	world->ctx.now += 1000;
	assert_passes(world, "/api/auth/sign-in/email", 3);
}

static void
the_window_ends_at_its_millisecond(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 3);
	world->ctx.now = START + 9999;
	assert_refused(world, "/api/auth/sign-in/email", 1);
	world->ctx.now = START + 10000;
	assert_passes(world, "/api/auth/sign-in/email", 1);
}

static void
addresses_and_paths_do_not_disturb_each_other(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
	assert_passes(world, "/api/auth/sign-in/social", 3);
	world->ctx.request.address = "192.0.2.2";
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
	/* clients without an address share one bucket */
	world->ctx.request.address = "";
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

/* Authelia CVE-2025-24806: the alias of a path was counted separately. */
static void
cve_2025_24806_an_alias_shares_its_originals_count(void **state)
{
	const struct route page = { .face = FACE_PAGE, .path = "/login",
	    .rate = "/sign-in/email" };
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 2);
	world->ctx.route = &page;
	assert_passes(world, "/login", 1);
	assert_refused(world, "/login", 10);
	world->ctx.route = NULL;
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

static void
many_addresses_are_counted_one_by_one(void **state)
{
	struct world *world = *state;
	char address[32];

	for (int i = 0; i < 2000; i++) {
		(void)snprintf(address, sizeof(address), "10.0.%d.%d",
		    i / 256, i % 256);
		world->ctx.request.address = address;
		assert_passes(world, "/api/auth/sign-in/email", 3);
		assert_refused(world, "/api/auth/sign-in/email", 10);
	}
}

/* Seeing a style sheet costs nobody a sign-in, and limits may be off. */
static void
assets_and_a_service_without_limits_are_not_counted(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/assets/app.css", 500);
	world->config.rate_limit_enabled = false;
	assert_passes(world, "/api/auth/sign-in/email", 50);
	world->config.rate_limit_enabled = true;
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

static void
a_clock_set_back_keeps_nobody_out(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 3);
	world->ctx.now = START - INT64_C(86400000);
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

/* Its moment is that of its first byte, others have come since. */
static void
a_request_long_on_its_way_shortens_no_window(void **state)
{
	struct world *world = *state;

	assert_passes(world, "/api/auth/sign-in/email", 2);
	world->ctx.now = START - 9000;
	assert_passes(world, "/api/auth/sign-in/email", 1);
	world->ctx.now = START + 2000;
	assert_refused(world, "/api/auth/sign-in/email", 8);
}

static void
the_default_rule_is_the_operators(void **state)
{
	struct world *world = *state;

	world->config.rate_limit_window = 60;
	world->config.rate_limit_max = 5;
	assert_passes(world, "/api/auth/get-session", 5);
	assert_refused(world, "/api/auth/get-session", 60);
	assert_passes(world, "/api/auth/sign-in/email", 3);
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

/* The operator's rules come before the contract's, the first that fits. */
static void
rules_of_the_operator_come_first(void **state)
{
	static const struct rate_rule rules[] = {
		{ "/sign-in/email", false, 5, 60 },
		{ "/sign-in/", true, 2, 30 },
		{ "/get-session", false, RATE_UNLIMITED, 0 },
	};
	const struct route page = { .face = FACE_PAGE, .path = "/login",
	    .rate = "/sign-in/email" };
	struct world *world = *state;

	world->config.rate_rules = (struct rate_rules){ rules,
	    COUNT(rules) };
	assert_passes(world, "/api/auth/sign-in/email", 4);
	world->ctx.route = &page;
	assert_passes(world, "/login", 1);
	assert_refused(world, "/login", 60);
	world->ctx.route = NULL;
	assert_passes(world, "/api/auth/sign-in/username", 2);
	assert_refused(world, "/api/auth/sign-in/username", 30);
	assert_passes(world, "/api/auth/get-session", 500);
	assert_passes(world, "/api/auth/sign-up/email", 3);
	assert_refused(world, "/api/auth/sign-up/email", 10);
}

/* In a full bucket, newcomers push out newcomers, not who was counted often. */
static void
a_flood_of_addresses_does_not_forget_who_knocked_often(void **state)
{
	struct world *world = *state;
	char address[32];

	assert_passes(world, "/api/auth/sign-in/email", 3);
	for (int i = 0; i < 200000; i++) {
		(void)snprintf(address, sizeof(address), "10.%d.%d.%d",
		    i >> 16, i >> 8 & 255, i & 255);
		world->ctx.request.address = address;
		(void)ask(world, "/api/auth/sign-in/email");
		if (i % 1000 == 0)
			arena_reset(world->ctx.arena);
	}
	world->ctx.request.address = "192.0.2.1";
	assert_refused(world, "/api/auth/sign-in/email", 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_rule_of_the_contract_has_its_number),
		TEST(a_refused_request_changes_nothing),
		TEST(every_passing_request_moves_the_window),
		TEST(the_window_ends_at_its_millisecond),
		TEST(addresses_and_paths_do_not_disturb_each_other),
		TEST(cve_2025_24806_an_alias_shares_its_originals_count),
		TEST(many_addresses_are_counted_one_by_one),
		TEST(assets_and_a_service_without_limits_are_not_counted),
		TEST(a_clock_set_back_keeps_nobody_out),
		TEST(a_request_long_on_its_way_shortens_no_window),
		TEST(the_default_rule_is_the_operators),
		TEST(rules_of_the_operator_come_first),
		TEST(a_flood_of_addresses_does_not_forget_who_knocked_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
