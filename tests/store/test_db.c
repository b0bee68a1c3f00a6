#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/text.h"

#define SLOW_FACTOR 4		/* a loaded machine may take that much longer */

/* Helpers */

static int
make_tables(void **state)
{
	static const char script[] =
	    "DROP TABLE IF EXISTS child, item, late;"
	    "DROP FUNCTION IF EXISTS dawdle;"
	    "CREATE TABLE item (id bigint PRIMARY KEY,"
	    " amount bigint NOT NULL DEFAULT 0 CHECK (amount >= 0));"
	    "CREATE TABLE child (item_id bigint REFERENCES item);"
	    "CREATE TABLE late (id bigint);"
	    "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS"
	    " 'BEGIN PERFORM pg_sleep(2); RETURN NULL; END';"
	    "CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON late"
	    " DEFERRABLE INITIALLY DEFERRED"
	    " FOR EACH ROW EXECUTE FUNCTION dawdle();"
	    "DO $$ BEGIN CREATE ROLE tollgate_test_role;"
	    " EXCEPTION WHEN duplicate_object THEN NULL; END $$;";
	struct ctx ctx;
	enum status status;

	if (fixture_check(state) != 0)
		return -1;
	ctx = fixture_ctx(fixture_url(), FIXTURE_DEADLINE_MS);
	status = db_script(&ctx, script);
	fixture_release(&ctx);
	return status == ST_OK ? 0 : -1;
}

static int
open_with_items(void **state)
{
	static const char script[] =
	    "TRUNCATE item, child, late;"
	    "INSERT INTO item (id) VALUES (1), (2)";
	struct fixture *f;

	if (fixture_open(state) != 0)
		return -1;
	f = *state;
	return db_script(&f->ctx, script) == ST_OK ? 0 : -1;
}

#define ITEM_TEST(name) \
	cmocka_unit_test_setup_teardown(name, open_with_items, fixture_close)

static const char insert_item[] = "INSERT INTO item (id) VALUES ($1)";
static const char count_items[] = "SELECT count(*) FROM item";
static const char own_pid[] = "SELECT pg_backend_pid()";

static const char *
written(struct ctx *ctx)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 256);
	view_write(&buf, ctx->view);
	return buf.data;
}

static void
terminate(struct ctx *ctx, int64_t pid)
{
	/* waits until it is gone */
	static const char sql[] = "SELECT pg_terminate_backend($1, 5000)";
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, sql, DB_ARGS(db_int(pid))), ST_OK);
	assert_true(db_get_bool(&rows, 0, 0));
}

/* A process that terminates backend pid a little later. */
static pid_t
terminate_later(int64_t pid)
{
	struct ctx ctx;
	pid_t child = fork();

	if (child != 0)
		return child;
	ctx = fixture_ctx(fixture_url(), FIXTURE_DEADLINE_MS);
	(void)usleep(300000);
	terminate(&ctx, pid);
	_exit(0);
}

