#include "handle/admin.h"

#include "ctx.h"
#include "handle/api_key.h"
#include "handle/subject.h"
#include "store/user.h"
#include "view/view.h"

enum status
user_keys(struct ctx *ctx)
{
	return api_key_show(ctx, ctx->param[0]);
}

enum status
user_key_revoke(struct ctx *ctx)
{
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(api_key_end(ctx, subject.id, ctx->param[1]));
	view_bool(ctx->view, "success", true);
	return subject_next(ctx, &subject, "The key is revoked.");
}
