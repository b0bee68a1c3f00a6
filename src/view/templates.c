#include "view/mustache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "view/view.h"

#define MEMORY_MAX ((size_t)64 << 20)	/* of all templates */
#define FOLDER_MAX 8			/* folders within folders */
#define SUFFIX ".mustache"

enum mark { UNSEEN, ON_THE_WAY, SEEN };

struct templates *
templates_new(bool strict)
{
	struct arena *arena = arena_new(MEMORY_MAX);
	struct templates *templates = arena_alloc(arena, sizeof(*templates));

	templates->arena = arena;
	templates->strict = strict;
	return templates;
}

void
templates_free(struct templates *templates)
{
	if (templates != NULL)
		arena_free(templates->arena);
}

static void
append(struct templates *templates, struct mustache *template)
{
	if (templates->count == templates->room) {
		const size_t room = templates->room * 2 + 16;
		struct mustache **list = arena_array(templates->arena, room,
		    sizeof(struct mustache *));

		for (size_t i = 0; i < templates->count; i++)
			list[i] = templates->list[i];
		templates->list = list;
		templates->room = room;
	}
	templates->list[templates->count++] = template;
}

bool
templates_add(struct templates *templates, const char *name, const char *text,
    size_t size, struct mustache_error *error)
{
	struct mustache *template = mustache_compile(templates->arena,
	    arena_text(templates->arena, name), text, size, error);

	if (template == NULL)
		return false;
	append(templates, template);
	return true;
}

