/*
 * config_read.h - where settings come from, file and environment: inside
 * config only
 */
#ifndef CONFIG_READ_H
#define CONFIG_READ_H

#include <stdbool.h>

struct config;

/*
 * config_read_file - the settings of an INI file
 *
 * must_exist  a file that is not there is an error
 *
 * Keeps the text in config for config_text_fd. False after a message that
 * names file and line.
 */
bool config_read_file(struct config *config, const char *file,
    bool must_exist);

/* Those of TOLLGATE_SECTION_KEY. False after a message. */
bool config_read_environment(struct config *config);

/* ---- what config.c does with them -------------------------------------- */

/* line 0: the place has no lines. */
struct place {
	const char *file;
	int line;
};

/* Is this a setting, or names it a file with a secret one ("secret_file")? */
bool config_knows(const char *section, const char *key);

/*
 * config_assign - text as the value of a setting
 *
 * A list set again from the same file is continued; nothing else may be.
 * False after a message.
 */
bool config_assign(struct config *config, const char *section,
    const char *key, const char *text, struct place place);

#endif
