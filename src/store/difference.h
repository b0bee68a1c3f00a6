/*
 * difference.h - what the payment provider knows and we do not
 */
#ifndef STORE_DIFFERENCE_H
#define STORE_DIFFERENCE_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;
struct payment;
struct reversal;

/*
 * store_difference_payment, store_difference_reversal - compare a fact of the
 * provider's with ours, and keep what differs
 *
 * A fact about no order of ours is no difference, nor is one that we know
 * better by now. Seen again, a difference that is open stays one.
 */
enum status store_difference_payment(struct ctx *ctx,
    const struct payment *theirs);
enum status store_difference_reversal(struct ctx *ctx,
    const struct reversal *theirs);

/* Ends those that are none any more, for their events came late; counts the
 * others. */
enum status store_difference_close(struct ctx *ctx, int64_t *open);

/*
 * store_difference_list - into list out, newest first
 *
 * Each: "id", "foundAt", "orderId", "kind", "subject", "ours" and "theirs"
 * (objects; ours may be null), "seenAt", "repairedAt", "repairedBy", "item" (of
 * the order), "currency".
 */
enum status store_difference_list(struct ctx *ctx, struct page *page,
    struct json_object *out);

/* How many are open. */
enum status store_difference_count(struct ctx *ctx, int64_t *open);

/*
 * store_difference_repair - note the provider's fact, and end the difference
 *
 * Within db_transact; writes an audit row at the order, which the caller
 * settles.
 *
 * ST_DIFFERENCE_NOT_FOUND: there is none, or it has ended.
 */
enum status store_difference_repair(struct ctx *ctx, const char *id,
    const char **order_id);

/*
 * store_reconciliation_begin - take today's comparison, if nobody has
 *
 * One that has failed may be taken again an hour after it began. ST_NOT_FOUND:
 * somebody has.
 */
enum status store_reconciliation_begin(struct ctx *ctx);
enum status store_reconciliation_end(struct ctx *ctx, int64_t differences);

#endif
