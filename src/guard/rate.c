#include "guard/guard.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/limit.h"
#include "guard/metric.h"
#include "routes.h"

/* contract README, section 10 */
static const struct rate_rule contract[] = {
	{ "/sign-in", true, 3, 10 },
	{ "/sign-up", true, 3, 10 },
	{ "/change-password", true, 3, 10 },
	{ "/change-email", true, 3, 10 },
	{ "/request-password-reset", true, 3, 60 },
	{ "/send-verification-email", true, 3, 60 },
	{ "/forget-password", true, 3, 60 },
};
#define CONTRACT_RULES (sizeof(contract) / sizeof(contract[0]))

bool
rate_rule(const struct config *config, size_t i, struct rate_rule *out)
{
	const struct rate_rules *own = &config->rate_rules;

	if (i < own->count)
		*out = own->rule[i];
	else if (i - own->count < CONTRACT_RULES)
		*out = contract[i - own->count];
	else if (i - own->count == CONTRACT_RULES)
		*out = (struct rate_rule){ "", true, config->rate_limit_max,
		    config->rate_limit_window };
	else
		return false;
	return true;
}

/* The path that counts: an alias shares its original's bucket. */
static const char *
rate_path(const struct ctx *ctx)
{
	const char *base = ctx->config->server_base_path;

	if (ctx->route != NULL && ctx->route->rate != NULL)
		return ctx->route->rate;
	if (text_starts(ctx->request.path, base))
		return ctx->request.path + strlen(base);
	return ctx->request.path;
}

/* The last one fits every path. */
static struct rate_rule
rule_for(const struct config *config, const char *path)
{
	struct rate_rule rule;

	for (size_t i = 0; rate_rule(config, i, &rule); i++)
		if (rule.prefix ? text_starts(path, rule.path) :
		    strcmp(path, rule.path) == 0)
			break;
	return rule;
}

static enum status
take(struct ctx *ctx, const char *path)
{
	const struct rate_rule rule = rule_for(ctx->config, path);
	int64_t wait;

	if (rule.max == RATE_UNLIMITED)
		return ST_OK;
	wait = limit_take(ctx, LIMIT_REQUESTS, arena_printf(ctx->arena,
	    "%s|%s", ctx->request.address, path), &(struct limit){
	    .free = rule.max, .most = rule.max,
	    .forget_ms = rule.window * 1000 });
	if (wait == 0)
		return ST_OK;
	metric_limit_hit(ctx->shared, METRIC_REQUESTS);
	ctx->refusal.retry_after = (wait + 999) / 1000;
	return refuse(ctx, ST_TOO_MANY_REQUESTS, "more than %lld in %lld s",
	    (long long)rule.max, (long long)rule.window);
}

enum status
rate_pass(struct ctx *ctx)
{
	/* A provider's events come from few addresses, and many at once. */
	return limit_is_on(ctx) && (ctx->route == NULL || !ctx->route->raw) &&
	    !text_starts(ctx->request.path, "/assets/") ?
	    take(ctx, rate_path(ctx)) : ST_OK;
}
