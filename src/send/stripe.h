/*
 * stripe.h - questions to Stripe's HTTP API, one at a time
 *
 * One connection, kept between questions and made anew when it is needed. A
 * worker asks outside of transactions and in a slot (handle/stripe.h).
 */
#ifndef SEND_STRIPE_H
#define SEND_STRIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct arena;
struct buf;
struct config;
struct ctx;
struct json_object;
struct stripe;

#define STRIPE_API_VERSION "2026-08-26.dahlia"	/* whose shapes are read */
#define STRIPE_ANSWER_MAX ((size_t)1024 * 1024)	/* bytes */
#define STRIPE_LIST_MAX 20	/* to ask for of a list, so that it is read */
#define STRIPE_ID_MAX 255	/* characters */

/*
 * stripe_open - what is needed to ask; nothing is contacted
 *
 * config  kept by reference, the secret key included
 */
struct stripe *stripe_open(const struct config *config);
/* NULL is allowed. */
void stripe_close(struct stripe *stripe);

/*
 * A form, or a query: fields in the order they are put, with names as Stripe
 * nests them, "metadata[key]".
 */
void stripe_form(struct arena *arena, struct buf *form);
void stripe_text(struct buf *form, const char *name, const char *value);
void stripe_int(struct buf *form, const char *name, int64_t value);

/* Whether a text can be an id: prefix ("cs_") and letters, digits and "_",
 * STRIPE_ID_MAX characters at most. Only such a text may stand in a path. */
bool stripe_is_id(const char *text, const char *prefix);

struct stripe_call {
	bool post;		/* otherwise it is a GET */
	const char *path;	/* "/v1/prices/price_1" */
	const struct buf *form;	/* of a POST; of a GET the query; or NULL */
	const char *key;	/* a POST's idempotency key, 1 .. 255 of A-Z
				 * a-z 0-9 : _ -; NULL: one of its own */
};

/*
 * stripe_call - ask, within stripe.deadline_ms
 *
 * A question that did not get through is asked once more under the same key,
 * if there is time left. Logged with how it went, without what was said.
 *
 * out  the answer, an object, owned by ctx's arena; json_text and the like
 *      read it
 *
 * ST_STRIPE_REFUSED      Stripe understood and refuses; its sentence and code
 *                        become the refusal's
 * ST_STRIPE_UNAVAILABLE  no answer in time, none that can be read, a failure
 *                        on its side, or it does not accept the secret key
 */
enum status stripe_call(struct ctx *ctx, const struct stripe_call *call,
    struct json_object **out);

#endif