static void
join(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Standard error into a file, to read what was logged. */
struct capture {
	FILE *file;
	int kept;
};

static void
capture_begin(struct capture *capture)
{
	capture->file = tmpfile();
	assert_non_null(capture->file);
	capture->kept = dup(STDERR_FILENO);
	assert_true(dup2(fileno(capture->file), STDERR_FILENO) >= 0);
}

static void
capture_end(struct capture *capture, char *out, size_t size)
{
	assert_true(dup2(capture->kept, STDERR_FILENO) >= 0);
	(void)close(capture->kept);
	rewind(capture->file);
	out[fread(out, 1, size - 1, capture->file)] = '\0';
	(void)fclose(capture->file);
}

/* Values */

static void
types_reach_the_view_as_promised(void **state)
{
	static const char sql[] =
	    "SELECT 9007199254740993::bigint AS big, 7::smallint AS small,"
	    " true AS yes, false AS no, NULL::text AS nothing,"
	    " 'a \"b\" \\ c'::text AS \"userName\", 1.50 AS exact,"
	    " '{\"a\":[1,null]}'::jsonb AS meta,"
	    " timestamptz '2026-11-21 07:51:00.123456+01' AS \"createdAt\"";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	assert_int_equal(db_view_one(ctx, ctx->view, sql, DB_NONE), ST_OK);
	assert_string_equal(written(ctx),
	    "{\"big\":9007199254740993,\"small\":7,\"yes\":true,\"no\":false,"
	    "\"nothing\":null,\"userName\":\"a \\\"b\\\" \\\\ c\","
	    "\"exact\":\"1.50\",\"meta\":{\"a\":[1,null]},"
	    "\"createdAt\":\"2026-11-21T06:51:00.123Z\"}");
}

static void
every_row_becomes_an_object(void **state)
{
	static const char sql[] = "SELECT n FROM generate_series(1, 3) AS n";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	assert_int_equal(db_view_all(ctx, view_list(ctx->view, "rows"), sql,
	    DB_NONE), ST_OK);
	assert_string_equal(written(ctx),
	    "{\"rows\":[{\"n\":1},{\"n\":2},{\"n\":3}]}");
}

static void
instants_have_three_digits_and_survive(void **state)
{
	static const struct {
		const char *text, *iso;
		int64_t ms;
	} cases[] = {
		{ "1970-01-01 00:00:00+00", "1970-01-01T00:00:00.000Z", 0 },
		{ "1969-12-31 23:59:59.9999+00",
		    "1969-12-31T23:59:59.999Z", -1 },
		{ "2000-02-29 12:00:00.5+00",
		    "2000-02-29T12:00:00.500Z", 951825600500 },
		{ "2100-03-01 00:00:00.01+00",
		    "2100-03-01T00:00:00.010Z", 4107542400010 },
		{ "9999-12-31 23:59:59.999999+00",
		    "9999-12-31T23:59:59.999Z", 253402300799999 },
		{ "infinity", "infinity", 0 },
	};
	static const char sql[] = "SELECT $1::timestamptz AS t";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct db_rows rows;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(db_one(ctx, &rows, sql,
		    DB_ARGS(db_text(cases[i].text))), ST_OK);
		db_view_row(ctx->view, &rows, 0);
		assert_string_equal(view_get_text(ctx->view, "t"),
		    cases[i].iso);
		assert_int_equal(db_get_time(&rows, 0, 0), cases[i].ms);
		view_clear(ctx->view);
	}
}

static void
values_travel_as_they_are(void **state)
{
	static const char sql[] =
	    "SELECT $1::text, $2::bigint, $3::boolean, $4::bytea,"
	    " $5::timestamptz, $6::text, octet_length($7::bytea)";
	static const uint8_t raw[] = { 0, 1, 0xff, '\'', '\\' };
	static const char text[] = "'); DROP TABLE item; -- \xc3\xa9 $1 \\";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct db_rows rows;

	assert_int_equal(db_one(ctx, &rows, sql, DB_ARGS(db_text(text),
	    db_int(INT64_MIN), db_bool(true), db_bytes(raw, sizeof(raw)),
	    db_time(1795243860123), db_null(), db_bytes("", 0))), ST_OK);
	assert_string_equal(db_get_text(&rows, 0, 0), text);
	assert_true(db_get_int(&rows, 0, 1) == INT64_MIN);
	assert_true(db_get_bool(&rows, 0, 2));
	assert_string_equal(db_get_text(&rows, 0, 3), "\\x0001ff275c");
	assert_int_equal(db_get_time(&rows, 0, 4), 1795243860123);
	assert_true(db_is_null(&rows, 0, 5));
	assert_null(db_get_text(&rows, 0, 5));
	assert_false(db_is_null(&rows, 0, 6));
	assert_int_equal(db_get_int(&rows, 0, 6), 0);
}

static void
a_text_that_is_no_constant_leaves_no_plan(void **state)
{
	static const char count[] =
	    "SELECT count(*) FROM pg_prepared_statements"
	    " WHERE statement ~ 'no constan[t]'";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct db_rows rows;

	for (int i = 0; i < 2000; i++) {
		char sql[64];

		(void)snprintf(sql, sizeof(sql),
		    "SELECT $1::int + %d /* no constant */", i);
		assert_int_equal(db_all_once(ctx, &rows, sql,
		    DB_ARGS(db_int(1))), ST_OK);
		assert_int_equal(db_get_int(&rows, 0, 0), i + 1);
	}
	assert_int_equal(fixture_int(ctx, count), 0);
}

