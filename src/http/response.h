/*
 * response.h - what will be answered, and how it becomes bytes
 *
 * A handler fills ctx->view and may set headers and cookies; respond (in
 * http/respond.c) alone decides between page and JSON and writes.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http/face.h"

struct ctx;
struct fcgi;
struct json_object;

struct header {
	struct header *next;
	const char *name;
	const char *value;
};

/* Of a body too long for one piece; NULL ends the list. */
struct piece {
	struct piece *next;
	const char *bytes;
	size_t size;
};

struct response {
	struct header *headers;		/* in the order set */
	struct header *exposed;		/* the same, of response_expose */
	const char *location;		/* a redirect, or just the header */
	int redirect;			/* 302 or 303: no body; else 0 */
	struct json_object *list;	/* JSON: the body is this list */
	bool accepted;			/* 202: it waits for somebody else */
	bool null_body;			/* JSON: the body is null */
	bool bare;			/* JSON: a refusal without a body */
	const char *body;		/* a ready body (assets), else NULL */
	size_t body_size;
	struct piece *rest;		/* what follows the ready body */
	const char *content_type;	/* of the ready body */
	const char *flash;		/* message for the page after */
	const char *title;		/* of a page about one thing; else NULL */
};

/* Adds a header; name and value must hold no control characters (panics). */
void response_header(struct ctx *ctx, const char *name, const char *value);

/*
 * response_expose - a header that scripts of other origins may read
 *
 * name   lower case; what was set under it before is replaced
 * value  NULL: it is not sent after all
 */
void response_expose(struct ctx *ctx, const char *name, const char *value);

/*
 * response_cookie - Set-Cookie in the contract's attribute order
 *
 * name     full name, prefix included
 * value    already encoded for the wire
 * max_age  seconds; -1 for a browser session
 * Attributes: Path=/; HttpOnly; Secure when configured; SameSite=Lax.
 */
void response_cookie(struct ctx *ctx, const char *name, const char *value,
    int64_t max_age);
/* The same for scripts of the page, too: without HttpOnly. */
void response_cookie_readable(struct ctx *ctx, const char *name,
    const char *value, int64_t max_age);

/*
 * respond_next - where a browser goes after a successful POST
 *
 * 303 on a PAGE row; JSON answers with the view. Always ST_OK.
 */
enum status respond_next(struct ctx *ctx, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The JSON answer is null, or a list instead of an object. */
enum status respond_null(struct ctx *ctx);
struct json_object *respond_list(struct ctx *ctx);

/*
 * respond_document - a ready body that caches may keep
 *
 * body and the rest are kept by reference; etag in its quotes. ST_OK, or
 * ST_NOT_MODIFIED when the client has it already.
 */
struct document {
	const char *body;
	size_t size;
	const char *type;
	const char *etag;
	const char *cache;		/* Cache-Control */
};
enum status respond_document(struct ctx *ctx,
    const struct document *document);

/* 302 to location, without a body. Always ST_OK. */
enum status respond_redirect(struct ctx *ctx, const char *location);

/* Which face an answer wears when no route was found: by the path. */
enum face face_of(const struct ctx *ctx);

/*
 * respond - write the answer and its log line
 *
 * Never fails; a web server that left is only logged. A PAGE needs ctx->page
 * and, unless status is ST_OK, the error template's view. Returns the HTTP
 * status that was sent.
 */
int respond(struct ctx *ctx, struct fcgi *fcgi, enum status status);

#endif
