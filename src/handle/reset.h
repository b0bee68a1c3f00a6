/*
 * reset.h - letters with a link to choose a password
 */
#ifndef HANDLE_RESET_H
#define HANDLE_RESET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "handle/letter.h"

struct config;
struct ctx;
struct user;

/* Where links end that were asked for on our pages. */
#define RESET_PAGE "/reset-password"

/* Whether anybody may choose a password by a link. */
bool reset_enabled(const struct config *config);

/*
 * reset_send - such a letter, and the proof its link carries
 *
 * callback  where the browser goes with it; "" is the start
 * seconds   the link is good for
 * decoy     the user is unknown, or may not: the same work for a link that
 *           opens nothing in a letter to nobody
 */
struct reset_letter {
	enum letter_kind kind;
	const struct user *user;
	const char *callback;
	int64_t seconds;
	bool decoy;
};
enum status reset_send(struct ctx *ctx, const struct reset_letter *letter);

#endif
