/*
 * The worker: waits in epoll, never in accept; one request at a time.
 */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/random.h"
#include "config.h"
#include "ctx.h"
#include "guard/key.h"
#include "guard/shared.h"
#include "http/assets.h"
#include "http/fcgi.h"
#include "proc/serve.h"
#include "send/stripe.h"
#include "store/db.h"
#include "store/extra.h"
#include "trust/password.h"
#include "trust/sign.h"
#include "view/view.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define ARENA_PER_BODY 8	/* parsed and answered, a body grows */
/* A list of a hundred sessions, each unit of their texts as \u0001. */
#define ARENA_PER_FIELD ((size_t)100 * 6 * EXTRA_TEXT_MAX * 4)

struct worker {
	struct ctx ctx;
	struct fcgi *fcgi;
	struct worker_slot *slot;	/* NULL: alone in the foreground */
	int signals, epoll;
	int64_t left;			/* requests until retirement */
	uint8_t form_key[SHA256_BYTES];
};

static void
watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		log_warn("worker", "cannot watch descriptor %d: %s", fd,
		    strerror(errno));
}

/* Its limits are the master's: without them no worker of his may start. */
static bool
join_master(struct worker *worker, int place)
{
	struct shared *shared;

	if (place < 0)
		return true;
	shared = shared_map(PROC_SHARED_FD);
	if (shared == NULL || place >= SHARED_WORKERS) {
		log_error("worker", "no memory shared with the master");
		return false;
	}
	worker->ctx.shared = shared;
	worker->slot = &shared->worker[place];
	atomic_store(&worker->slot->pid, getpid());
	return true;
}

static bool
open_ctx(struct worker *worker, struct config *config)
{
	struct ctx *ctx = &worker->ctx;
	size_t body = (size_t)config->worker_body_bytes;

	derive_key(worker->form_key, config->server_secret, "form-token");
	ctx->config = config;
	ctx->arena = arena_new(ARENA_BYTES + ARENA_PER_BODY * body +
	    ARENA_PER_FIELD * config->session_extra.count);
	ctx->passwords = password_arena_new();
	ctx->form_key = worker->form_key;
	ctx->templates = templates_load(config->server_templates,
	    config->server_strict_views);
	ctx->assets = assets_load(config->server_assets);
	ctx->keys = key_ring_new();
	if (config->stripe_enabled)
		ctx->stripe = stripe_open(config);
	ctx->db = db_open(config->db_url, config->db_role,
	    config->db_deadline_ms);
	return ctx->templates != NULL && ctx->assets != NULL;
}

static bool
open_loop(struct worker *worker, const struct config *config)
{
	uint32_t jitter;
	int flags;

	worker->signals = proc_signals();
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	flags = fcntl(PROC_LISTEN_FD, F_GETFL);
	if (flags < 0 || fcntl(PROC_LISTEN_FD, F_SETFL,
	    flags | O_NONBLOCK) != 0) {
		log_error("worker", "descriptor 0 is no socket to listen on");
		return false;
	}
	worker->fcgi = fcgi_open(PROC_LISTEN_FD, config->worker_read_timeout_ms,
	    config->worker_write_timeout_ms);
	if (worker->fcgi == NULL)
		return false;
	watch(worker->epoll, PROC_LISTEN_FD, EPOLLIN | EPOLLEXCLUSIVE);
	watch(worker->epoll, worker->signals, EPOLLIN);
	if (worker->slot != NULL)
		watch(worker->epoll, PROC_MASTER_FD, EPOLLIN);
	/* Workers born together must not retire together. */
	random_bytes(&jitter, sizeof(jitter));
	worker->left = config->worker_retire_after +
	    (int64_t)jitter % (config->worker_retire_after / 4 + 1);
	return true;
}

static void
set_state(struct worker *worker, enum worker_state state)
{
	if (worker->slot != NULL)
		atomic_store(&worker->slot->state, state);
}

/* False when the worker should end. */
static bool
take_request(struct worker *worker)
{
	enum fcgi_event event = fcgi_accept(worker->fcgi);

	if (event != FCGI_REQUEST)
		return event == FCGI_NOTHING;
	set_state(worker, WORKER_BUSY);
	serve(&worker->ctx, worker->fcgi);
	set_state(worker, WORKER_IDLE);
	if (worker->slot != NULL)
		atomic_fetch_add(&worker->slot->served, 1);
	return --worker->left > 0;
}

static int
loop(struct worker *worker)
{
	struct epoll_event events[4];

	set_state(worker, WORKER_IDLE);
	for (;;) {
		int count = epoll_wait(worker->epoll, events, 4, -1);

		if (count < 0 && errno != EINTR)
			return 1;
		/* Nothing is in flight here: leaving loses no request. */
		for (int i = 0; i < count; i++)
			if (events[i].data.fd != PROC_LISTEN_FD)
				return 0;
		if (count > 0 && !take_request(worker))
			return 0;
	}
}

int
worker_run(struct config *config)
{
	static const char *const secrets[] = { "server_secret", "jwt_secret",
		"db_url", "metrics_token", "stripe_secret_key",
		"stripe_webhook_secret", NULL };
	struct worker worker = { 0 };
	int rc = 1;

	config_keep_secrets(config, secrets);
	proc_protect(config);
	if (open_ctx(&worker, config) &&
	    join_master(&worker, proc_child()) && open_loop(&worker, config)) {
		/* Ready even while the database is away: pages say so. */
		(void)db_ready(worker.ctx.db);
		rc = loop(&worker);
	}
	fcgi_close(worker.fcgi);
	db_close(worker.ctx.db);
	stripe_close(worker.ctx.stripe);
	key_ring_free(worker.ctx.keys);
	assets_free(worker.ctx.assets);
	templates_free(worker.ctx.templates);
	password_arena_free(worker.ctx.passwords);
	arena_free(worker.ctx.arena);
	return rc;
}
