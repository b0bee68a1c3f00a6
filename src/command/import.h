/*
 * import.h - an import from Better Auth at work; inside command only
 */
#ifndef COMMAND_IMPORT_H
#define COMMAND_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "store/better_auth.h"
#include "store/import.h"

struct arena;
struct config;
struct json_object;
struct options;

struct tally {
	int64_t seen, known, refused, made;
};

struct import {
	struct ctx *ours, *theirs;	/* of one arena, which each page of */
	const struct options *options;	/* rows empties */
	bool copying;			/* the second walk; the first counts */
	bool has[OWNED_KINDS];		/* what there is to be read */
	int64_t conflicts, two_factor, admins;
	struct tally users, owned[OWNED_KINDS];
	int64_t made_users, made[OWNED_KINDS];	/* by one transaction */

	/* what two rows share, from run_arena: {id: text} */
	struct arena *run_arena;
	struct json_object *twice_users, *twice[OWNED_KINDS];

	/* of the page of users at hand, from page_arena */
	struct arena *page_arena;
	struct better_auth_page page;
	struct json_object *accepted;	/* users */
	struct json_object *accepted_ids;
};

/*
 * import_choose_users, import_choose_owned - what of a page of rows comes along
 *
 * As store/import.h wants it, into import->accepted or list chosen. Of the
 * others the first walk tells each with what keeps it back.
 */
enum status import_choose_users(struct import *import,
    struct json_object *users);
enum status import_choose_owned(struct import *import, enum owned kind,
    struct json_object *rows, struct json_object *chosen);

/* Tells, and counts, the rows of a kind that no page has. */
void import_refuse_long(struct import *import, struct tally *tally,
    const struct json_object *rows);

/*
 * import_user_problem, import_account_problem - what keeps a row from being
 * ours, whatever the others are; NULL: nothing
 *
 * A user gets "fields" on the way, of those that are configured.
 */
const char *import_user_problem(struct ctx *ctx, struct json_object *user);
const char *import_account_problem(const struct json_object *account);

/* Whether such a row makes an administrator. */
bool import_is_admin(const struct json_object *user);

int import_csv(struct config *config, const struct options *options);

/* Says what is wrong with a call and returns 2. */
int import_wrong(const char *text);

/* "accounts" */
const char *import_name(enum owned kind);

#endif
