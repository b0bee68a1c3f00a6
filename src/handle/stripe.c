#include "handle/stripe.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/call_slot.h"
#include "http/origin.h"
#include "trust/sign.h"

static enum status
ask(struct ctx *ctx, const struct stripe_call *call, struct json_object **out)
{
	enum status status;

	TRY(call_slot_take(ctx));
	status = stripe_call(ctx, call, out);
	call_slot_give(ctx);
	return status;
}

enum status
stripe_get(struct ctx *ctx, const char *path, const struct buf *query,
    struct json_object **out)
{
	return ask(ctx, &(struct stripe_call){ .path = path, .form = query },
	    out);
}

enum status
stripe_post(struct ctx *ctx, const char *path, const struct buf *form,
    const char *key, struct json_object **out)
{
	return ask(ctx, &(struct stripe_call){ .post = true, .path = path,
	    .form = form, .key = key }, out);
}

const char *
stripe_key(struct ctx *ctx, const char *what, const struct buf *form)
{
	uint8_t hash[SHA256_BYTES];
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];

	sha256(hash, form->data, form->size);
	text_hex(hex, hash, sizeof(hash));
	return arena_printf(ctx->arena, "%s:%s:%lld", what, hex,
	    (long long)(ctx->now / STRIPE_KEY_MS));
}

enum status
stripe_refused_as(struct ctx *ctx, enum status status, enum status as)
{
	if (status != ST_STRIPE_REFUSED)
		return status;
	ctx->refusal = (struct refusal){ .reason = ctx->refusal.reason };
	return as;
}

enum status
stripe_url(struct ctx *ctx, const struct json_object *session,
    const char **out)
{
	const struct list *origins = &ctx->config->shop_checkout_origins;

	*out = json_text(session, "url");
	if (*out == NULL)
		return refuse(ctx, ST_STRIPE_UNAVAILABLE,
		    "the session has no url");
	return origin_trusted(*out, origins->text, origins->count) ? ST_OK :
	    refuse(ctx, ST_PAYMENTS_OFF,
	    "shop.checkout_origins does not have %s", *out);
}
