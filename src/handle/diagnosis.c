/*
 * How the service is, and how it saw the request that asks: the page and the
 * answer to "why does it think so?".
 */
#include "handle/admin.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/guard.h"
#include "guard/shared.h"
#include "handle/words.h"
#include "http/address.h"
#include "http/origin.h"
#include "send/smtp.h"
#include "store/db.h"
#include "store/letter.h"
#include "store/migrate.h"
#include "store/system.h"
#include "trust/version.h"
#include "view/view.h"

#define HEADER_SHOWN_MAX 200	/* bytes of what a stranger sent */

/* ---- this request ------------------------------------------------------ */

static const char *
shown(struct ctx *ctx, const char *text)
{
	size_t size = text != NULL ? strlen(text) : 0;

	if (text == NULL)
		return NULL;
	if (size > HEADER_SHOWN_MAX)
		size = HEADER_SHOWN_MAX;
	while (size > 0 && !text_utf8(text, size))
		size--;
	return arena_copy(ctx->arena, text, size);
}

/* "HTTP_X_FORWARDED_FOR" as it is written in a request. */
static const char *
header_name(struct ctx *ctx, const char *variable)
{
	char *name = arena_text(ctx->arena, variable + strlen("HTTP_"));
	bool first = true;

	for (char *p = name; *p != '\0'; p++) {
		*p = *p == '_' ? '-' : first ? *p :
		    (char)tolower((unsigned char)*p);
		first = *p == '-';
	}
	return name;
}

static void
hearsay_view(struct ctx *ctx, struct json_object *out)
{
	for (const char *const *name = address_forwarding; *name != NULL;
	    name++) {
		const char *value = request_param(&ctx->request, *name);
		struct json_object *header;

		if (value == NULL)
			continue;
		header = view_object(out, NULL);
		view_text(header, "name", header_name(ctx, *name));
		view_text(header, "value", shown(ctx, value));
		view_bool(header, "believed", ctx->request.is_forwarded &&
		    text_is(*name, "HTTP_X_FORWARDED_FOR"));
	}
}

/* As a browser would name the site it asked for. */
static bool
is_own_host(struct ctx *ctx, const char *host)
{
	const char *own = ctx->config->origin;
	const char *end = strstr(own, "://");
	char *asked = NULL;

	return host != NULL && end != NULL && origin_of(ctx->arena,
	    arena_printf(ctx->arena, "%.*s://%s", (int)(end - own), own,
	    host), &asked) && text_is(asked, own);
}

static void
request_view(struct ctx *ctx, struct json_object *out)
{
	const struct config *config = ctx->config;
	const struct request *request = &ctx->request;
	const char *host = request_param(request, "HTTP_HOST");

	view_text(out, "id", request->id);
	view_text(out, "address", request->address[0] != '\0' ?
	    request->address : NULL);
	view_text(out, "addressFrom", request->address_why);
	view_text(out, "remoteAddr", shown(ctx, request_param(request,
	    "REMOTE_ADDR")));
	hearsay_view(ctx, view_list(out, "forwarding"));
	view_text(out, "host", shown(ctx, host));
	view_bool(out, "hostMatches", is_own_host(ctx, host));
	view_text(out, "scheme", shown(ctx, request_param(request,
	    "REQUEST_SCHEME")));
	view_text(out, "webServer", shown(ctx, request_param(request,
	    "SERVER_SOFTWARE")));
	view_text(out, "url", config->server_url);
	view_text(out, "origin", config->origin);
	view_bool(out, "secureCookies", config->secure);
	view_text(out, "cookie", config->cookie_session);
	view_text(out, "face", is_page(ctx) ? "page" : "json");
}

/* ---- this host --------------------------------------------------------- */

static void
workers_view(struct shared *shared, struct json_object *out)
{
	for (int i = 0; i < SHARED_WORKERS; i++) {
		struct worker_slot *slot = &shared->worker[i];
		int state = atomic_load(&slot->state);
		struct json_object *worker;

		if (state <= WORKER_NONE || state >= WORKER_STATES)
			continue;
		worker = view_object(out, NULL);
		view_int(worker, "pid", atomic_load(&slot->pid));
		view_text(worker, "state", worker_state_names[state]);
		view_int(worker, "served", (int64_t)atomic_load(
		    &slot->served));
	}
}

