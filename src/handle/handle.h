/*
 * handle.h - what happens, one file per noun
 *
 * Handlers are called by the row in routes/, inside a transaction, with
 * ctx->input read and bounded and the guard passed. They fill ctx->view and do
 * not know how it is shown. A *_prepare runs before the transaction and does
 * what is slow; *_page is the GET of a page and fills a refused POST's again.
 */
#ifndef HANDLE_HANDLE_H
#define HANDLE_HANDLE_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct form;
struct session;
struct user;

/* sign_in.c */
extern const struct form sign_in_form, sign_in_username_form, login_form,
    signin_form;
enum status sign_in_prepare(struct ctx *ctx);
enum status sign_in(struct ctx *ctx);
enum status signin_alias(struct ctx *ctx);
enum status login_page(struct ctx *ctx);
/* ST_BANNED_USER, in the operator's words. */
enum status refuse_banned(struct ctx *ctx, const struct user *user);

/*
 * session_start - a session of user's for the client of this request
 *
 * Row, audit row, cookies, and a letter when the device is a new one.
 *
 * hash    see store_session_create
 * method  see session_begin
 * ST_FAILED_TO_CREATE_SESSION
 */
enum status session_start(struct ctx *ctx, const struct user *user,
    const char *hash, bool remember, const char *method,
    struct session *session);

/* sign_up.c */
extern const struct form sign_up_form, signup_form;
enum status sign_up_prepare(struct ctx *ctx);
enum status sign_up(struct ctx *ctx);
enum status signup_alias(struct ctx *ctx);
enum status signup_page(struct ctx *ctx);

/* session.c */
extern const struct form revoke_session_form;
enum status get_session(struct ctx *ctx);
enum status post_session(struct ctx *ctx);
enum status list_sessions(struct ctx *ctx);
enum status revoke_session(struct ctx *ctx);
enum status revoke_sessions(struct ctx *ctx);
enum status revoke_other_sessions(struct ctx *ctx);
enum status update_session(struct ctx *ctx);
enum status sign_out(struct ctx *ctx);
enum status session_alias(struct ctx *ctx);
enum status logout_page(struct ctx *ctx);
enum status security_page(struct ctx *ctx);
enum status security_revoke(struct ctx *ctx);

/* user.c */
extern const struct form update_user_form, profile_form, record_form;
enum status update_user(struct ctx *ctx);
enum status profile_save(struct ctx *ctx);
enum status profile_page(struct ctx *ctx);
enum status me(struct ctx *ctx);

/* entitlement.c and licence.c; for those of admins see admin.h */
enum status my_entitlements(struct ctx *ctx);
enum status account_licences(struct ctx *ctx);
enum status my_licence_file(struct ctx *ctx);

/* feedback.c; for its readers see admin.h */
extern const struct form feedback_form;
enum status account_feedback(struct ctx *ctx);
enum status account_feedback_again(struct ctx *ctx);
enum status feedback_add(struct ctx *ctx);

/* item.c, reservation.c; for administrators see admin.h */
extern const struct form busy_form, look_form, reserve_form;
enum status item_offers(struct ctx *ctx);
enum status item_busy(struct ctx *ctx);
enum status account_reservations(struct ctx *ctx);
enum status account_reservations_again(struct ctx *ctx);
enum status reservation_list(struct ctx *ctx);
enum status reservation_add(struct ctx *ctx);
enum status reservation_give_up(struct ctx *ctx);

/* task.c */
extern const struct form task_form;
enum status task_list(struct ctx *ctx);
enum status task_get(struct ctx *ctx);
enum status task_add(struct ctx *ctx);
enum status task_replace(struct ctx *ctx);
enum status task_remove(struct ctx *ctx);

/* key.c */
enum status token_route(struct ctx *ctx);
enum status jwks(struct ctx *ctx);
enum status jwks_document(struct ctx *ctx);

/* username.c */
extern const struct form username_form;
enum status username_available(struct ctx *ctx);

/* account.c */
extern const struct form social_form, unlink_form;
enum status social(struct ctx *ctx);
enum status list_accounts(struct ctx *ctx);
enum status unlink_account(struct ctx *ctx);

/* verify.c */
extern const struct form send_verification_form;
enum status send_verification_email(struct ctx *ctx);

/* follow.c */
extern const struct form verify_email_form;
enum status verify_email(struct ctx *ctx);

/* email.c */
extern const struct form change_email_form, email_form, ask_form;
enum status change_email(struct ctx *ctx);
enum status email_prepare(struct ctx *ctx);
enum status email_save(struct ctx *ctx);
enum status email_page(struct ctx *ctx);
enum status verification_ask(struct ctx *ctx);
enum status verify_email_page(struct ctx *ctx);

/* reset.c */
extern const struct form request_reset_form, forgot_form, reset_link_form,
    reset_password_form, choose_password_form;
enum status request_reset(struct ctx *ctx);
enum status forgot_page(struct ctx *ctx);
enum status reset_link(struct ctx *ctx);
enum status reset_prepare(struct ctx *ctx);
enum status reset_password(struct ctx *ctx);
enum status reset_page(struct ctx *ctx);

