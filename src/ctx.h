/*
 * ctx.h - one request as every room sees it; no global in its place
 *
 * Split by origin: what the client asked (request, params, body, input), what
 * the operator set (config, templates), who is asking (session, user), what
 * will be answered (response, view, page, errors).
 */
#ifndef CTX_H
#define CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "http/request.h"
#include "http/response.h"

struct arena;
struct assets;
struct config;
struct db;
struct json_object;
struct key_ring;
struct password_arena;
struct route;
struct session;
struct shared;
struct stripe;
struct templates;
struct user;

#define CTX_PARAMS 4		/* most ":name" segments in one route */

/* One thing wrong with the input; both faces show it in their own words. */
struct input_error {
	struct input_error *next;
	const char *slot;	/* "body" or "query" */
	const char *field;	/* "" for the whole body */
	const char *wire;	/* the contract's text */
	const char *human;	/* a sentence for a person */
};

/* What goes with a status that is no ST_OK; all of it may be unset. */
struct refusal {
	const char *reason;	/* why, for the log */
	const char *message;	/* replaces the status row's sentence */
	const char *code;	/* the same of its code; "": none */
	const char *details;	/* JSON of "details" */
	int64_t retry_after;	/* seconds, with 429 and 503 */
};

struct ctx {
	/* kept over requests */
	struct arena *arena;
	const struct config *config;
	struct templates *templates;
	struct db *db;
	struct shared *shared;
	struct password_arena *passwords;
	const uint8_t *form_key;	/* signs the pages' form tokens */
	struct assets *assets;
	struct key_ring *keys;		/* of tokens; workers only */
	struct stripe *stripe;		/* the line to it; NULL: there is none */

	/* this request: it and all below is zero when the next begins */
	int64_t now;			/* the only clock reading, ms UTC */
	struct request request;
	const struct route *route;
	const char *param[CTX_PARAMS];	/* of the path, in order */
	struct json_object *body;	/* parsed JSON or form; NULL: none */
	bool body_null;			/* it was JSON's null */
	bool body_is_form;		/* it was urlencoded: all are texts */
	void *input;			/* the row's form, bounded */
	void *prepared;			/* prepare's, for the handler */

	/* who is asking; NULL until the guard has found them */
	const struct session *session;
	const struct user *user;
	bool refresh_due;		/* the session would be extended now */
	bool not_remembered;		/* by the dont_remember cookie */

	/* the answer */
	struct response response;
	struct json_object *view;
	struct json_object *page;	/* beside the view: csrf, menu, flash */
	bool shown_again;		/* a refused POST's page, with errors */
	const char *form_token;		/* for the page's forms; NULL: none */
	struct input_error *errors;
	struct refusal refusal;
};

/* Bytes at the beginning of ctx that are kept over requests. */
#define CTX_KEPT offsetof(struct ctx, now)

/* Remembers why, for the log line, and returns status. */
enum status refuse(struct ctx *ctx, enum status status, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * refusal_is - whether status is what its caller can do without
 *
 * Then it was an answer to a question: what goes with it is forgotten.
 */
bool refusal_is(struct ctx *ctx, enum status status, enum status expected);

/* Forgets what goes with a refusal that is none after all. */
void refusal_drop(struct ctx *ctx);

/* What a refusal says: its own message, or its row's sentence. */
const char *refusal_text(const struct ctx *ctx, enum status status);

/*
 * Adds one input error (kept in order) and returns ST_VALIDATION_ERROR. The
 * texts are kept by reference.
 */
enum status invalid(struct ctx *ctx, const char *slot, const char *field,
    const char *wire, const char *human);

/* "[body.email] Invalid email address; [body] ..." in the order found. */
const char *invalid_text(struct ctx *ctx);

#endif
