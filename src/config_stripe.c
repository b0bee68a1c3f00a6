/*
 * Section stripe: what its settings mean together.
 */
#include "config_derive.h"

#include "base/text.h"
#include "config.h"

static bool
complain(const struct config *config, const char *key, const char *problem)
{
	return config_object(config, "stripe", key, problem);
}

/* It goes into a header. */
static bool
is_word(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

bool
config_derive_stripe(struct config *config)
{
	const char *base = config->stripe_api_base;
	const char *host = config_host(config->arena, base, "http");

	if (host == NULL)
		return complain(config, "api_base",
		    "is not https://host[:port]");
	/* Whoever is between would read the key. */
	if (!text_starts(base, "https:") && !config_host_is_here(host))
		return complain(config, "api_base",
		    "may be http:// only on this machine");
	if (!is_word(config->stripe_secret_key))
		return complain(config, "secret_key",
		    "has characters that no key has");
	return !config->stripe_enabled ||
	    config->stripe_secret_key[0] != '\0' ? true :
	    complain(config, "enabled", "needs stripe.secret_key");
}
