/*
 * Import of users from a table: the whole file in one transaction, or nothing
 * of it.
 */
#include "command/import.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "base/text.h"
#include "command/command.h"
#include "command/table.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "view/view.h"

#define BATCH 1000
#define ROW_BYTES ((size_t)16 * 1024 * 1024)

struct take {
	const struct options *options;
	struct tally users;
	int64_t admins;

	/* read, but not yet written; in ctx->arena */
	struct json_object *rows, *accounts;
	struct json_object *lines;	/* {id: line} */
	struct json_object *keys;	/* {id, address or username: null} */

	struct table table;
};

static void
tell(struct take *take, int64_t line, const char *what)
{
	(void)printf("line %lld: %s\n", (long long)line, what);
	take->users.refused++;
}

/* ---- writing ----------------------------------------------------------- */

static void
begin_batch(struct ctx *ctx, struct take *take)
{
	arena_reset(ctx->arena);
	take->rows = view_root_list(ctx->arena);
	take->accounts = view_root_list(ctx->arena);
	take->lines = view_root(ctx->arena);
	take->keys = view_root(ctx->arena);
}

/* What this database has nothing against. */
static enum status
choose(struct ctx *ctx, struct take *take, struct json_object *chosen)
{
	struct json_object *known = view_root(ctx->arena);
	struct json_object *taken = view_root(ctx->arena);

	TRY(import_known(ctx, take->rows, known));
	TRY(import_taken_users(ctx, take->rows, taken));
	for (size_t i = 0; i < view_count(take->rows); i++) {
		const struct json_object *row = view_at(take->rows, i);
		const char *id = view_get_text(row, "id");
		const char *what = view_has(known, id) ?
		    "the id is known here" : view_get_text(taken, id);

		if (what != NULL) {
			tell(take, view_get_int(take->lines, id), what);
			continue;
		}
		view_copy(chosen, NULL, row);
		take->admins += import_is_admin(row);
	}
	return ST_OK;
}

static enum status
flush(struct ctx *ctx, struct take *take)
{
	struct json_object *chosen = view_root_list(ctx->arena);
	int64_t made, accounts;
	const char *ids;

	TRY(choose(ctx, take, chosen));
	TRY(import_users(ctx, chosen, &ids, &made));
	TRY(import_owned(ctx, OWNED_ACCOUNT, take->accounts, ids,
	    &accounts));
	take->users.made += made;
	begin_batch(ctx, take);
	return ST_OK;
}

static bool
add_key(struct take *take, const char *key)
{
	char *lower;
	bool new;

	if (key == NULL)
		return true;
	lower = text_lower(take->table.arena, key);
	new = !view_has(take->keys, lower);
	view_null(take->keys, lower);
	return new;
}

static bool
add_keys(struct take *take, const struct json_object *row)
{
	bool id = add_key(take, view_get_text(row, "id"));
	bool email = add_key(take, view_get_text(row, "email"));
	bool name = add_key(take, view_get_text(row, "username"));

	return id && email && name;
}

/* Whoever shares a key with one of his batch shall meet him in the database. */
static enum status
make_room(struct ctx *ctx, struct take *take, const struct json_object *row)
{
	if (view_count(take->rows) < BATCH && add_keys(take, row))
		return ST_OK;
	TRY(flush(ctx, take));
	(void)add_keys(take, row);
	return ST_OK;
}

static enum status
add_row(struct ctx *ctx, struct take *take, const struct json_object *row,
    const struct json_object *account)
{
	TRY(make_room(ctx, take, row));
	view_int(take->lines, view_get_text(row, "id"), take->table.csv.line);
	view_copy(take->rows, NULL, row);
	if (account != NULL)
		view_copy(take->accounts, NULL, account);
	return ST_OK;
}

/* Takes the password out of row; NULL: there is none. */
static struct json_object *
account_of(struct ctx *ctx, struct take *take, struct json_object *row)
{
	struct json_object *account;
	char id[ID_SIZE];

	if (view_get_text(row, TABLE_PASSWORD_KEY) == NULL)
		return NULL;
	account = view_root(take->table.arena);
	id_new(id, ctx->now);
	view_text(account, "id", id);
	view_text(account, "providerId", "credential");
	view_text(account, "userId", view_get_text(row, "id"));
	view_text(account, "accountId", view_get_text(row, "id"));
	view_text(account, "password",
	    view_get_text(row, TABLE_PASSWORD_KEY));
	view_null(row, TABLE_PASSWORD_KEY);
	return account;
}

