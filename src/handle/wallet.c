#include "handle/admin.h"

#include "base/clock.h"
#include "base/format.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/credit.h"
#include "store/hold.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "store/wallet.h"
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

/* "untilText": of a day that ends then, the day. */
static void
until_words(struct ctx *ctx, struct json_object *part)
{
	char text[FORMAT_MOMENT_SIZE] = "";
	int64_t end;

	(void)ctx;
	words_number(part, "amountText", view_get_int(part, "amount"));
	if (!format_read_instant(view_get_text(part, "expiresAt"), &end))
		end = 0;
	if (end % DAY_MS == 0)
		format_date(text, end - 1);
	else
		format_moment(text, end);
	view_text(part, "untilText", text);
}

enum status
wallet_parts(struct ctx *ctx, const char *user_id)
{
	struct json_object *shown = view_root(ctx->arena);
	struct json_object *holds = view_list(ctx->view, "holds");
	struct page page = page_first(WALLET_LOTS_MAX);
	bool quota;

	TRY(store_wallet_show(ctx, user_id, shown));
	quota = view_get(shown, "monthlyCreditsQuota") != NULL;
	words_wallet(ctx, ctx->view, &(struct wallet){
	    .balance = view_get_int(shown, "balance"),
	    .quota = quota ? view_get_int(shown, "monthlyCreditsQuota") :
	    QUOTA_NONE, .spent = view_get_int(shown, "monthlySpent") });
	view_copy(ctx->view, "lots", view_get(shown, "expiring"));
	words_each(ctx, view_get(ctx->view, "lots"), until_words);
	TRY(store_hold_list(ctx, &(struct hold_filter){ .wallet_id = user_id,
	    .state = HOLD_OPEN }, &page, holds));
	words_each(ctx, holds, until_words);
	return ST_OK;
}

enum status
credit_balance(struct ctx *ctx)
{
	return store_wallet_show(ctx, ctx->user->id, ctx->view);
}

/* ---- quota ------------------------------------------------------------- */

struct quota {
	int64_t quota;
};

static const struct form_field quota_fields[] = {
	FIELD_INT(struct quota, quota, "monthlyCreditsQuota", 0, CREDIT_MAX,
	    .optional = true, .label = "Credits per month"),
};
/* A program says null when it wants none. */
static const struct form_field quota_json_fields[] = {
	FIELD_INT(struct quota, quota, "monthlyCreditsQuota", 0, CREDIT_MAX,
	    .nullable = true, .label = "Credits per month"),
};
const struct form quota_form = FORM(quota_fields, struct quota);
const struct form quota_json_form = FORM(quota_json_fields, struct quota);

enum status
credit_quota(struct ctx *ctx)
{
	const struct quota *input = ctx->input;
	const bool none = input->quota == FIELD_NONE;
	struct user subject;

	TRY(subject_open(ctx, ctx->param[0], &subject));
	TRY(store_quota_set(ctx, subject.id,
	    none ? QUOTA_NONE : input->quota));
	if (!is_page(ctx))
		return store_user_show(ctx, subject.id,
		    view_object(ctx->view, "user"));
	return subject_next(ctx, &subject, none ?
	    "The monthly quota is lifted." : "The monthly quota is set.");
}
