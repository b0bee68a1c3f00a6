#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "ctx.h"
#include "store/ledger.h"
#include "view/view.h"

/* Prints what was recomputed as JSON; differences make it fail. */
static enum status
verify(struct ctx *ctx)
{
	TRY(ledger_verify(ctx, ctx->view));
	(void)printf("%s\n", view_as_text(ctx->arena, ctx->view));
	if (!view_is_true(ctx->view, "clean"))
		return refuse(ctx, ST_CONFLICT, "the ledger has differences");
	return ST_OK;
}

int
command_ledger(struct config *config, const struct options *options)
{
	if (options->verb == NULL || strcmp(options->verb, "verify") != 0) {
		(void)fprintf(stderr, "tollgate: ledger knows verify\n");
		return 2;
	}
	return command_with_db(config, NULL, false, verify);
}
