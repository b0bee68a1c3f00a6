/*
 * assets.h - style sheet, script and icon, in memory since start
 */
#ifndef HTTP_ASSETS_H
#define HTTP_ASSETS_H

#include "base/status.h"

struct assets;
struct ctx;

/*
 * assets_load - the files of a directory (not its subdirectories)
 *
 * NULL after logging what could not be read. Free with assets_free.
 */
struct assets *assets_load(const char *directory);
void assets_free(struct assets *assets);

/*
 * assets_path - "/assets/app.css?v=<hash>", which may be cached for ever
 *
 * "" for a name that is not there. Lives as long as assets.
 */
const char *assets_path(const struct assets *assets, const char *name);

/* Answers ctx->param[0] with its ETag; ST_NOT_MODIFIED, ST_NOT_FOUND. */
enum status assets_serve(struct ctx *ctx);

#endif
