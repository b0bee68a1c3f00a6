#include "handle/reconcile.h"

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "ctx.h"
#include "handle/payment.h"
#include "handle/stripe.h"
#include "store/difference.h"
#include "store/payment.h"
#include "view/view.h"

#define SETTLING_SECONDS 300	/* for events that are on their way */

/* One of Stripe's lists, and how its objects compare. */
struct kind {
	const char *path;
	enum status (*compare)(struct ctx *ctx,
	    const struct json_object *object);
};

static enum status
compare_intent(struct ctx *ctx, const struct json_object *intent)
{
	struct payment theirs;

	return payment_of_intent(ctx, intent, &theirs) ?
	    store_difference_payment(ctx, &theirs) : ST_OK;
}

static enum status
compare_refund(struct ctx *ctx, const struct json_object *refund)
{
	struct reversal theirs;

	return reversal_of_refund(refund, &theirs) ?
	    store_difference_reversal(ctx, &theirs) : ST_OK;
}

static enum status
compare_dispute(struct ctx *ctx, const struct json_object *dispute)
{
	struct reversal theirs;

	return reversal_of_dispute(dispute, &theirs) ?
	    store_difference_reversal(ctx, &theirs) : ST_OK;
}

static bool
is_settling(const struct ctx *ctx, const struct json_object *object)
{
	int64_t created;

	return json_integer(object, "created", &created) &&
	    created > ctx->now / 1000 - SETTLING_SECONDS;
}

/* Where the next part begins; it outlives the arena. */
struct place {
	char after[STRIPE_ID_MAX + 1];
	bool more;
};

static enum status
ask_part(struct ctx *ctx, const struct kind *kind, int64_t since,
    const struct place *place, struct json_object **answer)
{
	struct buf query;

	stripe_form(ctx->arena, &query);
	stripe_int(&query, "limit", STRIPE_LIST_MAX);
	stripe_int(&query, "created[gte]", since / 1000);
	if (place->after[0] != '\0')
		stripe_text(&query, "starting_after", place->after);
	return stripe_get(ctx, kind->path, &query, answer);
}

static enum status
compare_part(struct ctx *ctx, const struct kind *kind,
    const struct json_object *answer, struct place *place, int64_t *seen)
{
	const struct json_object *data = view_get(answer, "data");
	const char *id = NULL;

	for (size_t i = 0; i < view_count(data); i++) {
		const struct json_object *object = view_at(data, i);

		id = json_text(object, "id");
		if (id == NULL || !stripe_is_id(id, ""))
			return refuse(ctx, ST_STRIPE_UNAVAILABLE,
			    "the list has an object without id");
		if (!is_settling(ctx, object))
			TRY(kind->compare(ctx, object));
		++*seen;
	}
	place->more = id != NULL && view_is_true(answer, "has_more");
	if (place->more)
		memcpy(place->after, id, strlen(id) + 1);
	return ST_OK;
}

static enum status
compare_all(struct ctx *ctx, const struct kind *kind, int64_t since,
    int64_t *seen)
{
	struct place place = { .more = true };

	while (place.more) {
		struct json_object *answer;

		TRY(ask_part(ctx, kind, since, &place, &answer));
		TRY(compare_part(ctx, kind, answer, &place, seen));
		arena_reset(ctx->arena);
	}
	return ST_OK;
}

enum status
reconcile(struct ctx *ctx, int64_t since, struct reconciled *out)
{
	static const struct kind intents = { "/v1/payment_intents",
		compare_intent };
	static const struct kind refunds = { "/v1/refunds",
		compare_refund };
	static const struct kind disputes = { "/v1/disputes",
		compare_dispute };

	*out = (struct reconciled){ .differences = 0 };
	TRY(compare_all(ctx, &intents, since, &out->payments));
	TRY(compare_all(ctx, &refunds, since, &out->refunds));
	TRY(compare_all(ctx, &disputes, since, &out->disputes));
	return store_difference_close(ctx, &out->differences);
}
