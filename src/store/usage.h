/*
 * usage.h - what credits were used for
 */
#ifndef STORE_USAGE_H
#define STORE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct credit;
struct ctx;
struct json_object;
struct page;

#define USAGE_TYPE_MAX 64		/* characters */
#define USAGE_METADATA_MAX 4096		/* bytes of JSON */

struct usage {
	const char *type;	/* 1 .. USAGE_TYPE_MAX characters */
	int64_t amount;		/* units of its own, 0 .. CREDIT_MAX */
	const char *metadata;	/* a JSON object's text; NULL: none */
};

/*
 * store_usage_consume - note usage and spend what it costs, or do neither
 *
 * credit->amount is the cost, 0 .. CREDIT_MAX; what is free passes quota and
 * balance. It is the last statement of its transaction (db_all_last).
 *
 * out receives "usage" (as store_usage_list has it, without owner), "transfer"
 * (as store_credit_spend does; null when it was free) and "balance": of what
 * was noted now, or under this key before, in which case nothing else happens.
 *
 * ST_QUOTA_EXCEEDED, ST_INSUFFICIENT_CREDITS, ST_IDEMPOTENCY_KEY_REUSED,
 * ST_USER_NOT_FOUND, ST_ORGANIZATION_NOT_FOUND; nothing has changed.
 */
enum status store_usage_consume(struct ctx *ctx, const struct usage *usage,
    const struct credit *credit, struct json_object *out);

/*
 * store_usage_list - usage into list out, newest first
 *
 * Each: "id", "createdAt", "type", "amount", "cost", "metadata", "balance"
 * (with it) and "transferId"; with owners, what OWNER_COLUMNS
 * (store/wallet.h) says, too.
 */
struct usage_filter {
	const char *wallet_id;	/* NULL: everybody's, with owners */
	const char *type;	/* NULL: all */
	int64_t from, to;	/* instants: from <= created_at < to */
	bool owners;
};
enum status store_usage_list(struct ctx *ctx,
    const struct usage_filter *filter, struct page *page,
    struct json_object *out);

#endif
