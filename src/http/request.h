/*
 * request.h - bytes of a stranger to a request that is safe to read
 *
 * Everything here is bounded and NUL-free. Texts live in the arena.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct fcgi;

enum method {
	METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT,
	METHOD_PATCH, METHOD_DELETE, METHOD_OPTIONS
};

/* A list of names and values in the order sent. */
struct pair {
	const char *name;
	const char *value;
};
struct pairs {
	const struct pair *pair;
	size_t count;
};

struct request {
	char id[64];			/* request id, echoed back */
	enum method method;
	const char *method_text;
	const char *path;		/* canonical, begins with '/' */
	const char *query_text;		/* as sent, without '?' */
	struct pairs query;
	struct pairs params;		/* CGI variables */
	struct pairs cookies;
	bool has_cookie;		/* there was a Cookie header */
	const char *address;		/* client address, "" when unknown */
	const char *address_why;	/* what it was taken from */
	bool is_forwarded;		/* namely from X-Forwarded-For */
	const char *user_agent;		/* "" when absent */
	const char *content_type;	/* NULL when absent */
	const char *body;		/* NUL-terminated for convenience */
	size_t body_size;
	int64_t started_us;		/* monotonic */
};

/*
 * request_read - parameters, path, cookies and body of an accepted request
 *
 * ST_NOT_FOUND          the path is not canonical
 * ST_PAYLOAD_TOO_LARGE  CONTENT_LENGTH or the body exceeds http.body_bytes
 * ST_BAD_REQUEST        a parameter, the query or the length is malformed
 * ST_GONE_AWAY          the body ended early or its deadline passed
 */
enum status request_read(struct ctx *ctx, struct fcgi *fcgi);

/* First CGI variable of that name, or NULL. */
const char *request_param(const struct request *request, const char *name);
/* First cookie, first query parameter of that name, or NULL. */
const char *request_cookie(const struct request *request, const char *name);
const char *request_query(const struct request *request, const char *name);

/* What follows "Bearer" in the Authorization header, without blanks around it;
 * NULL when there is none. */
const char *request_bearer(struct ctx *ctx);

/* First value of that name in a list, or NULL. */
const char *pairs_get(const struct pairs *pairs, const char *name);

#endif
