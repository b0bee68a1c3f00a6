#include "guard/guard.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/limit.h"
#include "guard/metric.h"
#include "routes.h"

/* contract README, section 10: the first rule whose prefix matches. */
static const struct {
	const char *prefix;
	int64_t window, max;
} special[] = {
	{ "/sign-in", 10, 3 },
	{ "/sign-up", 10, 3 },
	{ "/change-password", 10, 3 },
	{ "/change-email", 10, 3 },
	{ "/request-password-reset", 60, 3 },
	{ "/send-verification-email", 60, 3 },
	{ "/forget-password", 60, 3 },
};

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

/* A rule of the operator, of the contract, or the one for all else. */
static void
numbers_for(const struct ctx *ctx, const char *path, int64_t *max,
    int64_t *window)
{
	const struct rate_rules *rules = &ctx->config->rate_rules;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rate_rule *rule = &rules->rule[i];

		if (rule->prefix ? !text_starts(path, rule->path) :
		    strcmp(path, rule->path) != 0)
			continue;
		*max = rule->max;
		*window = rule->window;
		return;
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (!text_starts(path, special[i].prefix))
			continue;
		*max = special[i].max;
		*window = special[i].window;
		return;
	}
	*max = ctx->config->rate_limit_max;
	*window = ctx->config->rate_limit_window;
}

enum status
rate_pass(struct ctx *ctx)
{
	const char *path = rate_path(ctx);
	int64_t max, window, wait;

	if (text_starts(ctx->request.path, "/assets/"))
		return ST_OK;
	numbers_for(ctx, path, &max, &window);
	if (max == RATE_UNLIMITED)
		return ST_OK;
	wait = limit_take(ctx, LIMIT_REQUESTS, arena_printf(ctx->arena,
	    "%s|%s", ctx->request.address, path), &(struct limit){
	    .free = max, .most = max, .forget_ms = window * 1000 });
	if (wait == 0)
		return ST_OK;
	metric_limit_hit(ctx->shared, METRIC_REQUESTS);
	ctx->retry_after = (wait + 999) / 1000;
	return refuse(ctx, ST_TOO_MANY_REQUESTS, "more than %lld in %lld s",
	    (long long)max, (long long)window);
}
