/*
 * world.h - the real schema with somebody in it
 *
 * As in production, owner is the migrating role and worker acts as
 * tollgate_worker. Every test gets a user of its own, so they may share a
 * database; srcdir tells where sql/ is.
 */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include "fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/random.h"
#include "store/migrate.h"
#include "store/user.h"

#define WORLD_DEADLINE_MS 30000

struct world {
	struct ctx owner;
	struct ctx worker;
	char user[ID_SIZE];	/* ordinary, with an empty wallet */
};

static inline int
world_migrate(void **state)
{
	const char *source = getenv("srcdir");
	char directory[4096];
	struct ctx ctx;
	enum status status;

	if (fixture_check(state) != 0)
		return -1;
	(void)snprintf(directory, sizeof(directory), "%s/sql",
	    source == NULL ? "." : source);
	ctx = fixture_ctx(fixture_url(), WORLD_DEADLINE_MS);
	status = migrate_run(&ctx, directory);
	fixture_release(&ctx);
	return status == ST_OK ? 0 : -1;
}

static inline struct ctx
world_worker(void)
{
	struct ctx ctx = fixture_ctx(fixture_url(), WORLD_DEADLINE_MS);

	db_close(ctx.db);
	ctx.db = db_open(fixture_url(), "tollgate_worker", WORLD_DEADLINE_MS);
	return ctx;
}

/* The id of a new user; email and name may be NULL. */
static inline void
world_user(struct ctx *ctx, char id[ID_SIZE], const char *email,
    const char *name, const char *role)
{
	struct user_new new = { .id = id, .fields = "{}", .role = role,
	    .name = name == NULL ? "Anna Lindqvist" : name,
	    .email_verified = true };

	id_new(id, ctx->now);
	new.email = email != NULL ? email :
	    arena_printf(ctx->arena, "%s@example.com", id);
	assert_int_equal(store_user_create(ctx, &new), ST_OK);
}

static inline int
world_open(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -1;
	w->owner = fixture_ctx(fixture_url(), WORLD_DEADLINE_MS);
	w->worker = world_worker();
	world_user(&w->worker, w->user, NULL, NULL, "user");
	*state = w;
	return 0;
}

static inline int
world_close(void **state)
{
	struct world *w = *state;

	fixture_release(&w->owner);
	fixture_release(&w->worker);
	free(w);
	return 0;
}

/* One transaction of the worker's; input is what work reads. */
static inline enum status
world_run(struct ctx *ctx, enum status (*work)(struct ctx *), void *input)
{
	view_clear(ctx->view);
	ctx->input = input;
	ctx->now = clock_now();
	return db_transact(ctx, work);
}

static inline int64_t
world_int(const struct json_object *object, const char *key)
{
	return json_object_get_int64(view_get(object, key));
}

static inline size_t
world_length(const struct json_object *object, const char *key)
{
	return json_object_array_length(view_get(object, key));
}

static inline struct json_object *
world_item(const struct json_object *object, const char *key, size_t i)
{
	return json_object_array_get_idx(view_get(object, key), i);
}

/*
 * No privilege lets a worker run sql, a constant without parameters: a CHECK,
 * a trigger or a mistake in its text that stops it is another answer.
 */
static inline void
world_denied(struct world *w, const char *sql)
{
	const char *script = arena_printf(w->worker.arena, "DO $do$ BEGIN"
	    " EXECUTE $sql$%s$sql$; RAISE 'allowed';"
	    " EXCEPTION WHEN insufficient_privilege THEN"
	    "  IF SQLERRM !~ '^(permission denied|must be owner) ' THEN"
	    "   RAISE; END IF;"
	    " END $do$", sql);

	if (db_script(&w->worker, script) != ST_OK)
		fail_msg("not for want of a privilege: %s", sql);
}

/*
 * Runs work in count processes at once, each a worker with a connection of
 * its own; outcomes[status] counts what came of it.
 */
#define WORLD_STATUSES 256
static inline void
world_race(int count, enum status (*work)(struct ctx *), void *input,
    int outcomes[WORLD_STATUSES])
{
	memset(outcomes, 0, WORLD_STATUSES * sizeof(outcomes[0]));
	(void)fflush(NULL);
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			struct ctx ctx = world_worker();

			_exit((int)world_run(&ctx, work, input));
		}
	}
	for (int i = 0; i < count; i++) {
		int how;

		assert_true(wait(&how) > 0);
		assert_true(WIFEXITED(how));
		outcomes[WEXITSTATUS(how)]++;
	}
}

#define WORLD_TEST(name) \
	cmocka_unit_test_setup_teardown(name, world_open, world_close)

#endif
