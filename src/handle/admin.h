/*
 * admin.h - credits and what an admin does
 *
 * As handle.h says. Pages and programs share the handlers: a page's path names
 * the user, a program's body does.
 */
#ifndef HANDLE_ADMIN_H
#define HANDLE_ADMIN_H

#include "base/status.h"

struct ctx;
struct export;
struct form;
struct json_object;

/* dashboard.c */
extern const struct form figures_form;
enum status dashboard_page(struct ctx *ctx);

/* admin.c */
extern const struct form users_form;
extern const struct export users_export;
enum status admin_users(struct ctx *ctx);
enum status admin_user(struct ctx *ctx);
enum status admin_user_sessions(struct ctx *ctx);
enum status admin_user_new(struct ctx *ctx);

/* admin_read.c: what the wire asks */
extern const struct form get_user_form, has_permission_form;
enum status get_user(struct ctx *ctx);
enum status list_user_sessions(struct ctx *ctx);
enum status has_permission(struct ctx *ctx);

/* admin_edit.c; admin_update and create_user_form are the wire's */
extern const struct form admin_update_form, create_user_form,
    user_create_form;
enum status admin_update(struct ctx *ctx);
enum status user_create_prepare(struct ctx *ctx);
enum status user_create(struct ctx *ctx);
enum status user_password_link(struct ctx *ctx);

/* impersonation.c */
extern const struct form impersonate_form;
enum status impersonate(struct ctx *ctx);
enum status stop_impersonating(struct ctx *ctx);
/* With the session of an admin who acts as a user ends his own, too. */
enum status impersonation_end(struct ctx *ctx);

/* admin_query.c */
extern const struct form list_users_form;
enum status list_users(struct ctx *ctx);

/* admin_change.c; *_user and set_* are the wire's */
extern const struct form whom_form, role_form, set_role_form, ban_form,
    ban_user_form, revoke_user_session_form, user_password_form,
    set_user_password_form, remove_form;
enum status role_change(struct ctx *ctx);
enum status user_ban(struct ctx *ctx);
enum status user_unban(struct ctx *ctx);
enum status user_session_revoke(struct ctx *ctx);
enum status user_sessions_revoke(struct ctx *ctx);
enum status revoke_user_session(struct ctx *ctx);
enum status user_password_prepare(struct ctx *ctx);
enum status user_password_set(struct ctx *ctx);
enum status user_remove(struct ctx *ctx);

/* api_key_admin.c */
enum status user_keys(struct ctx *ctx);
enum status user_key_revoke(struct ctx *ctx);

/* credit.c; *_for is an admin's, of somebody's wallet */
extern const struct form grant_form, grant_json_form, adjust_form,
    adjust_json_form, spend_form, spend_for_form,
    credit_refund_form, credit_refund_json_form;
enum status credit_grant(struct ctx *ctx);
enum status credit_adjust(struct ctx *ctx);
enum status credit_spend(struct ctx *ctx);
enum status credit_spend_for(struct ctx *ctx);
enum status credit_refund(struct ctx *ctx);

/* hold.c */
extern const struct form hold_form, hold_for_form, capture_form, void_form,
    holds_form, holds_of_form;
enum status hold_make(struct ctx *ctx);
enum status hold_make_for(struct ctx *ctx);
enum status hold_capture(struct ctx *ctx);
enum status hold_capture_for(struct ctx *ctx);
enum status hold_void(struct ctx *ctx);
enum status hold_void_for(struct ctx *ctx);
enum status hold_get(struct ctx *ctx);
enum status holds(struct ctx *ctx);
enum status admin_holds(struct ctx *ctx);

/* usage.c */
extern const struct form consume_form, usage_form, usage_of_form;
enum status usage_consume(struct ctx *ctx);
enum status usage(struct ctx *ctx);
enum status admin_usage(struct ctx *ctx);
/* The newest few of a user, for a page: "usage", and "anyUsage". */
enum status usage_latest(struct ctx *ctx, const char *user_id);

/* wallet.c */
extern const struct form quota_form, quota_json_form;
enum status credit_balance(struct ctx *ctx);
enum status credit_quota(struct ctx *ctx);

/* ledger.c */
extern const struct form credits_form, transfers_form;
extern const struct export credits_export;
enum status admin_credits(struct ctx *ctx);
enum status admin_credits_again(struct ctx *ctx);
enum status admin_user_credits(struct ctx *ctx);
enum status account_credits(struct ctx *ctx);
enum status account_credits_again(struct ctx *ctx);
enum status credit_transfers(struct ctx *ctx);
enum status credit_transfer(struct ctx *ctx);

