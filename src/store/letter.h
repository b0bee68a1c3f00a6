/*
 * letter.h - the outbox: mail written with what it tells, and what became of it
 *
 *   queued   due at next_at
 *   sending  a mailer has it; after next_at that mailer counts as dead
 *   sent     acknowledged by a mail server; the body is gone
 *   failed   given up, refused, or one too many for its recipient; the body
 *            is kept, so that an admin may send it again
 *   dropped  taken away by an admin; the body is gone
 *   decoy    was never for anybody: the work of a letter, without one
 *
 * Bodies are sealed by the caller for the letter's id.
 */
#ifndef STORE_LETTER_H
#define STORE_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

#define LETTER_ERROR_MAX 300		/* bytes of what a server said */

/* ---- writing ------------------------------------------------------------- */

/*
 * store_letter_add - queue a letter, due now
 *
 * Beyond mail.per_recipient letters of its kind an hour to one address it is
 * kept as failed instead.
 */
struct letter_new {
	const char *id;
	const char *kind;		/* "reset-password" */
	const char *user_id;		/* NULL: nobody's */
	const char *recipient;
	const char *subject;
	const char *message_id;		/* "<id@host>" */
	const uint8_t *body;		/* sealed */
	size_t body_size;
	bool decoy;
};
enum status store_letter_add(struct ctx *ctx, const struct letter_new *new);

/* ---- the mailer ---------------------------------------------------------- */

struct letter_due {
	const char *id;
	const char *recipient;
	const char *subject;
	const char *message_id;
	const uint8_t *body;
	size_t body_size;
	int64_t attempt;		/* this one, from 1 */
	int64_t lease_until;		/* ms; afterwards somebody else's */
	int64_t queued_at;
};

/*
 * store_letter_claim - the letter that is due longest, for lease_ms
 *
 * Committed when this returns: two mailers never get the same letter, but for
 * one whose mailer has not ended it within the lease. Such a letter may have
 * been delivered, and counts one doubt more. ST_NOT_FOUND: none is due.
 */
enum status store_letter_claim(struct ctx *ctx, int64_t lease_ms,
    struct letter_due *out);

/*
 * store_letter_sent - a server has acknowledged it: final, and its body wiped
 *
 * Whoever has it by now: an acknowledgement is a fact. ST_CONFLICT: it had
 * ended already.
 */
enum status store_letter_sent(struct ctx *ctx, const char *id);

/*
 * store_letter_again - this attempt failed
 *
 * next_at  when it is due again; 0: never, it has failed
 * error    what happened, at most LETTER_ERROR_MAX bytes
 * doubt    the server may have taken it: nobody heard the end
 *
 * ST_CONFLICT  the attempt is not ours any more; nothing changed
 */
enum status store_letter_again(struct ctx *ctx, const struct letter_due *due,
    int64_t next_at, const char *error, bool doubt);

/* Removes at most limit decoys, and what is older than mail.keep_days. */
enum status store_letter_purge(struct ctx *ctx, int64_t limit,
    int64_t *count);

/* ---- admins -------------------------------------------------------------- */

/*
 * store_letter_list - letters into list out, newest first
 *
 * state  one of the above; "queued" shows those being sent, too; NULL: all
 *        but decoys
 *
 * Each: "id", "createdAt", "kind", "userId" (null: nobody's), "recipient",
 * "subject", "state", "attempts", "doubts", "error", "nextAt", "sentAt".
 */
enum status store_letter_list(struct ctx *ctx, const char *state,
    struct page *page, struct json_object *out);

/* One letter's members, and "messageId", into out. ST_LETTER_NOT_FOUND. */
enum status store_letter_get(struct ctx *ctx, const char *id,
    struct json_object *out);

/* Its sealed body. ST_LETTER_NOT_FOUND: there is none, or none any more. */
enum status store_letter_body(struct ctx *ctx, const char *id,
    const uint8_t **body, size_t *size);

/*
 * store_letter_resend - due now, with all its attempts before it
 * store_letter_drop - never to be sent; its body wiped
 *
 * Both of a letter that is queued, has failed, or whose mailer died; with an
 * audit row. ST_LETTER_NOT_FOUND; ST_CONFLICT: it is not in such a state.
 */
enum status store_letter_resend(struct ctx *ctx, const char *id);
enum status store_letter_drop(struct ctx *ctx, const char *id);

struct letter_figures {
	int64_t queued;			/* not yet sent, nor given up */
	int64_t oldest_seconds;		/* in the queue; 0: there is none */
	int64_t failed;
	int64_t doubts;			/* of all letters that are kept */
};
enum status store_letter_figures(struct ctx *ctx, struct letter_figures *out);

#endif
