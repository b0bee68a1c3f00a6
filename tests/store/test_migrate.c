#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/migrate.h"

#define PATH_SIZE 128

struct house {
	struct fixture *fixture;
	struct ctx *ctx;
	char directory[PATH_SIZE];
};

/* Helpers */

static void
put_file(const struct house *h, const char *name, const char *text)
{
	char path[2 * PATH_SIZE];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", h->directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
remove_file(const struct house *h, const char *name)
{
	char path[2 * PATH_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", h->directory, name);
	assert_int_equal(unlink(path), 0);
}

static int
open_house(void **state)
{
	static const char clean[] =
	    "DROP TABLE IF EXISTS schema_migrations, a, b, c, nosuch";
	struct house *h = calloc(1, sizeof(*h));
	void *fixture = NULL;

	if (h == NULL || fixture_open(&fixture) != 0)
		return -1;
	h->fixture = fixture;
	h->ctx = &h->fixture->ctx;
	(void)strcpy(h->directory, "/tmp/tollgate-migrate-XXXXXX");
	*state = h;
	if (mkdtemp(h->directory) == NULL)
		return -1;
	return db_script(h->ctx, clean) == ST_OK ? 0 : -1;
}

static int
close_house(void **state)
{
	struct house *h = *state;
	DIR *directory = opendir(h->directory);
	const struct dirent *entry;
	void *fixture = h->fixture;

	while (directory != NULL && (entry = readdir(directory)) != NULL)
		(void)unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory != NULL)
		(void)closedir(directory);
	(void)rmdir(h->directory);
	(void)fixture_close(&fixture);
	free(h);
	return 0;
}

static void
put_two_steps(const struct house *h)
{
	put_file(h, "0001_a.sql", "CREATE TABLE a (n int);\n"
	    "INSERT INTO a VALUES (1);\n");
	put_file(h, "0002_b.sql", "CREATE TABLE b (n int);\n");
}

static bool
exists(struct ctx *ctx, const char *table)
{
	static const char sql[] = "SELECT to_regclass($1) IS NOT NULL";
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, sql, DB_ARGS(db_text(table))),
	    ST_OK);
	return db_get_bool(&rows, 0, 0);
}

static int64_t
steps_taken(struct ctx *ctx)
{
	return fixture_int(ctx, "SELECT count(*) FROM schema_migrations");
}

/* Promises */

static void
steps_run_once_and_in_order(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	put_file(h, "README", "not a step");
	put_file(h, ".0003_c.sql.swp", "nor this");
	for (int i = 0; i < 2; i++)
		assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	assert_int_equal(steps_taken(h->ctx), 2);
	assert_int_equal(fixture_int(h->ctx, "SELECT count(*) FROM a"), 1);
	assert_string_equal(fixture_text(h->ctx,
	    "SELECT sha256 FROM schema_migrations WHERE number = 2"),
	    fixture_text(h->ctx, "SELECT"
	    " encode(sha256(E'CREATE TABLE b (n int);\\n'), 'hex')"));
}

static void
an_empty_directory_is_fine(void **state)
{
	struct house *h = *state;

	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	assert_int_equal(steps_taken(h->ctx), 0);
}

static void
later_steps_join_earlier_ones(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	put_file(h, "0003_c.sql", "CREATE TABLE c (n int)");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	assert_true(exists(h->ctx, "c"));
}

static void
a_failing_step_leaves_nothing_and_those_before_stay(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	put_file(h, "0003_c.sql", "CREATE TABLE c (n int); SELECT 1 / 0;");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_INVALID);
	assert_false(exists(h->ctx, "c"));
	assert_int_equal(steps_taken(h->ctx), 2);
	put_file(h, "0003_c.sql", "CREATE TABLE c (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
}

static void
a_step_cannot_leave_its_transaction(void **state)
{
	struct house *h = *state;

	put_file(h, "0001_a.sql", "CREATE TABLE a (n int); ROLLBACK;");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_INTERNAL);
	assert_false(exists(h->ctx, "a"));
	assert_false(exists(h->ctx, "schema_migrations"));
}

