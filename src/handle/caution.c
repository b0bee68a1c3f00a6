/*
 * What an operator should look at: settings that are possible, and seldom
 * meant.
 */
#include "handle/admin.h"

#include <string.h>

#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/shared.h"
#include "handle/words.h"
#include "http/address.h"
#include "view/view.h"

#define SECRET_GOOD 32		/* characters */
/* OWASP's least for Argon2id: 7 MiB five times; fewer passes need more. */
#define HASH_KIB_PASSES_LEAST (7168 * 5)

/* ---- the address ------------------------------------------------------- */

static bool
starts_local(const char *host)
{
	return text_starts(host, "localhost") || text_starts(host, "127.") ||
	    text_starts(host, "[::1]");
}

static const char *
own_host(const struct ctx *ctx)
{
	const char *host = strstr(ctx->config->origin, "://");

	return host != NULL ? host + strlen("://") : "";
}

static bool
is_plain(struct ctx *ctx)
{
	return !text_starts(ctx->config->origin, "https://") &&
	    !starts_local(own_host(ctx));
}

static bool
is_plain_behind_https(struct ctx *ctx)
{
	return !text_starts(ctx->config->origin, "https://") && text_is(
	    request_param(&ctx->request, "REQUEST_SCHEME"), "https");
}

static bool
is_insecure_with_https(struct ctx *ctx)
{
	return text_starts(ctx->config->origin, "https://") &&
	    !ctx->config->secure;
}

static bool
is_other_host(struct ctx *ctx)
{
	const struct json_object *request = view_get(ctx->view, "request");

	return view_get_text(request, "host") != NULL &&
	    !view_is_true(request, "hostMatches");
}

static bool
is_proxied_unknown(struct ctx *ctx)
{
	return !ctx->request.is_forwarded && address_is_forwarded(
	    &ctx->request);
}

static bool
is_anybodys_word(struct ctx *ctx)
{
	return text_is(ctx->config->server_client_address, "forwarded") &&
	    ctx->config->server_trusted_proxies.count == 0;
}

/* ---- secrets and limits ------------------------------------------------ */

static bool
is_short_secret(struct ctx *ctx)
{
	return strlen(ctx->config->server_secret) < SECRET_GOOD;
}

static bool
is_cheap_hash(struct ctx *ctx)
{
	return ctx->config->password_memory_kib * ctx->config->password_passes
	    < HASH_KIB_PASSES_LEAST;
}

static bool
is_unlimited(struct ctx *ctx)
{
	return !ctx->config->rate_limit_enabled;
}

static bool
is_open_to_origins(struct ctx *ctx)
{
	return !ctx->config->origin_check;
}

static bool
is_dumping(struct ctx *ctx)
{
	return ctx->config->worker_dump_core;
}

static bool
is_strict(struct ctx *ctx)
{
	return ctx->config->server_strict_views;
}

static bool
has_idle_slots(struct ctx *ctx)
{
	return ctx->shared != NULL && ctx->shared->workers > 1 &&
	    ctx->shared->slots > ctx->shared->workers * 3 / 4;
}

static bool
is_without_mail(struct ctx *ctx)
{
	return ctx->config->mail_smtp_url[0] == '\0';
}

/* ---- the database ------------------------------------------------------ */

static bool
is_without_role(struct ctx *ctx)
{
	return ctx->config->db_role[0] == '\0';
}

static bool
is_read_only(struct ctx *ctx)
{
	return view_is_true(view_get(ctx->view, "database"), "readOnly");
}

static bool
is_overheard(struct ctx *ctx)
{
	struct json_object *database = view_get(ctx->view, "database");
	const char *host = view_get_text(database, "host");

	return host != NULL && host[0] != '/' && !starts_local(host) &&
	    !text_is(host, "::1") && !view_is_true(database, "encrypted");
}

static bool
is_other_schema(struct ctx *ctx)
{
	const struct json_object *steps = view_get(ctx->view, "schema");

	for (size_t i = 0; i < view_count(steps); i++)
		if (!text_is(view_get_text(view_at(steps, i), "state"),
		    "applied"))
			return true;
	return false;
}

static const struct caution {
	const char *setting;
	bool (*holds)(struct ctx *ctx);
	const char *text;
} cautions[] = {
	{ "server.url", is_plain,
	    "It begins with http: passwords and cookies can be overheard." },
	{ "server.url", is_plain_behind_https,
	    "It begins with http, but this request came by https: cookies "
	    "are not marked Secure." },
	{ "server.secure_cookies", is_insecure_with_https,
	    "Off, although server.url begins with https: cookies are sent "
	    "unencrypted when somebody is led to http." },
	{ "server.url", is_other_host,
	    "This request asked for another host: forms and programs with "
	    "cookies are refused there." },
	{ "server.trusted_proxies", is_proxied_unknown,
	    "This request came through a proxy that is not trusted: its "
	    "clients have one address, and one limit." },
	{ "server.client_address", is_anybodys_word,
	    "Whoever reaches the web server may claim any address: no proxy "
	    "is trusted, and none is needed to send X-Forwarded-For." },
	{ "server.secret", is_short_secret,
	    "Shorter than 32 characters." },
	{ "password.memory_kib", is_cheap_hash,
	    "With password.passes less than OWASP's least: stolen hashes are "
	    "cheaply guessed." },
	{ "rate_limit.enabled", is_unlimited,
	    "Off: passwords may be guessed without end." },
	{ "origin.check", is_open_to_origins,
	    "Off: any site may act with its visitors' cookies." },
	{ "worker.dump_core", is_dumping,
	    "On: core files hold secrets and passwords." },
	{ "server.strict_views", is_strict,
	    "On, which is for tests: a page that lacks a name fails." },
	{ "worker.hash_slots", has_idle_slots,
	    "More than three quarters of the workers: some are never used." },
	{ "mail.smtp_url", is_without_mail,
	    "Empty: letters are kept here, and not sent." },
	{ "db.role", is_without_role,
	    "Empty: requests may do with the database whatever its login "
	    "may." },
	{ "db.url", is_read_only,
	    "The database is read-only: nobody can sign in." },
	{ "db.url", is_overheard,
	    "The connection is not encrypted; sslmode=verify-full makes it "
	    "so." },
	{ "server.migrations", is_other_schema,
	    "The schema is not the one this program knows: run tollgate "
	    "migrate." },
};

void
cautions_view(struct ctx *ctx, struct json_object *out)
{
	for (size_t i = 0; i < sizeof(cautions) / sizeof(cautions[0]); i++) {
		struct json_object *caution;

		if (!cautions[i].holds(ctx))
			continue;
		caution = view_object(out, NULL);
		view_text(caution, "setting", cautions[i].setting);
		view_text(caution, "text", cautions[i].text);
	}
}
