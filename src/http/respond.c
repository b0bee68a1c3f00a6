#include "http/response.h"

#include <stdarg.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/panic.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/access_log.h"
#include "http/fcgi.h"
#include "routes.h"
#include "view/view.h"

/* Style, script and pictures of our own; nothing inline, nothing framed.
 * Browsers hold a form also to where it is sent on: to pay, for one. */
#define PAGE_POLICY							\
	"Content-Security-Policy: default-src 'none'; style-src 'self';" \
	" script-src 'self'; img-src 'self'; form-action %s;"		\
	" base-uri 'none'; frame-ancestors 'none'\r\n"			\
	"Referrer-Policy: same-origin\r\n"				\
	"Cross-Origin-Opener-Policy: same-origin\r\n"			\
	"Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
#define DATA_POLICY							\
	"Content-Security-Policy: default-src 'none';"			\
	" frame-ancestors 'none'\r\n"
#define EVERY_POLICY							\
	"X-Content-Type-Options: nosniff\r\n"				\
	"Cross-Origin-Resource-Policy: same-origin\r\n"
#define SECURE_POLICY							\
	"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"

static void
set_header(struct ctx *ctx, struct header **at, const char *name,
    const char *value)
{
	if (!text_is_clean(name) || (value != NULL && !text_is_clean(value)))
		panic("header %s holds control characters", name);
	if (*at == NULL)
		*at = arena_alloc(ctx->arena, sizeof(**at));
	(*at)->name = name;
	(*at)->value = value;
}

void
response_header(struct ctx *ctx, const char *name, const char *value)
{
	struct header **last = &ctx->response.headers;

	while (*last != NULL)
		last = &(*last)->next;
	set_header(ctx, last, name, value);
}

void
response_expose(struct ctx *ctx, const char *name, const char *value)
{
	struct header **at = &ctx->response.exposed;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	set_header(ctx, at, name, value);
}

static void
set_cookie(struct ctx *ctx, const char *name, const char *value,
    int64_t max_age, const char *hidden)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 256);
	buf_printf(&buf, "%s=%s; ", name, value);
	if (max_age >= 0)
		buf_printf(&buf, "Max-Age=%lld; ", (long long)max_age);
	buf_printf(&buf, "Path=/; %s", hidden);
	if (ctx->config->secure)
		buf_text(&buf, "Secure; ");
	buf_text(&buf, "SameSite=Lax");
	response_header(ctx, "Set-Cookie", buf.data);
}

void
response_cookie(struct ctx *ctx, const char *name, const char *value,
    int64_t max_age)
{
	set_cookie(ctx, name, value, max_age, "HttpOnly; ");
}

void
response_cookie_readable(struct ctx *ctx, const char *name, const char *value,
    int64_t max_age)
{
	set_cookie(ctx, name, value, max_age, "");
}

enum status
respond_next(struct ctx *ctx, const char *format, ...)
{
	va_list args;

	if (ctx->route->face != FACE_PAGE)
		return ST_OK;
	va_start(args, format);
	ctx->response.location = arena_vprintf(ctx->arena, format, args);
	va_end(args);
	ctx->response.redirect = 303;
	return ST_OK;
}

enum status
respond_redirect(struct ctx *ctx, const char *location)
{
	ctx->response.location = location;
	ctx->response.redirect = 302;
	return ST_OK;
}

enum status
respond_document(struct ctx *ctx, const struct document *document)
{
	const char *known = request_param(&ctx->request,
	    "HTTP_IF_NONE_MATCH");

	response_header(ctx, "Cache-Control", document->cache);
	response_header(ctx, "ETag", document->etag);
	ctx->response.body = document->body;
	if (known != NULL && strstr(known, document->etag) != NULL)
		return ST_NOT_MODIFIED;
	ctx->response.body_size = document->size;
	ctx->response.content_type = document->type;
	return ST_OK;
}

enum status
respond_null(struct ctx *ctx)
{
	ctx->response.null_body = true;
	return ST_OK;
}

struct json_object *
respond_list(struct ctx *ctx)
{
	ctx->response.list = view_root_list(ctx->arena);
	return ctx->response.list;
}

