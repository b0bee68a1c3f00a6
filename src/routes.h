/*
 * routes.h - the map: method, path, guard, form, handler, template
 *
 * A route is a row. A row without a guard admits nobody.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "guard/permission.h"
#include "http/face.h"
#include "http/request.h"

struct config;
struct ctx;
struct export;
struct form;

enum guard_level {
	GUARD_NONE,		/* zero refuses: nobody passes */
	GUARD_ANYONE,		/* no session is looked for */
	GUARD_VISITOR,		/* a session is found if there is one */
	GUARD_SESSION,		/* signed in */
	GUARD_FRESH,		/* signed in within session.fresh_age */
	GUARD_PERMISSION,	/* signed in and allowed */
	GUARD_OPERATOR		/* this machine, or whoever has metrics.token */
};

struct guard {
	enum guard_level level;
	enum permission permission;
	enum status refusal;	/* who lacks it gets this; 0: FORBIDDEN */
	bool bare;		/* nobody gets 401 without a body */
	bool own;		/* not for an admin who acts as the user */
};

struct route {
	enum face face;
	enum method method;
	const char *path;	/* ":name" is one segment */
	size_t when;		/* offset in struct config of the bool that
				 * switches the row on; 0: always on */
	struct guard guard;
	const struct form *form;
	enum status (*prepare)(struct ctx *ctx);
	enum status (*handler)(struct ctx *ctx);
	const char *title;	/* PAGE: of the document */
	const char *template;	/* PAGE: what lays itself over the view */
	enum status (*again)(struct ctx *ctx);	/* PAGE: fills the view of a
				 * refused POST, which is shown again */
	const struct export *export;	/* PAGE: instead of a template, the
				 * file made of the handler's list */
	bool by_token;		/* JSON: a signed token opens it as well as a
				 * session; ctx->session may be NULL */
	const char *scope;	/* what an API key must be allowed to open it
				 * (guard/api_key.h); NULL: none opens it */
	bool one_read;		/* runs at most one SELECT: no transaction */
	bool login;		/* login CSRF rules (contract README 9.3) */
	const char *rate;	/* limited as this path of the contract */
	bool raw;		/* the body is signed: the handler reads it, as
				 * it is; no cookie counts and no limit */
};

extern const struct route routes[];
extern const size_t routes_count;

/* "GET", and so on. */
const char *route_method(const struct route *route);

/* Whether the settings switch this row on. */
bool route_is_on(const struct config *config, const struct route *route);

/*
 * route_find - the row for ctx->request, into ctx->route, with ctx->param
 *
 * ST_NOT_FOUND           no such path (or, for the contract, no such method)
 * ST_METHOD_NOT_ALLOWED  the path exists with other methods; Allow is set
 */
enum status route_find(struct ctx *ctx);

/* The row whose file is route's list, or NULL: it is at the page's path with
 * ".csv" behind it, and has the same handler. */
const struct route *route_export(const struct route *route);

/* Prints a line a row that is on, for people and for the matrix test. */
void routes_print(const struct config *config);

#endif
