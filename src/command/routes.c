#include "command/command.h"

#include "config.h"
#include "routes.h"

int
command_routes(struct config *config, const struct options *options)
{
	(void)options;
	routes_print(config->server_base_path);
	return 0;
}
