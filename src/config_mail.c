#include "config_derive.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"

static bool
complain(const struct config *config, const char *key, const char *problem)
{
	return config_object(config, "mail", key, problem);
}

/* Without encryption whoever is between reads the links, and the password. */
static bool
check_server(struct config *config)
{
	const char *host;

	if (config->mail_smtp_url[0] == '\0')
		return true;
	host = config_host(config->arena, config->mail_smtp_url, "smtp");
	if (host == NULL)
		return complain(config, "smtp_url",
		    "is neither smtp://host[:port] nor smtps://host[:port]");
	if (config_host_is_here(host) || text_is(config->mail_tls, "require"))
		return true;
	if (text_is(config->mail_tls, "never"))
		return complain(config, "tls", "is never only on this machine");
	return config->mail_user[0] == '\0' ? true :
	    complain(config, "tls",
	    "must be require where there is a mail.user");
}

/* The host in server.url, without its port; names only. */
static const char *
own_name(const struct config *config)
{
	const char *host = strstr(config->origin, "://");
	size_t size;

	if (host == NULL)
		return "localhost";
	host += strlen("://");
	size = strspn(host, CONFIG_HOST_CHARS);
	return size == 0 ? "localhost" :
	    arena_copy(config->arena, host, size);
}

bool
config_derive_mail(struct config *config)
{
	config->mail_name = config->mail_ehlo[0] != '\0' ? config->mail_ehlo :
	    own_name(config);
	config->mail_sender = config->mail_from[0] != '\0' ?
	    config->mail_from : arena_printf(config->arena, "no-reply@%s",
	    own_name(config));
	if (strspn(config->mail_name, CONFIG_HOST_CHARS) != strlen(config->mail_name))
		return complain(config, "ehlo", "is not the name of a host");
	if (!text_mailable(config->mail_sender))
		return complain(config, "from", "is not an address");
	return check_server(config);
}
