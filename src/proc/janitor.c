/*
 * The janitor: takes away what nobody can use any more. Correctness never
 * waits for it; an expired session is refused whether its row exists or not.
 */
#include <poll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "ctx.h"
#include "proc/proc.h"
#include "store/db.h"
#include "store/session.h"

#define ARENA_BYTES ((size_t)1024 * 1024)
#define ROUND_MS 60000
#define BATCH 1000

/* In batches: a long transaction would hold back vacuum, a big one I/O. */
static void
clean(struct ctx *ctx)
{
	int64_t removed = BATCH, total = 0;

	ctx->now = clock_now();
	while (removed == BATCH &&
	    store_session_purge(ctx, BATCH, &removed) == ST_OK) {
		total += removed;
		arena_reset(ctx->arena);
	}
	arena_reset(ctx->arena);
	if (total > 0)
		log_info("janitor", "removed %lld expired sessions",
		    (long long)total);
}

int
janitor_run(struct config *config)
{
	static const char *const secrets[] = { "db_url", NULL };
	struct ctx ctx = { .config = config,
		.arena = arena_new(ARENA_BYTES),
		.db = db_open(config->db_url, config->db_role,
		    config->db_deadline_ms) };
	struct pollfd watched[] = {
		{ .fd = proc_signals(), .events = POLLIN },
		{ .fd = proc_child() >= 0 ? PROC_MASTER_FD : -1,
		    .events = POLLIN },
	};

	config_keep_secrets(config, secrets);
	proc_protect(config);
	do
		clean(&ctx);
	while (poll(watched, 2, ROUND_MS) == 0);
	db_close(ctx.db);
	arena_free(ctx.arena);
	return 0;
}
