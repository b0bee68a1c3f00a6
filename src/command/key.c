#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctx.h"
#include "store/key.h"
#include "trust/jwk.h"
#include "view/view.h"

static enum status
list(struct ctx *ctx)
{
	struct json_object *keys = view_list(ctx->view, "keys");

	TRY(store_key_list(ctx, keys));
	for (size_t i = 0; i < view_count(keys); i++) {
		const struct json_object *key = view_at(keys, i);
		const char *end = view_get_text(key, "expiresAt");

		(void)printf("%s %-5s %-9s %s %s\n", view_get_text(key, "id"),
		    view_get_text(key, "alg"), view_get_text(key, "state"),
		    view_get_text(key, "createdAt"), end != NULL ? end : "-");
	}
	return ST_OK;
}

static enum status
rotate(struct ctx *ctx)
{
	enum jwk_alg alg = jwk_alg_of(ctx->config->jwt_algorithm);
	enum status status;
	struct jwk *key;

	if (alg == JWK_HS256)
		return refuse(ctx, ST_INVALID, "HS256 has no keys but "
		    "jwt.secret, which you change yourself");
	key = jwk_generate(alg, ctx->config->jwt_rsa_bits);
	status = store_key_add(ctx, key, false);
	if (status == ST_OK)
		(void)printf("%s\n", key->kid);
	jwk_free(key);
	return status;
}

static enum status
retire(struct ctx *ctx)
{
	return store_key_retire(ctx, ctx->input);
}

static const struct verb {
	const char *name;
	enum status (*work)(struct ctx *ctx);
	bool one;		/* of a key that is named */
} verbs[] = {
	{ "list", list, false },
	{ "rotate", rotate, false },
	{ "retire", retire, true },
};

static int
wrong(const char *text)
{
	(void)fprintf(stderr, "tollgate: key: %s\n", text);
	return 2;
}

int
command_key(struct config *config, const struct options *options)
{
	static const char *const needed[] = { "server_secret", NULL };
	char kid[JWK_KID_MAX + 1] = "";

	if (options->word != NULL)
		(void)snprintf(kid, sizeof(kid), "%s", options->word);
	for (size_t i = 0; options->verb != NULL &&
	    i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].name, options->verb) != 0)
			continue;
		if (verbs[i].one != (kid[0] != '\0'))
			return wrong(verbs[i].one ? "retire needs the id of a "
			    "key" : "only retire takes the id of a key");
		return config_need(config, needed) ?
		    command_with_db(config, kid, false, verbs[i].work) : 2;
	}
	return wrong("knows list, rotate and retire");
}
