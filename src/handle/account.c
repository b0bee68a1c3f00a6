#include "handle/handle.h"

#include "ctx.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/user.h"
#include "view/view.h"

struct social {
	const char *provider;
};

static const struct form_field social_fields[] = {
	FIELD_ANY(struct social, provider, "provider"),
};
const struct form social_form = FORM(social_fields, struct social);

struct unlink {
	const char *account_id;
};

static const struct form_field unlink_fields[] = {
	FIELD_ANY(struct unlink, account_id, "accountId"),
};
const struct form unlink_form = FORM(unlink_fields, struct unlink);

/* Sign-in and linking alike: none is configured, so every one is unknown. */
enum status
social(struct ctx *ctx)
{
	return refuse(ctx, ST_PROVIDER_NOT_FOUND, "no provider is configured");
}

enum status
list_accounts(struct ctx *ctx)
{
	return store_account_list(ctx, ctx->user->id, respond_list(ctx));
}

enum status
unlink_account(struct ctx *ctx)
{
	const struct unlink *input = ctx->input;
	struct user locked;

	TRY(store_user_lock(ctx, ctx->user->id, &locked));
	TRY(store_account_unlink(ctx, locked.id, input->account_id));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "account.unlink", .target_type = "user",
	    .target_id = locked.id,
	    .before = audit_text(ctx, "accountId", input->account_id) }));
	view_bool(ctx->view, "status", true);
	return ST_OK;
}