static enum status
take_record(struct ctx *ctx, struct take *take)
{
	struct json_object *row, *account;
	const char *problem;

	arena_reset(take->table.arena);
	row = view_root(take->table.arena);
	take->users.seen++;
	problem = table_read_row(ctx, &take->table, row);
	if (problem == NULL)
		problem = import_user_problem(ctx, row);
	account = problem != NULL ? NULL : account_of(ctx, take, row);
	if (account != NULL)
		problem = import_account_problem(account);
	if (problem == NULL)
		return add_row(ctx, take, row, account);
	tell(take, take->table.csv.line, problem);
	return ST_OK;
}

/* ---- the command ------------------------------------------------------- */

static enum status
bad_file(struct ctx *ctx, int64_t line, const char *problem)
{
	ctx->refusal.message = "Nothing was imported";
	return refuse(ctx, ST_INVALID, "line %lld: %s", (long long)line,
	    problem);
}

static enum status
take_all(struct ctx *ctx, struct take *take)
{
	const struct csv *csv = &take->table.csv;
	const char *problem = table_read_head(&take->table);

	if (problem != NULL)
		return bad_file(ctx, 1, problem);
	begin_batch(ctx, take);
	while (csv_next(&take->table.csv))
		TRY(take_record(ctx, take));
	if (csv->problem != NULL)
		return bad_file(ctx, csv->line, csv->problem);
	return flush(ctx, take);
}

static enum status
write_audit(struct ctx *ctx, const struct take *take)
{
	struct json_object *after = view_root(ctx->arena);

	view_int(after, "users", take->users.made);
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.import", .target_type = "database",
	    .target_id = "csv", .after = after });
}

/* One transaction; a dry run ends it as if nothing had been. */
static enum status
take_file(struct ctx *ctx)
{
	struct take *take = ctx->input;

	if (fseek(take->table.csv.file, 0, SEEK_SET) != 0)
		return bad_file(ctx, 0, "it is no file that can be read twice");
	csv_open(&take->table.csv, take->table.csv.file);
	take->users = (struct tally){ 0 };
	take->admins = 0;
	TRY(take_all(ctx, take));
	if (take->users.refused > 0 && !take->options->skip_conflicts) {
		ctx->refusal.message = "Nothing was imported";
		return refuse(ctx, ST_CONFLICT, "there are conflicts; "
		    "--skip-conflicts leaves out what has one");
	}
	if (take->options->dry_run)
		return ST_NOT_MODIFIED;
	return write_audit(ctx, take);
}

static enum status
run(struct ctx *ctx)
{
	struct take *take = ctx->input;
	enum status status;

	ctx->view = NULL;
	status = db_transact(ctx, take_file);
	if (status != ST_OK)
		take->users.made = 0;
	(void)printf("users: %lld read, %lld refused, %lld imported\n",
	    (long long)take->users.seen, (long long)take->users.refused,
	    (long long)take->users.made);
	if (take->admins > 0)
		(void)printf("beware: administrators come along: %lld\n",
		    (long long)take->admins);
	return status == ST_NOT_MODIFIED ? ST_OK : status;
}

int
import_csv(struct config *config, const struct options *options)
{
	static struct take take;	/* too big for a stack */
	int rc;

	if (options->word == NULL || options->from != NULL ||
	    options->from_file != NULL || options->schema != NULL)
		return import_wrong("csv wants a file, and no source");
	take.options = options;
	take.table.csv.file = fopen(options->word, "re");
	if (take.table.csv.file == NULL)
		return import_wrong("the file cannot be read");
	take.table.arena = arena_new(ROW_BYTES);
	rc = command_with_db(config, &take, true, run);
	arena_free(take.table.arena);
	(void)fclose(take.table.csv.file);
	explicit_bzero(&take, sizeof(take));
	return rc;
}
