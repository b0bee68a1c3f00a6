#include "config_derive.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "http/address.h"

#define RULE_MAX 1000000
#define RULE_WINDOW_MAX 86400

/* requests/seconds, or off */
static bool
rule_numbers(char *text, struct rate_rule *rule)
{
	char *slash = strchr(text, '/');

	if (strcmp(text, "off") == 0) {
		rule->max = RATE_UNLIMITED;
		return true;
	}
	if (slash == NULL)
		return false;
	*slash = '\0';
	return text_int(text, 1, RULE_MAX, &rule->max) &&
	    text_int(slash + 1, 1, RULE_WINDOW_MAX, &rule->window);
}

static bool
rule_of(struct arena *arena, const char *text, struct rate_rule *rule)
{
	char *path = arena_text(arena, text);
	char *equals = strrchr(path, '=');
	size_t size;

	if (path[0] != '/' || equals == NULL)
		return false;
	*equals = '\0';
	size = strlen(path);
	rule->path = path;
	rule->prefix = path[size - 1] == '*';
	if (rule->prefix)
		path[size - 1] = '\0';
	return strchr(path, '*') == NULL && rule_numbers(equals + 1, rule);
}

static bool
derive_rules(struct config *config)
{
	const struct list *list = &config->rate_limit_rules;
	struct rate_rule *rules = arena_array(config->arena, list->count + 1,
	    sizeof(*rules));

	for (size_t i = 0; i < list->count; i++)
		if (!rule_of(config->arena, list->text[i], &rules[i]))
			return config_object(config, "rate_limit", "rules",
			    arena_printf(config->arena, "'%s' is not /path="
			    "requests/seconds or /path=off", list->text[i]));
	config->rate_rules = (struct rate_rules){ rules, list->count };
	return true;
}

/* An entry that is no network would trust nobody, and one that holds everybody
 * would let everybody say who he is: neither is what was meant. */
static bool
check_proxies(const struct config *config)
{
	const struct list *list = &config->server_trusted_proxies;

	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->text[i], *slash = strchr(text, '/');

		if (!address_is_network(text))
			return config_object(config, "server",
			    "trusted_proxies", arena_printf(config->arena,
			    "'%s' is no address or network", text));
		if (text_is(slash, "/0"))
			return config_object(config, "server",
			    "trusted_proxies", arena_printf(config->arena,
			    "'%s' trusts everybody", text));
	}
	return true;
}

bool
config_derive_guards(struct config *config)
{
	return derive_rules(config) && check_proxies(config);
}
