#include "command/command.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "trust/password.h"
#include "view/view.h"

#define ARENA_BYTES ((size_t)256 * 1024 * 1024)
#define DEADLINE_MS ((int64_t)3600 * 1000)	/* a migration may be long */

int
command_failed(const struct ctx *ctx, enum status status)
{
	(void)fprintf(stderr, "tollgate: %s%s%s\n",
	    refusal_text(ctx, status),
	    ctx->refusal.reason != NULL ? ": " : "",
	    ctx->refusal.reason != NULL ? ctx->refusal.reason : "");
	return 1;
}

int
command_with_db(struct config *config, void *input, bool alone,
    enum status (*work)(struct ctx *ctx))
{
	static const char *const needed[] = { "db_admin_url", NULL };
	struct ctx ctx = { .config = config, .now = clock_now() };
	enum status status;
	int rc = 0;

	if (!config_need(config, needed))
		return 2;
	ctx.arena = arena_new(ARENA_BYTES);
	ctx.view = view_root(ctx.arena);
	ctx.passwords = password_arena_new();
	ctx.db = db_open(config->db_admin_url, NULL, DEADLINE_MS);
	ctx.request.address = ctx.request.user_agent = "";
	ctx.input = input;
	status = alone ? work(&ctx) : db_transact(&ctx, work);
	if (status != ST_OK)
		rc = command_failed(&ctx, status);
	db_close(ctx.db);
	password_arena_free(ctx.passwords);
	arena_free(ctx.arena);
	return rc;
}

int
command_config(struct config *config, const struct options *options)
{
	(void)options;
	config_print(config, stdout);
	return 0;
}
