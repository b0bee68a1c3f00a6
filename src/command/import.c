/*
 * Import from Better Auth: one snapshot of its database, walked twice. The
 * first time looks for what cannot come along, the second copies, a page of
 * users with all they own in each transaction.
 */
#include "command/import.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "command/command.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "view/view.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define DEADLINE_MS ((int64_t)3600 * 1000)
#define URL_SIZE 4096

/* ---- walking ----------------------------------------------------------- */

/* A page of what the page's users own; made NULL: only look at it. */
static enum status
take_page(struct import *import, enum owned kind,
    struct better_auth_place *place, const char *made, bool *more)
{
	struct arena *arena = import->ours->arena;
	struct json_object *rows = view_root_list(arena);
	struct json_object *chosen = view_root_list(arena);
	int64_t added = 0;

	TRY(better_auth_owned(import->theirs, kind, &import->page, place,
	    rows));
	*more = view_count(rows) == BETTER_AUTH_PAGE;
	TRY(import_choose_owned(import, kind, rows, chosen));
	if (made == NULL)
		return ST_OK;
	TRY(import_owned(import->ours, kind, chosen, made, &added));
	import->made[kind] += added;
	return ST_OK;
}

static enum status
take_owned(struct import *import, const char *made)
{
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++) {
		struct better_auth_place place = { .begun = false };
		bool more = import->has[kind];

		while (more) {
			arena_reset(import->ours->arena);
			TRY(take_page(import, kind, &place, made, &more));
		}
	}
	return ST_OK;
}

static enum status
write_audit(struct import *import)
{
	struct json_object *after = view_root(import->ours->arena);

	view_int(after, "users", import->made_users);
	view_text(after, "first", import->page.first);
	view_text(after, "last", import->page.last);
	return store_audit_write(import->ours, &(struct audit){
	    .action = "user.import", .target_type = "database",
	    .target_id = "better-auth", .after = after });
}

/* One transaction, which may run again. */
static enum status
copy_page(struct ctx *ctx)
{
	struct import *import = ctx->input;
	const char *made;

	memset(import->made, 0, sizeof(import->made));
	TRY(import_users(ctx, import->accepted, &made, &import->made_users));
	if (import->made_users == 0)
		return ST_OK;
	TRY(take_owned(import, arena_text(import->page_arena, made)));
	return write_audit(import);
}

static enum status
take_users(struct import *import, struct json_object *users)
{
	TRY(import_choose_users(import, users));
	if (view_count(import->accepted) == 0)
		return ST_OK;
	if (!import->copying)
		return take_owned(import, NULL);
	TRY(db_transact(import->ours, copy_page));
	import->users.made += import->made_users;
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		import->owned[kind].made += import->made[kind];
	return ST_OK;
}

static enum status
walk(struct import *import)
{
	struct json_object *users;

	import->page = (struct better_auth_page){ .begun = false };
	for (;;) {
		arena_reset(import->ours->arena);
		arena_reset(import->page_arena);
		users = view_root_list(import->page_arena);
		TRY(better_auth_users(import->theirs, &import->page, users));
		if (view_count(users) == 0)
			return ST_OK;
		TRY(take_users(import, users));
	}
}

/* ---- telling ----------------------------------------------------------- */

static void
print_tally(const char *name, const struct tally *tally)
{
	(void)printf("%s: %lld read, %lld known, %lld refused, %lld"
	    " imported\n", name, (long long)tally->seen,
	    (long long)tally->known, (long long)tally->refused,
	    (long long)tally->made);
}

static void
print_left(const struct json_object *left)
{
	for (size_t i = 0; i < view_count(left); i++)
		(void)printf("not imported: table %s\n",
		    view_get_text(view_at(left, i), "name"));
}

static void
print_all(const struct import *import)
{
	print_tally("users", &import->users);
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		print_tally(import_name(kind), &import->owned[kind]);
	if (import->two_factor > 0)
		(void)printf("beware: %lld users have a second factor, which"
		    " does not come along\n", (long long)import->two_factor);
	if (import->admins > 0)
		(void)printf("beware: administrators come along: %lld\n",
		    (long long)import->admins);
	(void)printf("conflicts: %lld\n", (long long)import->conflicts);
}

/* ---- the command ------------------------------------------------------- */