static enum status
work_once(struct ctx *ctx)
{
	const char *sql = arena_printf(ctx->arena, "SELECT %s", "$1::int");
	struct db_rows rows;

	/* The first statement of a transaction brings its BEGIN along. */
	TRY(db_all_once(ctx, &rows, sql, DB_ARGS(db_int(7))));
	assert_int_equal(db_get_int(&rows, 0, 0), 7);
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(7)), NULL));
	return db_all_once(ctx, &rows, "SELECT nothing", DB_NONE);
}

static void
such_a_text_belongs_to_its_transaction(void **state)
{
	static const char count[] = "SELECT count(*) FROM item WHERE id = 7";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	assert_int_equal(db_transact(ctx, work_once), ST_INTERNAL);
	assert_int_equal(fixture_int(ctx, count), 0);
}

static void
no_row_is_not_found_only_where_one_is_wanted(void **state)
{
	static const char sql[] = "SELECT id FROM item WHERE id = 404";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct db_rows rows;

	assert_int_equal(db_all(ctx, &rows, sql, DB_NONE), ST_OK);
	assert_int_equal(rows.count, 0);
	assert_int_equal(db_one(ctx, &rows, sql, DB_NONE), ST_NOT_FOUND);
	assert_int_equal(db_view_one(ctx, ctx->view, sql, DB_NONE),
	    ST_NOT_FOUND);
}

static void
a_statement_is_prepared_once(void **state)
{
	static const char count[] =
	    "SELECT count(*) FROM pg_prepared_statements"
	    " WHERE statement LIKE 'INSERT INTO item%'";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	int64_t changed = -1;

	db_figures_reset(ctx->db);
	for (int64_t id = 10; id < 13; id++)
		assert_int_equal(db_run(ctx, insert_item,
		    DB_ARGS(db_int(id)), &changed), ST_OK);
	assert_int_equal(changed, 1);
	assert_int_equal(db_figures(ctx->db).statements, 3);
	assert_int_equal(fixture_int(ctx, count), 1);
}

static void
what_a_request_asked_is_counted_and_timed(void **state)
{
	static const char nap[] = "SELECT pg_sleep(0.02)";
	static const char broken[] = "SELECT * FROM nowhere";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct db_figures figures;

	db_figures_reset(ctx->db);
	assert_int_equal(db_run(ctx, nap, DB_NONE, NULL), ST_OK);
	assert_int_equal(db_run(ctx, insert_item, DB_ARGS(db_int(60)), NULL),
	    ST_OK);
	assert_int_equal(db_run(ctx, insert_item, DB_ARGS(db_int(60)), NULL),
	    ST_CONFLICT);
	assert_int_equal(db_run(ctx, broken, DB_NONE, NULL), ST_INTERNAL);
	figures = db_figures(ctx->db);
	assert_int_equal(figures.statements, 4);
	assert_int_equal(figures.failures, 1);
	assert_in_range(figures.us, 20000, 10000000);
	db_figures_reset(ctx->db);
	assert_int_equal(db_figures(ctx->db).statements, 0);
	assert_int_equal(db_figures(ctx->db).us, 0);
}

static void
the_role_is_taken_on_every_connection(void **state)
{
	static const char who[] = "SELECT current_user::text";
	struct fixture *f = *state;
	struct ctx ctx = fixture_ctx(fixture_url(), FIXTURE_DEADLINE_MS);

	db_close(ctx.db);
	ctx.db = db_open(fixture_url(), "tollgate_test_role",
	    FIXTURE_DEADLINE_MS);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(fixture_text(&ctx, who),
		    "tollgate_test_role");
		terminate(&f->other, fixture_int(&ctx, own_pid));
	}
	fixture_release(&ctx);
}

/* Failures */

