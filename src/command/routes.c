#include "command/command.h"

#include "routes.h"

int
command_routes(struct config *config, const struct options *options)
{
	(void)options;
	routes_print(config);
	return 0;
}