static enum status
look_for_long(struct import *import)
{
	struct arena *arena = import->ours->arena;
	struct json_object *users = view_root_list(arena);
	struct json_object *owned[OWNED_KINDS];

	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		owned[kind] = view_root_list(arena);
	TRY(better_auth_long(import->theirs, import->has, users, owned));
	import_refuse_long(import, &import->users, users);
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		import_refuse_long(import, &import->owned[kind],
		    owned[kind]);
	return ST_OK;
}

static enum status
look_first(struct import *import)
{
	struct json_object *found = view_root_list(import->ours->arena);

	TRY(better_auth_look(import->theirs, import->has, found));
	print_left(found);
	import->twice_users = view_root(import->run_arena);
	for (enum owned kind = 0; kind < OWNED_KINDS; kind++)
		import->twice[kind] = view_root(import->run_arena);
	TRY(better_auth_twice(import->theirs, import->has,
	    import->twice_users, import->twice));
	TRY(look_for_long(import));
	return walk(import);
}

/* Inside the one transaction of the source. */
static enum status
run(struct ctx *theirs)
{
	struct import *import = theirs->input;
	const struct options *options = import->options;

	TRY(look_first(import));
	if (import->conflicts > 0 && !options->skip_conflicts) {
		print_all(import);
		theirs->refusal.message = "Nothing was imported";
		return refuse(theirs, ST_CONFLICT, "there are conflicts; "
		    "--skip-conflicts leaves out what has one");
	}
	import->copying = true;
	if (!options->dry_run)
		TRY(walk(import));
	print_all(import);
	return ST_OK;
}

struct source {
	const struct options *options;
	const char *url, *schema;
};

static enum status
import_from(struct ctx *ctx)
{
	const struct source *source = ctx->input;
	struct import import = { .ours = ctx, .theirs = &(struct ctx){ 0 },
	    .options = source->options, .run_arena = arena_new(ARENA_BYTES),
	    .page_arena = arena_new(ARENA_BYTES) };
	enum status status;

	*import.theirs = *ctx;
	import.theirs->db = db_open_reader(source->url, source->schema,
	    DEADLINE_MS);
	import.theirs->input = ctx->input = &import;
	import.theirs->view = ctx->view = NULL;
	status = db_ready(import.theirs->db);
	if (status != ST_OK)
		(void)refuse(import.theirs, status, "the source is away");
	else
		status = db_transact(import.theirs, run);
	ctx->refusal = import.theirs->refusal;
	db_close(import.theirs->db);
	arena_free(import.page_arena);
	arena_free(import.run_arena);
	return status;
}

int
import_wrong(const char *text)
{
	(void)fprintf(stderr, "tollgate: import: %s\n", text);
	return 2;
}

/* Its first line; false after a message. */
static bool
read_url(const char *path, char url[URL_SIZE])
{
	FILE *file = fopen(path, "re");
	bool got = file != NULL && fgets(url, URL_SIZE, file) != NULL;

	if (file != NULL)
		(void)fclose(file);
	if (got)
		url[strcspn(url, "\r\n")] = '\0';
	return got;
}

static bool
is_schema(const char *name)
{
	const size_t size = strlen(name);

	return size > 0 && size <= DB_SCHEMA_MAX && strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_-") == size;
}

static int
import_better_auth(struct config *config, const struct options *options)
{
	char url[URL_SIZE] = "";
	struct source source = { .options = options, .url = options->from,
		.schema = options->schema != NULL ? options->schema :
		    "public" };
	int rc;

	if (options->word != NULL || (options->from == NULL) ==
	    (options->from_file == NULL))
		return import_wrong("one of --from and --from-file names the"
		    " source");
	if (options->from != NULL && db_url_tells(options->from))
		return import_wrong("others can read a password in --from; it"
		    " belongs into --from-file, PGPASSWORD or ~/.pgpass");
	if (!is_schema(source.schema))
		return import_wrong("--schema has letters, digits, _ and -"
		    " only");
	if (options->from_file != NULL) {
		if (!read_url(options->from_file, url))
			return import_wrong("the file of --from-file cannot be"
			    " read");
		source.url = url;
	}
	rc = command_with_db(config, &source, true, import_from);
	explicit_bzero(url, sizeof(url));
	return rc;
}

int
command_import(struct config *config, const struct options *options)
{
	if (text_is(options->verb, "better-auth"))
		return import_better_auth(config, options);
	if (text_is(options->verb, "csv"))
		return import_csv(config, options);
	return import_wrong("knows better-auth and csv");
}
