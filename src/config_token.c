/*
 * Section jwt: what follows from it, and what its settings mean together.
 */
#include "config_derive.h"

#include <string.h>

#include "config.h"

#define HS256_SECRET_MIN 32	/* bytes (RFC 7518, section 3.2) */
#define ROTATION_MIN 3600	/* seconds; a key is announced before it signs */

static bool
complain(const struct config *config, const char *key, const char *problem)
{
	return config_object(config, "jwt", key, problem);
}

/* Whoever verifies with it may not sign cookies, too. */
static bool
check_secret(const struct config *config)
{
	if (strcmp(config->jwt_algorithm, "HS256") != 0)
		return true;
	if (strlen(config->jwt_secret) < HS256_SECRET_MIN)
		return complain(config, "secret",
		    "must have 32 characters or more for HS256");
	if (strcmp(config->jwt_secret, config->server_secret) == 0)
		return complain(config, "secret",
		    "must not be server.secret, which signs the cookies");
	return true;
}

bool
config_derive_token(struct config *config)
{
	if (config->jwt_issuer[0] == '\0')
		config->jwt_issuer = config->origin;
	if (config->jwt_audience[0] == '\0')
		config->jwt_audience = config->origin;
	if (config->jwt_rotation_seconds != 0 &&
	    config->jwt_rotation_seconds < ROTATION_MIN)
		return complain(config, "rotation_seconds",
		    "is 0 or 3600 and more");
	if (config->jwt_grace_seconds < config->jwt_expires_in)
		return complain(config, "grace_seconds",
		    "is less than expires_in: tokens would outlive their key");
	return check_secret(config);
}
