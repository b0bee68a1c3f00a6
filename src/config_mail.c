#include "config_derive.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"

#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789.-"
#define PORT_MAX 65535

static bool
complain(const struct config *config, const char *key, const char *problem)
{
	return config_object(config, "mail", key, problem);
}

/*
 * The host of scheme://host[:port] and nothing more: a password in there
 * would be shown by `tollgate config`. NULL when it is no such address.
 */
static const char *
host_of(struct arena *arena, const char *url)
{
	const char *host = strstr(url, "://"), *end;
	int64_t port;

	if (host == NULL || (!text_starts(url, "smtp://") &&
	    !text_starts(url, "smtps://")))
		return NULL;
	host += strlen("://");
	end = *host == '[' ? host + 1 + strspn(host + 1, "0123456789abcdef"
	    "ABCDEF:.") : host + strspn(host, HOST_CHARS);
	if (*host == '[' && *end++ != ']')
		return NULL;
	if (end == host || (*end != '\0' && (*end != ':' ||
	    !text_int(end + 1, 1, PORT_MAX, &port))))
		return NULL;
	return arena_copy(arena, host, (size_t)(end - host));
}

static bool
is_this_machine(const char *host)
{
	return text_is(host, "localhost") || text_is(host, "127.0.0.1") ||
	    text_is(host, "[::1]");
}

/* Without encryption whoever is between reads the links, and the password. */
static bool
check_server(struct config *config)
{
	const char *host;

	if (config->mail_smtp_url[0] == '\0')
		return true;
	host = host_of(config->arena, config->mail_smtp_url);
	if (host == NULL)
		return complain(config, "smtp_url",
		    "is neither smtp://host[:port] nor smtps://host[:port]");
	if (is_this_machine(host) || text_is(config->mail_tls, "require"))
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
	size = strspn(host, HOST_CHARS);
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
	if (strspn(config->mail_name, HOST_CHARS) != strlen(config->mail_name))
		return complain(config, "ehlo", "is not the name of a host");
	if (!text_mailable(config->mail_sender))
		return complain(config, "from", "is not an address");
	return check_server(config);
}
