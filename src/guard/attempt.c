#include "guard/attempt.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "config.h"
#include "ctx.h"
#include "guard/limit.h"
#include "guard/metric.h"
#include "store/session.h"
#include "store/user.h"
#include "store/verification.h"

#define ACCOUNT_FORGET_MS DAY_MS
#define NETWORK_FORGET_MS HOUR_MS

static const char *
account_key(struct ctx *ctx, const char *account)
{
	return arena_printf(ctx->arena, "account|%s", account);
}

static struct limit
account_limit(const struct ctx *ctx)
{
	return (struct limit){ .free = ctx->config->rate_limit_account_failures,
	    .most = ATTEMPT_MOST, .forget_ms = ACCOUNT_FORGET_MS };
}

static struct limit
network_limit(const struct ctx *ctx)
{
	int64_t most = ctx->config->rate_limit_network_failures;

	return (struct limit){ .free = most, .most = most, .fixed = true,
	    .forget_ms = NETWORK_FORGET_MS };
}

static bool
is_signed_in(const struct ctx *ctx, const char *account)
{
	return ctx->session != NULL &&
	    strcmp(ctx->session->user_id, account) == 0;
}

/* Where the account has been in before; NULL: it has not been here. */
static const char *
known_key(struct ctx *ctx, const char *account)
{
	const char *address = ctx->request.address;
	bool known = false;

	if (address[0] == '\0' || store_session_known(ctx, account, address,
	    &known) != ST_OK || !known)
		return NULL;
	return arena_printf(ctx->arena, "account|%s|%s", account, address);
}

static enum status
refuse_for(struct ctx *ctx, int64_t wait_ms, enum metric_limit limit,
    const char *why)
{
	metric_limit_hit(ctx->shared, limit);
	ctx->refusal.retry_after = (wait_ms + 999) / 1000;
	return refuse(ctx, ST_TOO_MANY_REQUESTS, "%s", why);
}

static int64_t
take_account(struct ctx *ctx, const char *account, struct attempt *attempt)
{
	const struct limit limit = account_limit(ctx);
	const char *known;
	int64_t wait;

	attempt->account = is_signed_in(ctx, account) ?
	    arena_printf(ctx->arena, "session|%s", ctx->session->id) :
	    account_key(ctx, account);
	wait = limit_take(ctx, LIMIT_SECRETS, attempt->account, &limit);
	if (wait == 0 || is_signed_in(ctx, account))
		return wait;
	known = known_key(ctx, account);
	if (known == NULL)
		return wait;
	attempt->account = known;
	return limit_take(ctx, LIMIT_SECRETS, known, &limit);
}

enum status
attempt_begin(struct ctx *ctx, const char *account, struct attempt *attempt)
{
	const struct limit limit = network_limit(ctx);
	int64_t wait;

	*attempt = (struct attempt){ .network = arena_printf(ctx->arena,
	    "network|%s", ctx->request.address) };
	wait = limit_take(ctx, LIMIT_SECRETS, attempt->network, &limit);
	if (wait > 0)
		return refuse_for(ctx, wait, METRIC_NETWORK,
		    "too many wrong secrets from this network");
	if (account == NULL)
		return ST_OK;
	wait = take_account(ctx, account, attempt);
	if (wait == 0)
		return ST_OK;
	limit_undo(ctx, LIMIT_SECRETS, attempt->network);
	return refuse_for(ctx, wait, METRIC_ACCOUNT,
	    "too many wrong secrets of this account");
}

/* Right ones of one account give no network further wrong ones of others. */
void
attempt_end(struct ctx *ctx, const struct attempt *attempt,
    enum attempt_result result)
{
	if (result == ATTEMPT_WRONG)
		return;
	limit_undo(ctx, LIMIT_SECRETS, attempt->network);
	if (attempt->account == NULL)
		return;
	if (result == ATTEMPT_RIGHT)
		limit_clear(ctx, LIMIT_SECRETS, attempt->account);
	else
		limit_undo(ctx, LIMIT_SECRETS, attempt->account);
}

enum status
attempt_proof(struct ctx *ctx, const char *identifier, const char **value)
{
	struct attempt attempt;
	enum status status;

	TRY(attempt_begin(ctx, NULL, &attempt));
	status = store_verification_find(ctx, identifier, value);
	attempt_end(ctx, &attempt, status == ST_NOT_FOUND ? ATTEMPT_WRONG :
	    ATTEMPT_RIGHT);
	return status;
}

void
attempt_forget(struct ctx *ctx, const char *account)
{
	limit_clear(ctx, LIMIT_SECRETS, account_key(ctx, account));
}