static void
a_sqlstate_becomes_its_status(void **state)
{
	static const struct {
		const char *sql;
		enum status status;
	} cases[] = {
		{ "INSERT INTO item (id) VALUES (1)", ST_CONFLICT },
		{ "INSERT INTO child VALUES (404)", ST_CONFLICT },
		{ "INSERT INTO item VALUES (3, -1)", ST_INVALID },
		{ "INSERT INTO item VALUES (3, NULL)", ST_INVALID },
		{ "SELECT 'x'::text::bigint", ST_INVALID },
		{ "SELECT 1 / 0", ST_INVALID },
		{ "SELECT nothing FROM nowhere", ST_INTERNAL },
		{ "SELEKT", ST_INTERNAL },
		{ "SELECT FROM item FOR UPDATE NOWAIT", ST_OK },
		{ "DO $$ BEGIN RAISE EXCEPTION 'no'; END $$", ST_INTERNAL },
		{ "DO $$ BEGIN RAISE SQLSTATE '53100'; END $$",
		    ST_UNAVAILABLE },
		{ "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", ST_RETRY },
	};
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(db_run(ctx, cases[i].sql, DB_NONE, NULL),
		    cases[i].status);
	assert_int_equal(fixture_int(ctx, count_items), 2);
}

static void
a_text_that_is_no_utf8_is_invalid(void **state)
{
	static const char sql[] = "SELECT $1::text";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	assert_int_equal(db_run(ctx, sql, DB_ARGS(db_text("\xff")), NULL),
	    ST_INVALID);
}

static void
values_and_passwords_stay_out_of_the_log(void **state)
{
	static const char *const urls[] = {
		"postgresql://u:hunter2@/x?host=/nonexistent",
		"postgresql://u:hunter2@[broken/x",
		"host=/nonexistent password=hunter2 nonsense",
	};
	static const char number[] = "SELECT $1::bigint";
	static const char twice[] = "INSERT INTO item (id) VALUES ($1)";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;
	struct capture capture;
	char log[8192];

	capture_begin(&capture);
	(void)db_run(ctx, number, DB_ARGS(db_text("hunter2")), NULL);
	(void)db_run(ctx, twice, DB_ARGS(db_int(1)), NULL);
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct db *db = db_open(urls[i], NULL, 1000);

		(void)db_ready(db);
		db_close(db);
	}
	capture_end(&capture, log, sizeof(log));
	assert_non_null(strstr(log, "22P02"));
	assert_non_null(strstr(log, "/nonexistent"));
	assert_null(strstr(log, "hunter2"));
}

/* Transactions; what the work of one needs hangs on ctx->prepared */

struct task {
	struct ctx *other;
	int tries;
	int64_t first, second;
	int64_t pid;
	enum status seen;
};

static enum status
insert_and_refuse(struct ctx *ctx)
{
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	return ST_INSUFFICIENT_CREDITS;
}

static enum status
insert_three(struct ctx *ctx)
{
	return db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL);
}

static void
a_refusal_rolls_back_and_success_commits(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, insert_and_refuse),
	    ST_INSUFFICIENT_CREDITS);
	assert_int_equal(fixture_int(&f->other, count_items), 2);
	assert_int_equal(db_transact(&f->ctx, insert_three), ST_OK);
	assert_int_equal(fixture_int(&f->other, count_items), 3);
}

static enum status
insert_last(struct ctx *ctx)
{
	static const char sql[] =
	    "INSERT INTO item VALUES ($1::int) RETURNING id";
	struct db_rows rows;

	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	TRY(db_all_last(ctx, &rows, sql, DB_ARGS(db_int(4))));
	assert_int_equal(rows.count, 1);
	assert_int_equal(db_get_int(&rows, 0, 0), 4);
	return ST_INSUFFICIENT_CREDITS;
}

static void
a_last_statement_is_committed_with_its_transaction(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, insert_last),
	    ST_INSUFFICIENT_CREDITS);
	assert_int_equal(fixture_int(&f->other, count_items), 4);
	/* The second time both rows are there: nothing is kept of it. */
	assert_int_equal(db_transact(&f->ctx, insert_last), ST_CONFLICT);
	assert_int_equal(fixture_int(&f->other, count_items), 4);
}

static enum status
fail_last(struct ctx *ctx)
{
	static const char sql[] = "INSERT INTO item VALUES (1) RETURNING id";
	struct db_rows rows;

	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	return db_all_last(ctx, &rows, sql, DB_NONE);
}

static void
a_last_statement_that_fails_takes_all_back(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, fail_last), ST_CONFLICT);
	assert_int_equal(fixture_int(&f->other, count_items), 2);
	assert_int_equal(db_transact(&f->ctx, insert_three), ST_OK);
	assert_int_equal(fixture_int(&f->other, count_items), 3);
}

