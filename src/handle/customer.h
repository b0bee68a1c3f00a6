/*
 * customer.h - who pays, at Stripe (contract/stripe.md)
 */
#ifndef HANDLE_CUSTOMER_H
#define HANDLE_CUSTOMER_H

#include "base/status.h"

struct buf;
struct ctx;
struct json_object;

/*
 * metadata_check - is it short enough for Stripe, and flat?
 * metadata_put - all of it into a form, as prefix[name], but for what we say
 *                ourselves
 *
 * metadata  of the caller; NULL: none
 * ST_VALIDATION_ERROR
 */
enum status metadata_check(struct ctx *ctx,
    const struct json_object *metadata);
void metadata_put(struct ctx *ctx, struct buf *form, const char *prefix,
    const struct json_object *metadata);

/*
 * customer_find - the caller's customer, of a prepare function: the known one,
 * one whose address he has proved, or a new one with this metadata
 *
 * out  receives Stripe's id, which is not kept yet (store_customer_set)
 * ST_UNABLE_TO_CREATE_CUSTOMER, and what stripe_call refuses with
 */
enum status customer_find(struct ctx *ctx,
    const struct json_object *metadata, const char **out);

#endif
