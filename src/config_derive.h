/*
 * config_derive.h - what follows from the settings: inside config only
 */
#ifndef CONFIG_DERIVE_H
#define CONFIG_DERIVE_H

#include <stdbool.h>

struct arena;
struct config;

/*
 * config_derive - check settings against each other, fill the derived members
 *
 * False after a message.
 */
bool config_derive(struct config *config);

/* The same for sections mail (config_mail.c), shop (config_shop.c), stripe
 * (config_stripe.c), credits and affiliates (config_credit.c) and jwt
 * (config_token.c), and for rate_limit.rules and server.trusted_proxies
 * (config_guard.c). */
bool config_derive_credit(struct config *config);
bool config_derive_mail(struct config *config);
bool config_derive_shop(struct config *config);
bool config_derive_stripe(struct config *config);
bool config_derive_token(struct config *config);
bool config_derive_guards(struct config *config);

/*
 * config_object - say on standard error what is wrong with a setting; false
 *
 * It is there, and so is its place in what is said, of a list that goes over
 * lines its first: "tollgate: file:12: section.key: problem".
 */
bool config_object(const struct config *config, const char *section,
    const char *key, const char *problem);

/*
 * config_host - the host of scheme://host[:port] and nothing more: a password
 * in there would be shown by `tollgate config`
 *
 * scheme  its first letters; "s" may follow
 * NULL: it is no such address
 */
#define CONFIG_HOST_CHARS "abcdefghijklmnopqrstuvwxyz"			\
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
const char *config_host(struct arena *arena, const char *url,
    const char *scheme);
/* Whether nobody is between here and that host. */
bool config_host_is_here(const char *host);

#endif
