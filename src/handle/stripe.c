#include "handle/stripe.h"

#include "ctx.h"
#include "guard/call_slot.h"

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