static void
settings_of_a_step_end_with_it(void **state)
{
	struct house *h = *state;

	put_file(h, "0001_a.sql", "SET search_path = '';"
	    " SET timezone = 'Asia/Tokyo'; CREATE TABLE public.a (n int);");
	put_file(h, "0002_b.sql", "CREATE TABLE b (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	assert_true(exists(h->ctx, "public.b"));
	assert_string_equal(fixture_text(h->ctx,
	    "SELECT current_setting('timezone')"), "UTC");
}

static void
a_changed_file_is_refused(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	put_file(h, "0001_a.sql", "CREATE TABLE a (n bigint);");
	put_file(h, "0003_c.sql", "CREATE TABLE c (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_CONFLICT);
	assert_false(exists(h->ctx, "c"));
}

static void
a_number_taken_twice_is_refused(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	put_file(h, "0002_c.sql", "CREATE TABLE c (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_CONFLICT);
	assert_false(exists(h->ctx, "a"));
	remove_file(h, "0002_c.sql");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	remove_file(h, "0002_b.sql");
	put_file(h, "0002_c.sql", "CREATE TABLE c (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_CONFLICT);
	assert_false(exists(h->ctx, "c"));
}

static void
a_gap_is_refused(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	put_file(h, "0004_c.sql", "CREATE TABLE c (n int);");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_CONFLICT);
	assert_false(exists(h->ctx, "a"));
}

static void
a_wrong_name_is_refused(void **state)
{
	static const char *const names[] = { "1_a.sql", "00001_a.sql",
	    "0001-a.sql", "0001_.sql", "0001_A.sql", "0000_a.sql",
	    "0001_a.b.sql", "extra.sql" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		put_file(h, names[i], "CREATE TABLE a (n int);");
		assert_int_equal(migrate_run(h->ctx, h->directory),
		    ST_CONFLICT);
		remove_file(h, names[i]);
	}
	assert_false(exists(h->ctx, "a"));
}

static void
a_newer_database_is_refused(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	remove_file(h, "0002_b.sql");
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_CONFLICT);
}

static void
a_missing_directory_is_an_error(void **state)
{
	struct house *h = *state;

	assert_int_equal(migrate_run(h->ctx, "/nonexistent"), ST_INTERNAL);
}

static void
two_at_once_apply_each_step_once(void **state)
{
	struct house *h = *state;
	int status = -1;
	pid_t child;

	put_file(h, "0001_a.sql",
	    "CREATE TABLE a (n int); SELECT pg_sleep(0.2);");
	put_file(h, "0002_b.sql", "CREATE TABLE b (n int);");
	child = fork();
	if (child == 0) {
		struct ctx ctx = fixture_ctx(fixture_url(),
		    FIXTURE_DEADLINE_MS);

		_exit(migrate_run(&ctx, h->directory) != ST_OK);
	}
	/* Not the parent's own connection, which the child has a copy of. */
	assert_int_equal(migrate_run(&h->fixture->other, h->directory),
	    ST_OK);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(steps_taken(h->ctx), 2);
}

#define MIGRATE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_house, close_house)

/* "0001_a.sql applied, ..." */
static const char *
steps_seen(struct house *h)
{
	struct json_object *list = view_root_list(h->ctx->arena);
	struct buf buf;

	buf_init(&buf, h->ctx->arena, 256);
	assert_int_equal(migrate_view(h->ctx, h->directory, list), ST_OK);
	for (size_t i = 0; i < view_count(list); i++) {
		const struct json_object *step = view_at(list, i);
		const char *state = view_get_text(step, "state");

		buf_printf(&buf, "%s%s %s", i > 0 ? ", " : "",
		    view_get_text(step, "name"), state);
		assert_int_equal(view_get_int(step, "number"), i + 1);
		assert_int_equal(view_get_text(step, "appliedAt") == NULL,
		    strcmp(state, "pending") == 0);
	}
	return buf.data;
}

static void
every_step_is_shown_with_its_state(void **state)
{
	struct house *h = *state;

	put_two_steps(h);
	assert_int_equal(migrate_run(h->ctx, h->directory), ST_OK);
	assert_string_equal(steps_seen(h),
	    "0001_a.sql applied, 0002_b.sql applied");
	put_file(h, "0003_c.sql", "CREATE TABLE c (n int);\n");
	put_file(h, "0002_b.sql", "CREATE TABLE b (m int);\n");
	assert_string_equal(steps_seen(h),
	    "0001_a.sql applied, 0002_b.sql changed, 0003_c.sql pending");
	remove_file(h, "0003_c.sql");
	remove_file(h, "0002_b.sql");
	assert_string_equal(steps_seen(h),
	    "0001_a.sql applied, 0002_b.sql newer");
	/* who cannot read the files has nothing to compare with */
	(void)strcpy(h->directory, "/nowhere");
	assert_string_equal(steps_seen(h),
	    "0001_a.sql applied, 0002_b.sql applied");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		MIGRATE_TEST(steps_run_once_and_in_order),
		MIGRATE_TEST(an_empty_directory_is_fine),
		MIGRATE_TEST(every_step_is_shown_with_its_state),
		MIGRATE_TEST(later_steps_join_earlier_ones),
		MIGRATE_TEST(
		    a_failing_step_leaves_nothing_and_those_before_stay),
		MIGRATE_TEST(a_step_cannot_leave_its_transaction),
		MIGRATE_TEST(settings_of_a_step_end_with_it),
		MIGRATE_TEST(a_changed_file_is_refused),
		MIGRATE_TEST(a_number_taken_twice_is_refused),
		MIGRATE_TEST(a_gap_is_refused),
		MIGRATE_TEST(a_wrong_name_is_refused),
		MIGRATE_TEST(a_newer_database_is_refused),
		MIGRATE_TEST(a_missing_directory_is_an_error),
		MIGRATE_TEST(two_at_once_apply_each_step_once),
	};

	return cmocka_run_group_tests(tests, fixture_check, NULL);
}
