#include "config_read.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"

extern char **environ;

#define FILE_BYTES_MAX (256 * 1024)
#define LINE_MAX_CHARS 197	/* what the library reads at once */
#define ENV_PREFIX "TOLLGATE_"

struct reader {
	struct config *config;
	const char *file;
	FILE *stream;
	int line;
	int failed;		/* the first line complained of; 0: none */
};

static void
fail(struct reader *reader)
{
	if (reader->failed == 0)
		reader->failed = reader->line;
}

static char *
read_line(char *text, int size, void *stream)
{
	struct reader *reader = stream;
	char *line = fgets(text, size, reader->stream);

	if (line == NULL)
		return NULL;
	reader->line++;
	if (strlen(line) >= LINE_MAX_CHARS + 1 && strchr(line, '\n') == NULL) {
		(void)fprintf(stderr, "tollgate: %s:%d: longer than %d "
		    "characters; break a list with an indented line, or put a "
		    "secret into its own file\n", reader->file, reader->line,
		    LINE_MAX_CHARS);
		fail(reader);
	}
	return line;
}

static int
read_value(void *user, const char *section, const char *key, const char *value)
{
	struct reader *reader = user;

	if (config_assign(reader->config, section, key, value,
	    (struct place){ reader->file, reader->line }))
		return 1;
	fail(reader);
	return 0;
}

/* The whole file at once, for the children to read the very same. */
static bool
load_text(struct config *config, const char *file, bool must_exist)
{
	FILE *stream = fopen(file, "re");
	bool whole;

	config->text = arena_alloc(config->arena, FILE_BYTES_MAX);
	if (stream == NULL && errno == ENOENT && !must_exist)
		return true;
	if (stream == NULL) {
		(void)fprintf(stderr, "tollgate: cannot read %s: %s\n", file,
		    strerror(errno));
		return false;
	}
	config->text_size = fread(config->text, 1, FILE_BYTES_MAX, stream);
	whole = feof(stream) != 0;
	(void)fclose(stream);
	if (!whole)
		(void)fprintf(stderr, "tollgate: %s cannot be read, or is "
		    "larger than %d bytes\n", file, FILE_BYTES_MAX);
	return whole;
}

bool
config_read_file(struct config *config, const char *file, bool must_exist)
{
	struct reader reader = { .config = config, .file = file };
	int rc;

	if (!load_text(config, file, must_exist))
		return false;
	if (config->text_size == 0)
		return true;
	reader.stream = fmemopen(config->text, config->text_size, "r");
	if (reader.stream == NULL)
		return false;
	rc = ini_parse_stream(read_line, &reader, read_value, &reader);
	(void)fclose(reader.stream);
	if (rc > 0 && (reader.failed == 0 || rc < reader.failed))
		(void)fprintf(stderr, "tollgate: %s:%d: neither [section] nor "
		    "key = value\n", file, rc);
	return rc == 0 && reader.failed == 0;
}

/* The name without its value, which may be a secret. */
static bool
unknown_variable(const char *variable)
{
	(void)fprintf(stderr, "tollgate: environment: %.*s: no such setting; "
	    "`tollgate config` lists them\n", (int)strcspn(variable, "="),
	    variable);
	return false;
}

static bool
read_variable(struct config *config, const char *variable)
{
	char name[128];
	const char *equals = strchr(variable, '=');
	char *key;
	size_t size;

	if (equals == NULL || !text_starts(variable, ENV_PREFIX))
		return true;
	size = (size_t)(equals - variable) - strlen(ENV_PREFIX);
	if (size >= sizeof(name))
		return unknown_variable(variable);
	memcpy(name, variable + strlen(ENV_PREFIX), size);
	name[size] = '\0';
	if (strcmp(name, "CONFIG") == 0)
		return true;
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	/* Sections may hold '_', too: try each break. */
	for (key = strchr(name, '_'); key != NULL; key = strchr(key + 1, '_')) {
		*key = '\0';
		if (config_knows(name, key + 1))
			return config_assign(config, name, key + 1,
			    equals + 1, (struct place){ "environment", 0 });
		*key = '_';
	}
	return unknown_variable(variable);
}

bool
config_read_environment(struct config *config)
{
	/* clearenv(3) leaves NULL */
	for (char **variable = environ; variable != NULL && *variable != NULL;
	    variable++)
		if (!read_variable(config, *variable))
			return false;
	return true;
}
