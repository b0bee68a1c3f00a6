#include "store/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "trust/sign.h"
#include "view/view.h"

#define NUMBER_DIGITS 4

struct step {
	int64_t number;
	const char *name;	/* of the file */
	const char *sql;
	char sha256[TEXT_HEX_SIZE(SHA256_BYTES)];
};

struct migration {
	struct step *step;
	size_t count;
	const struct step *applied;	/* by the last transaction, or NULL */
};

/* Columns of the history, as read_history selects them. */
enum { HISTORY_NUMBER, HISTORY_NAME, HISTORY_SHA256, HISTORY_APPLIED_AT };

/* ---- reading the files ------------------------------------------------- */

static bool
is_script(const char *name)
{
	const size_t size = strlen(name);

	return name[0] != '.' && size > 4 && text_is(name + size - 4, ".sql");
}

/* NNNN_noun.sql */
static bool
is_named_well(const char *name)
{
	static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (strspn(name, "0123456789") != NUMBER_DIGITS)
		return false;
	name += NUMBER_DIGITS;
	return name[0] == '_' && name[1] != '.' &&
	    text_is(name + strspn(name, lower), ".sql");
}

static void
close_directory(void *directory)
{
	(void)closedir(directory);
}

/* All of a regular file, or NULL with errno set. */
static char *
read_all(struct arena *arena, int fd, size_t *size)
{
	struct stat about;
	ssize_t n = 1;
	char *text;

	if (fstat(fd, &about) != 0)
		return NULL;
	text = arena_alloc(arena, (size_t)about.st_size + 1);
	for (*size = 0; n > 0 && *size < (size_t)about.st_size;) {
		n = read(fd, text + *size, (size_t)about.st_size - *size);
		if (n > 0)
			*size += (size_t)n;
	}
	return n < 0 ? NULL : text;
}

static enum status
read_step(struct arena *arena, int directory, const char *name,
    struct step *step)
{
	uint8_t digest[SHA256_BYTES];
	size_t size = 0;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : read_all(arena, fd, &size);

	if (text == NULL)
		log_error("migrate", "cannot read %s: %s", name,
		    strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	if (text == NULL)
		return ST_INTERNAL;
	if (strlen(text) != size) {
		log_error("migrate", "%s holds a NUL byte", name);
		return ST_CONFLICT;
	}
	step->name = arena_text(arena, name);
	step->number = strtol(name, NULL, 10);
	step->sql = text;
	sha256(digest, text, size);
	text_hex(step->sha256, digest, sizeof(digest));
	return ST_OK;
}

static size_t
count_scripts(DIR *directory)
{
	const struct dirent *entry;
	size_t count = 0;

	while ((entry = readdir(directory)) != NULL)
		count += is_script(entry->d_name);
	rewinddir(directory);
	return count;
}

static int
compare_steps(const void *a, const void *b)
{
	const struct step *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static enum status
check_numbers(const struct migration *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const struct step *step = &m->step[i];
		const int64_t expected = (int64_t)i + 1;

		if (step->number == expected)
			continue;
		if (i > 0 && step->number == m->step[i - 1].number)
			log_error("migrate", "%s and %s have the same number",
			    m->step[i - 1].name, step->name);
		else
			log_error("migrate", "there is no step %04lld"
			    " before %s", (long long)expected, step->name);
		return ST_CONFLICT;
	}
	return ST_OK;
}

static enum status
read_steps(struct arena *arena, const char *path, struct migration *m)
{
	DIR *directory = opendir(path);
	const struct dirent *entry;
	size_t most;

	*m = (struct migration){ .count = 0 };
	if (directory == NULL) {
		log_error("migrate", "cannot open %s: %s", path,
		    strerror(errno));
		return ST_INTERNAL;
	}
	arena_defer(arena, close_directory, directory);
	most = count_scripts(directory);
	m->step = arena_array(arena, most, sizeof(*m->step));
	while (m->count < most && (entry = readdir(directory)) != NULL) {
		if (!is_script(entry->d_name))
			continue;
		if (!is_named_well(entry->d_name)) {
			log_error("migrate", "%s is not named NNNN_noun.sql",
			    entry->d_name);
			return ST_CONFLICT;
		}
		TRY(read_step(arena, dirfd(directory), entry->d_name,
		    &m->step[m->count]));
		m->count++;
	}
	qsort(m->step, m->count, sizeof(*m->step), compare_steps);
	return check_numbers(m);
}

/* ---- reading the database ---------------------------------------------- */

static enum status
read_history(struct ctx *ctx, struct db_rows *rows)
{
	static const char sql[] =
	    "SELECT number, name, sha256, applied_at FROM schema_migrations"
	    " ORDER BY number";

	return db_all(ctx, rows, sql, DB_NONE);
}

/* Whoever comes second waits here and then finds nothing left to do. */
static enum status
lock_history(struct ctx *ctx)
{
	static const char lock[] =
	    "SELECT pg_advisory_xact_lock("
	    "hashtextextended('tollgate schema_migrations', 0))";
	static const char create[] =
	    "CREATE TABLE IF NOT EXISTS schema_migrations ("
	    " number integer PRIMARY KEY CHECK (number > 0),"
	    " name text NOT NULL,"
	    " sha256 text NOT NULL CHECK (length(sha256) = 64),"
	    " applied_at timestamptz NOT NULL DEFAULT now());"
	    "COMMENT ON TABLE schema_migrations IS"
	    " 'steps of the schema that this database has taken';"
	    "COMMENT ON COLUMN schema_migrations.number IS"
	    " 'of the file, without gaps from 1';"
	    "COMMENT ON COLUMN schema_migrations.name IS 'of the file';"
	    "COMMENT ON COLUMN schema_migrations.sha256 IS"
	    " 'of its content, so that a later edit is noticed';"
	    "COMMENT ON COLUMN schema_migrations.applied_at IS"
	    " 'when its transaction began';"
	    "GRANT SELECT ON schema_migrations TO PUBLIC;";

	TRY(db_run(ctx, lock, DB_NONE, NULL));
	return db_script(ctx, create);
}

static bool
is_same_content(const struct step *step, const struct db_rows *rows,
    size_t row)
{
	return text_is(step->name, db_get_text(rows, row, HISTORY_NAME)) &&
	    text_is(step->sha256, db_get_text(rows, row, HISTORY_SHA256));
}

static enum status
check_history(const struct migration *m, const struct db_rows *rows)
{
	for (size_t row = 0; row < rows->count; row++) {
		const char *name = db_get_text(rows, row, HISTORY_NAME);

		if (db_get_int(rows, row, HISTORY_NUMBER) !=
		    (int64_t)row + 1) {
			log_error("migrate", "the database lacks the step"
			    " before %s", name);
			return ST_CONFLICT;
		}
		if (row >= m->count) {
			log_error("migrate", "the database is newer: it has"
			    " %s, these files end before", name);
			return ST_CONFLICT;
		}
		if (is_same_content(&m->step[row], rows, row))
			continue;
		if (text_is(name, m->step[row].name))
			log_error("migrate", "%s has changed since it was"
			    " applied", name);
		else
			log_error("migrate", "%s has the number that %s took"
			    " in this database", m->step[row].name, name);
		return ST_CONFLICT;
	}
	return ST_OK;
}

/* ---- applying ---------------------------------------------------------- */

static enum status
record(struct ctx *ctx, const struct step *step)
{
	static const char sql[] =
	    "INSERT INTO schema_migrations (number, name, sha256)"
	    " VALUES ($1, $2, $3)";

