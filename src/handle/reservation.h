/*
 * reservation.h - what the pages of reservations have in common
 */
#ifndef HANDLE_RESERVATION_H
#define HANDLE_RESERVATION_H

#include <stdint.h>

#include "base/status.h"
#include "handle/letter.h"
#include "handle/words.h"

struct ctx;
struct json_object;
struct user;

#define BUSY_DAYS 7			/* shown unless somebody says */

/* A span as it was typed, or sent. */
struct span_input {
	const char *from, *to;
};

extern const struct choice_word reservation_states[];

/* What one of a list says on a page. */
void reservation_words(struct ctx *ctx, struct json_object *reservation);

/* "10 credits an hour" */
const char *item_price(struct ctx *ctx, const struct json_object *item);

/* A letter to its user about a reservation as store_reservation_get has it;
 * reason may be NULL. */
enum status reservation_tell(struct ctx *ctx, enum letter_kind kind,
    const struct user *user, const struct json_object *reservation,
    const char *reason);

#endif
