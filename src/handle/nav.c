#include "handle/nav.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "store/user.h"
#include "view/view.h"

struct nav_item {
	const char *href, *label;
	bool whole;		/* only this path, not what lies below it */
	enum permission permission;
	size_t when;		/* as a route's: not there while it is off */
};

static const struct nav_item account_nav[] = {
	{ "/account", "Profile", true, PERMISSION_NONE, 0 },
	{ "/account/security", "Security", false, PERMISSION_NONE, 0 },
	{ "/account/keys", "API keys", false, PERMISSION_NONE,
	    offsetof(struct config, api_key_enabled) },
	{ "/account/credits", "Credits", false, PERMISSION_NONE, 0 },
	{ "/account/subscriptions", "Subscriptions", false, PERMISSION_NONE,
	    offsetof(struct config, stripe_enabled) },
	{ "/account/orders", "Orders", false, PERMISSION_NONE, 0 },
	{ "/account/licences", "Licences", false, PERMISSION_NONE,
	    offsetof(struct config, entitlements_enabled) },
	{ "/account/reservations", "Reservations", false, PERMISSION_NONE,
	    offsetof(struct config, reservations_enabled) },
	{ "/account/feedback", "Feedback", false, PERMISSION_NONE,
	    offsetof(struct config, feedback_enabled) },
	{ "/account/referrals", "Referrals", false, PERMISSION_NONE,
	    offsetof(struct config, affiliates_enabled) },
};
static const struct nav_item admin_nav[] = {
	{ "/admin", "Overview", true, PERMISSION_SYSTEM_READ, 0 },
	{ "/admin/users", "Users", false, PERMISSION_USER_LIST, 0 },
	{ "/admin/credits", "Credits", false, PERMISSION_CREDIT_LIST, 0 },
	{ "/admin/orders", "Orders", false, PERMISSION_ORDER_LIST, 0 },
	{ "/admin/subscriptions", "Subscriptions", false,
	    PERMISSION_ORDER_LIST, offsetof(struct config, stripe_enabled) },
	{ "/admin/licences", "Licences", false, PERMISSION_LICENCE_LIST,
	    offsetof(struct config, entitlements_enabled) },
	{ "/admin/reservations", "Reservations", false,
	    PERMISSION_RESERVATION_LIST,
	    offsetof(struct config, reservations_enabled) },
	{ "/admin/items", "Items", false, PERMISSION_RESERVATION_LIST,
	    offsetof(struct config, reservations_enabled) },
	{ "/admin/feedback", "Feedback", false, PERMISSION_FEEDBACK_LIST,
	    offsetof(struct config, feedback_enabled) },
	{ "/admin/approvals", "Approvals", false, PERMISSION_CREDIT_LIST,
	    offsetof(struct config, credits_approval) },
	{ "/admin/affiliates", "Affiliates", false, PERMISSION_AFFILIATE_LIST,
	    offsetof(struct config, affiliates_enabled) },
	{ "/admin/plans", "Plans", false, PERMISSION_PLAN_LIST,
	    offsetof(struct config, shop_enabled) },
	{ "/admin/events", "Events", false, PERMISSION_EVENT_LIST,
	    offsetof(struct config, stripe_enabled) },
	{ "/admin/mail", "Mail", false, PERMISSION_MAIL_LIST, 0 },
	{ "/admin/keys", "Signing keys", false, PERMISSION_KEY_LIST,
	    offsetof(struct config, jwt_enabled) },
	{ "/admin/audit", "Audit", false, PERMISSION_AUDIT_LIST, 0 },
	{ "/admin/system", "System", false, PERMISSION_SYSTEM_READ, 0 },
};

void
nav_fill(struct ctx *ctx)
{
	const bool admin = text_starts(ctx->request.path, "/admin");
	const struct nav_item *items = admin ? admin_nav : account_nav;
	size_t count = admin ? sizeof(admin_nav) / sizeof(admin_nav[0]) :
	    sizeof(account_nav) / sizeof(account_nav[0]);
	struct json_object *nav = view_list(ctx->page, "nav");

	for (size_t i = 0; ctx->user != NULL && i < count; i++) {
		const char *path = ctx->request.path;
		size_t size = strlen(items[i].href);
		struct json_object *item;

		if (!config_is_on(ctx->config, items[i].when) ||
		    (items[i].permission != PERMISSION_NONE && !permission_in(
		    ctx->user->permissions, items[i].permission)))
			continue;
		item = view_object(nav, NULL);
		view_text(item, "href", items[i].href);
		view_text(item, "label", items[i].label);
		view_bool(item, "current", items[i].whole ?
		    strcmp(path, items[i].href) == 0 :
		    text_starts(path, items[i].href) &&
		    (path[size] == '\0' || path[size] == '/'));
	}
}
