#include "command/command.h"

#include "config.h"
#include "ctx.h"
#include "store/migrate.h"

static enum status
migrate(struct ctx *ctx)
{
	return migrate_run(ctx, ctx->config->server_migrations);
}

int
command_migrate(struct config *config, const struct options *options)
{
	(void)options;
	return command_with_db(config, NULL, true, migrate);
}
