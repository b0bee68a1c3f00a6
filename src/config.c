#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "config_derive.h"
#include "config_read.h"

#define CONFIG_BYTES ((size_t)4 * 1024 * 1024)

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

/* The public struct comes first, so that one pointer serves both. */
struct loaded {
	struct config config;
	struct place source[SETTINGS];
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

static bool
say(const char *where, const char *section, const char *key,
    const char *problem)
{
	(void)fprintf(stderr, "tollgate: %s: %s.%s: %s\n", where, section, key,
	    problem);
	return false;
}

/* "file:12", "environment" or "default" */
static const char *
place_text(struct arena *arena, struct place place)
{
	return place.line == 0 ? place.file :
	    arena_printf(arena, "%s:%d", place.file, place.line);
}

static bool
complain(struct loaded *loaded, struct place place,
    const struct setting *setting, const char *problem)
{
	return say(place_text(loaded->config.arena, place), setting->section,
	    setting->key, problem);
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
    struct place place)
{
	struct arena *arena = loaded->config.arena;
	struct place *source = &loaded->source[setting - settings];
	void *target = member(&loaded->config, setting);
	bool again = source->file == place.file;

	if (again && setting->type != TYPE_LIST)
		return complain(loaded, place, setting, "is set twice");
	switch (setting->type) {
	case TYPE_WORD:
		if (!word_allowed(setting->words, text))
			return complain(loaded, place, setting,
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
			return complain(loaded, place, setting,
			    arena_printf(arena,
			    "'%s' is no whole number from %lld to %lld", text,
			    (long long)setting->min, (long long)setting->max));
		break;
	case TYPE_BOOL:
		if (!bool_of(text, target))
			return complain(loaded, place, setting,
			    arena_printf(arena, "'%s' is neither on nor off",
			    text));
		break;
	case TYPE_LIST:
		*(struct list *)target = list_of(arena, again ?
		    target : &(struct list){ NULL, 0 }, text);
		break;
	}
	if (!again)
		*source = place;
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
    const char *path, struct place place)
{
	char text[4096];
	size_t size;
	bool done;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return complain(loaded, place, setting,
		    arena_printf(loaded->config.arena, "cannot read %s: %s",
		    path, strerror(errno)));
	size = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	while (size > 0 && isspace((unsigned char)text[size - 1]))
		size--;
	text[size] = '\0';
	done = size > 0 && strlen(text) == size &&
	    strpbrk(text, "\r\n") == NULL ?
	    set(loaded, setting, text, place) :
	    complain(loaded, place, setting, arena_printf(
	    loaded->config.arena, "%s must hold one line of text", path));
	explicit_bzero(text, sizeof(text));
	return done;
}

bool
config_knows(const char *section, const char *key)
{
	return find(section, key) != NULL ||
	    find_secret_file(section, key) != NULL;
}

bool
config_assign(struct config *config, const char *section, const char *key,
    const char *text, struct place place)
{
	struct loaded *loaded = (struct loaded *)config;
	const struct setting *setting = find(section, key);
	const struct setting *secret = find_secret_file(section, key);

	if (setting != NULL)
		return set(loaded, setting, text, place);
	if (secret != NULL)
		return set_from_file(loaded, secret, text, place);
	return say(place_text(config->arena, place), section, key,
	    "no such setting; `tollgate config` lists them");
}

bool
config_object(const struct config *config, const char *section,
    const char *key, const char *problem)
{
	const struct loaded *loaded = (const struct loaded *)config;
	const struct place place = loaded->source[find(section, key) -
	    settings];

	return say(strcmp(place.file, "default") == 0 ? "configuration" :
	    place_text(config->arena, place), section, key, problem);
}

static void
load_defaults(struct loaded *loaded)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *setting = &settings[i];
		void *target = member(&loaded->config, setting);

		loaded->source[i] = (struct place){ "default", 0 };
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
	struct config *config = &loaded->config;

	config->arena = arena;
	load_defaults(loaded);
	if (config_read_file(config, file != NULL ? file : CONFIG_FILE,
	    file != NULL) && config_read_environment(config) &&
	    config_derive(config))
		return config;
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
		    place_text(config->arena, loaded->source[i]),
		    settings[i].key);
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
			all = say("configuration", settings[i].section,
			    settings[i].key, "is not set");
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

bool
config_is_on(const struct config *config, size_t when)
{
	bool on = true;

	if (when != 0)
		memcpy(&on, (const char *)config + when, sizeof(on));
	return on;
}
