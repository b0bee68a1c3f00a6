/*
 * attempt.h - wrong secrets, counted by account and by network
 *
 * Whoever checks a secret counts the attempt before he looks, whatever the
 * path is called and however the account is named, so that attempts at once
 * are counted, too (OWASP ASVS 6.1.1, 6.3.1; NIST SP 800-63B, 5.2.2).
 *
 * An account has rate_limit.account_failures in a row without a pause; then
 * pauses grow from a second to a quarter of an hour, and ATTEMPT_MOST in a row
 * close it. A right secret makes it 0 again, a day without attempts, too. Who
 * guesses closes the account to himself and to strangers, but not to its
 * owner: a session is counted apart, and so is, once the account is closed, a
 * network where it has one. A network has rate_limit.network_failures an
 * hour, whatever the accounts.
 *
 * Accounts that do not exist are counted alike. All of it is off with
 * rate_limit.enabled.
 */
#ifndef GUARD_ATTEMPT_H
#define GUARD_ATTEMPT_H

#include "base/status.h"

struct ctx;

#define ATTEMPT_MOST 100

enum attempt_result {
	ATTEMPT_WRONG, ATTEMPT_RIGHT,
	ATTEMPT_UNTRIED		/* nobody looked: it does not count */
};

/* Filled by attempt_begin. */
struct attempt {
	const char *account;	/* what counts them; NULL: nothing does */
	const char *network;
};

/*
 * attempt_begin - count an attempt as wrong, unless it has to wait
 *
 * account  the user's id, or what was typed where there is no such user; NULL
 *          where the secret alone says whose it is
 *
 * ST_TOO_MANY_REQUESTS with ctx->refusal.retry_after: it must not be looked at.
 */
enum status attempt_begin(struct ctx *ctx, const char *account,
    struct attempt *attempt);

/* Says how it ended. What is left out stays wrong. */
void attempt_end(struct ctx *ctx, const struct attempt *attempt,
    enum attempt_result result);

/*
 * attempt_proof - store_verification_find, where what is not found counts
 *
 * For secrets that strangers bring: links and tokens. Nobody guesses one, but
 * whoever tries many is up to no good. ST_TOO_MANY_REQUESTS, too.
 */
enum status attempt_proof(struct ctx *ctx, const char *identifier,
    const char **value);

/* An account has a new secret: those of the old one are forgotten. */
void attempt_forget(struct ctx *ctx, const char *account);

#endif