/* delete.c */
extern const struct form delete_user_form, delete_callback_form, delete_form;
enum status delete_prepare(struct ctx *ctx);
enum status delete_user(struct ctx *ctx);
enum status delete_callback(struct ctx *ctx);
enum status delete_page_prepare(struct ctx *ctx);
enum status delete_save(struct ctx *ctx);
enum status delete_page(struct ctx *ctx);
/* multi_session.c */
extern const struct form device_session_form;
enum status list_device_sessions(struct ctx *ctx);
enum status set_active_session(struct ctx *ctx);
enum status revoke_device_session(struct ctx *ctx);
enum status account_switch(struct ctx *ctx);
enum status account_leave(struct ctx *ctx);

/* one_time_token.c */
extern const struct form one_time_token_form;
enum status one_time_token_generate(struct ctx *ctx);
enum status one_time_token_prepare(struct ctx *ctx);
enum status one_time_token_verify(struct ctx *ctx);

/* api_key.c */
extern const struct form api_key_create_form, api_key_get_form,
    api_key_list_form, api_key_update_form, api_key_delete_form;
enum status api_key_create(struct ctx *ctx);
enum status api_key_get(struct ctx *ctx);
enum status api_key_list(struct ctx *ctx);
enum status api_key_update(struct ctx *ctx);
enum status api_key_delete(struct ctx *ctx);

/* api_key_page.c: the same of our own API and pages */
extern const struct form key_page_form, key_json_form;
enum status keys_page(struct ctx *ctx);
enum status key_make_page(struct ctx *ctx);
enum status key_make(struct ctx *ctx);
enum status key_revoke(struct ctx *ctx);

/* password.c */
extern const struct form change_password_form, verify_password_form;
enum status change_password_prepare(struct ctx *ctx);
enum status change_password(struct ctx *ctx);
enum status verify_password_prepare(struct ctx *ctx);
enum status verify_password(struct ctx *ctx);

/*
 * password_confirm - before something that a found session must not do
 *
 * The caller's own password; who has none must have signed in lately.
 * ST_INVALID_PASSWORD, ST_SESSION_EXPIRED, ST_BUSY.
 */
enum status password_confirm(struct ctx *ctx, const char *password);

/* Whether that asks for one, as "asksPassword" into the view. */
enum status password_asked(struct ctx *ctx);

/*
 * password_bounds - the configured lengths, counted as the contract does
 *
 * ST_PASSWORD_TOO_SHORT, ST_PASSWORD_TOO_LONG.
 */
enum status password_bounds(struct ctx *ctx, const char *password);

/* In a hash slot: a new hash into *hash. ST_BUSY, ST_INVALID. */
enum status password_make(struct ctx *ctx, const char *password,
    const char **hash);

/*
 * password_check - is it the password behind hash (NULL: nobody's)?
 *
 * account  whose it is said to be, as attempt_begin has it
 * better   receives a new hash when hash was not made at the configured cost,
 *          else NULL
 *
 * Counted as an attempt, and looked at in a hash slot. ST_INVALID_PASSWORD,
 * ST_TOO_MANY_REQUESTS, ST_BUSY.
 */
enum status password_check(struct ctx *ctx, const char *account,
    const char *password, const char *hash, const char **better);

/* wallet.c: what a user's pages and programs see of the wallet */
enum status wallet_page(struct ctx *ctx, const char *user_id);
/* The same, and "lots" that will expire and "holds" that are open, at most
 * WALLET_LOTS_MAX of each. */
enum status wallet_parts(struct ctx *ctx, const char *user_id);
enum status wallet_json(struct ctx *ctx, const char *user_id);

/* referral.c */
enum status account_referrals(struct ctx *ctx);

/* system.c */
enum status home(struct ctx *ctx);
enum status ok(struct ctx *ctx);
enum status error_route(struct ctx *ctx);
enum status health(struct ctx *ctx);

/* webhook.c */
enum status webhook_prepare(struct ctx *ctx);
enum status webhook(struct ctx *ctx);

/* subscription.c */
extern const struct form upgrade_form;
enum status subscription_upgrade_prepare(struct ctx *ctx);
enum status subscription_upgrade(struct ctx *ctx);

/* subscription_change.c */
extern const struct form cancel_form, restore_form, subscription_list_form,
    success_form, portal_form;
enum status subscription_cancel_prepare(struct ctx *ctx);
enum status subscription_restore_prepare(struct ctx *ctx);
enum status subscription_restore(struct ctx *ctx);
enum status subscription_list(struct ctx *ctx);
enum status subscription_success_prepare(struct ctx *ctx);
enum status subscription_success(struct ctx *ctx);
enum status portal_prepare(struct ctx *ctx);
enum status portal(struct ctx *ctx);

/* metrics.c */
enum status metrics(struct ctx *ctx);

/* page.c */

/*
 * page_fill - ctx->page, and the view of a page that could not be made
 *
 * Runs after the handler of a PAGE row, and for paths without a row when a
 * browser asks. A refused POST's page is filled by the row's again, with what
 * was typed and what was wrong; nobody signed in is sent to /login. Returns
 * the status to respond with.
 */
enum status page_fill(struct ctx *ctx, enum status status);

#endif
