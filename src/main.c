/*
 * main.c - choose the command
 */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "command/command.h"
#include "config.h"
#include "proc/proc.h"

static int
serve_command(struct config *config, const struct options *options)
{
	return master_run(config, options->config);
}

static int
worker_command(struct config *config, const struct options *options)
{
	(void)options;
	return worker_run(config);
}

static int
janitor_command(struct config *config, const struct options *options)
{
	(void)options;
	return janitor_run(config);
}

static int
mailer_command(struct config *config, const struct options *options)
{
	(void)options;
	return mailer_run(config);
}

static const struct command {
	const char *name;
	const char *arguments;
	const char *help;
	int (*run)(struct config *config, const struct options *options);
} commands[] = {
	{ "serve", "", "Run the service: a master, its workers and helpers.\n"
	    "SIGTERM ends it, SIGHUP replaces all workers one by one.",
	    serve_command },
	{ "migrate", "", "Bring the database to this version's schema.",
	    command_migrate },
	{ "config", "", "Print every setting, its value and where it came "
	    "from.\nSecrets are not shown.", command_config },
	{ "user", "add|passwd|role|list [--email E] [--name N] [--role R]",
	    "Manage users from the command line; passwords come on standard "
	    "input.\nRoles: user, admin_ro, admin_rw, admin, super_admin.",
	    command_user },
	{ "routes", "", "Print the map: method, path, face, guard.",
	    command_routes },
	{ "ledger", "verify", "Recompute every balance from its transfers.\n"
	    "Fails when anything differs.", command_ledger },
	{ "orders", "reconcile [DAYS]", "Compare orders with the payment "
	    "provider, 30 days back.\nFails when anything differs.",
	    command_orders },
	{ "key", "list|rotate|retire [KID]", "Manage the keys that sign "
	    "tokens.\nA retired key verifies nothing any more.", command_key },
	{ "licence", "issue|revoke|verify|key|rotate [ID|FILE] [--user E]"
	    " [--type T] [--feature KEY]... [--limit KEY=N]..."
	    " [--expires DAYS] [--reason TEXT] [--key FILE] [--at TIME]"
	    " [--format jwk|pem]",
	    "Issue licences as signed files, and check them.\n"
	    "verify needs neither database nor configuration, only the public "
	    "key:\n0 the licence is valid, 1 it is not, 2 wrongly called.",
	    command_licence },
	{ "import", "better-auth|csv [FILE] [--from URL] [--from-file FILE]"
	    " [--schema NAME] [--dry-run] [--skip-conflicts]",
	    "Take over the users of a Better Auth database or of a table.\n"
	    "--dry-run only tells what would happen.", command_import },
	{ "export", "users [--format csv|json] [--with-hashes]",
	    "Print all users.", command_export },
	{ "worker", "", "Run one worker alone; descriptor 0 is the listening "
	    "socket.", worker_command },
	{ "janitor", "", "Run the janitor alone.", janitor_command },
	{ "mailer", "", "Run a mailer alone; any number may run at once.",
	    mailer_command },
};

static void
usage(FILE *out)
{
	(void)fprintf(out, "Usage: tollgate COMMAND [--config FILE]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		(void)fprintf(out, "  %-8s %.*s\n", commands[i].name,
		    (int)strcspn(commands[i].help, "\n"), commands[i].help);
	(void)fprintf(out, "  version  Print the version.\n\n"
	    "The configuration is " CONFIG_FILE " unless --config or\n"
	    "TOLLGATE_CONFIG names another; tollgate COMMAND --help tells "
	    "more.\n");
}

