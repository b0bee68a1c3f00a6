#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/reconcile.h"
#include "send/stripe.h"
#include "view/view.h"

#define DAYS_USUAL 30

static void
print(struct ctx *ctx, const struct reconciled *found)
{
	struct json_object *out = view_root(ctx->arena);

	view_int(out, "payments", found->payments);
	view_int(out, "refunds", found->refunds);
	view_int(out, "disputes", found->disputes);
	view_int(out, "differences", found->differences);
	(void)printf("%s\n", view_as_text(ctx->arena, out));
}

/* Prints what was compared; differences make it fail. */
static enum status
compare(struct ctx *ctx)
{
	const int64_t days = *(const int64_t *)ctx->input;
	struct reconciled found;
	enum status status;

	ctx->stripe = stripe_open(ctx->config);
	status = reconcile(ctx, ctx->now - days * DAY_MS, &found);
	stripe_close(ctx->stripe);
	TRY(status);
	print(ctx, &found);
	return found.differences == 0 ? ST_OK : refuse(ctx, ST_CONFLICT,
	    "%lld differences are open", (long long)found.differences);
}

int
command_orders(struct config *config, const struct options *options)
{
	int64_t days = DAYS_USUAL;

	if (!text_is(options->verb, "reconcile") || (options->word != NULL &&
	    !text_int(options->word, 1, RECONCILE_DAYS_MAX, &days))) {
		(void)fprintf(stderr, "tollgate: orders knows reconcile and "
		    "a number of days, 1 to %d\n", RECONCILE_DAYS_MAX);
		return 2;
	}
	if (!config->stripe_enabled) {
		(void)fprintf(stderr, "tollgate: stripe.enabled is off\n");
		return 2;
	}
	return command_with_db(config, &days, true, compare);
}
