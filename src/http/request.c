#include "http/request.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "http/address.h"
#include "http/cookie.h"
#include "http/fcgi.h"
#include "http/path.h"
#include "http/query.h"

#define PARAMS_MAX 512
#define PARAM_BYTES_MAX ((size_t)128 * 1024)
#define HEADER_TEXT_MAX 1000	/* of what we keep: User-Agent */

const char *
request_param(const struct request *request, const char *name)
{
	return pairs_get(&request->params, name);
}

const char *
request_cookie(const struct request *request, const char *name)
{
	return pairs_get(&request->cookies, name);
}

const char *
request_query(const struct request *request, const char *name)
{
	return pairs_get(&request->query, name);
}

/* One copy and one list, instead of libfcgi's linear search of "NAME=". */
static enum status
read_params(struct ctx *ctx, struct fcgi *fcgi)
{
	const char *const *texts = fcgi_params(fcgi);
	size_t count = 0, bytes = 0;
	struct pair *pair;

	while (texts[count] != NULL)
		if (count == PARAMS_MAX ||
		    (bytes += strlen(texts[count++])) > PARAM_BYTES_MAX)
			return refuse(ctx, ST_BAD_REQUEST,
			    "too many or too large parameters");
	pair = arena_array(ctx->arena, count, sizeof(*pair));
	for (size_t i = 0; i < count; i++) {
		char *name = arena_text(ctx->arena, texts[i]);
		char *equals = strchr(name, '=');

		if (equals == NULL)
			return refuse(ctx, ST_BAD_REQUEST,
			    "a parameter without value");
		*equals = '\0';
		pair[i] = (struct pair){ name, equals + 1 };
	}
	ctx->request.params = (struct pairs){ pair, count };
	return ST_OK;
}

static enum method
method_of(const char *text)
{
	static const char *const names[] = {
		[METHOD_GET] = "GET", [METHOD_HEAD] = "HEAD",
		[METHOD_POST] = "POST", [METHOD_PUT] = "PUT",
		[METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
		[METHOD_OPTIONS] = "OPTIONS",
	};

	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], text) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

/* An id from the web server is taken when it cannot confuse a log. */
static void
read_id(struct request *request)
{
	const char *sent = request_param(request, "HTTP_X_REQUEST_ID");
	size_t size = sent != NULL ? strlen(sent) : 0;

	if (size >= 8 && size < sizeof(request->id) && strspn(sent,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-_.") == size)
		memcpy(request->id, sent, size + 1);
	else
		random_text(request->id, 20);
}

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static void
read_headers(struct ctx *ctx)
{
	struct request *request = &ctx->request;
	const char *cookie = request_param(request, "HTTP_COOKIE");
	const char *agent = text_or_empty(request_param(request,
	    "HTTP_USER_AGENT"));
	const char *type = request_param(request, "CONTENT_TYPE");
	size_t size = strlen(agent);

	request->method_text = text_or_empty(request_param(request,
	    "REQUEST_METHOD"));
	request->method = method_of(request->method_text);
	request->has_cookie = cookie != NULL && cookie[0] != '\0';
	request->cookies = cookie_parse(ctx->arena, text_or_empty(cookie));
	if (size > HEADER_TEXT_MAX)
		size = HEADER_TEXT_MAX;
	while (size > 0 && !text_utf8(agent, size))
		size--;
	request->user_agent = arena_copy(ctx->arena, agent, size);
	request->content_type = type == NULL || type[0] == '\0' ? NULL :
	    text_utf8(type, strlen(type)) ? type : "?";	/* it is echoed */
	address_read(ctx);
}

static enum status
read_target(struct ctx *ctx)
{
	struct request *request = &ctx->request;
	const char *target = text_or_empty(request_param(request,
	    "REQUEST_URI"));
	const char *mark = strchr(target, '?');
	bool same = false;

	request->query_text = mark != NULL ? mark + 1 : "";
	request->path = path_canonical(ctx->arena, target, &same);
	if (request->path == NULL || !same) {
		request->path = "/";
		return refuse(ctx, ST_NOT_FOUND, "the path is not canonical");
	}
	if (!query_parse(ctx->arena, request->query_text,
	    strlen(request->query_text), &request->query))
		return refuse(ctx, ST_BAD_REQUEST, "the query is malformed");
	return ST_OK;
}

/* Bytes promised; -1: none are, as with a body in chunks through a server that
 * streams. */
static enum status
read_length(struct ctx *ctx, int64_t *length)
{
	const char *text = request_param(&ctx->request, "CONTENT_LENGTH");

	*length = -1;
	if (text == NULL || text[0] == '\0')
		return ST_OK;
	if (!text_int(text, 0, INT64_MAX, length))
		return refuse(ctx, ST_BAD_REQUEST,
		    "CONTENT_LENGTH is no number");
	if (*length > ctx->config->worker_body_bytes)
		return refuse(ctx, ST_PAYLOAD_TOO_LARGE,
		    "the body has %lld bytes", (long long)*length);
	return ST_OK;
}

static enum status
read_body(struct ctx *ctx, struct fcgi *fcgi)
{
	struct request *request = &ctx->request;
	int64_t length;
	size_t room;
	char *body, more;

	TRY(read_length(ctx, &length));
	if (length == 0 || request->method == METHOD_GET ||
	    request->method == METHOD_HEAD)
		return ST_OK;
	room = (size_t)(length > 0 ? length : ctx->config->worker_body_bytes);
	body = arena_alloc(ctx->arena, room + 1);
	request->body = body;
	request->body_size = fcgi_read(fcgi, body, room);
	if (fcgi_read_failed(fcgi))
		return refuse(ctx, ST_GONE_AWAY, "the body was cut short");
	if (length > 0 && request->body_size < room)
		return refuse(ctx, ST_GONE_AWAY,
		    "the body is shorter than said");
	if (length < 0 && fcgi_read(fcgi, &more, 1) != 0)
		return refuse(ctx, ST_PAYLOAD_TOO_LARGE, "the body is larger "
		    "than %zu bytes", room);
	return ST_OK;
}

enum status
request_read(struct ctx *ctx, struct fcgi *fcgi)
{
	enum status status;

	ctx->request.started_us = clock_monotonic_us();
	ctx->now = clock_now();
	ctx->request.path = "/";
	ctx->request.method_text = "";
	ctx->request.address = ctx->request.address_why = "";
	ctx->request.user_agent = "";
	ctx->request.query_text = "";
	ctx->request.body = "";
	status = read_params(ctx, fcgi);
	read_id(&ctx->request);
	if (status != ST_OK)
		return status;
	read_headers(ctx);
	status = read_target(ctx);
	if (status != ST_OK)
		return status;
	return read_body(ctx, fcgi);
}

const char *
request_bearer(struct ctx *ctx)
{
	static const char scheme[] = "Bearer";
	const char *text = request_param(&ctx->request, "HTTP_AUTHORIZATION");
	size_t size;

	if (text == NULL)
		return NULL;
	text += strspn(text, " ");
	if (strncasecmp(text, scheme, strlen(scheme)) != 0 ||
	    text[strlen(scheme)] != ' ')
		return NULL;
	text += strlen(scheme);
	text += strspn(text, " ");
	size = strlen(text);
	while (size > 0 && text[size - 1] == ' ')
		size--;
	return size > 0 ? arena_copy(ctx->arena, text, size) : NULL;
}
