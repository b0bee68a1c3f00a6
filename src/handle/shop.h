/*
 * shop.h - plans, orders and payments: what routes/ calls, and what these
 * handlers share
 *
 * As handle.h says. Pages and programs share the handlers.
 */
#ifndef HANDLE_SHOP_H
#define HANDLE_SHOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct export;
struct form;
struct json_object;

/* plan.c */
extern const struct form offers_form, plan_form, plan_json_form;
enum status plan_offers(struct ctx *ctx);
enum status admin_plans(struct ctx *ctx);
enum status admin_plan(struct ctx *ctx);
enum status admin_plan_new(struct ctx *ctx);
enum status plan_create(struct ctx *ctx);
enum status plan_update(struct ctx *ctx);

/* "shop" (is there one?), "offers" of packs, "paymentsOn": a page on which
 * credits can be bought. */
enum status shop_view(struct ctx *ctx);

/* What a plan says on a page: "priceText", "kindText", "creditsText",
 * "expiryText" (days, or null). */
void plan_words(struct ctx *ctx, struct json_object *plan);

/* order.c */
extern const struct form orders_form;
enum status account_orders(struct ctx *ctx);
enum status account_order(struct ctx *ctx);
enum status account_receipt(struct ctx *ctx);

/* order_admin.c */
extern const struct form admin_orders_form;
extern const struct export orders_export;
enum status admin_orders(struct ctx *ctx);
enum status admin_orders_again(struct ctx *ctx);
enum status admin_order(struct ctx *ctx);

/* checkout.c: a *_prepare asks Stripe, for checkout_keep */
extern const struct form purchase_form;
enum status order_add(struct ctx *ctx);
enum status buy_prepare(struct ctx *ctx);
enum status pay_prepare(struct ctx *ctx);
enum status checkout_keep(struct ctx *ctx);
enum status cancel_prepare(struct ctx *ctx);
enum status order_cancel(struct ctx *ctx);

/* subscription_page.c; for programs see handle.h */
enum status account_subscriptions(struct ctx *ctx);

/* subscription_admin.c */
extern const struct form subscriptions_form;
extern const struct export subscriptions_export;
enum status admin_subscriptions(struct ctx *ctx);

/* refund.c */
extern const struct form refund_form, refund_json_form, mark_paid_form;
enum status refund_prepare(struct ctx *ctx);
enum status order_refund(struct ctx *ctx);
enum status mark_paid_prepare(struct ctx *ctx);
enum status order_mark_paid(struct ctx *ctx);

/* difference.c */
enum status admin_differences(struct ctx *ctx);
enum status admin_differences_again(struct ctx *ctx);
enum status difference_repair(struct ctx *ctx);

#endif
