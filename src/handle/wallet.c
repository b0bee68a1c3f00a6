#include "handle/handle.h"

#include "ctx.h"
#include "handle/words.h"
#include "store/credit.h"
#include "view/view.h"

enum status
wallet_json(struct ctx *ctx, const char *user_id)
{
	struct wallet wallet;

	TRY(store_wallet_get(ctx, user_id, &wallet));
	view_int(ctx->view, "balance", wallet.balance);
	if (wallet.quota == QUOTA_NONE)
		view_null(ctx->view, "monthlyCreditsQuota");
	else
		view_int(ctx->view, "monthlyCreditsQuota", wallet.quota);
	view_int(ctx->view, "monthlySpent", wallet.spent);
	return ST_OK;
}

enum status
wallet_page(struct ctx *ctx, const char *user_id)
{
	struct wallet wallet;

	TRY(store_wallet_get(ctx, user_id, &wallet));
	words_wallet(ctx, ctx->view, &wallet);
	return ST_OK;
}