enum face
face_of(const struct ctx *ctx)
{
	const char *path = ctx->request.path;
	const char *base = ctx->config->server_base_path;
	size_t size = strlen(base);

	if (ctx->route != NULL)
		return ctx->route->face;
	if (strncmp(path, base, size) == 0 &&
	    (path[size] == '/' || path[size] == '\0'))
		return FACE_AUTH;
	if (text_starts(path, "/api/") || text_starts(path, "/auth/"))
		return FACE_JSON;
	return FACE_PAGE;
}

static const char *
http_phrase(int http)
{
	static const struct {
		int http;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" }, { 202, "Accepted" }, { 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 409, "Conflict" }, { 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].http == http)
			return phrases[i].phrase;
	return "Unknown";
}

static const char *
error_message(struct ctx *ctx, enum status status)
{
	return ctx->errors != NULL && ctx->refusal.message == NULL ?
	    invalid_text(ctx) : refusal_text(ctx, status);
}

static void
put_member(struct buf *out, const char *name, const char *text)
{
	buf_char(out, out->size == 0 ? '{' : ',');
	buf_json_text(out, name, strlen(name));
	buf_char(out, ':');
	buf_json_text(out, text, strlen(text));
}

/* The contract's errors and our own differ by two members only. */
static void
error_json(struct ctx *ctx, enum status status, enum face face,
    struct buf *out)
{
	const char *code = ctx->refusal.code != NULL ? ctx->refusal.code :
	    status_code(status);

	/* The contract has no code here. */
	if (face == FACE_AUTH && status == ST_TOO_MANY_REQUESTS)
		code = "";
	if (face == FACE_JSON)
		put_member(out, "error", http_phrase(status_http(status)));
	put_member(out, "message", error_message(ctx, status));
	if (code[0] != '\0')
		put_member(out, "code", code);
	if (ctx->refusal.details != NULL)
		buf_printf(out, ",\"details\":%s", ctx->refusal.details);
	if (face == FACE_JSON)
		put_member(out, "requestId", ctx->request.id);
	buf_char(out, '}');
}

static void
body_json(struct ctx *ctx, enum status status, enum face face,
    struct buf *out)
{
	if (ctx->response.bare && status != ST_OK)
		return;
	if (status != ST_OK)
		error_json(ctx, status, face, out);
	else if (ctx->response.null_body)
		buf_text(out, "null");
	else if (ctx->response.list != NULL)
		view_write(out, ctx->response.list);
	else
		view_write(out, ctx->view);
}

/* A template that fails to render says so in the log; the visitor gets a plain
 * sentence instead of half a page. */
static enum status
body_page(struct ctx *ctx, const char *template, enum status status,
    struct buf *out)
{
	if (template_render(ctx->templates, template, ctx->view, ctx->page,
	    out) == ST_OK)
		return status;
	out->size = 0;
	buf_printf(out, "<!doctype html><title>Error</title><h1>%s</h1>"
	    "<p>Request %s</p>\n", status_text(ST_INTERNAL), ctx->request.id);
	return ST_INTERNAL;
}

/* A path that is none of ours: browsers get a page, programs nothing. */
static bool
wants_nothing(const struct ctx *ctx, enum status status, enum face face)
{
	const char *accept = request_param(&ctx->request, "HTTP_ACCEPT");

	if (status == ST_NOT_MODIFIED)
		return true;
	return status == ST_NOT_FOUND && ctx->route == NULL &&
	    (face == FACE_AUTH || accept == NULL ||
	    strstr(accept, "text/html") == NULL);
}

static void
put_header(struct buf *head, const char *name, const char *value)
{
	buf_text(head, name);
	buf_text(head, ": ");
	buf_text(head, value);
	buf_text(head, "\r\n");
}

static void
put_number(struct buf *head, const char *name, int64_t number)
{
	char text[TEXT_DECIMAL_SIZE];

	(void)text_decimal(text, number);
	put_header(head, name, text);
}

/* Each as a header, and their names in one. */
static void
put_exposed(struct ctx *ctx, struct buf *head)
{
	struct buf names;

	buf_init(&names, ctx->arena, 64);
	for (const struct header *h = ctx->response.exposed; h != NULL;
	    h = h->next) {
		if (h->value == NULL)
			continue;
		put_header(head, h->name, h->value);
		buf_printf(&names, "%s%s", names.size > 0 ? ", " : "",
		    h->name);
	}
	if (names.size > 0)
		put_header(head, "Access-Control-Expose-Headers", names.data);
}

static void
put_headers(struct ctx *ctx, struct buf *head, int http, enum face face)
{
	const struct response *response = &ctx->response;
	bool page = face == FACE_PAGE && response->body == NULL;

	buf_printf(head, "Status: %d %s\r\n", http, http_phrase(http));
	for (const struct header *h = response->headers; h != NULL;
	    h = h->next)
		put_header(head, h->name, h->value);
	put_exposed(ctx, head);
	/* It may be a caller's, and checking those can be switched off. */
	if (response->location != NULL && text_is_clean(response->location))
		put_header(head, "Location", response->location);
	if (ctx->refusal.retry_after > 0) {
		put_number(head, "Retry-After", ctx->refusal.retry_after);
		put_number(head, "X-Retry-After", ctx->refusal.retry_after);
	}
	put_header(head, "X-Request-Id", ctx->request.id);
	if (response->body == NULL)
		buf_text(head, "Cache-Control: no-store\r\n");
	if (page)
		buf_printf(head, PAGE_POLICY, ctx->config->form_targets);
	else
		buf_text(head, DATA_POLICY);
	buf_text(head, EVERY_POLICY);
	if (ctx->config->secure)
		buf_text(head, SECURE_POLICY);
}

static const char *
content_type(enum face face)
{
	return face == FACE_PAGE ? "text/html; charset=utf-8" :
	    face == FACE_AUTH ? "application/json" :
	    "application/json; charset=utf-8";
}

static size_t
rest_size(const struct response *response)
{
	size_t size = 0;

	for (const struct piece *p = response->rest; p != NULL; p = p->next)
		size += p->size;
	return size;
}

static bool
write_body(struct ctx *ctx, struct fcgi *fcgi, const struct buf *body)
{
	const struct piece *piece = ctx->response.rest;

	if (ctx->request.method == METHOD_HEAD)
		return true;
	if (!fcgi_write(fcgi, body->data, body->size))
		return false;
	for (; piece != NULL; piece = piece->next)
		if (!fcgi_write(fcgi, piece->bytes, piece->size))
			return false;
	return true;
}

int
respond(struct ctx *ctx, struct fcgi *fcgi, enum status status)
{
	struct response *response = &ctx->response;
	enum face face = face_of(ctx);
	struct buf head, body;
	bool delivered;
	size_t size;
	int http;

	buf_init(&head, ctx->arena, 1024);
	buf_init(&body, ctx->arena, face == FACE_PAGE ? 16384 : 1024);
	if (status_http(status) == 503 && ctx->refusal.retry_after == 0)
		ctx->refusal.retry_after = 1;
	if (response->body != NULL)
		buf_put(&body, response->body, response->body_size);
	else if (response->redirect == 0 &&
	    !wants_nothing(ctx, status, face)) {
		response->content_type = content_type(face);
		if (face == FACE_PAGE)
			status = body_page(ctx, status == ST_OK ||
			    ctx->shown_again ? ctx->route->template : "error",
			    status, &body);
		else
			body_json(ctx, status, face, &body);
	}
	http = response->redirect != 0 ? response->redirect :
	    status == ST_OK && response->accepted ? 202 :
	    status_http(status);
	put_headers(ctx, &head, http, face);
	if (response->content_type != NULL)
		put_header(&head, "Content-Type", response->content_type);
	size = body.size + rest_size(response);
	put_number(&head, "Content-Length", (int64_t)size);
	buf_text(&head, "\r\n");
	delivered = fcgi_write(fcgi, head.data, head.size) &&
	    write_body(ctx, fcgi, &body);
	delivered = fcgi_finish(fcgi) && delivered;
	access_log(ctx, http, size, delivered);
	return http;
}