static enum status
go_on_after_the_last(struct ctx *ctx)
{
	static const char sql[] = "SELECT 1";
	struct db_rows rows;

	TRY(db_all_last(ctx, &rows, sql, DB_NONE));
	return db_all(ctx, &rows, sql, DB_NONE);
}

static void
a_statement_after_the_last_is_a_fault_of_ours(void **state)
{
	struct fixture *f = *state;
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)db_transact(&f->ctx, go_on_after_the_last);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static enum status
ignore_a_failure(struct ctx *ctx)
{
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	(void)db_run(ctx, insert_item, DB_ARGS(db_int(1)), NULL);
	return ST_OK;
}

static void
an_aborted_transaction_is_never_called_committed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, ignore_a_failure), ST_INTERNAL);
	assert_int_equal(fixture_int(&f->ctx, count_items), 2);
}

static enum status
undo_a_failure(struct ctx *ctx)
{
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	TRY(db_savepoint(ctx));
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(4)), NULL));
	assert_int_equal(db_run(ctx, insert_item, DB_ARGS(db_int(1)), NULL),
	    ST_CONFLICT);
	TRY(db_undo(ctx));
	return db_run(ctx, insert_item, DB_ARGS(db_int(5)), NULL);
}

static void
a_transaction_goes_on_from_its_savepoint(void **state)
{
	static const char ids[] =
	    "SELECT string_agg(id::text, ' ' ORDER BY id) FROM item";
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, undo_a_failure), ST_OK);
	assert_string_equal(fixture_text(&f->other, ids), "1 2 3 5");
}

static enum status
do_nothing(struct ctx *ctx)
{
	(void)ctx;
	return ST_OK;
}

static void
work_without_a_statement_needs_no_server(void **state)
{
	struct ctx ctx = fixture_ctx("host=/nonexistent", 1000);

	(void)state;
	assert_int_equal(db_transact(&ctx, do_nothing), ST_OK);
	fixture_release(&ctx);
}

static enum status
end_it_inside(struct ctx *ctx)
{
	return db_script(ctx, "INSERT INTO item VALUES (3); COMMIT");
}

static void
a_script_may_not_end_its_transaction(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(db_transact(&f->ctx, end_it_inside), ST_INTERNAL);
	assert_int_equal(fixture_int(&f->ctx, own_pid) > 0, 1);
}

static enum status
collide(struct ctx *ctx)
{
	static const char level[] =
	    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
	static const char read[] = "SELECT amount FROM item WHERE id = 1";
	static const char add[] =
	    "UPDATE item SET amount = amount + 1 WHERE id = 1";
	struct task *task = ctx->prepared;

	task->tries++;
	view_int(ctx->view, "try", task->tries);
	ctx->refusal.message = "of this try";
	ctx->response.redirect = 303;
	TRY(db_run(ctx, level, DB_NONE, NULL));
	TRY(db_run(ctx, read, DB_NONE, NULL));
	if (task->tries <= task->first)
		TRY(db_run(task->other, add, DB_NONE, NULL));
	/* As a handler might that takes any failure for a refusal. */
	if (db_run(ctx, add, DB_NONE, NULL) != ST_OK)
		return ST_INSUFFICIENT_CREDITS;
	return ST_OK;
}

static void
a_collision_is_repeated_with_a_clean_view(void **state)
{
	struct fixture *f = *state;
	struct task task = { .other = &f->other, .first = 1 };

	f->ctx.prepared = &task;
	assert_int_equal(db_transact(&f->ctx, collide), ST_OK);
	assert_int_equal(task.tries, 2);
	assert_string_equal(written(&f->ctx), "{\"try\":2}");
	assert_int_equal(fixture_int(&f->ctx,
	    "SELECT amount FROM item WHERE id = 1"), 2);
}

static void
collisions_without_end_become_busy(void **state)
{
	struct fixture *f = *state;
	struct task task = { .other = &f->other, .first = 1000 };
	struct header kept = { .name = "X-Kept", .value = "1" };

	f->ctx.prepared = &task;
	f->ctx.response.headers = &kept;
	assert_int_equal(db_transact(&f->ctx, collide), ST_BUSY);
	assert_int_equal(task.tries, DB_TRIES);
	assert_string_equal(written(&f->ctx), "{}");
	assert_null(f->ctx.refusal.message);
	assert_int_equal(f->ctx.response.redirect, 0);
	assert_ptr_equal(f->ctx.response.headers, &kept);
}