static int
compare_templates(const void *a, const void *b)
{
	const struct mustache *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static int
compare_name(const void *name, const void *element)
{
	const struct mustache *const *template = element;

	return strcmp(name, (*template)->name);
}

static struct mustache *
find(const struct templates *templates, const char *name)
{
	struct mustache **found = NULL;

	if (templates->count > 0)
		found = bsearch(name, templates->list, templates->count,
		    sizeof(struct mustache *), compare_name);
	return found == NULL ? NULL : *found;
}

const struct mustache *
templates_find(const struct templates *templates, const char *name)
{
	return find(templates, name);
}

static bool
fail(struct mustache_error *error, const struct mustache *template,
    const struct mustache_op *op, const char *problem, const char *name)
{
	error->name = template->name;
	error->line = op->line;
	snprintf(error->reason, sizeof(error->reason), "partial '%s' %s", name,
	    problem);
	return false;
}

static bool
resolve(const struct templates *templates, struct mustache *template,
    struct mustache_error *error)
{
	for (size_t i = 0; i < template->count; i++) {
		struct mustache_op *op = &template->ops[i];
		const struct mustache *target;

		if (op->kind != MUSTACHE_PARTIAL)
			continue;
		target = find(templates, op->partial.name);
		if (target == NULL)
			return fail(error, template, op, "does not exist",
			    op->partial.name);
		op->partial.target = target;
	}
	return true;
}

/*
 * A partial that leads back to itself must have a section on the way, or it
 * would never end. Deep chains are refused alike, so this recursion is bounded.
 */
static bool
must_end(const struct templates *templates, struct mustache *template,
    unsigned depth, struct mustache_error *error)
{
	template->mark = ON_THE_WAY;
	for (size_t i = 0; i < template->count; i++) {
		const struct mustache_op *op = &template->ops[i];
		struct mustache *target;

		if (op->kind == MUSTACHE_SECTION ||
		    op->kind == MUSTACHE_INVERTED)
			i = op->end - 1;
		if (op->kind != MUSTACHE_PARTIAL)
			continue;
		target = find(templates, op->partial.target->name);
		if (target->mark == ON_THE_WAY ||
		    depth == MUSTACHE_PARTIAL_MAX)
			return fail(error, template, op, "never ends",
			    target->name);
		if (target->mark == UNSEEN &&
		    !must_end(templates, target, depth + 1, error))
			return false;
	}
	template->mark = SEEN;
	return true;
}

bool
templates_link(struct templates *templates, struct mustache_error *error)
{
	if (templates->count > 0)
		qsort(templates->list, templates->count,
		    sizeof(struct mustache *), compare_templates);
	for (size_t i = 0; i < templates->count; i++)
		if (!resolve(templates, templates->list[i], error))
			return false;
	for (size_t i = 0; i < templates->count; i++)
		if (templates->list[i]->mark == UNSEEN &&
		    !must_end(templates, templates->list[i], 0, error))
			return false;
	return true;
}

static bool
log_system(const char *path)
{
	log_error("template", "%s: %s", path, strerror(errno));
	return false;
}

/* Into bytes, which hold MUSTACHE_SIZE_MAX + 1, so that one too many shows. */
static bool
read_file(const char *path, char *bytes, size_t *size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return log_system(path);
	*size = 0;
	while ((got = read(fd, bytes + *size,
	    MUSTACHE_SIZE_MAX + 1 - *size)) > 0)
		*size += (size_t)got;
	if (got < 0)
		log_system(path);
	close(fd);
	return got == 0;
}

struct loader {
	struct templates *templates;
	const char *directory;
	char *bytes;
};

static void
log_template(const struct loader *loader, const struct mustache_error *error)
{
	log_error("template", "%s/%s" SUFFIX ":%u: %s", loader->directory,
	    error->name, error->line, error->reason);
}

static bool
load_file(struct loader *loader, const char *path, const char *name)
{
	struct mustache_error error;
	size_t size = 0;

	if (!read_file(path, loader->bytes, &size))
		return false;
	if (templates_add(loader->templates, name, loader->bytes, size,
	    &error))
		return true;
	log_template(loader, &error);
	return false;
}

static bool load_folder(struct loader *loader, const char *below,
    unsigned depth);

/* below is "" or a path that ends in a slash. */
static bool
load_entry(struct loader *loader, const char *below, const char *entry,
    unsigned depth)
{
	const size_t length = strlen(entry), suffix = sizeof(SUFFIX) - 1;
	char path[PATH_MAX], name[PATH_MAX];
	struct stat status;

	if (entry[0] == '.')
		return true;
	if (snprintf(path, sizeof(path), "%s/%s%s", loader->directory, below,
	    entry) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return log_system(entry);
	}
	if (stat(path, &status) != 0)
		return log_system(path);
	if (S_ISDIR(status.st_mode)) {
		snprintf(name, sizeof(name), "%s%s/", below, entry);
		return load_folder(loader, name, depth + 1);
	}
	if (length <= suffix || strcmp(entry + length - suffix, SUFFIX) != 0)
		return true;
	snprintf(name, sizeof(name), "%s%.*s", below, (int)(length - suffix),
	    entry);
	return load_file(loader, path, name);
}

static bool
load_folder(struct loader *loader, const char *below, unsigned depth)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool loaded = true;
	DIR *folder;

	if (snprintf(path, sizeof(path), "%s/%s", loader->directory, below) >=
	    (int)sizeof(path) || depth > FOLDER_MAX) {
		errno = ENAMETOOLONG;
		return log_system(below);
	}
	folder = opendir(path);
	if (folder == NULL)
		return log_system(path);
	while (loaded && (entry = readdir(folder)) != NULL)
		loaded = load_entry(loader, below, entry->d_name, depth);
	closedir(folder);
	return loaded;
}

struct templates *
templates_load(const char *directory, bool strict)
{
	struct loader loader = { templates_new(strict), directory, NULL };
	struct mustache_error error;
	bool loaded;

	loader.bytes = malloc(MUSTACHE_SIZE_MAX + 1);
	loaded = loader.bytes != NULL && load_folder(&loader, "", 0);
	free(loader.bytes);
	if (loaded && !templates_link(loader.templates, &error)) {
		log_template(&loader, &error);
		loaded = false;
	}
	if (loaded)
		return loader.templates;
	templates_free(loader.templates);
	return NULL;
}
