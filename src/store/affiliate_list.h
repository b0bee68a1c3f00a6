/*
 * affiliate_list.h - affiliates and their referrals, a page at a time
 */
#ifndef STORE_AFFILIATE_LIST_H
#define STORE_AFFILIATE_LIST_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_affiliate_list - affiliates into list out, newest first
 *
 * q      a code, or the exact e-mail or id of its user; NULL: all
 * state  "active" or "disabled"; NULL: any
 *
 * Each: "id", "createdAt", "userId" (null: gone), "email" (or null), "code",
 * "state", "referred", "rewarded", "credits".
 */
struct affiliate_filter {
	const char *q;
	const char *state;
};
enum status store_affiliate_list(struct ctx *ctx,
    const struct affiliate_filter *filter, struct page *page,
    struct json_object *out);

/* One affiliate's members, and "disabledAt". ST_AFFILIATE_NOT_FOUND. */
enum status store_affiliate_get(struct ctx *ctx, const char *id,
    struct json_object *out);

/*
 * store_referral_list - who came by an affiliate's code, newest first
 *
 * state  "joined", "rewarded" or "reversed"; NULL: any. Only with named
 * named  with "userId", "email" (null: gone) and "orderId", for admins: an
 *        affiliate does not learn who it was
 *
 * Each: "id", "createdAt", "state", "reward" (credits), "takenBack" (of
 * them), "rewardedAt", "reversedAt", null as long as they do not apply.
 */
enum status store_referral_list(struct ctx *ctx, const char *affiliate_id,
    const char *state, bool named, struct page *page,
    struct json_object *out);

/* Who brought a user: "affiliateId", "referrerId" and "referrerText" (null:
 * gone) into object out, which stays empty when it was nobody. */
enum status store_referral_of(struct ctx *ctx, const char *user_id,
    struct json_object *out);

#endif
