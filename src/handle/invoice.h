/*
 * invoice.h - invoices of subscriptions, which are orders once they are paid
 */
#ifndef HANDLE_INVOICE_H
#define HANDLE_INVOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

/*
 * invoice_hides - whether how it was paid must be asked
 *
 * Since version 2025-03-31 an event leaves it out; before it, and where it is
 * asked for, it is there.
 */
bool invoice_hides(const struct json_object *invoice);

/* Whether it has more lines than it shows, which must be asked for. */
#define INVOICE_LINES_MAX 100
bool invoice_is_long(const struct json_object *invoice);

/*
 * invoice_paid - what came of invoice.paid, in the transaction of its event
 *
 * Writes the order of that invoice, unless there is one, and notes its
 * payment: the first payment intent that paid it or, where there is none, for
 * it costs nothing or was paid elsewhere, one by hand under the invoice's id.
 * The credits are those of the plan, where a period begins; if these expire,
 * then not before it ends. Of a customer or a plan we do not know nothing is
 * kept, which is ST_OK. Locks the user first.
 */
struct invoice {
	const struct json_object *object;
	const struct json_object *payments;	/* where these are shown, in
						 * whichever shape */
	const struct json_object *lines;	/* a list, with "data" */
	int64_t paid_at;			/* ms, by Stripe's clock */
};
enum status invoice_paid(struct ctx *ctx, const struct invoice *invoice);

#endif
