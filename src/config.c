#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "config_derive.h"

extern char **environ;

#define CONFIG_BYTES ((size_t)4 * 1024 * 1024)
#define FILE_BYTES_MAX (256 * 1024)
#define LINE_MAX_CHARS 197	/* what the library reads at once */
#define ENV_PREFIX "TOLLGATE_"

enum setting_type { TYPE_TEXT, TYPE_SECRET, TYPE_WORD, TYPE_INT, TYPE_BOOL,
	TYPE_LIST };

struct setting {
	const char *section;
	const char *key;
	enum setting_type type;
	size_t offset;
	const char *preset;
	const char *words;
	int64_t min, max, number;
	bool truth;
	const char *help;
};

#define ROW(s, k, t) .section = #s, .key = #k, .type = t, \
	.offset = offsetof(struct config, s##_##k)
static const struct setting settings[] = {
#define TEXT(s, k, d, h) { ROW(s, k, TYPE_TEXT), .preset = d, .help = h },
#define SECRET(s, k, h) { ROW(s, k, TYPE_SECRET), .preset = "", .help = h },
#define WORD(s, k, d, w, h) \
	{ ROW(s, k, TYPE_WORD), .preset = d, .words = w, .help = h },
#define INT(s, k, d, lo, hi, h) \
	{ ROW(s, k, TYPE_INT), .number = d, .min = lo, .max = hi, .help = h },
#define BOOL(s, k, d, h) { ROW(s, k, TYPE_BOOL), .truth = d, .help = h },
#define LIST(s, k, d, h) { ROW(s, k, TYPE_LIST), .preset = d, .help = h },
#include "config.def"
#undef TEXT
#undef SECRET
#undef WORD
#undef INT
#undef BOOL
#undef LIST
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct source {
	const char *text;	/* "file:12", "environment" or "default" */
};

/* The public struct comes first, so that one pointer serves both. */
struct loaded {
	struct config config;
	struct source source[SETTINGS];
};

struct reader {
	struct loaded *loaded;
	const char *file;
	FILE *stream;
	int line;
	int failed;		/* the first line complained of; 0: none */
};

static void *
member(struct config *config, const struct setting *setting)
{
	return (char *)config + setting->offset;
}

static const void *
member_const(const struct config *config, const struct setting *setting)
{
	return (const char *)config + setting->offset;
}

bool
config_complain(const char *where, const char *section, const char *key,
    const char *problem)
{
	(void)fprintf(stderr, "tollgate: %s: %s.%s: %s\n", where, section, key,
	    problem);
	return false;
}

static bool
complain(const char *where, const struct setting *setting,
    const char *problem)
{
	return config_complain(where, setting->section, setting->key, problem);
}

static struct list
list_of(struct arena *arena, const struct list *before, const char *text)
{
	char *copy = arena_text(arena, text), *save = NULL;
	size_t room = before->count + strlen(text) / 2 + 1;
	const char **items = arena_array(arena, room, sizeof(*items));
	struct list list = { items, before->count };

	for (size_t i = 0; i < before->count; i++)
		items[i] = before->text[i];
	for (char *item = strtok_r(copy, ", \t\r\n", &save); item != NULL;
	    item = strtok_r(NULL, ", \t\r\n", &save))
		items[list.count++] = item;
	return list;
}

static bool
word_allowed(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *w = words; *w != '\0'; w += strspn(w, " ")) {
		size_t next = strcspn(w, " ");

		if (size == next && strncmp(w, word, size) == 0)
			return true;
		w += next;
	}
	return false;
}

static bool
bool_of(const char *text, bool *out)
{
	static const struct {
		const char *word;
		bool truth;
	} words[] = {
		{ "on", true }, { "true", true }, { "yes", true },
		{ "1", true }, { "off", false }, { "false", false },
		{ "no", false }, { "0", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].word, text) == 0) {
			*out = words[i].truth;
			return true;
		}
	}
	return false;
}