static enum status
lock_crosswise(struct ctx *ctx)
{
	static const char quick[] = "SET LOCAL deadlock_timeout = '100ms'";
	static const char add[] =
	    "UPDATE item SET amount = amount + 1 WHERE id = $1";
	static const char doze[] = "SELECT pg_sleep(0.3)";
	struct task *task = ctx->prepared;

	task->tries++;
	TRY(db_run(ctx, quick, DB_NONE, NULL));
	TRY(db_run(ctx, add, DB_ARGS(db_int(task->first)), NULL));
	if (task->tries == 1)
		TRY(db_run(ctx, doze, DB_NONE, NULL));
	return db_run(ctx, add, DB_ARGS(db_int(task->second)), NULL);
}

static void
deadlocked_transactions_both_succeed(void **state)
{
	struct fixture *f = *state;
	struct task task = { .first = 1, .second = 2 };
	pid_t child = fork();

	if (child == 0) {
		struct ctx ctx = fixture_ctx(fixture_url(),
		    FIXTURE_DEADLINE_MS);
		struct task mine = { .first = 2, .second = 1 };

		ctx.prepared = &mine;
		_exit(db_transact(&ctx, lock_crosswise) != ST_OK);
	}
	f->ctx.prepared = &task;
	assert_int_equal(db_transact(&f->ctx, lock_crosswise), ST_OK);
	join(child);
	assert_int_equal(fixture_int(&f->ctx, "SELECT sum(amount)::bigint"
	    " FROM item WHERE amount = 2"), 4);
}

/* Lost connections */

static void
a_terminated_backend_costs_nothing_between_requests(void **state)
{
	struct fixture *f = *state;

	terminate(&f->other, fixture_int(&f->ctx, own_pid));
	assert_int_equal(fixture_int(&f->ctx, count_items), 2);
	terminate(&f->other, fixture_int(&f->ctx, own_pid));
	assert_int_equal(db_run(&f->ctx, insert_item, DB_ARGS(db_int(4)),
	    NULL), ST_OK);
	terminate(&f->other, fixture_int(&f->ctx, own_pid));
	assert_int_equal(db_transact(&f->ctx, insert_three), ST_OK);
	terminate(&f->other, fixture_int(&f->ctx, own_pid));
	assert_int_equal(db_ready(f->ctx.db), ST_OK);
	assert_int_equal(fixture_int(&f->ctx, count_items), 4);
}

static void
a_select_cut_short_is_asked_again(void **state)
{
	static const char sql[] = "SELECT 1 FROM pg_sleep(0.6)";
	struct fixture *f = *state;
	pid_t child = terminate_later(fixture_int(&f->ctx, own_pid));
	struct db_rows rows;

	assert_int_equal(db_one(&f->ctx, &rows, sql, DB_NONE), ST_OK);
	join(child);
}

static void
a_write_cut_short_is_never_repeated(void **state)
{
	static const char sql[] =
	    "INSERT INTO item SELECT 3 FROM pg_sleep(0.6)";
	struct fixture *f = *state;
	pid_t child = terminate_later(fixture_int(&f->ctx, own_pid));

	assert_int_equal(db_run(&f->ctx, sql, DB_NONE, NULL),
	    ST_UNAVAILABLE);
	join(child);
	assert_int_equal(fixture_int(&f->ctx, count_items), 2);
}

static enum status
lose_the_connection(struct ctx *ctx)
{
	struct task *task = ctx->prepared;

	task->tries++;
	TRY(db_run(ctx, insert_item, DB_ARGS(db_int(3)), NULL));
	terminate(task->other, fixture_int(ctx, own_pid));
	task->seen = db_run(ctx, count_items, DB_NONE, NULL);
	/* Nothing of a broken transaction may run outside of it. */
	(void)db_run(ctx, insert_item, DB_ARGS(db_int(4)), NULL);
	return ST_OK;
}

