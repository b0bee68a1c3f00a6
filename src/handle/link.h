/*
 * link.h - links in letters, and where a browser goes that followed one
 */
#ifndef HANDLE_LINK_H
#define HANDLE_LINK_H

#include "base/status.h"

#define LINK_NEXT_MAX 2000

struct ctx;

/*
 * link_make - an absolute address below server.base_path
 *
 * path      "/verify-email?token=..."
 * callback  goes percent-encoded behind it: path ends with "callbackURL="
 */
const char *link_make(struct ctx *ctx, const char *path,
    const char *callback);

/* url with a parameter more: behind its query, before its fragment. */
const char *link_with(struct ctx *ctx, const char *url, const char *name,
    const char *value);

/* url, or "/" where a caller has left it out or empty. */
const char *link_or_root(const char *url);

/* url itself, or behind our origin where it is a reference. */
const char *link_absolute(struct ctx *ctx, const char *url);

/* Where a visitor of our pages is to go on, by the form or the query: a path
 * of our own, or NULL. */
const char *link_next(const struct ctx *ctx);

/* A page of ours that leads on to there. */
const char *link_onward(struct ctx *ctx, const char *page);

/* 302 with a content type, as the contract has it. Always ST_OK. */
enum status link_follow(struct ctx *ctx, const char *url);

#endif