/* audit.c */
extern const struct form audit_form;
extern const struct export audit_export;
enum status admin_audit(struct ctx *ctx);
enum status admin_audit_again(struct ctx *ctx);

/* entitlement.c */
extern const struct form entitlement_form, entitlement_json_form;
enum status user_entitlements(struct ctx *ctx);
enum status entitlement_add(struct ctx *ctx);
enum status entitlement_drop(struct ctx *ctx);

/* licence.c */
extern const struct form licences_form, licence_form, licence_json_form,
    licence_revoke_form;
extern const struct export licences_export;
enum status user_licences(struct ctx *ctx);
enum status admin_licences(struct ctx *ctx);
enum status admin_licence(struct ctx *ctx);
enum status admin_licence_file(struct ctx *ctx);
enum status licence_issue(struct ctx *ctx);
enum status licence_revoke(struct ctx *ctx);

/* feedback.c */
extern const struct form feedbacks_form, feedback_answer_form;
extern const struct export feedbacks_export;
enum status admin_feedbacks(struct ctx *ctx);
enum status admin_feedback(struct ctx *ctx);
enum status feedback_answer(struct ctx *ctx);
enum status feedback_close(struct ctx *ctx);
enum status feedback_reopen(struct ctx *ctx);

/* proposal.c */
extern const struct form proposals_form;
extern const struct export proposals_export;
enum status admin_approvals(struct ctx *ctx);
enum status admin_approvals_again(struct ctx *ctx);
enum status admin_proposal(struct ctx *ctx);
enum status proposal_confirm(struct ctx *ctx);
enum status proposal_decline(struct ctx *ctx);
enum status proposal_withdraw(struct ctx *ctx);

/* affiliate.c */
extern const struct form affiliates_form, affiliate_form;
extern const struct export affiliates_export;
enum status admin_affiliates(struct ctx *ctx);
enum status admin_affiliate(struct ctx *ctx);
enum status admin_affiliate_again(struct ctx *ctx);
enum status affiliate_disable(struct ctx *ctx);
enum status affiliate_enable(struct ctx *ctx);

/* lot.c */
extern const struct form lots_form;
extern const struct export lots_export, spenders_export;
enum status admin_lots(struct ctx *ctx);
enum status admin_spenders(struct ctx *ctx);

/* event.c */
extern const struct form events_form;
extern const struct export events_export;
enum status admin_events(struct ctx *ctx);
enum status admin_event(struct ctx *ctx);
enum status admin_event_body(struct ctx *ctx);

/* item.c */
extern const struct form item_form;
extern const struct export items_export;
enum status admin_items(struct ctx *ctx);
enum status admin_items_again(struct ctx *ctx);
enum status admin_item(struct ctx *ctx);
enum status item_add(struct ctx *ctx);
enum status item_change(struct ctx *ctx);

/* reservation_admin.c */
extern const struct form reservations_form, reservation_cancel_form;
extern const struct export reservations_export;
enum status admin_reservations(struct ctx *ctx);
enum status admin_reservations_again(struct ctx *ctx);
enum status admin_reservation(struct ctx *ctx);
enum status reservation_confirm(struct ctx *ctx);
enum status reservation_cancel(struct ctx *ctx);

/* mail.c */
extern const struct form mail_form;
enum status admin_mail(struct ctx *ctx);
enum status admin_letter(struct ctx *ctx);
enum status admin_letter_body(struct ctx *ctx);
enum status letter_resend(struct ctx *ctx);
enum status letter_drop(struct ctx *ctx);

/* key.c */
enum status admin_keys(struct ctx *ctx);
enum status key_rotate(struct ctx *ctx);
enum status key_retire(struct ctx *ctx);

/* diagnosis.c */
enum status diagnosis(struct ctx *ctx);
enum status admin_health(struct ctx *ctx);

/*
 * cautions_view - settings to look at, into list out: "setting" and "text"
 *
 * ctx->view holds the diagnosis, but for these.
 */
void cautions_view(struct ctx *ctx, struct json_object *out);

/* What the diagnosis' page says beside its values (diagnosis_words.c). */
void diagnosis_words(struct ctx *ctx);

#endif