static void
a_transaction_does_not_go_on_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct task task = { .other = &f->other };

	f->ctx.prepared = &task;
	assert_int_equal(db_transact(&f->ctx, lose_the_connection),
	    ST_UNAVAILABLE);
	assert_int_equal(task.seen, ST_UNAVAILABLE);
	assert_int_equal(task.tries, 1);
	assert_int_equal(fixture_int(&f->ctx, count_items), 2);
}

static enum status
commit_slowly(struct ctx *ctx)
{
	static const char sql[] = "INSERT INTO late VALUES (1)";
	struct task *task = ctx->prepared;

	task->tries++;
	return db_run(ctx, sql, DB_NONE, NULL);
}

static void
an_unknown_commit_is_not_called_success(void **state)
{
	struct fixture *f = *state;
	struct task task = { .tries = 0 };
	pid_t child = terminate_later(fixture_int(&f->ctx, own_pid));

	f->ctx.prepared = &task;
	assert_int_equal(db_transact(&f->ctx, commit_slowly),
	    ST_UNAVAILABLE);
	assert_int_equal(task.tries, 1);
	join(child);
}

static const char all_items[] = "SELECT * FROM item ORDER BY id";

static enum status
read_all_items(struct ctx *ctx)
{
	struct db_rows rows;

	return db_all(ctx, &rows, all_items, DB_NONE);
}

static void
a_changed_schema_does_not_stop_what_runs(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_all_items(&f->ctx), ST_OK);
	assert_int_equal(db_script(&f->other,
	    "ALTER TABLE item ADD COLUMN more text"), ST_OK);
	assert_int_equal(read_all_items(&f->ctx), ST_OK);
	assert_int_equal(db_script(&f->other,
	    "ALTER TABLE item DROP COLUMN more"), ST_OK);
	assert_int_equal(db_transact(&f->ctx, read_all_items), ST_OK);
}

/* Deadlines */

static void
a_slow_statement_ends_and_spares_the_connection(void **state)
{
	static const char slow[] = "SELECT pg_sleep(20)";
	struct ctx ctx = fixture_ctx(fixture_url(), 400);
	const int64_t pid = fixture_int(&ctx, own_pid);
	const int64_t start = clock_monotonic_us();

	(void)state;
	assert_int_equal(db_run(&ctx, slow, DB_NONE, NULL), ST_UNAVAILABLE);
	assert_in_range(clock_monotonic_us() - start, 300000,
	    SLOW_FACTOR * 400000);
	assert_int_equal(fixture_int(&ctx, own_pid), pid);
	fixture_release(&ctx);
}

/* Stops the backend, or where that is not allowed has it sleep. */
static void
freeze(struct ctx *ctx, struct task *task)
{
	task->pid = fixture_int(ctx, own_pid);
	if (kill((pid_t)task->pid, SIGSTOP) == 0)
		return;
	assert_int_equal(errno, EPERM);
	task->pid = 0;
	assert_int_equal(db_script(ctx, "SET statement_timeout = 0"), ST_OK);
}

static void
thaw(const struct task *task)
{
	if (task->pid != 0)
		(void)kill((pid_t)task->pid, SIGCONT);
}

static void
a_frozen_backend_ends_in_unavailable(void **state)
{
	static const char slow[] = "SELECT pg_sleep(20), length($1)";
	const size_t size = (size_t)8 << 20;
	struct ctx ctx = fixture_ctx(fixture_url(), 400);
	char *much = arena_alloc(ctx.arena, size + 1);
	const char *const texts[] = { "little", much };
	struct task task;

	(void)state;
	memset(much, 'x', size);
	/* More than a socket holds: also sending must not block. */
	for (size_t i = 0; i < 2; i++) {
		int64_t start;

		freeze(&ctx, &task);
		start = clock_monotonic_us();
		assert_int_equal(db_run(&ctx, slow,
		    DB_ARGS(db_text(texts[i])), NULL), ST_UNAVAILABLE);
		thaw(&task);
		assert_in_range(clock_monotonic_us() - start, 300000,
		    SLOW_FACTOR * 400000);
		assert_int_equal(fixture_int(&ctx, own_pid) == task.pid, 0);
	}
	fixture_release(&ctx);
}

