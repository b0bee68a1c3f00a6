#include "routes.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config.h"
#include "ctx.h"
#include "handle/admin.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/assets.h"
#include "http/form.h"

/* One line a guard keeps a row on two or three lines. */
#define AUTH(verb, p) .face = FACE_AUTH, .method = METHOD_##verb, .path = p
#define JSON(verb, p) .face = FACE_JSON, .method = METHOD_##verb, .path = p
#define PAGE(verb, p, t) .face = FACE_PAGE, .method = METHOD_##verb,	\
	.path = p, .title = t
/* The list of the page at path as a file (handle/export.h). */
#define CSV(p, table) .face = FACE_PAGE, .method = METHOD_GET,		\
	.path = p ".csv", .title = "Export", .export = &table
#define ANYONE .guard = { .level = GUARD_ANYONE }
#define VISITOR .guard = { .level = GUARD_VISITOR }
#define SESSION .guard = { .level = GUARD_SESSION }
#define VISITOR_OWN .guard = { GUARD_VISITOR, PERMISSION_NONE, .own = true }
#define OWN .guard = { .level = GUARD_SESSION, .own = true }
#define FRESH .guard = { .level = GUARD_FRESH }
#define FRESH_OWN .guard = { .level = GUARD_FRESH, .own = true }
#define MAY(p) .guard = { .level = GUARD_PERMISSION,			\
	.permission = PERMISSION_##p }
#define OPERATOR .guard = { .level = GUARD_OPERATOR }
/* Of the contract's administrators: nobody gets 401 without a body, who may
 * not a code of the row. */
#define BARE .guard = { .level = GUARD_SESSION, .bare = true }
#define MAY_OR(p, status) .guard = { .level = GUARD_PERMISSION,		\
	.permission = PERMISSION_##p,					\
	.refusal = ST_YOU_ARE_NOT_ALLOWED_TO_##status, .bare = true }
#define READ .one_read = true
/* Asks Stripe first, and is limited as the contract's row that does. */
#define PAYS .rate = "/subscription/upgrade"
/* Of what an API key must be allowed for it; KEYS: any will do. */
#define KEY(name) .scope = name
#define KEYS KEY("")
#define TOKEN .by_token = true
/* Of a caller who signs the body as it is. */
#define RAW .raw = true
/* Of a feature that an operator switches on by a setting, or a section. */
#define ONLY(setting) .when = offsetof(struct config, setting)
#define WHEN(section) ONLY(section##_enabled)

