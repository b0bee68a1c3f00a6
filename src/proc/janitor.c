/*
 * The janitor: takes away what nobody can use any more, books what has run out
 * and adds up what is over. Correctness never waits for it; an expired session
 * is refused whether its row exists or not, credits likewise, and figures that
 * are not there are counted.
 */
#include <poll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"
#include "handle/reconcile.h"
#include "proc/proc.h"
#include "send/stripe.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/difference.h"
#include "store/figures.h"
#include "store/key.h"
#include "store/letter.h"
#include "store/limit.h"
#include "store/provider_event.h"
#include "store/reservation.h"
#include "store/session.h"
#include "store/verification.h"

#define ARENA_BYTES ((size_t)32 * 1024 * 1024)	/* for answers of Stripe */
#define ROUND_MS 60000
#define RECONCILE_MS (2 * DAY_MS)
#define BATCH 1000
#define BATCH_SMALL 30
#define HOURS_BATCH 120

static const struct chore {
	const char *done;	/* after a number */
	enum status (*run)(struct ctx *ctx, int64_t limit, int64_t *count);
} chores[] = {
	{ "wallets settled", store_credit_due },
	{ "reservations lapsed", store_reservation_lapse },
	{ "expired sessions removed", store_session_purge },
	{ "expired verifications removed", store_verification_purge },
	{ "old letters removed", store_letter_purge },
	{ "expired limits removed", store_limit_purge },
	{ "old events of providers removed", store_event_purge },
	{ "private halves of signing keys removed", store_key_purge },
};

/*
 * In batches: a long transaction would hold back vacuum, a big one I/O. One
 * that its deadline ended would be ended the next time, too: in smaller ones.
 */
static void
do_chore(struct ctx *ctx, const struct chore *chore)
{
	int64_t batch = BATCH, count, total = 0;

	for (bool more = true; more; arena_reset(ctx->arena)) {
		if (chore->run(ctx, batch, &count) == ST_OK) {
			total += count;
			more = count == batch;
		} else {
			more = batch == BATCH;
			batch = BATCH_SMALL;
		}
	}
	if (total > 0)
		log_info("janitor", "%lld %s", (long long)total, chore->done);
}

static enum status
close_hours(struct ctx *ctx, void *closed)
{
	return store_figures_close(ctx, HOURS_BATCH, closed);
}

/* Whether there may be more to add up: after a long absence, or a restore. */
static bool
add_up(struct ctx *ctx)
{
	int64_t closed = 0;
	const enum status status = db_transact_with(ctx, close_hours,
	    &closed);

	arena_reset(ctx->arena);
	return status == ST_OK && closed == HOURS_BATCH;
}

/* For /metrics, which asks no database. */
static void
count(struct ctx *ctx)
{
	struct letter_figures letters;
	int64_t sessions;

	if (ctx->shared != NULL &&
	    store_session_count(ctx, &sessions) == ST_OK &&
	    store_letter_figures(ctx, &letters) == ST_OK)
		metric_database(ctx->shared, ctx->now, sessions, &letters);
	arena_reset(ctx->arena);
}

/* Once a day one janitor of all hosts asks the payment provider, about two
 * days: on one of them it may have been away. */
static void
compare(struct ctx *ctx)
{
	struct reconciled found;

	if (ctx->stripe == NULL || store_reconciliation_begin(ctx) != ST_OK)
		return;
	if (reconcile(ctx, ctx->now - RECONCILE_MS, &found) != ST_OK ||
	    store_reconciliation_end(ctx, found.differences) != ST_OK)
		log_warn("janitor", "orders were not compared: %s",
		    ctx->refusal.reason != NULL ? ctx->refusal.reason :
		    "no answer");
	else if (found.differences > 0)
		log_warn("janitor", "%lld differences of orders are open",
		    (long long)found.differences);
	refusal_drop(ctx);
	arena_reset(ctx->arena);
}

static void
round_of(struct ctx *ctx)
{
	ctx->now = clock_now();
	count(ctx);
	for (size_t i = 0; i < sizeof(chores) / sizeof(chores[0]); i++)
		do_chore(ctx, &chores[i]);
	compare(ctx);
}

/* How it was started says whether there is a master to watch and to tell. */
static int
join_master(struct ctx *ctx)
{
	if (proc_child() < 0)
		return -1;
	ctx->shared = shared_map(PROC_SHARED_FD);
	return PROC_MASTER_FD;
}

int
janitor_run(struct config *config)
{
	static const char *const secrets[] = { "db_url",
		"stripe_secret_key", NULL };
	struct ctx ctx = { .config = config,
		.arena = arena_new(ARENA_BYTES),
		.db = db_open(config->db_url, config->db_role,
		    config->db_deadline_ms) };
	struct pollfd watched[] = {
		{ .fd = proc_signals(), .events = POLLIN },
		{ .fd = join_master(&ctx), .events = POLLIN },
	};

	config_keep_secrets(config, secrets);
	proc_protect(config);
	if (config->stripe_enabled)
		ctx.stripe = stripe_open(config);
	do {
		round_of(&ctx);
		while (add_up(&ctx) && poll(watched, 2, 0) == 0)
			;
	} while (poll(watched, 2, ROUND_MS) == 0);
	stripe_close(ctx.stripe);
	db_close(ctx.db);
	arena_free(ctx.arena);
	return 0;
}