/* A worker that runs alone has neither master nor brothers. */
static void
host_view(struct ctx *ctx, struct json_object *out)
{
	struct shared *shared = ctx->shared;
	struct json_object *hash = view_object(out, "hashSlots");
	struct json_object *workers = view_list(out, "workers");

	view_time(out, "startedAt", shared != NULL ?
	    shared->metrics.started : 0);
	view_int(out, "workersWanted", shared != NULL ? shared->workers : 1);
	view_int(hash, "all", shared != NULL ? shared->slots : 1);
	view_int(hash, "inUse", shared != NULL ?
	    shared_count(shared, WORKER_HASHING) : 0);
	view_int(hash, "awaited", shared != NULL ?
	    shared_count(shared, WORKER_WAITING) : 0);
	if (shared != NULL)
		workers_view(shared, workers);
}

static enum status
mail_view(struct ctx *ctx, struct json_object *out)
{
	struct letter_figures figures;

	TRY(store_letter_figures(ctx, &figures));
	view_bool(out, "sending", ctx->config->mail_smtp_url[0] != '\0');
	view_int(out, "queued", figures.queued);
	view_int(out, "oldestSeconds", figures.oldest_seconds);
	view_int(out, "failed", figures.failed);
	return ST_OK;
}

static void
limits_view(struct ctx *ctx, struct json_object *out)
{
	const struct config *config = ctx->config;
	struct json_object *rules = view_list(out, "rules");
	struct rate_rule rule;

	view_bool(out, "enabled", config->rate_limit_enabled);
	view_text(out, "storage", config->rate_limit_storage);
	view_int(out, "accountFailures", config->rate_limit_account_failures);
	view_int(out, "networkFailures", config->rate_limit_network_failures);
	for (size_t i = 0; rate_rule(config, i, &rule); i++) {
		struct json_object *row = view_object(rules, NULL);

		view_text(row, "path", arena_printf(ctx->arena, "%s%s",
		    rule.path, rule.prefix ? "*" : ""));
		view_bool(row, "own", i < config->rate_rules.count);
		view_bool(row, "off", rule.max == RATE_UNLIMITED);
		view_int(row, "requests", rule.max);
		view_int(row, "seconds", rule.window);
	}
}

static void
versions_view(struct ctx *ctx, struct json_object *out)
{
	const struct {
		const char *name, *version;
	} parts[] = {
		{ "tollgate", VERSION_TEXT },
		{ "PostgreSQL", view_get_text(view_get(ctx->view, "database"),
		    "version") },
		{ "libpq", db_library_version(ctx) },
		{ "OpenSSL", version_openssl() },
		{ "libsodium", version_sodium() },
		{ "json-c", view_library_version() },
		{ "libcurl", smtp_library_version() },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct json_object *part;

		if (parts[i].version == NULL)
			continue;
		part = view_object(out, NULL);
		view_text(part, "name", parts[i].name);
		view_text(part, "version", parts[i].version);
	}
}

static enum status
database_view(struct ctx *ctx, struct json_object *out)
{
	bool standby;
	int64_t us;

	TRY(store_ping(ctx, &us, &standby));
	view_int(out, "microseconds", us);
	return store_system(ctx, out);
}

enum status
admin_health(struct ctx *ctx)
{
	struct json_object *database;
	bool standby;
	int64_t us;

	TRY(store_ping(ctx, &us, &standby));
	if (standby)
		return refuse(ctx, ST_UNAVAILABLE, "a standby answers");
	view_text(ctx->view, "status", "ok");
	view_time(ctx->view, "time", ctx->now);
	database = view_object(ctx->view, "database");
	view_text(database, "status", "ok");
	view_int(database, "microseconds", us);
	return ST_OK;
}

enum status
diagnosis(struct ctx *ctx)
{
	request_view(ctx, view_object(ctx->view, "request"));
	host_view(ctx, view_object(ctx->view, "host"));
	TRY(database_view(ctx, view_object(ctx->view, "database")));
	TRY(migrate_view(ctx, ctx->config->server_migrations,
	    view_list(ctx->view, "schema")));
	TRY(mail_view(ctx, view_object(ctx->view, "mail")));
	limits_view(ctx, view_object(ctx->view, "limits"));
	versions_view(ctx, view_list(ctx->view, "versions"));
	cautions_view(ctx, view_list(ctx->view, "cautions"));
	if (is_page(ctx))
		diagnosis_words(ctx);
	return ST_OK;
}
