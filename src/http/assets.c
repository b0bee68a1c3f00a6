#include "http/assets.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "ctx.h"
#include "trust/sign.h"

#define ASSETS_MAX 32
#define ASSETS_BYTES ((size_t)2 * 1024 * 1024)
#define HASH_BYTES 8

struct asset {
	const char *name, *type, *etag, *path;
	const char *data;
	size_t size;
};

struct assets {
	struct arena *arena;
	struct asset asset[ASSETS_MAX];
	size_t count;
};

static const struct {
	const char *suffix, *type;
} types[] = {
	{ ".css", "text/css; charset=utf-8" },
	{ ".js", "text/javascript; charset=utf-8" },
	{ ".svg", "image/svg+xml" },
	{ ".png", "image/png" },
	{ ".ico", "image/x-icon" },
	{ ".woff2", "font/woff2" },
	{ ".txt", "text/plain; charset=utf-8" },
};

static const char *
type_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]);
	    i++)
		if (strcmp(types[i].suffix, dot) == 0)
			return types[i].type;
	return NULL;
}

static bool
read_whole(struct arena *arena, int dir, struct asset *asset)
{
	int fd = openat(dir, asset->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *data;
	ssize_t got;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_size > (off_t)ASSETS_BYTES / 4) {
		(void)close(fd);
		return false;
	}
	data = arena_alloc(arena, (size_t)st.st_size + 1);
	got = read(fd, data, (size_t)st.st_size);
	(void)close(fd);
	asset->data = data;
	asset->size = (size_t)st.st_size;
	return got == (ssize_t)st.st_size;
}

static void
stamp(struct arena *arena, struct asset *asset)
{
	uint8_t hash[SHA256_BYTES];
	char hex[TEXT_HEX_SIZE(HASH_BYTES)];

	sha256(hash, asset->data, asset->size);
	text_hex(hex, hash, HASH_BYTES);
	asset->etag = arena_printf(arena, "\"%s\"", hex);
	asset->path = arena_printf(arena, "/assets/%s?v=%s", asset->name, hex);
}

static bool
load_entries(struct assets *assets, DIR *dir)
{
	const struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		struct asset *asset = &assets->asset[assets->count];
		const char *type = type_of(entry->d_name);

		if (entry->d_name[0] == '.' || type == NULL)
			continue;
		if (assets->count == ASSETS_MAX) {
			log_error("assets", "more than %d files", ASSETS_MAX);
			return false;
		}
		asset->name = arena_text(assets->arena, entry->d_name);
		asset->type = type;
		if (!read_whole(assets->arena, dirfd(dir), asset)) {
			log_error("assets", "cannot read %s", entry->d_name);
			return false;
		}
		stamp(assets->arena, asset);
		assets->count++;
	}
	return true;
}

struct assets *
assets_load(const char *directory)
{
	struct arena *arena;
	struct assets *assets;
	DIR *dir = opendir(directory);
	bool loaded;

	if (dir == NULL) {
		log_error("assets", "cannot read %s: %s", directory,
		    strerror(errno));
		return NULL;
	}
	arena = arena_new(ASSETS_BYTES);
	assets = arena_alloc(arena, sizeof(*assets));
	assets->arena = arena;
	loaded = load_entries(assets, dir);
	(void)closedir(dir);
	if (loaded)
		return assets;
	arena_free(arena);
	return NULL;
}

void
assets_free(struct assets *assets)
{
	if (assets != NULL)
		arena_free(assets->arena);
}

static const struct asset *
find(const struct assets *assets, const char *name)
{
	for (size_t i = 0; i < assets->count; i++)
		if (strcmp(assets->asset[i].name, name) == 0)
			return &assets->asset[i];
	return NULL;
}

const char *
assets_path(const struct assets *assets, const char *name)
{
	const struct asset *asset = find(assets, name);

	return asset != NULL ? asset->path : "";
}

enum status
assets_serve(struct ctx *ctx)
{
	const struct asset *asset = find(ctx->assets, ctx->param[0]);

	if (asset == NULL)
		return refuse(ctx, ST_NOT_FOUND, "no such asset");
	/* Only the address with the hash in it may be kept for ever. */
	return respond_document(ctx, &(struct document){
	    .body = asset->data, .size = asset->size, .type = asset->type,
	    .etag = asset->etag,
	    .cache = request_query(&ctx->request, "v") != NULL ?
	    "public, max-age=31536000, immutable" : "public, max-age=300" });
}
