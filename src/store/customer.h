/*
 * customer.h - which user is which customer at Stripe
 */
#ifndef STORE_CUSTOMER_H
#define STORE_CUSTOMER_H

#include "base/status.h"

struct ctx;

/*
 * store_customer_set - the customer at Stripe who is this user
 *
 * out  receives that, or another one that somebody set before
 * ST_CONFLICT  the customer is another user
 */
enum status store_customer_set(struct ctx *ctx, const char *user_id,
    const char *customer_id, const char **out);

/*
 * store_customer_user - whose customer it is
 * store_customer_lock - the same, within db_transact: only one at a time hears
 *                       of a customer
 *
 * ST_USER_NOT_FOUND
 */
enum status store_customer_lock(struct ctx *ctx, const char *customer_id,
    const char **user_id);
enum status store_customer_user(struct ctx *ctx, const char *customer_id,
    const char **user_id);

#endif