static void
big_answers_arrive_whole(void **state)
{
	static const char sql[] = "SELECT repeat('x', 5000000)";
	struct ctx *ctx = &((struct fixture *)*state)->ctx;

	assert_int_equal(strlen(fixture_text(ctx, sql)), 5000000);
}

/* A server that accepts and hangs up, reporting each caller through a pipe. */
static pid_t
serve_nobody(const char *directory, int *reports)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int ends[2], one, door = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t child;

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432",
	    directory);
	assert_int_equal(bind(door, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(door, 16), 0);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	*reports = ends[0];
	child = fork();
	/* should the test die before it can end this process */
	if (child == 0)
		(void)alarm(10);
	while (child == 0) {
		one = accept(door, NULL, NULL);
		if (one < 0 || write(ends[1], ".", 1) != 1)
			_exit(1);
		(void)close(one);
	}
	(void)close(door);
	(void)close(ends[1]);
	return child;
}

static void
attempts_to_connect_are_rare_while_the_server_is_away(void **state)
{
	char directory[] = "/tmp/tollgate-db-XXXXXX";
	char url[128], path[64], dots[64];
	const int64_t start = clock_monotonic_us();
	struct db *db;
	pid_t child;
	int reports;

	(void)state;
	assert_non_null(mkdtemp(directory));
	(void)snprintf(url, sizeof(url), "host=%s port=5432 sslmode=disable"
	    " gssencmode=disable", directory);
	(void)snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", directory);
	child = serve_nobody(directory, &reports);
	db = db_open(url, NULL, 1000);
	while (clock_monotonic_us() - start < 1000000)
		assert_int_equal(db_ready(db), ST_UNAVAILABLE);
	assert_in_range(read(reports, dots, sizeof(dots)), 2, 4);
	db_close(db);
	(void)close(reports);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
	(void)unlink(path);
	(void)rmdir(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(types_reach_the_view_as_promised),
		STORE_TEST(every_row_becomes_an_object),
		STORE_TEST(instants_have_three_digits_and_survive),
		STORE_TEST(values_travel_as_they_are),
		STORE_TEST(no_row_is_not_found_only_where_one_is_wanted),
		ITEM_TEST(a_statement_is_prepared_once),
		ITEM_TEST(a_text_that_is_no_constant_leaves_no_plan),
		ITEM_TEST(such_a_text_belongs_to_its_transaction),
		ITEM_TEST(what_a_request_asked_is_counted_and_timed),
		STORE_TEST(the_role_is_taken_on_every_connection),
		ITEM_TEST(a_sqlstate_becomes_its_status),
		STORE_TEST(a_text_that_is_no_utf8_is_invalid),
		ITEM_TEST(values_and_passwords_stay_out_of_the_log),
		ITEM_TEST(a_refusal_rolls_back_and_success_commits),
		ITEM_TEST(a_last_statement_is_committed_with_its_transaction),
		ITEM_TEST(a_last_statement_that_fails_takes_all_back),
		ITEM_TEST(a_statement_after_the_last_is_a_fault_of_ours),
		ITEM_TEST(an_aborted_transaction_is_never_called_committed),
		ITEM_TEST(a_transaction_goes_on_from_its_savepoint),
		STORE_TEST(work_without_a_statement_needs_no_server),
		ITEM_TEST(a_script_may_not_end_its_transaction),
		ITEM_TEST(a_collision_is_repeated_with_a_clean_view),
		ITEM_TEST(collisions_without_end_become_busy),
		ITEM_TEST(deadlocked_transactions_both_succeed),
		ITEM_TEST(a_terminated_backend_costs_nothing_between_requests),
		ITEM_TEST(a_select_cut_short_is_asked_again),
		ITEM_TEST(a_write_cut_short_is_never_repeated),
		ITEM_TEST(a_transaction_does_not_go_on_elsewhere),
		ITEM_TEST(an_unknown_commit_is_not_called_success),
		ITEM_TEST(a_changed_schema_does_not_stop_what_runs),
		STORE_TEST(a_slow_statement_ends_and_spares_the_connection),
		STORE_TEST(a_frozen_backend_ends_in_unavailable),
		STORE_TEST(big_answers_arrive_whole),
		STORE_TEST(
		    attempts_to_connect_are_rare_while_the_server_is_away),
	};

	return cmocka_run_group_tests(tests, make_tables, NULL);
}