static bool
set(struct loaded *loaded, const struct setting *setting, const char *text,
    const char *where)
{
	struct arena *arena = loaded->config.arena;
	void *target = member(&loaded->config, setting);
	bool append = loaded->source[setting - settings].text == where;

	switch (setting->type) {
	case TYPE_WORD:
		if (!word_allowed(setting->words, text))
			return complain(where, setting,
			    arena_printf(arena, "'%s' is none of: %s", text,
			    setting->words));
		*(const char **)target = arena_text(arena, text);
		break;
	case TYPE_TEXT:
	case TYPE_SECRET:
		*(const char **)target = arena_text(arena, text);
		break;
	case TYPE_INT:
		if (!text_int(text, setting->min, setting->max, target))
			return complain(where, setting,
			    arena_printf(arena,
			    "'%s' is no whole number from %lld to %lld", text,
			    (long long)setting->min, (long long)setting->max));
		break;
	case TYPE_BOOL:
		if (!bool_of(text, target))
			return complain(where, setting,
			    arena_printf(arena, "'%s' is neither on nor off",
			    text));
		break;
	case TYPE_LIST:
		*(struct list *)target = list_of(arena, append ?
		    target : &(struct list){ NULL, 0 }, text);
		break;
	}
	loaded->source[setting - settings].text = where;
	return true;
}

static const struct setting *
find(const char *section, const char *key)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].section, section) == 0 &&
		    strcmp(settings[i].key, key) == 0)
			return &settings[i];
	return NULL;
}

/* "secret_file" names the file that holds "secret". */
static const struct setting *
find_secret_file(const char *section, const char *key)
{
	size_t size = strlen(key);

	for (size_t i = 0; i < SETTINGS; i++) {
		size_t own = strlen(settings[i].key);

		if (settings[i].type == TYPE_SECRET && size == own + 5 &&
		    strcmp(settings[i].section, section) == 0 &&
		    strncmp(settings[i].key, key, own) == 0 &&
		    strcmp(key + own, "_file") == 0)
			return &settings[i];
	}
	return NULL;
}

static bool
set_from_file(struct loaded *loaded, const struct setting *setting,
    const char *path, const char *where)
{
	char text[4096];
	size_t size;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return complain(where, setting,
		    arena_printf(loaded->config.arena, "cannot read %s: %s",
		    path, strerror(errno)));
	size = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	while (size > 0 && isspace((unsigned char)text[size - 1]))
		size--;
	text[size] = '\0';
	if (strlen(text) != size || size == 0 || strpbrk(text, "\r\n") != NULL)
		return complain(where, setting,
		    arena_printf(loaded->config.arena,
		    "%s must hold one line of text", path));
	size = set(loaded, setting, text, where);
	explicit_bzero(text, sizeof(text));
	return size != 0;
}

static bool
assign(struct loaded *loaded, const char *section, const char *key,
    const char *value, const char *where)
{
	const struct setting *setting = find(section, key);
	const struct setting *secret = find_secret_file(section, key);

	if (setting != NULL)
		return set(loaded, setting, value, where);
	if (secret != NULL)
		return set_from_file(loaded, secret, value, where);
	return config_complain(where, section, key,
	    "no such setting; `tollgate config` lists them");
}

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
	struct loaded *loaded = reader->loaded;
	const struct setting *setting = find(section, key);
	const char *where = arena_printf(loaded->config.arena, "%s:%d",
	    reader->file, reader->line);
	const char *kept = where;

	if (setting == NULL)
		setting = find_secret_file(section, key);
	if (setting != NULL && text_starts(
	    loaded->source[setting - settings].text, reader->file)) {
		/* an indented line goes on with a list; nothing else may */
		if (setting->type != TYPE_LIST) {
			fail(reader);
			return complain(where, setting, "is set twice");
		}
		kept = loaded->source[setting - settings].text;
	}
	if (!assign(loaded, section, key, value, kept)) {
		fail(reader);
		return 0;
	}
	return 1;
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

static bool
load_file(struct loaded *loaded, const char *file, bool must_exist)
{
	struct config *config = &loaded->config;
	struct reader reader = { .loaded = loaded, .file = file };
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

static bool
load_variable(struct loaded *loaded, const char *variable)
{
	char name[128];
	const char *equals = strchr(variable, '=');
	char *key;
	size_t size;

	if (equals == NULL || !text_starts(variable, ENV_PREFIX))
		return true;
	size = (size_t)(equals - variable) - strlen(ENV_PREFIX);
	if (size >= sizeof(name))
		return config_complain("environment", "", variable, "unknown");
	memcpy(name, variable + strlen(ENV_PREFIX), size);
	name[size] = '\0';
	if (strcmp(name, "CONFIG") == 0)
		return true;
	for (char *p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	/* sections hold no '_' but for rate_limit: try each break */
	for (key = strchr(name, '_'); key != NULL; key = strchr(key + 1, '_')) {
		*key = '\0';
		if (find(name, key + 1) != NULL ||
		    find_secret_file(name, key + 1) != NULL)
			return assign(loaded, name, key + 1, equals + 1,
			    "environment");
		*key = '_';
	}
	(void)fprintf(stderr, "tollgate: environment: %.*s: no such setting; "
	    "`tollgate config` lists them\n", (int)(equals - variable),
	    variable);
	return false;
}

static void
load_defaults(struct loaded *loaded)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		void *target = member(&loaded->config, setting);

		loaded->source[i].text = "default";
		if (setting->type == TYPE_INT)
			*(int64_t *)target = setting->number;
		else if (setting->type == TYPE_BOOL)
			*(bool *)target = setting->truth;
		else if (setting->type == TYPE_LIST)
			*(struct list *)target = list_of(loaded->config.arena,
			    &(struct list){ NULL, 0 }, setting->preset);
		else
			*(const char **)target = setting->preset;
	}
}