const struct route routes[] = {
	/* ---- the wire contract, below server.base_path ---- */
	{ AUTH(GET, "/get-session"), VISITOR, READ, KEYS,
	    .handler = get_session },
	{ AUTH(POST, "/get-session"), VISITOR, READ, KEYS,
	    .handler = post_session },
	{ AUTH(GET, "/session"), VISITOR, READ, KEYS,
	    .handler = get_session },
	{ AUTH(GET, "/ok"), ANYONE, READ, .handler = ok },
	{ AUTH(GET, "/error"), ANYONE, READ, .handler = error_route },
	{ AUTH(POST, "/sign-up/email"), ANYONE, .form = &sign_up_form,
	    .prepare = sign_up_prepare, .handler = sign_up, .login = true },
	{ AUTH(POST, "/sign-in/email"), ANYONE, .form = &sign_in_form,
	    .prepare = sign_in_prepare, .handler = sign_in, .login = true },
	{ AUTH(POST, "/sign-in/username"), ANYONE, WHEN(username),
	    .form = &sign_in_username_form, .prepare = sign_in_prepare,
	    .handler = sign_in, .login = true },
	{ AUTH(POST, "/is-username-available"), ANYONE, WHEN(username),
	    .form = &username_form, .handler = username_available },
	{ AUTH(POST, "/sign-out"), VISITOR, .handler = sign_out },
	{ AUTH(GET, "/list-sessions"), FRESH, READ,
	    .handler = list_sessions },
	{ AUTH(POST, "/revoke-session"), SESSION,
	    .form = &revoke_session_form, .handler = revoke_session },
	{ AUTH(POST, "/revoke-sessions"), SESSION,
	    .handler = revoke_sessions },
	{ AUTH(POST, "/revoke-other-sessions"), SESSION,
	    .handler = revoke_other_sessions },
	{ AUTH(POST, "/update-session"), SESSION, .form = &record_form,
	    .handler = update_session },
	{ AUTH(POST, "/update-user"), SESSION, .form = &update_user_form,
	    .handler = update_user },
	{ AUTH(POST, "/change-password"), OWN,
	    .form = &change_password_form, .prepare = change_password_prepare,
	    .handler = change_password },
	{ AUTH(POST, "/verify-password"), SESSION,
	    .form = &verify_password_form,
	    .prepare = verify_password_prepare, .handler = verify_password },
	{ AUTH(POST, "/request-password-reset"), ANYONE,
	    .form = &request_reset_form, .handler = request_reset },
	{ AUTH(GET, "/reset-password/:token"), ANYONE, READ,
	    .form = &reset_link_form, .handler = reset_link },
	{ AUTH(POST, "/reset-password"), ANYONE,
	    .form = &reset_password_form, .prepare = reset_prepare,
	    .handler = reset_password },
	{ AUTH(POST, "/send-verification-email"), VISITOR,
	    .form = &send_verification_form,
	    .handler = send_verification_email },
	{ AUTH(GET, "/verify-email"), VISITOR, .form = &verify_email_form,
	    .handler = verify_email },
	{ AUTH(POST, "/change-email"), OWN, .form = &change_email_form,
	    .handler = change_email },
	{ AUTH(POST, "/delete-user"), OWN, ONLY(user_delete),
	    .form = &delete_user_form, .prepare = delete_prepare,
	    .handler = delete_user },
	{ AUTH(GET, "/delete-user/callback"), VISITOR_OWN,
	    .form = &delete_callback_form, .handler = delete_callback },
	{ AUTH(GET, "/list-accounts"), SESSION, READ, KEYS,
	    .handler = list_accounts },
	{ AUTH(POST, "/unlink-account"), FRESH_OWN, .form = &unlink_form,
	    .handler = unlink_account },
	{ AUTH(POST, "/sign-in/social"), ANYONE, .form = &social_form,
	    .handler = social },
	{ AUTH(POST, "/link-social"), SESSION, .form = &social_form,
	    .handler = social },
	{ AUTH(GET, "/token"), WHEN(jwt), OWN, READ,
	    .handler = token_route },
	{ AUTH(GET, "/jwks"), WHEN(jwt), ANYONE, READ, .handler = jwks },

	{ AUTH(POST, "/subscription/upgrade"), OWN, WHEN(stripe),
	    .form = &upgrade_form, .prepare = subscription_upgrade_prepare,
	    .handler = subscription_upgrade },
	{ AUTH(POST, "/subscription/cancel"), OWN, WHEN(stripe),
	    .form = &cancel_form, .prepare = subscription_cancel_prepare,
	    .handler = portal },
	{ AUTH(POST, "/subscription/restore"), OWN, WHEN(stripe),
	    .form = &restore_form, .prepare = subscription_restore_prepare,
	    .handler = subscription_restore },
	{ AUTH(GET, "/subscription/list"), SESSION, READ, WHEN(stripe),
	    .form = &subscription_list_form, .handler = subscription_list },
	{ AUTH(GET, "/subscription/success"), VISITOR, WHEN(stripe),
	    .form = &success_form, .prepare = subscription_success_prepare,
	    .handler = subscription_success },
	{ AUTH(POST, "/subscription/billing-portal"), OWN, WHEN(stripe),
	    .form = &portal_form, .prepare = portal_prepare,
	    .handler = portal },
	{ AUTH(POST, "/stripe/webhook"), ANYONE, WHEN(stripe), RAW,
	    .prepare = webhook_prepare, .handler = webhook },

	/* ---- the same, for administrators ---- */
	{ AUTH(POST, "/admin/set-role"), WHEN(admin),
	    MAY_OR(USER_SET_ROLE, CHANGE_USERS_ROLE), .form = &set_role_form,
	    .handler = role_change },
	{ AUTH(POST, "/admin/create-user"), WHEN(admin),
	    MAY_OR(USER_CREATE, CREATE_USERS), .form = &create_user_form,
	    .prepare = user_create_prepare, .handler = user_create },
	{ AUTH(POST, "/admin/update-user"), WHEN(admin),
	    MAY_OR(USER_UPDATE, UPDATE_USERS), .form = &admin_update_form,
	    .handler = admin_update },
	{ AUTH(GET, "/admin/list-users"), WHEN(admin),
	    MAY_OR(USER_LIST, LIST_USERS), .form = &list_users_form,
	    .handler = list_users },
	{ AUTH(GET, "/admin/get-user"), WHEN(admin),
	    MAY_OR(USER_GET, GET_USER), READ, .form = &get_user_form,
	    .handler = get_user },
	{ AUTH(POST, "/admin/list-user-sessions"), WHEN(admin),
	    MAY_OR(SESSION_LIST, LIST_USERS_SESSIONS), .form = &whom_form,
	    .handler = list_user_sessions },
	{ AUTH(POST, "/admin/ban-user"), WHEN(admin),
	    MAY_OR(USER_BAN, BAN_USERS), .form = &ban_user_form,
	    .handler = user_ban },
	{ AUTH(POST, "/admin/unban-user"), WHEN(admin),
	    MAY_OR(USER_BAN, BAN_USERS), .form = &whom_form,
	    .handler = user_unban },
	{ AUTH(POST, "/admin/revoke-user-session"), WHEN(admin),
	    MAY_OR(SESSION_REVOKE, REVOKE_USERS_SESSIONS),
	    .form = &revoke_user_session_form,
	    .handler = revoke_user_session },
	{ AUTH(POST, "/admin/revoke-user-sessions"), WHEN(admin),
	    MAY_OR(SESSION_REVOKE, REVOKE_USERS_SESSIONS), .form = &whom_form,
	    .handler = user_sessions_revoke },
	{ AUTH(POST, "/admin/remove-user"), WHEN(admin),
	    MAY_OR(USER_DELETE, DELETE_USERS), .form = &whom_form,
	    .handler = user_remove },
	{ AUTH(POST, "/admin/set-user-password"), WHEN(admin),
	    MAY_OR(USER_SET_PASSWORD, SET_USERS_PASSWORD),
	    .form = &set_user_password_form,
	    .prepare = user_password_prepare, .handler = user_password_set },
	{ AUTH(POST, "/admin/impersonate-user"), WHEN(admin),
	    MAY_OR(USER_IMPERSONATE, IMPERSONATE_USERS), .form = &whom_form,
	    .handler = impersonate },
	{ AUTH(POST, "/admin/stop-impersonating"), WHEN(admin), BARE,
	    .handler = stop_impersonating },
	{ AUTH(POST, "/admin/has-permission"), WHEN(admin), BARE,
	    .form = &has_permission_form, .handler = has_permission },
	{ AUTH(GET, "/multi-session/list-device-sessions"), ANYONE, READ,
	    WHEN(multi_session), .handler = list_device_sessions },
	{ AUTH(POST, "/multi-session/set-active"), ANYONE,
	    WHEN(multi_session), .form = &device_session_form,
	    .handler = set_active_session },
	{ AUTH(POST, "/multi-session/revoke"), SESSION, WHEN(multi_session),
	    .form = &device_session_form, .handler = revoke_device_session },
	{ AUTH(GET, "/one-time-token/generate"), OWN, WHEN(one_time_token),
	    .handler = one_time_token_generate },
	{ AUTH(POST, "/one-time-token/verify"), ANYONE, WHEN(one_time_token),
	    .form = &one_time_token_form, .prepare = one_time_token_prepare,
	    .handler = one_time_token_verify, .login = true },
	{ AUTH(POST, "/api-key/create"), VISITOR_OWN, WHEN(api_key),
	    .form = &api_key_create_form, .handler = api_key_create },
	{ AUTH(GET, "/api-key/get"), SESSION, READ, WHEN(api_key),
	    .form = &api_key_get_form, .handler = api_key_get },
	{ AUTH(GET, "/api-key/list"), SESSION, WHEN(api_key),
	    .form = &api_key_list_form, .handler = api_key_list },
	{ AUTH(POST, "/api-key/update"), VISITOR_OWN, WHEN(api_key),
	    .form = &api_key_update_form, .handler = api_key_update },
	{ AUTH(POST, "/api-key/delete"), OWN, WHEN(api_key),
	    .form = &api_key_delete_form, .handler = api_key_delete },

	/* ---- the short names other systems use ---- */
	{ JSON(GET, "/.well-known/jwks.json"), WHEN(jwt), ANYONE, READ,
	    .handler = jwks_document },
	{ JSON(POST, "/api/auth/signup"), ANYONE, .form = &signup_form,
	    .prepare = sign_up_prepare, .handler = signup_alias,
	    .login = true, .rate = "/sign-up/email" },
	{ JSON(POST, "/api/auth/signin"), ANYONE, .form = &signin_form,
	    .prepare = sign_in_prepare, .handler = signin_alias,
	    .login = true, .rate = "/sign-in/email" },
	{ JSON(POST, "/api/auth/signout"), VISITOR, .handler = sign_out },
	{ JSON(POST, "/auth/register"), ANYONE, .form = &signup_form,
	    .prepare = sign_up_prepare, .handler = signup_alias,
	    .login = true, .rate = "/sign-up/email" },
	{ JSON(POST, "/auth/login"), ANYONE, .form = &signin_form,
	    .prepare = sign_in_prepare, .handler = signin_alias,
	    .login = true, .rate = "/sign-in/email" },
	{ JSON(POST, "/auth/logout"), VISITOR, .handler = sign_out },
	{ JSON(GET, "/auth/session"), SESSION, READ, KEYS,
	    .handler = session_alias },
	{ JSON(GET, "/auth/health"), ANYONE, READ, .handler = health },

	/* ---- for whoever runs it ---- */
	{ JSON(GET, "/metrics"), OPERATOR, READ, WHEN(metrics),
	    .handler = metrics },

	/* ---- pages of a visitor ---- */
	{ PAGE(GET, "/", "Home"), VISITOR, READ, .handler = home },
	{ PAGE(GET, "/assets/:name", "Asset"), ANYONE, READ,
	    .handler = assets_serve },
	{ PAGE(GET, "/login", "Sign in"), VISITOR, READ,
	    .handler = login_page, .template = "login" },
	{ PAGE(POST, "/login", "Sign in"), VISITOR, .form = &login_form,
	    .prepare = sign_in_prepare, .handler = sign_in,
	    .template = "login", .again = login_page,
	    .rate = "/sign-in/email" },
	{ PAGE(GET, "/signup", "Create your account"), VISITOR, READ,
	    .handler = signup_page, .template = "signup" },
	{ PAGE(POST, "/signup", "Create your account"), VISITOR,
	    .form = &signup_form, .prepare = sign_up_prepare,
	    .handler = sign_up, .template = "signup", .again = signup_page,
	    .rate = "/sign-up/email" },
	{ PAGE(GET, "/logout", "Sign out"), VISITOR, READ,
	    .handler = logout_page, .template = "logout" },
	{ PAGE(POST, "/logout", "Sign out"), VISITOR, .handler = sign_out,
	    .template = "logout", .again = logout_page },

	{ PAGE(GET, "/forgot-password", "Forgot your password?"), VISITOR,
	    READ, .handler = forgot_page, .template = "forgot_password" },
	{ PAGE(POST, "/forgot-password", "Forgot your password?"), VISITOR,
	    .form = &forgot_form, .handler = request_reset,
	    .template = "forgot_password", .again = forgot_page,
	    .rate = "/request-password-reset" },
	{ PAGE(GET, "/reset-password", "Choose a new password"), VISITOR,
	    READ, .handler = reset_page, .template = "reset_password" },
	{ PAGE(POST, "/reset-password", "Choose a new password"), VISITOR,
	    .form = &choose_password_form, .prepare = reset_prepare,
	    .handler = reset_password, .template = "reset_password",
	    .again = reset_page, .rate = "/reset-password" },
	{ PAGE(GET, "/verify-email", "Your e-mail address"), VISITOR, READ,
	    .handler = verify_email_page, .template = "verify_email" },
	{ PAGE(POST, "/verify-email", "Your e-mail address"), VISITOR,
	    .form = &ask_form, .handler = verification_ask,
	    .template = "verify_email", .again = verify_email_page,
	    .rate = "/send-verification-email" },

	/* ---- pages of a user ---- */
	{ PAGE(GET, "/account", "Profile"), SESSION, READ,
	    .handler = profile_page, .template = "account" },
	{ PAGE(POST, "/account", "Profile"), SESSION, .form = &profile_form,
	    .handler = profile_save, .template = "account",
	    .again = profile_page },
	{ PAGE(GET, "/account/security", "Security"), SESSION, READ,
	    .handler = security_page, .template = "account_security" },
	{ PAGE(POST, "/account/security/password", "Security"), OWN,
	    .form = &change_password_form, .prepare = change_password_prepare,
	    .handler = change_password, .template = "account_security",
	    .again = security_page, .rate = "/change-password" },
	{ PAGE(POST, "/account/security/sessions/revoke-others", "Security"),
	    SESSION, .handler = revoke_other_sessions,
	    .template = "account_security", .again = security_page },
	{ PAGE(POST, "/account/security/sessions/:id/revoke", "Security"),
	    SESSION, .handler = security_revoke,
	    .template = "account_security", .again = security_page },
	{ PAGE(POST, "/account/switch/:id", "Profile"), OWN,
	    WHEN(multi_session), .handler = account_switch,
	    .template = "account", .again = profile_page },
	{ PAGE(POST, "/account/leave/:id", "Profile"), OWN,
	    WHEN(multi_session), .handler = account_leave,
	    .template = "account", .again = profile_page },

	{ PAGE(GET, "/account/email", "Change your e-mail address"), OWN,
	    ONLY(user_change_email), READ, .handler = email_page,
	    .template = "account_email" },
	{ PAGE(POST, "/account/email", "Change your e-mail address"), OWN,
	    ONLY(user_change_email), .form = &email_form,
	    .prepare = email_prepare, .handler = email_save,
	    .template = "account_email", .again = email_page,
	    .rate = "/change-email" },
	{ PAGE(GET, "/account/delete", "Delete your account"), OWN,
	    ONLY(user_delete), READ, .handler = delete_page,
	    .template = "account_delete" },
	{ PAGE(POST, "/account/delete", "Delete your account"), OWN,
	    ONLY(user_delete), .form = &delete_form,
	    .prepare = delete_page_prepare, .handler = delete_save,
	    .template = "account_delete", .again = delete_page,
	    .rate = "/delete-user" },
	{ PAGE(POST, "/account/impersonation/stop", "Profile"), SESSION,
	    .handler = stop_impersonating, .template = "account",
	    .again = profile_page },
	{ PAGE(GET, "/account/keys", "API keys"), SESSION, READ,
	    WHEN(api_key), .handler = keys_page,
	    .template = "account_keys" },
	{ PAGE(POST, "/account/keys", "API keys"), OWN, WHEN(api_key),
	    .form = &key_page_form, .handler = key_make_page,
	    .template = "account_keys", .again = keys_page },
	{ PAGE(POST, "/account/keys/:id/revoke", "API keys"), OWN,
	    WHEN(api_key), .handler = key_revoke,
	    .template = "account_keys", .again = keys_page },

	/* ---- credits and orders of the caller ---- */
	{ PAGE(GET, "/account/credits", "Credits"), SESSION,
	    .form = &list_form, .handler = account_credits,
	    .template = "account_credits" },
	{ PAGE(GET, "/account/orders", "Orders"), SESSION, READ,
	    .form = &orders_form, .handler = account_orders,
	    .template = "account_orders" },
	{ PAGE(GET, "/account/referrals", "Referrals"), SESSION,
	    WHEN(affiliates), .form = &list_form,
	    .handler = account_referrals, .template = "account_referrals" },
	{ PAGE(GET, "/account/orders/:id", "Order"), SESSION, READ,
	    .handler = account_order, .template = "account_order" },
	{ PAGE(POST, "/account/orders", "Credits"), OWN, WHEN(shop),
	    .form = &purchase_form, .prepare = buy_prepare,
	    .handler = checkout_keep, PAYS, .template = "account_credits",
	    .again = account_credits_again },
	{ PAGE(POST, "/account/orders/:id/pay", "Order"), OWN, WHEN(shop),
	    .prepare = pay_prepare, .handler = checkout_keep, PAYS,
	    .template = "account_order", .again = account_order },
	{ PAGE(POST, "/account/orders/:id/cancel", "Order"), OWN,
	    .prepare = cancel_prepare, .handler = order_cancel, PAYS,
	    .template = "account_order", .again = account_order },
	{ PAGE(GET, "/account/orders/:id/receipt", "Receipt"), SESSION, READ,
	    .handler = account_receipt, .template = "account_receipt" },

	/* Forms of the contract: the page says where to come back to. */
	{ PAGE(GET, "/account/subscriptions", "Subscriptions"), SESSION,
	    WHEN(stripe), .handler = account_subscriptions,
	    .template = "account_subscriptions" },
	{ PAGE(POST, "/account/subscriptions", "Subscriptions"), OWN,
	    WHEN(stripe), .form = &upgrade_form,
	    .prepare = subscription_upgrade_prepare,
	    .handler = subscription_upgrade, PAYS,
	    .template = "account_subscriptions",
	    .again = account_subscriptions },
	{ PAGE(POST, "/account/subscriptions/billing", "Subscriptions"), OWN,
	    WHEN(stripe), .form = &portal_form, .prepare = portal_prepare,
	    .handler = portal, PAYS, .template = "account_subscriptions",
	    .again = account_subscriptions },

	{ PAGE(GET, "/account/reservations", "Reservations"), SESSION,
	    WHEN(reservations), .form = &look_form,
	    .handler = account_reservations,
	    .template = "account_reservations" },
	{ PAGE(POST, "/account/reservations", "Reservations"), OWN,
	    WHEN(reservations), .form = &reserve_form,
	    .handler = reservation_add, .template = "account_reservations",
	    .again = account_reservations_again },
	{ PAGE(POST, "/account/reservations/:id/cancel", "Reservations"),
	    OWN, WHEN(reservations), .handler = reservation_give_up,
	    .template = "account_reservations",
	    .again = account_reservations_again },
	{ PAGE(GET, "/account/feedback", "Feedback"), SESSION, READ,
	    WHEN(feedback), .form = &list_form, .handler = account_feedback,
	    .template = "account_feedback" },
	{ PAGE(POST, "/account/feedback", "Feedback"), OWN, WHEN(feedback),
	    .form = &feedback_form, .handler = feedback_add,
	    .template = "account_feedback", .again = account_feedback_again },

	{ PAGE(GET, "/account/licences", "Licences"), SESSION,
	    WHEN(entitlements), .handler = account_licences,
	    .template = "account_licences" },
	{ PAGE(GET, "/account/licences/:id/file", "Licence"), SESSION, READ,
	    WHEN(entitlements), .handler = my_licence_file },

	/* ---- pages of an admin ---- */
	{ PAGE(GET, "/admin", "Overview"), MAY(SYSTEM_READ),
	    .form = &figures_form, .handler = dashboard_page,
	    .template = "admin" },
	{ PAGE(GET, "/admin/users", "Users"), MAY(USER_LIST),
	    .form = &users_form, .handler = admin_users,
	    .template = "admin_users" },
	{ CSV("/admin/users", users_export), MAY(USER_LIST),
	    .form = &users_form, .handler = admin_users },
	{ PAGE(GET, "/admin/users/new", "New user"), MAY(USER_CREATE),
	    .handler = admin_user_new, .template = "admin_user_new" },
	{ PAGE(POST, "/admin/users", "New user"), MAY(USER_CREATE),
	    .form = &user_create_form, .prepare = user_create_prepare,
	    .handler = user_create, .template = "admin_user_new",
	    .again = admin_user_new, .rate = "/admin/create-user" },
	{ PAGE(GET, "/admin/users/:id", "User"), MAY(USER_GET),
	    .handler = admin_user, .template = "admin_user" },
	{ PAGE(POST, "/admin/users/:id/role", "User"), MAY(USER_SET_ROLE),
	    .form = &role_form, .handler = role_change,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/ban", "User"), MAY(USER_BAN),
	    .form = &ban_form, .handler = user_ban,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/unban", "User"), MAY(USER_BAN),
	    .handler = user_unban, .template = "admin_user",
	    .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/impersonate", "User"),
	    MAY(USER_IMPERSONATE), .form = &impersonate_form,
	    .handler = impersonate, .template = "admin_user",
	    .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/password", "User"),
	    MAY(USER_SET_PASSWORD), .form = &user_password_form,
	    .prepare = user_password_prepare, .handler = user_password_set,
	    .template = "admin_user", .again = admin_user,
	    .rate = "/admin/set-user-password" },
	{ PAGE(POST, "/admin/users/:id/password-link", "User"),
	    MAY(USER_SET_PASSWORD), .handler = user_password_link,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/remove", "User"), MAY(USER_DELETE),
	    .form = &remove_form, .handler = user_remove,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/sessions/revoke", "User"),
	    MAY(SESSION_REVOKE), .handler = user_sessions_revoke,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/sessions/:sid/revoke", "User"),
	    MAY(SESSION_REVOKE), .handler = user_session_revoke,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/keys/:kid/revoke", "User"),
	    MAY(SESSION_REVOKE), WHEN(api_key), .handler = user_key_revoke,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/grant", "User"), MAY(CREDIT_GRANT),
	    .form = &grant_form, .handler = credit_grant,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/adjust", "User"), MAY(CREDIT_ADJUST),
	    .form = &adjust_form, .handler = credit_adjust,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/refund", "User"), MAY(CREDIT_REFUND),
	    .form = &credit_refund_form, .handler = credit_refund,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/holds/:hid/capture", "User"),
	    MAY(HOLD_WRITE), .form = &capture_form,
	    .handler = hold_capture_for, .template = "admin_user",
	    .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/holds/:hid/void", "User"),
	    MAY(HOLD_WRITE), .form = &void_form, .handler = hold_void_for,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/quota", "User"), MAY(QUOTA_SET),
	    .form = &quota_form, .handler = credit_quota,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/entitlements", "User"),
	    MAY(ENTITLEMENT_WRITE), WHEN(entitlements),
	    .form = &entitlement_form, .handler = entitlement_add,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/entitlements/:eid/drop", "User"),
	    MAY(ENTITLEMENT_WRITE), WHEN(entitlements),
	    .handler = entitlement_drop, .template = "admin_user",
	    .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/licences", "User"),
	    MAY(LICENCE_WRITE), WHEN(entitlements), .form = &licence_form,
	    .handler = licence_issue, .template = "admin_user",
	    .again = admin_user },
	{ PAGE(POST, "/admin/users/:id/licences/:lid/revoke", "User"),
	    MAY(LICENCE_WRITE), WHEN(entitlements),
	    .form = &licence_revoke_form, .handler = licence_revoke,
	    .template = "admin_user", .again = admin_user },
	{ PAGE(GET, "/admin/licences", "Licences"), MAY(LICENCE_LIST), READ,
	    WHEN(entitlements), .form = &licences_form,
	    .handler = admin_licences, .template = "admin_licences" },
	{ CSV("/admin/licences", licences_export), MAY(LICENCE_LIST),
	    WHEN(entitlements), .form = &licences_form,
	    .handler = admin_licences },
	{ PAGE(GET, "/admin/licences/:id/file", "Licence"),
	    MAY(LICENCE_LIST), READ, WHEN(entitlements),
	    .handler = admin_licence_file },
	{ PAGE(GET, "/admin/credits", "Credits"), MAY(CREDIT_LIST),
	    .form = &credits_form, .handler = admin_credits,
	    .template = "admin_credits", .again = admin_credits_again },
	{ CSV("/admin/credits", credits_export), MAY(CREDIT_LIST),
	    .form = &credits_form, .handler = admin_credits },
	{ PAGE(GET, "/admin/credits/expiring", "Expiring credits"),
	    MAY(CREDIT_LIST), READ, .form = &lots_form,
	    .handler = admin_lots, .template = "admin_lots" },
	{ CSV("/admin/credits/expiring", lots_export), MAY(CREDIT_LIST),
	    .form = &lots_form, .handler = admin_lots },
	{ PAGE(GET, "/admin/credits/top", "Top spenders"),
	    MAY(CREDIT_LIST), READ, .form = &list_form,
	    .handler = admin_spenders, .template = "admin_spenders" },
	{ CSV("/admin/credits/top", spenders_export), MAY(CREDIT_LIST),
	    .form = &list_form, .handler = admin_spenders },
	{ PAGE(GET, "/admin/orders", "Orders"), MAY(ORDER_LIST),
	    .form = &admin_orders_form, .handler = admin_orders,
	    .template = "admin_orders", .again = admin_orders_again },
	{ CSV("/admin/orders", orders_export), MAY(ORDER_LIST),
	    .form = &admin_orders_form, .handler = admin_orders },
	{ PAGE(GET, "/admin/orders/differences", "Differences"), WHEN(shop),
	    MAY(ORDER_LIST), READ, .form = &list_form,
	    .handler = admin_differences, .template = "admin_differences" },
	{ PAGE(POST, "/admin/orders/differences/:id/repair", "Differences"),
	    WHEN(shop), MAY(ORDER_WRITE), .handler = difference_repair,
	    .template = "admin_differences",
	    .again = admin_differences_again },
	{ PAGE(GET, "/admin/orders/:id", "Order"), MAY(ORDER_LIST),
	    .handler = admin_order, .template = "admin_order" },
	{ PAGE(POST, "/admin/orders/:id/refund", "Order"), MAY(ORDER_REFUND),
	    .form = &refund_form, .prepare = refund_prepare,
	    .handler = order_refund, PAYS, .template = "admin_order",
	    .again = admin_order },
	{ PAGE(POST, "/admin/orders/:id/mark-paid", "Order"),
	    MAY(ORDER_WRITE), .form = &mark_paid_form,
	    .prepare = mark_paid_prepare, .handler = order_mark_paid, PAYS,
	    .template = "admin_order", .again = admin_order },
	{ PAGE(GET, "/admin/audit", "Audit"), MAY(AUDIT_LIST), READ,
	    .form = &audit_form, .handler = admin_audit,
	    .template = "admin_audit", .again = admin_audit_again },
	{ CSV("/admin/audit", audit_export), MAY(AUDIT_LIST),
	    .form = &audit_form, .handler = admin_audit },
	{ PAGE(GET, "/admin/approvals", "Approvals"), MAY(CREDIT_LIST), READ,
	    ONLY(credits_approval), .form = &proposals_form,
	    .handler = admin_approvals, .template = "admin_approvals" },
	{ CSV("/admin/approvals", proposals_export), MAY(CREDIT_LIST),
	    ONLY(credits_approval), .form = &proposals_form,
	    .handler = admin_approvals },
	{ PAGE(POST, "/admin/approvals/:id/confirm", "Approvals"),
	    MAY(CREDIT_APPROVE), ONLY(credits_approval),
	    .handler = proposal_confirm, .template = "admin_approvals",
	    .again = admin_approvals_again },
	{ PAGE(POST, "/admin/approvals/:id/decline", "Approvals"),
	    MAY(CREDIT_APPROVE), ONLY(credits_approval),
	    .handler = proposal_decline, .template = "admin_approvals",
	    .again = admin_approvals_again },
	{ PAGE(POST, "/admin/approvals/:id/withdraw", "Approvals"),
	    MAY(CREDIT_GRANT), ONLY(credits_approval),
	    .handler = proposal_withdraw, .template = "admin_approvals",
	    .again = admin_approvals_again },
	{ PAGE(GET, "/admin/affiliates", "Affiliates"), MAY(AFFILIATE_LIST),
	    READ, WHEN(affiliates), .form = &affiliates_form,
	    .handler = admin_affiliates, .template = "admin_affiliates" },
	{ CSV("/admin/affiliates", affiliates_export), MAY(AFFILIATE_LIST),
	    WHEN(affiliates), .form = &affiliates_form,
	    .handler = admin_affiliates },
	{ PAGE(GET, "/admin/affiliates/:id", "Affiliate"),
	    MAY(AFFILIATE_LIST), WHEN(affiliates), .form = &affiliate_form,
	    .handler = admin_affiliate, .template = "admin_affiliate" },
	{ PAGE(POST, "/admin/affiliates/:id/disable", "Affiliate"),
	    MAY(AFFILIATE_WRITE), WHEN(affiliates),
	    .handler = affiliate_disable, .template = "admin_affiliate",
	    .again = admin_affiliate_again },
	{ PAGE(POST, "/admin/affiliates/:id/enable", "Affiliate"),
	    MAY(AFFILIATE_WRITE), WHEN(affiliates),
	    .handler = affiliate_enable, .template = "admin_affiliate",
	    .again = admin_affiliate_again },
	{ PAGE(GET, "/admin/plans", "Plans"), WHEN(shop), MAY(PLAN_LIST),
	    READ, .form = &list_form, .handler = admin_plans,
	    .template = "admin_plans" },
	{ PAGE(GET, "/admin/plans/new", "New plan"), WHEN(shop),
	    MAY(PLAN_WRITE), .handler = admin_plan_new,
	    .template = "admin_plan" },
	{ PAGE(POST, "/admin/plans", "New plan"), WHEN(shop),
	    MAY(PLAN_WRITE), .form = &plan_form, .handler = plan_create,
	    .template = "admin_plan", .again = admin_plan_new },
	{ PAGE(GET, "/admin/plans/:id", "Plan"), WHEN(shop), MAY(PLAN_LIST),
	    .handler = admin_plan, .template = "admin_plan" },
	{ PAGE(POST, "/admin/plans/:id/save", "Plan"), WHEN(shop),
	    MAY(PLAN_WRITE), .form = &plan_form, .handler = plan_update,
	    .template = "admin_plan", .again = admin_plan },
	{ PAGE(GET, "/admin/system", "System"), MAY(SYSTEM_READ),
	    .handler = diagnosis, .template = "admin_system" },

	{ PAGE(GET, "/admin/items", "Items"), MAY(RESERVATION_LIST), READ,
	    WHEN(reservations), .form = &list_form, .handler = admin_items,
	    .template = "admin_items" },
	{ CSV("/admin/items", items_export), MAY(RESERVATION_LIST),
	    WHEN(reservations), .form = &list_form, .handler = admin_items },
	{ PAGE(POST, "/admin/items", "Items"), MAY(ITEM_WRITE),
	    WHEN(reservations), .form = &item_form, .handler = item_add,
	    .template = "admin_items", .again = admin_items_again },
	{ PAGE(GET, "/admin/items/:id", "Item"), MAY(RESERVATION_LIST),
	    WHEN(reservations), .handler = admin_item,
	    .template = "admin_item" },
	{ PAGE(POST, "/admin/items/:id", "Item"), MAY(ITEM_WRITE),
	    WHEN(reservations), .form = &item_form, .handler = item_change,
	    .template = "admin_item", .again = admin_item },
	{ PAGE(GET, "/admin/reservations", "Reservations"),
	    MAY(RESERVATION_LIST), WHEN(reservations),
	    .form = &reservations_form, .handler = admin_reservations,
	    .template = "admin_reservations",
	    .again = admin_reservations_again },
	{ CSV("/admin/reservations", reservations_export),
	    MAY(RESERVATION_LIST), WHEN(reservations),
	    .form = &reservations_form, .handler = admin_reservations },
	{ PAGE(GET, "/admin/reservations/:id", "Reservation"),
	    MAY(RESERVATION_LIST), WHEN(reservations),
	    .handler = admin_reservation, .template = "admin_reservation" },
	{ PAGE(POST, "/admin/reservations/:id/confirm", "Reservation"),
	    MAY(RESERVATION_WRITE), WHEN(reservations),
	    .handler = reservation_confirm, .template = "admin_reservation",
	    .again = admin_reservation },
	{ PAGE(POST, "/admin/reservations/:id/cancel", "Reservation"),
	    MAY(RESERVATION_WRITE), WHEN(reservations),
	    .form = &reservation_cancel_form, .handler = reservation_cancel,
	    .template = "admin_reservation", .again = admin_reservation },

	{ PAGE(GET, "/admin/feedback", "Feedback"), MAY(FEEDBACK_LIST), READ,
	    WHEN(feedback), .form = &feedbacks_form,
	    .handler = admin_feedbacks, .template = "admin_feedbacks" },
	{ CSV("/admin/feedback", feedbacks_export), MAY(FEEDBACK_LIST),
	    WHEN(feedback), .form = &feedbacks_form,
	    .handler = admin_feedbacks },
	{ PAGE(GET, "/admin/feedback/:id", "Feedback"), MAY(FEEDBACK_LIST),
	    WHEN(feedback), .handler = admin_feedback,
	    .template = "admin_feedback" },
	{ PAGE(POST, "/admin/feedback/:id/answer", "Feedback"),
	    MAY(FEEDBACK_WRITE), WHEN(feedback),
	    .form = &feedback_answer_form, .handler = feedback_answer,
	    .template = "admin_feedback", .again = admin_feedback },
	{ PAGE(POST, "/admin/feedback/:id/close", "Feedback"),
	    MAY(FEEDBACK_WRITE), WHEN(feedback), .handler = feedback_close,
	    .template = "admin_feedback", .again = admin_feedback },
	{ PAGE(POST, "/admin/feedback/:id/reopen", "Feedback"),
	    MAY(FEEDBACK_WRITE), WHEN(feedback), .handler = feedback_reopen,
	    .template = "admin_feedback", .again = admin_feedback },

	{ PAGE(GET, "/admin/events", "Events"), WHEN(stripe),
	    MAY(EVENT_LIST), READ, .form = &events_form,
	    .handler = admin_events, .template = "admin_events" },
	{ CSV("/admin/events", events_export), WHEN(stripe),
	    MAY(EVENT_LIST), .form = &events_form, .handler = admin_events },
	{ PAGE(GET, "/admin/events/:id", "Event"), WHEN(stripe),
	    MAY(EVENT_LIST), .handler = admin_event,
	    .template = "admin_event" },
	{ PAGE(GET, "/admin/events/:id/body", "Event"), WHEN(stripe),
	    MAY(EVENT_READ), .handler = admin_event_body,
	    .template = "admin_event_body" },
	{ PAGE(GET, "/admin/mail", "Mail"), MAY(MAIL_LIST), READ,
	    .form = &mail_form, .handler = admin_mail,
	    .template = "admin_mail" },
	{ PAGE(GET, "/admin/mail/:id", "Letter"), MAY(MAIL_LIST),
	    .handler = admin_letter, .template = "admin_letter" },
	{ PAGE(GET, "/admin/mail/:id/body", "Letter"), MAY(MAIL_READ),
	    .handler = admin_letter_body, .template = "admin_letter_body" },
	{ PAGE(POST, "/admin/mail/:id/resend", "Letter"), MAY(MAIL_WRITE),
	    .handler = letter_resend, .template = "admin_letter",
	    .again = admin_letter },
	{ PAGE(POST, "/admin/mail/:id/drop", "Letter"), MAY(MAIL_WRITE),
	    .handler = letter_drop, .template = "admin_letter",
	    .again = admin_letter },

	{ PAGE(GET, "/admin/keys", "Signing keys"), WHEN(jwt), MAY(KEY_LIST),
	    READ, .handler = admin_keys, .template = "admin_keys" },
	{ PAGE(POST, "/admin/keys", "Signing keys"), WHEN(jwt),
	    MAY(KEY_WRITE), .handler = key_rotate, .template = "admin_keys",
	    .again = admin_keys },
	{ PAGE(POST, "/admin/keys/:id/retire", "Signing keys"), WHEN(jwt),
	    MAY(KEY_WRITE), .handler = key_retire, .template = "admin_keys",
	    .again = admin_keys },

	/* ---- our own API ---- */
	{ JSON(GET, "/api/me"), SESSION, TOKEN, KEY("profile:read"), READ,
	    .handler = me },
	{ JSON(GET, "/api/me/referrals"), SESSION, TOKEN,
	    KEY("profile:read"), WHEN(affiliates), .form = &list_form,
	    .handler = account_referrals },
	{ JSON(GET, "/api/me/entitlements"), SESSION, TOKEN, READ,
	    KEY("entitlements:read"), WHEN(entitlements),
	    .handler = my_entitlements },
	{ JSON(POST, "/api/webhooks/stripe"), ANYONE, WHEN(stripe), RAW,
	    .prepare = webhook_prepare, .handler = webhook },
	{ JSON(GET, "/api/keys"), SESSION, READ, WHEN(api_key),
	    .handler = keys_page },
	{ JSON(POST, "/api/keys"), OWN, WHEN(api_key),
	    .form = &key_json_form, .handler = key_make },
	{ JSON(DELETE, "/api/keys/:id"), OWN, WHEN(api_key),
	    .handler = key_revoke },
	{ JSON(GET, "/api/credits/balance"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .handler = credit_balance },
	{ JSON(POST, "/api/credits/spend"), SESSION, TOKEN,
	    KEY("credits:spend"), .form = &spend_form, .handler = credit_spend },
	{ JSON(GET, "/api/credits/transfers"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .form = &transfers_form,
	    .handler = credit_transfers },
	{ JSON(GET, "/api/credits/transfers/:id"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .handler = credit_transfer },
	{ JSON(GET, "/api/credits/holds"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .form = &holds_form,
	    .handler = holds },
	{ JSON(POST, "/api/credits/holds"), SESSION, TOKEN,
	    KEY("credits:hold"), .form = &hold_form, .handler = hold_make },
	{ JSON(GET, "/api/credits/holds/:id"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .handler = hold_get },
	{ JSON(POST, "/api/credits/holds/:id/capture"), SESSION, TOKEN,
	    KEY("credits:hold"), .form = &capture_form,
	    .handler = hold_capture },
	{ JSON(POST, "/api/credits/holds/:id/void"), SESSION, TOKEN,
	    KEY("credits:hold"), .form = &void_form, .handler = hold_void },
	{ JSON(GET, "/api/credits/usage"), SESSION, TOKEN,
	    KEY("credits:read"), READ, .form = &usage_form,
	    .handler = usage },
	{ JSON(POST, "/api/credits/usage"), SESSION, TOKEN,
	    KEY("credits:usage"), .form = &consume_form,
	    .handler = usage_consume },
	{ JSON(GET, "/api/items"), SESSION, TOKEN, READ, WHEN(reservations),
	    .handler = item_offers },
	{ JSON(GET, "/api/items/:id/busy"), SESSION, TOKEN,
	    WHEN(reservations), .form = &busy_form, .handler = item_busy },
	{ JSON(GET, "/api/reservations"), SESSION, TOKEN, READ,
	    WHEN(reservations), .form = &list_form,
	    .handler = reservation_list },
	{ JSON(POST, "/api/reservations"), OWN, TOKEN, WHEN(reservations),
	    .form = &reserve_form, .handler = reservation_add },
	{ JSON(POST, "/api/reservations/:id/cancel"), OWN, TOKEN,
	    WHEN(reservations), .handler = reservation_give_up },
	{ JSON(GET, "/api/feedback"), SESSION, TOKEN, READ, WHEN(feedback),
	    .form = &list_form, .handler = account_feedback },
	{ JSON(POST, "/api/feedback"), OWN, TOKEN, WHEN(feedback),
	    .form = &feedback_form, .handler = feedback_add },
	{ JSON(GET, "/api/:user_id/tasks"), WHEN(tasks), SESSION, TOKEN, READ,
	    .form = &list_form, .handler = task_list },
	{ JSON(POST, "/api/:user_id/tasks"), WHEN(tasks), SESSION, TOKEN,
	    .form = &task_form, .handler = task_add },
	{ JSON(GET, "/api/:user_id/tasks/:task_id"), WHEN(tasks), SESSION,
	    TOKEN, READ, .handler = task_get },
	{ JSON(PUT, "/api/:user_id/tasks/:task_id"), WHEN(tasks), SESSION,
	    TOKEN, .form = &task_form, .handler = task_replace },
	{ JSON(DELETE, "/api/:user_id/tasks/:task_id"), WHEN(tasks), SESSION,
	    TOKEN, .handler = task_remove },
	{ JSON(GET, "/api/admin/users"), MAY(USER_LIST), TOKEN,
	    KEY("admin:read"), .form = &users_form,
	    .handler = admin_users },
	{ JSON(GET, "/api/admin/users/:id"), MAY(USER_GET), TOKEN,
	    KEY("admin:read"), READ, .handler = admin_user },
	{ JSON(POST, "/api/admin/users"), MAY(USER_CREATE),
	    .form = &user_create_form, .prepare = user_create_prepare,
	    .handler = user_create, .rate = "/admin/create-user" },
	{ JSON(DELETE, "/api/admin/users/:id"), MAY(USER_DELETE),
	    .handler = user_remove },
	{ JSON(POST, "/api/admin/users/:id/role"), MAY(USER_SET_ROLE),
	    .form = &role_form, .handler = role_change },
	{ JSON(POST, "/api/admin/users/:id/ban"), MAY(USER_BAN),
	    .form = &ban_form, .handler = user_ban },
	{ JSON(POST, "/api/admin/users/:id/unban"), MAY(USER_BAN),
	    .handler = user_unban },
	{ JSON(POST, "/api/admin/users/:id/password"), MAY(USER_SET_PASSWORD),
	    .form = &user_password_form, .prepare = user_password_prepare,
	    .handler = user_password_set, .rate = "/admin/set-user-password" },
	{ JSON(POST, "/api/admin/users/:id/password-link"),
	    MAY(USER_SET_PASSWORD), .handler = user_password_link },
	{ JSON(GET, "/api/admin/users/:id/sessions"), MAY(SESSION_LIST), READ,
	    .handler = admin_user_sessions },
	{ JSON(DELETE, "/api/admin/users/:id/sessions"), MAY(SESSION_REVOKE),
	    .handler = user_sessions_revoke },
	{ JSON(DELETE, "/api/admin/users/:id/sessions/:sid"),
	    MAY(SESSION_REVOKE), .handler = user_session_revoke },
	{ JSON(GET, "/api/admin/users/:id/keys"), MAY(SESSION_LIST), READ,
	    WHEN(api_key), .handler = user_keys },
	{ JSON(DELETE, "/api/admin/users/:id/keys/:kid"),
	    MAY(SESSION_REVOKE), WHEN(api_key), .handler = user_key_revoke },
	{ JSON(PATCH, "/api/admin/users/:id"), MAY(QUOTA_SET), TOKEN,
	    KEY("admin:write"), .form = &quota_json_form,
	    .handler = credit_quota },
	{ JSON(GET, "/api/admin/users/:id/entitlements"),
	    MAY(ENTITLEMENT_LIST), TOKEN, KEY("admin:read"), READ,
	    WHEN(entitlements), .handler = user_entitlements },
	{ JSON(POST, "/api/admin/users/:id/entitlements"),
	    MAY(ENTITLEMENT_WRITE), TOKEN, KEY("admin:write"),
	    WHEN(entitlements), .form = &entitlement_json_form,
	    .handler = entitlement_add },
	{ JSON(DELETE, "/api/admin/users/:id/entitlements/:eid"),
	    MAY(ENTITLEMENT_WRITE), TOKEN, KEY("admin:write"),
	    WHEN(entitlements), .handler = entitlement_drop },
	{ JSON(GET, "/api/admin/users/:id/licences"), MAY(LICENCE_LIST),
	    TOKEN, KEY("admin:read"), READ, WHEN(entitlements),
	    .handler = user_licences },
	{ JSON(POST, "/api/admin/users/:id/licences"), MAY(LICENCE_WRITE),
	    TOKEN, KEY("admin:write"), WHEN(entitlements),
	    .form = &licence_json_form, .handler = licence_issue },
	{ JSON(POST, "/api/admin/users/:id/licences/:lid/revoke"),
	    MAY(LICENCE_WRITE), TOKEN, KEY("admin:write"),
	    WHEN(entitlements), .form = &licence_revoke_form,
	    .handler = licence_revoke },
	{ JSON(GET, "/api/admin/licences"), MAY(LICENCE_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(entitlements),
	    .form = &licences_form, .handler = admin_licences },
	{ JSON(GET, "/api/admin/licences/:id"), MAY(LICENCE_LIST), TOKEN,
	    KEY("admin:read"), WHEN(entitlements), .handler = admin_licence },
	{ JSON(GET, "/api/admin/users/:id/credits"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), .form = &list_form,
	    .handler = admin_user_credits },
	{ JSON(POST, "/api/admin/credits/grant"), MAY(CREDIT_GRANT), TOKEN,
	    KEY("admin:write"), .form = &grant_json_form,
	    .handler = credit_grant },
	{ JSON(POST, "/api/admin/credits/adjust"), MAY(CREDIT_ADJUST), TOKEN,
	    KEY("admin:write"), .form = &adjust_json_form,
	    .handler = credit_adjust },
	{ JSON(GET, "/api/admin/figures"), MAY(SYSTEM_READ), TOKEN,
	    KEY("admin:read"), .form = &figures_form,
	    .handler = dashboard_page },
	{ JSON(GET, "/api/admin/credits"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), READ, .form = &credits_form,
	    .handler = admin_credits },
	{ JSON(GET, "/api/admin/credits/expiring"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), READ, .form = &lots_form,
	    .handler = admin_lots },
	{ JSON(GET, "/api/admin/credits/top"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), READ, .form = &list_form,
	    .handler = admin_spenders },
	{ JSON(POST, "/api/admin/credits/spend"), MAY(CREDIT_ADJUST), TOKEN,
	    KEY("admin:write"), .form = &spend_for_form,
	    .handler = credit_spend_for },
	{ JSON(POST, "/api/admin/credits/refund"), MAY(CREDIT_REFUND), TOKEN,
	    KEY("admin:write"), .form = &credit_refund_json_form,
	    .handler = credit_refund },
	{ JSON(GET, "/api/admin/credits/holds"), MAY(HOLD_LIST), TOKEN,
	    KEY("admin:read"), .form = &holds_of_form,
	    .handler = admin_holds },
	{ JSON(POST, "/api/admin/credits/holds"), MAY(HOLD_WRITE), TOKEN,
	    KEY("admin:write"), .form = &hold_for_form,
	    .handler = hold_make_for },
	{ JSON(POST, "/api/admin/credits/holds/:id/capture"),
	    MAY(HOLD_WRITE), TOKEN, KEY("admin:write"),
	    .form = &capture_form, .handler = hold_capture_for },
	{ JSON(POST, "/api/admin/credits/holds/:id/void"), MAY(HOLD_WRITE),
	    TOKEN, KEY("admin:write"), .form = &void_form,
	    .handler = hold_void_for },
	{ JSON(GET, "/api/admin/credits/usage"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), .form = &usage_of_form,
	    .handler = admin_usage },
	{ JSON(GET, "/api/admin/audit"), MAY(AUDIT_LIST), TOKEN,
	    KEY("admin:read"), READ, .form = &audit_form,
	    .handler = admin_audit },
	{ JSON(GET, "/api/admin/items"), MAY(RESERVATION_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(reservations),
	    .form = &list_form, .handler = admin_items },
	{ JSON(POST, "/api/admin/items"), MAY(ITEM_WRITE), TOKEN,
	    KEY("admin:write"), WHEN(reservations), .form = &item_form,
	    .handler = item_add },
	{ JSON(GET, "/api/admin/items/:id"), MAY(RESERVATION_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(reservations),
	    .handler = admin_item },
	{ JSON(PUT, "/api/admin/items/:id"), MAY(ITEM_WRITE), TOKEN,
	    KEY("admin:write"), WHEN(reservations), .form = &item_form,
	    .handler = item_change },
	{ JSON(GET, "/api/admin/reservations"), MAY(RESERVATION_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(reservations),
	    .form = &reservations_form, .handler = admin_reservations },
	{ JSON(GET, "/api/admin/reservations/:id"), MAY(RESERVATION_LIST),
	    TOKEN, KEY("admin:read"), READ, WHEN(reservations),
	    .handler = admin_reservation },
	{ JSON(POST, "/api/admin/reservations/:id/confirm"),
	    MAY(RESERVATION_WRITE), TOKEN, KEY("admin:write"),
	    WHEN(reservations), .handler = reservation_confirm },
	{ JSON(POST, "/api/admin/reservations/:id/cancel"),
	    MAY(RESERVATION_WRITE), TOKEN, KEY("admin:write"),
	    WHEN(reservations), .form = &reservation_cancel_form,
	    .handler = reservation_cancel },
	{ JSON(GET, "/api/admin/feedback"), MAY(FEEDBACK_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(feedback),
	    .form = &feedbacks_form, .handler = admin_feedbacks },
	{ JSON(GET, "/api/admin/feedback/:id"), MAY(FEEDBACK_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(feedback),
	    .handler = admin_feedback },
	{ JSON(POST, "/api/admin/feedback/:id/answer"), MAY(FEEDBACK_WRITE),
	    TOKEN, KEY("admin:write"), WHEN(feedback),
	    .form = &feedback_answer_form, .handler = feedback_answer },
	{ JSON(POST, "/api/admin/feedback/:id/close"), MAY(FEEDBACK_WRITE),
	    TOKEN, KEY("admin:write"), WHEN(feedback),
	    .handler = feedback_close },
	{ JSON(POST, "/api/admin/feedback/:id/reopen"), MAY(FEEDBACK_WRITE),
	    TOKEN, KEY("admin:write"), WHEN(feedback),
	    .handler = feedback_reopen },
	{ JSON(GET, "/api/admin/credits/proposals"), MAY(CREDIT_LIST), TOKEN,
	    KEY("admin:read"), READ, ONLY(credits_approval),
	    .form = &proposals_form, .handler = admin_approvals },
	{ JSON(GET, "/api/admin/credits/proposals/:id"), MAY(CREDIT_LIST),
	    TOKEN, KEY("admin:read"), READ, ONLY(credits_approval),
	    .handler = admin_proposal },
	{ JSON(POST, "/api/admin/credits/proposals/:id/confirm"),
	    MAY(CREDIT_APPROVE), ONLY(credits_approval),
	    .handler = proposal_confirm },
	{ JSON(POST, "/api/admin/credits/proposals/:id/decline"),
	    MAY(CREDIT_APPROVE), ONLY(credits_approval),
	    .handler = proposal_decline },
	{ JSON(POST, "/api/admin/credits/proposals/:id/withdraw"),
	    MAY(CREDIT_GRANT), ONLY(credits_approval),
	    .handler = proposal_withdraw },
	{ JSON(GET, "/api/admin/affiliates"), MAY(AFFILIATE_LIST), TOKEN,
	    KEY("admin:read"), READ, WHEN(affiliates),
	    .form = &affiliates_form, .handler = admin_affiliates },
	{ JSON(GET, "/api/admin/affiliates/:id"), MAY(AFFILIATE_LIST), TOKEN,
	    KEY("admin:read"), WHEN(affiliates), .form = &affiliate_form,
	    .handler = admin_affiliate },
	{ JSON(POST, "/api/admin/affiliates/:id/disable"),
	    MAY(AFFILIATE_WRITE), WHEN(affiliates),
	    .handler = affiliate_disable },
	{ JSON(POST, "/api/admin/affiliates/:id/enable"),
	    MAY(AFFILIATE_WRITE), WHEN(affiliates),
	    .handler = affiliate_enable },
	{ JSON(GET, "/api/admin/orders"), MAY(ORDER_LIST), TOKEN,
	    KEY("admin:read"), READ,
	    .form = &admin_orders_form, .handler = admin_orders },
	{ JSON(GET, "/api/admin/orders/differences"), WHEN(shop),
	    MAY(ORDER_LIST), TOKEN, KEY("admin:read"), READ,
	    .form = &list_form, .handler = admin_differences },
	{ JSON(POST, "/api/admin/orders/differences/:id/repair"), WHEN(shop),
	    MAY(ORDER_WRITE), TOKEN, KEY("admin:write"),
	    .handler = difference_repair },
	{ JSON(GET, "/api/admin/orders/:id"), MAY(ORDER_LIST), TOKEN,
	    KEY("admin:read"), .handler = admin_order },
	{ JSON(POST, "/api/admin/orders/:id/refund"), MAY(ORDER_REFUND),
	    TOKEN, KEY("admin:write"), .form = &refund_json_form,
	    .prepare = refund_prepare, .handler = order_refund, PAYS },
	{ JSON(POST, "/api/admin/orders/:id/mark-paid"), MAY(ORDER_WRITE),
	    TOKEN, KEY("admin:write"), .form = &mark_paid_form,
	    .prepare = mark_paid_prepare, .handler = order_mark_paid, PAYS },
	{ JSON(GET, "/api/orders"), SESSION, TOKEN, KEY("profile:read"), READ,
	    .form = &orders_form, .handler = account_orders },
	{ JSON(GET, "/api/orders/:id"), SESSION, TOKEN, KEY("profile:read"),
	    READ, .handler = account_order },
	{ JSON(POST, "/api/orders"), OWN, WHEN(shop), TOKEN,
	    .form = &purchase_form, .handler = order_add },
	{ JSON(POST, "/api/orders/:id/checkout"), OWN, WHEN(shop), TOKEN,
	    .prepare = pay_prepare, .handler = checkout_keep, PAYS },
	{ JSON(GET, "/api/plans"), WHEN(shop), ANYONE, READ,
	    .form = &offers_form, .handler = plan_offers },
	{ JSON(GET, "/api/admin/plans"), WHEN(shop), MAY(PLAN_LIST), TOKEN,
	    KEY("admin:read"), READ, .form = &list_form,
	    .handler = admin_plans },
	{ JSON(POST, "/api/admin/plans"), WHEN(shop), MAY(PLAN_WRITE), TOKEN,
	    KEY("admin:write"), .form = &plan_json_form,
	    .handler = plan_create },
	{ JSON(GET, "/api/admin/plans/:id"), WHEN(shop), MAY(PLAN_LIST),
	    TOKEN, KEY("admin:read"), READ, .handler = admin_plan },
	{ JSON(PUT, "/api/admin/plans/:id"), WHEN(shop), MAY(PLAN_WRITE),
	    TOKEN, KEY("admin:write"), .form = &plan_json_form,
	    .handler = plan_update },
	{ JSON(GET, "/api/admin/events"), WHEN(stripe), MAY(EVENT_LIST),
	    TOKEN, KEY("admin:read"), READ, .form = &events_form,
	    .handler = admin_events },
	{ JSON(GET, "/api/admin/events/:id"), WHEN(stripe), MAY(EVENT_LIST),
	    TOKEN, KEY("admin:read"), READ, .handler = admin_event },
	{ JSON(GET, "/api/admin/events/:id/body"), WHEN(stripe),
	    MAY(EVENT_READ), .handler = admin_event_body },
	{ JSON(GET, "/api/admin/mail"), MAY(MAIL_LIST), READ,
	    .form = &mail_form, .handler = admin_mail },
	{ JSON(GET, "/api/admin/mail/:id"), MAY(MAIL_LIST), READ,
	    .handler = admin_letter },
	{ JSON(GET, "/api/admin/mail/:id/body"), MAY(MAIL_READ),
	    .handler = admin_letter_body },
	{ JSON(POST, "/api/admin/mail/:id/resend"), MAY(MAIL_WRITE),
	    .handler = letter_resend },
	{ JSON(POST, "/api/admin/mail/:id/drop"), MAY(MAIL_WRITE),
	    .handler = letter_drop },
	{ JSON(GET, "/api/admin/keys"), WHEN(jwt), MAY(KEY_LIST), TOKEN,
	    KEY("admin:read"), READ, .handler = admin_keys },
	{ JSON(POST, "/api/admin/keys"), WHEN(jwt), MAY(KEY_WRITE),
	    .handler = key_rotate },
	{ JSON(POST, "/api/admin/keys/:id/retire"), WHEN(jwt),
	    MAY(KEY_WRITE), .handler = key_retire },
	{ JSON(GET, "/api/admin/health"), MAY(SYSTEM_READ), TOKEN,
	    KEY("admin:read"), READ, .handler = admin_health },
	{ JSON(GET, "/api/admin/system"), MAY(SYSTEM_READ),
	    .handler = diagnosis },
};
const size_t routes_count = sizeof(routes) / sizeof(routes[0]);

static const char *
method_text(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_HEAD:
		return "HEAD";
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_PATCH:
		return "PATCH";
	case METHOD_DELETE:
		return "DELETE";
	case METHOD_OPTIONS:
		return "OPTIONS";
	case METHOD_OTHER:
		break;
	}
	return "?";
}

const char *
route_method(const struct route *route)
{
	return method_text(route->method);
}

/* Segments equal, or ":name" against one segment that is not empty. */
static bool
path_fits(struct ctx *ctx, const char *pattern, const char *path)
{
	size_t count = 0;

	while (*pattern != '\0') {
		if (*pattern != ':') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t size = strcspn(path, "/");

		if (size == 0 || count == CTX_PARAMS)
			return false;
		ctx->param[count++] = arena_copy(ctx->arena, path, size);
		path += size;
		pattern += strcspn(pattern, "/");
	}
	return *path == '\0';
}

/* HEAD is GET without the body, but the contract knows no HEAD. */
static bool
method_fits(const struct route *route, enum method method)
{
	return route->method == method || (method == METHOD_HEAD &&
	    route->method == METHOD_GET && route->face != FACE_AUTH);
}

static void
allow(struct buf *allowed, const struct route *route)
{
	const char *method = method_text(route->method);

	if (strstr(allowed->data, method) != NULL)
		return;
	buf_printf(allowed, "%s%s", allowed->size > 0 ? ", " : "", method);
	if (route->method == METHOD_GET)
		buf_text(allowed, ", HEAD");
}

/* The path as rows of the contract spell it, or NULL outside of it. */
static const char *
below_base(const struct ctx *ctx)
{
	const char *base = ctx->config->server_base_path;
	size_t size = strlen(base);

	return strncmp(ctx->request.path, base, size) == 0 &&
	    ctx->request.path[size] == '/' ? ctx->request.path + size : NULL;
}

bool
route_is_on(const struct config *config, const struct route *route)
{
	return config_is_on(config, route->when);
}

/* What a row's pattern is compared with; NULL: it cannot be meant. A parameter
 * of ours does not take the base path for somebody's id. */
static const char *
path_for(const struct ctx *ctx, const struct route *route, const char *below)
{
	if (!route_is_on(ctx->config, route))
		return NULL;
	if (route->face == FACE_AUTH)
		return below;
	return below != NULL && strchr(route->path, ':') != NULL ? NULL :
	    ctx->request.path;
}

enum status
route_find(struct ctx *ctx)
{
	const char *below = below_base(ctx);
	struct buf allowed;

	buf_init(&allowed, ctx->arena, 64);
	for (size_t i = 0; i < routes_count; i++) {
		const struct route *route = &routes[i];
		const char *path = path_for(ctx, route, below);

		if (path == NULL || !path_fits(ctx, route->path, path))
			continue;
		if (method_fits(route, ctx->request.method)) {
			ctx->route = route;
			return ST_OK;
		}
		if (route->face != FACE_AUTH)
			allow(&allowed, route);
	}
	if (allowed.size == 0)
		return refuse(ctx, ST_NOT_FOUND, "no such route");
	response_header(ctx, "Allow", allowed.data);
	return refuse(ctx, ST_METHOD_NOT_ALLOWED, "no such method here");
}

const struct route *
route_export(const struct route *route)
{
	const size_t size = strlen(route->path);

	for (size_t i = 0; i < routes_count; i++)
		if (routes[i].export != NULL &&
		    routes[i].handler == route->handler &&
		    strncmp(routes[i].path, route->path, size) == 0 &&
		    strcmp(routes[i].path + size, ".csv") == 0)
			return &routes[i];
	return NULL;
}

void
routes_print(const struct config *config)
{
	static const char *const faces[] = { [FACE_PAGE] = "page",
		[FACE_JSON] = "json", [FACE_AUTH] = "auth" };
	static const char *const levels[] = { [GUARD_NONE] = "nobody",
		[GUARD_ANYONE] = "anyone", [GUARD_VISITOR] = "visitor",
		[GUARD_SESSION] = "session", [GUARD_FRESH] = "fresh",
		[GUARD_PERMISSION] = "", [GUARD_OPERATOR] = "operator" };

	for (size_t i = 0; i < routes_count; i++) {
		const struct route *route = &routes[i];

		if (!route_is_on(config, route))
			continue;
		(void)printf("%-6s %s%s %s %s%s\n", route_method(route),
		    route->face == FACE_AUTH ? config->server_base_path :
		    "", route->path,
		    faces[route->face], levels[route->guard.level],
		    permission_text(route->guard.permission));
	}
}
