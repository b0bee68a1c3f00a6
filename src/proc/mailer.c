/*
 * The mailer: takes letters from the outbox, one at a time, and hands them to
 * the mail server. What it has taken is marked so for a lease, before, and
 * what was acknowledged is marked so right after; killed in between, it leaves
 * a letter that comes back when the lease ends, and counts as in doubt.
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "ctx.h"
#include "handle/letter.h"
#include "proc/proc.h"
#include "send/backoff.h"
#include "send/mime.h"
#include "send/smtp.h"
#include "store/db.h"
#include "store/letter.h"
#include "trust/seal.h"
#include "view/view.h"

#define ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define MESSAGE_HINT 16384
#define IDLE_MS 500		/* between looks into an empty queue */
#define REST_FIRST_MS 500	/* when no letter can be sent at all */
#define REST_MOST_MS 60000
#define RECORD_MS 200		/* between tries to say what was sent */

struct mailer {
	struct ctx ctx;
	struct smtp *smtp;		/* NULL: letters are kept, not sent */
	struct pollfd watched[2];	/* signals; the master's end */
	int64_t troubles;		/* in a row */
};

static bool
should_end(void *cookie)
{
	struct mailer *mailer = cookie;

	return poll(mailer->watched, 2, 0) > 0;
}

/* A letter that is not done with by then is taken by somebody else. */
static int64_t
lease_ms(const struct config *config)
{
	return 2 * config->mail_timeout * 1000;
}

static bool
is_given_up(const struct ctx *ctx, const struct letter_due *due)
{
	const struct config *config = ctx->config;

	return due->attempt >= config->mail_attempts ||
	    ctx->now - due->queued_at >= config->mail_give_up_after * 1000;
}

static enum status
record(struct ctx *ctx, const struct letter_due *due,
    const struct smtp_outcome *outcome)
{
	int64_t next_at = 0;

	ctx->now = clock_now();
	if (outcome->verdict == SMTP_SENT)
		return store_letter_sent(ctx, due->id);
	if (outcome->verdict != SMTP_NEVER && !is_given_up(ctx, due))
		next_at = ctx->now + backoff_ms(
		    ctx->config->mail_retry_first * 1000,
		    ctx->config->mail_retry_most * 1000, due->attempt);
	return store_letter_again(ctx, due, next_at, outcome->said,
	    outcome->doubt);
}

/*
 * An acknowledgement that is forgotten is a letter twice, so nothing is more
 * important: while the database is away nobody else can take the letter, and
 * a signal can wait until the lease ends.
 */
static void
record_surely(struct mailer *mailer, const struct letter_due *due,
    const struct smtp_outcome *outcome)
{
	struct ctx *ctx = &mailer->ctx;
	enum status status;

	while ((status = record(ctx, due, outcome)) == ST_UNAVAILABLE &&
	    (ctx->now < due->lease_until || !should_end(mailer)))
		(void)poll(NULL, 0, RECORD_MS);
	if (status != ST_OK)
		log_error("mailer", "letter %s: its end could not be recorded "
		    "(%s)", due->id, status_code(status));
}

static void
log_outcome(const struct letter_due *due, const struct smtp_outcome *outcome)
{
	static const char *const words[] = { [SMTP_SENT] = "sent",
		[SMTP_LATER] = "later", [SMTP_NEVER] = "refused",
		[SMTP_TROUBLE] = "trouble" };
	const struct log_field fields[] = {
		LOG_TEXT("letter", due->id),
		LOG_TEXT("outcome", words[outcome->verdict]),
		LOG_INT("attempt", due->attempt),
		LOG_TEXT("message", outcome->verdict == SMTP_SENT ? NULL :
		    outcome->said),
		LOG_END,
	};

	log_line(outcome->verdict == SMTP_SENT ? LOG_INFO_LEVEL :
	    LOG_WARN_LEVEL, "letter", fields);
}

static enum status
write_message(struct ctx *ctx, const struct letter_due *due, struct buf *out)
{
	struct json_object *view = view_root(ctx->arena), *body;
	size_t size;
	const char *json = unseal(ctx->arena, ctx->config->server_secret,
	    letter_purpose(ctx, due->id), due->body, due->body_size, &size);

	if (json == NULL)
		return ST_INVALID;
	view_json(view, "body", json);
	body = view_get(view, "body");
	return mime_build(out, &(struct mime){
	    .from = ctx->config->mail_sender,
	    .from_name = ctx->config->server_brand, .to = due->recipient,
	    .subject = due->subject, .message_id = due->message_id,
	    .date = ctx->now, .text = view_get_text(body, "text"),
	    .html = view_get_text(body, "html") });
}

static void
deliver(struct mailer *mailer, const struct letter_due *due)
{
	struct ctx *ctx = &mailer->ctx;
	struct smtp_outcome outcome = { .verdict = SMTP_NEVER,
		.said = "cannot be opened or written: was server.secret "
		    "changed?" };
	struct buf message;

	buf_init(&message, ctx->arena, MESSAGE_HINT);
	if (write_message(ctx, due, &message) == ST_OK)
		smtp_send(mailer->smtp, due->recipient, message.data,
		    message.size, &outcome);
	record_surely(mailer, due, &outcome);
	log_outcome(due, &outcome);
	mailer->troubles = outcome.verdict == SMTP_TROUBLE ?
	    mailer->troubles + 1 : 0;
}

/* One letter; how long to wait before the next one, in ms. */
static int
step(struct mailer *mailer)
{
	struct ctx *ctx = &mailer->ctx;
	struct letter_due due;
	enum status status;

	if (mailer->smtp == NULL)
		return -1;
	ctx->now = clock_now();
	status = store_letter_claim(ctx, lease_ms(ctx->config), &due);
	if (status == ST_OK)
		deliver(mailer, &due);
	arena_reset(ctx->arena);
	if (status != ST_OK)
		return IDLE_MS;
	return mailer->troubles == 0 ? 0 : (int)backoff_ms(REST_FIRST_MS,
	    REST_MOST_MS, mailer->troubles);
}

int
mailer_run(struct config *config)
{
	static const char *const needed[] = { "server_secret", "db_url", NULL };
	static const char *const secrets[] = { "server_secret", "db_url",
		"mail_password", NULL };

	/* Without the secret no letter can be opened, and all would fail. */
	if (!config_need(config, needed))
		return 2;

	struct mailer mailer = {
		.ctx = { .config = config, .arena = arena_new(ARENA_BYTES),
			.db = db_open(config->db_url, config->db_role,
			    config->db_deadline_ms) },
		.watched = {
			{ .fd = proc_signals(), .events = POLLIN },
			{ .fd = proc_child() >= 0 ? PROC_MASTER_FD : -1,
			    .events = POLLIN },
		},
	};

	config_keep_secrets(config, secrets);
	proc_protect(config);
	if (config->mail_smtp_url[0] != '\0')
		mailer.smtp = smtp_open(config, should_end, &mailer);
	else
		log_info("mailer", "mail.smtp_url is not set: letters are "
		    "kept, not sent");
	while (poll(mailer.watched, 2, step(&mailer)) == 0)
		continue;
	smtp_close(mailer.smtp);
	db_close(mailer.ctx.db);
	arena_free(mailer.ctx.arena);
	return 0;
}
