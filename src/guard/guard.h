/*
 * guard.h - who may pass
 *
 * Zero refuses: a row without a guard, a session that is not found, a role
 * nobody knows. What a guard refuses it explains in ctx->refusal.reason.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

struct config;
struct ctx;
struct rate_rule;

/*
 * rate_pass - count the request against its address and path
 *
 * Runs for every request, routed or not (contract README, section 10).
 * ST_TOO_MANY_REQUESTS, with ctx->refusal.retry_after in seconds.
 */
enum status rate_pass(struct ctx *ctx);

/* The i-th rule, in the order they are tried; the last one, whose path is "",
 * is for all else. False: there are not so many. */
bool rate_rule(const struct config *config, size_t i, struct rate_rule *out);

/*
 * origin_pass - foreign sites may not act with somebody's cookies
 *
 * The wire contract's rules (contract README, section 9) for everything but
 * pages, which carry a form token instead; callback URLs in the body or query
 * must be trusted in any case. Runs after the body is parsed.
 *
 * ST_MISSING_OR_NULL_ORIGIN, ST_INVALID_ORIGIN, ST_INVALID_CALLBACK_URL and
 * its sisters, ST_BAD_REQUEST.
 */
enum status origin_pass(struct ctx *ctx);

/*
 * callback_pass - may a browser be sent to url, after it followed a link?
 *
 * For GET rows, whose query origin_pass leaves alone. NULL and "" may pass.
 * ST_INVALID_CALLBACK_URL
 */
enum status callback_pass(struct ctx *ctx, const char *url);

/*
 * login_pass - the contract's login CSRF rules, for rows that say so
 *
 * Runs after validation (contract README, sections 2 and 9.3).
 */
enum status login_pass(struct ctx *ctx);

/*
 * guard_pass - the row's guard
 *
 * Fills ctx->session and ctx->user where the level looks for them, extends a
 * session that is due, and on a page's POST checks the form token.
 *
 * ST_UNAUTHORIZED        nobody is signed in
 * ST_TOKEN_EXPIRED       (JSON) the session has ended
 * ST_SESSION_NOT_FRESH   signed in too long ago
 * guard_refusal          not allowed
 * ST_IMPERSONATING       only the user himself may
 * ST_INVALID_CSRF_TOKEN  the form was not ours, or is too old
 */
enum status guard_pass(struct ctx *ctx);

/* What the row answers to who may not do what it does: ST_FORBIDDEN, or the
 * code that the wire contract has for it. */
enum status guard_refusal(const struct ctx *ctx);

/*
 * operator_pass - whoever runs the service, as GUARD_OPERATOR has it
 *
 * With metrics.token: who sends it as a bearer token. Without: who asks from
 * this machine and for nobody else; a proxy on it must not open the door to
 * the world.
 *
 * ST_INVALID_TOKEN  the token is missing or wrong
 * ST_NOT_FOUND      there is no token, and the caller is elsewhere
 */
enum status operator_pass(struct ctx *ctx);

#endif
