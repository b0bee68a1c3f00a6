#include "base/clock.h"
#include "base/format.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/show.h"
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

static void
number(struct json_object *out, const char *key, int64_t value)
{
	char text[FORMAT_NUMBER_SIZE];

	format_number(text, value);
	view_text(out, key, text);
}

enum status
wallet_page(struct ctx *ctx, const char *user_id)
{
	struct wallet wallet;

	TRY(store_wallet_get(ctx, user_id, &wallet));
	number(ctx->view, "balanceText", wallet.balance);
	view_null(ctx->view, "quota");
	return ST_OK;
}
