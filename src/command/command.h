/*
 * command.h - what an operator types
 *
 * Each command returns an exit status: 0 done, 1 refused or failed (the reason
 * is on standard error), 2 wrongly called.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct config;
struct ctx;

/* Of an option that may be given several times. */
#define OPTION_WORDS_MAX 64
struct words {
	const char *word[OPTION_WORDS_MAX];
	size_t count;
};

struct options {
	const char *config;	/* --config */
	const char *email;	/* --email */
	const char *name;	/* --name */
	const char *role;	/* --role */
	const char *from;	/* --from: a connection string */
	const char *from_file;	/* --from-file: where it stands */
	const char *schema;	/* --schema */
	bool dry_run;		/* --dry-run */
	bool skip_conflicts;	/* --skip-conflicts */
	const char *format;	/* --format */
	bool with_hashes;	/* --with-hashes */
	const char *user;	/* --user: an e-mail address */
	const char *type;	/* --type */
	struct words features;	/* --feature */
	struct words limits;	/* --limit: KEY=NUMBER */
	const char *expires;	/* --expires: days */
	const char *reason;	/* --reason */
	const char *key;	/* --key: a file */
	const char *at;		/* --at: an instant */
	const char *verb;	/* the word after the command, or NULL */
	const char *word;	/* and after that one */
};

int command_migrate(struct config *config, const struct options *options);
int command_config(struct config *config, const struct options *options);
int command_routes(struct config *config, const struct options *options);
int command_user(struct config *config, const struct options *options);
int command_ledger(struct config *config, const struct options *options);
int command_orders(struct config *config, const struct options *options);
int command_key(struct config *config, const struct options *options);
/* config is NULL for the verb "verify", which needs nothing of ours. */
int command_licence(struct config *config, const struct options *options);
int command_import(struct config *config, const struct options *options);
int command_export(struct config *config, const struct options *options);

/*
 * command_with_db - run work with a ctx on the administrator's database
 *
 * In one transaction, unless alone, which is for work that makes its own.
 */
int command_with_db(struct config *config, void *input, bool alone,
    enum status (*work)(struct ctx *ctx));

/* Says what went wrong, in the status's words, and returns 1. */
int command_failed(const struct ctx *ctx, enum status status);

#endif
