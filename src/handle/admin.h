/*
 * admin.h - credits, orders and what an admin does
 *
 * As handle.h says. Pages and programs share the handlers: a page's path names
 * the user, a program's body does.
 */
#ifndef HANDLE_ADMIN_H
#define HANDLE_ADMIN_H

#include "base/status.h"

struct ctx;
struct form;
struct user;

/* admin.c */
extern const struct form users_form, role_form, ban_form;
enum status dashboard_page(struct ctx *ctx);
enum status admin_health(struct ctx *ctx);
enum status admin_users(struct ctx *ctx);
enum status admin_user(struct ctx *ctx);
enum status role_change(struct ctx *ctx);
enum status user_ban(struct ctx *ctx);
enum status user_unban(struct ctx *ctx);
enum status user_session_revoke(struct ctx *ctx);
enum status user_sessions_revoke(struct ctx *ctx);

/*
 * subject_open - lock the user whom something is about to be done to
 *
 * Nobody acts on somebody with more permissions than he has.
 * ST_USER_NOT_FOUND, ST_FORBIDDEN.
 */
enum status subject_open(struct ctx *ctx, const char *id,
    struct user *out);

/* Back to the user's page, with a message; JSON answers with the view. */
enum status subject_next(struct ctx *ctx, const struct user *subject,
    const char *flash);

/* credit.c */
extern const struct form grant_form, grant_json_form, adjust_form,
    adjust_json_form, quota_form, quota_json_form, spend_form, credits_form,
    transfers_form;
enum status credit_grant(struct ctx *ctx);
enum status credit_adjust(struct ctx *ctx);
enum status credit_quota(struct ctx *ctx);
enum status credit_spend(struct ctx *ctx);
enum status admin_credits(struct ctx *ctx);
enum status admin_credits_again(struct ctx *ctx);
enum status admin_user_credits(struct ctx *ctx);
enum status account_credits(struct ctx *ctx);

/* order.c */
extern const struct form orders_form;
enum status admin_orders(struct ctx *ctx);
enum status admin_order(struct ctx *ctx);
enum status account_orders(struct ctx *ctx);

/* mail.c */
extern const struct form mail_form;
enum status admin_mail(struct ctx *ctx);
enum status admin_letter(struct ctx *ctx);
enum status admin_letter_body(struct ctx *ctx);
enum status letter_resend(struct ctx *ctx);
enum status letter_drop(struct ctx *ctx);

#endif