static const struct command *
find(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void
help(const struct command *command)
{
	(void)printf("Usage: tollgate %s %s%s[--config FILE]\n\n%s\n",
	    command->name, command->arguments,
	    command->arguments[0] != '\0' ? " " : "", command->help);
}

/* What may follow a command: --name VALUE, or --name alone. */
static const struct known {
	const char *name;
	int kind;		/* of getopt */
	size_t member;		/* of struct options */
	bool several;		/* the member is a struct words */
} known[] = {
#define VALUE(name, member) \
	{ name, required_argument, offsetof(struct options, member), false }
#define VALUES(name, member) \
	{ name, required_argument, offsetof(struct options, member), true }
#define ALONE(name, member) \
	{ name, no_argument, offsetof(struct options, member), false }
	VALUE("config", config),
	VALUE("email", email),
	VALUE("name", name),
	VALUE("role", role),
	VALUE("from", from),
	VALUE("from-file", from_file),
	VALUE("schema", schema),
	VALUE("format", format),
	ALONE("dry-run", dry_run),
	ALONE("skip-conflicts", skip_conflicts),
	ALONE("with-hashes", with_hashes),
	VALUE("user", user),
	VALUE("type", type),
	VALUES("feature", features),
	VALUES("limit", limits),
	VALUE("expires", expires),
	VALUE("reason", reason),
	VALUE("key", key),
	VALUE("at", at),
#undef VALUE
#undef VALUES
#undef ALONE
};
enum { KNOWN = sizeof(known) / sizeof(known[0]), HELP = KNOWN };

/* What its help does not name a command does not take: who believes in a
 * --dry-run must not be left in that belief. */
static bool
takes(const struct command *command, const char *name)
{
	const size_t size = strlen(name);
	const char *at = command->arguments;

	while ((at = strstr(at, "--")) != NULL) {
		at += 2;
		if (strncmp(at, name, size) == 0 &&
		    strchr(" ]|", at[size]) != NULL)
			return true;
	}
	return strcmp(name, "config") == 0;
}

/* "[KID]": a word of its own may follow the verb. */
static bool
takes_word(const struct command *command)
{
	const char *at = strchr(command->arguments, '[');

	return at != NULL && at[1] >= 'A' && at[1] <= 'Z';
}

static bool
add_word(struct words *words, const char *word)
{
	if (words->count == OPTION_WORDS_MAX)
		return false;
	words->word[words->count++] = word;
	return true;
}

static bool
take_option(const struct command *command, int which, struct options *options)
{
	char *member = (char *)options;

	if (which == HELP) {
		help(command);
		exit(EXIT_SUCCESS);
	}
	if (which < 0 || which > HELP || !takes(command, known[which].name))
		return false;
	member += known[which].member;
	if (known[which].several)
		return add_word((struct words *)(void *)member, optarg);
	if (known[which].kind == no_argument)
		*(bool *)(void *)member = true;
	else
		*(const char **)(void *)member = optarg;
	return true;
}

/* False when the arguments are wrong; help is answered here. */
static bool
read_options(int argc, char **argv, const struct command *command,
    struct options *options)
{
	struct option all[KNOWN + 2] = {
		[HELP] = { "help", no_argument, NULL, HELP },
	};
	int which;

	for (int i = 0; i < KNOWN; i++)
		all[i] = (struct option){ known[i].name, known[i].kind, NULL,
		    i };
	while ((which = getopt_long(argc, argv, "", all, NULL)) != -1)
		if (!take_option(command, which, options))
			return false;
	if (optind < argc)
		options->verb = argv[optind++];
	if (optind < argc && takes_word(command))
		options->word = argv[optind++];
	return optind >= argc;
}

/* Licences are checked where there is nothing of ours. */
static bool
is_offline(const struct command *command, const struct options *options)
{
	return command->run == command_licence && options->verb != NULL &&
	    strcmp(options->verb, "verify") == 0;
}

int
main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find(argv[1]) : NULL;
	struct options options = { .config = getenv("TOLLGATE_CONFIG") };
	struct config *config;
	int rc;

	if (argc > 1 && (strcmp(argv[1], "version") == 0 ||
	    strcmp(argv[1], "--version") == 0)) {
		(void)printf("tollgate " VERSION_TEXT "\n");
		return 0;
	}
	if (argc > 1 && (strcmp(argv[1], "help") == 0 ||
	    strcmp(argv[1], "--help") == 0)) {
		usage(stdout);
		return 0;
	}
	if (command == NULL ||
	    !read_options(argc - 1, argv + 1, command, &options)) {
		usage(stderr);
		return 2;
	}
	if (is_offline(command, &options))
		return command->run(NULL, &options);
	config = config_load(options.config);
	if (config == NULL)
		return 2;
	log_open(command->name, log_level_of(config->server_log_level));
	rc = command->run(config, &options);
	config_free(config);
	return rc;
}