	return db_run(ctx, sql, DB_ARGS(db_int(step->number),
	    db_text(step->name), db_text(step->sha256)), NULL);
}

static enum status
apply_next(struct ctx *ctx, void *migration)
{
	/* A SET of one step must not reach the next. */
	static const char reset[] = "RESET ALL";
	struct migration *m = migration;
	struct db_rows rows;

	m->applied = NULL;
	TRY(lock_history(ctx));
	TRY(read_history(ctx, &rows));
	TRY(check_history(m, &rows));
	if (rows.count == m->count)
		return ST_OK;
	m->applied = &m->step[rows.count];
	TRY(db_script(ctx, m->applied->sql));
	TRY(db_run(ctx, reset, DB_NONE, NULL));
	return record(ctx, m->applied);
}

enum status
migrate_run(struct ctx *ctx, const char *directory)
{
	struct migration m;
	enum status status;

	TRY(read_steps(ctx->arena, directory, &m));
	do {
		status = db_transact_with(ctx, apply_next, &m);
		if (m.applied != NULL && status == ST_OK)
			log_info("migrate", "applied %s", m.applied->name);
		else if (m.applied != NULL)
			log_error("migrate", "%s failed",
			    m.applied->name);
	} while (status == ST_OK && m.applied != NULL);
	return status;
}

/* ---- looking ----------------------------------------------------------- */

static const char *
state_of(const struct migration *m, const struct db_rows *rows, size_t i)
{
	if (i >= rows->count)
		return "pending";
	if (m->count == 0 || (i < m->count &&
	    is_same_content(&m->step[i], rows, i)))
		return "applied";
	return i < m->count ? "changed" : "newer";
}

enum status
migrate_view(struct ctx *ctx, const char *directory, struct json_object *out)
{
	struct migration m;
	struct db_rows rows;

	if (read_steps(ctx->arena, directory, &m) != ST_OK)
		m.count = 0;
	TRY(read_history(ctx, &rows));
	for (size_t i = 0; i < m.count || i < rows.count; i++) {
		struct json_object *step = view_object(out, NULL);
		bool applied = i < rows.count;

		view_int(step, "number", (int64_t)i + 1);
		view_text(step, "name", applied ?
		    db_get_text(&rows, i, HISTORY_NAME) : m.step[i].name);
		view_text(step, "state", state_of(&m, &rows, i));
		view_time(step, "appliedAt", applied ? db_get_time(&rows,
		    i, HISTORY_APPLIED_AT) : 0);
	}
	return ST_OK;
}