struct config *
config_load(const char *file)
{
	struct arena *arena = arena_new(CONFIG_BYTES);
	struct loaded *loaded = arena_alloc(arena, sizeof(*loaded));
	bool fine;

	loaded->config.arena = arena;
	load_defaults(loaded);
	fine = load_file(loaded, file != NULL ? file : CONFIG_FILE,
	    file != NULL);
	/* clearenv(3) leaves NULL */
	for (char **variable = environ; fine && variable != NULL &&
	    *variable != NULL; variable++)
		fine = load_variable(loaded, *variable);
	if (fine && config_derive(&loaded->config))
		return &loaded->config;
	arena_free(arena);
	return NULL;
}

void
config_free(struct config *config)
{
	if (config != NULL)
		arena_free(config->arena);
}

int
config_text_fd(struct config *config)
{
	int fd = memfd_create("tollgate.conf", MFD_CLOEXEC);
	ssize_t written = fd < 0 ? -1 :
	    write(fd, config->text, config->text_size);

	explicit_bzero(config->text, config->text_size);
	if (written == (ssize_t)config->text_size)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static void
print_value(const struct config *config, const struct setting *setting,
    FILE *out)
{
	const void *value = member_const(config, setting);
	const struct list *list = value;

	switch (setting->type) {
	case TYPE_TEXT:
	case TYPE_WORD:
		(void)fprintf(out, "%s", *(const char *const *)value);
		break;
	case TYPE_SECRET:
		(void)fprintf(out, "%s", **(const char *const *)value != '\0' ?
		    "(set)" : "(not set)");
		break;
	case TYPE_INT:
		(void)fprintf(out, "%lld",
		    (long long)*(const int64_t *)value);
		break;
	case TYPE_BOOL:
		(void)fprintf(out, "%s", *(const bool *)value ? "on" : "off");
		break;
	case TYPE_LIST:
		for (size_t i = 0; i < list->count; i++)
			(void)fprintf(out, "%s%s", i > 0 ? ", " : "",
			    list->text[i]);
		break;
	}
}

void
config_print(const struct config *config, FILE *out)
{
	const struct loaded *loaded = (const struct loaded *)config;
	const char *section = "";

	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(section, settings[i].section) != 0) {
			section = settings[i].section;
			(void)fprintf(out, "%s[%s]\n", i > 0 ? "\n" : "",
			    section);
		}
		(void)fprintf(out, "# %s (%s)\n%s = ", settings[i].help,
		    loaded->source[i].text, settings[i].key);
		print_value(config, &settings[i], out);
		(void)fputc('\n', out);
	}
}

static bool
is_named(const struct setting *setting, const char *const *names)
{
	size_t size = strlen(setting->section);

	for (; *names != NULL; names++)
		if (strncmp(*names, setting->section, size) == 0 &&
		    (*names)[size] == '_' &&
		    strcmp(*names + size + 1, setting->key) == 0)
			return true;
	return false;
}

bool
config_need(const struct config *config, const char *const *names)
{
	bool all = true;

	for (size_t i = 0; i < SETTINGS; i++) {
		const char *const *value = member_const(config, &settings[i]);

		if (is_named(&settings[i], names) && **value == '\0')
			all = complain("configuration", &settings[i],
			    "is not set");
	}
	return all;
}

void
config_keep_secrets(struct config *config, const char *const *names)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		char **value = member(config, &settings[i]);

		/* Defaults are constants, and empty. */
		if (settings[i].type == TYPE_SECRET && **value != '\0' &&
		    !is_named(&settings[i], names))
			explicit_bzero(*value, strlen(*value));
	}
}
