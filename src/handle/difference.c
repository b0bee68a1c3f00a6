#include "handle/shop.h"

#include "base/arena.h"
#include "base/format.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/order.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/difference.h"
#include "store/page.h"
#include "store/payment.h"
#include "view/view.h"

static const struct choice_word kinds[] = {
	{ "payment", "Payment" }, { "refund", "Refund" },
	{ "dispute", "Dispute" }, { NULL, NULL }
};

static const char *const stage_words[] = {
	[REVERSAL_ANNOUNCED] = "announced", [REVERSAL_OPEN] = "under way",
	[REVERSAL_FINAL] = "final", [REVERSAL_UNDONE] = "undone"
};

/* What one side knows, "€9.00" or "€9.00, final"; null: nothing. */
static void
side_words(struct ctx *ctx, struct json_object *difference, const char *side,
    const char *text_key)
{
	const struct json_object *fact = view_get(difference, side);
	const bool payment = view_has(fact, "receivedMinor");
	char money[FORMAT_MONEY_SIZE];

	if (fact == NULL) {
		view_null(difference, text_key);
		return;
	}
	format_money(money, view_get_int(fact, payment ? "receivedMinor" :
	    "amountMinor"), view_get_text(difference, "currency"), false);
	view_text(difference, text_key, payment ? money :
	    arena_printf(ctx->arena, "%s, %s", money,
	    stage_words[view_get_int(fact, "stage") & REVERSAL_UNDONE]));
}

static void
difference_words(struct ctx *ctx, struct json_object *difference)
{
	view_text(difference, "kindText", words_label(kinds,
	    view_get_text(difference, "kind")));
	side_words(ctx, difference, "ours", "oursText");
	side_words(ctx, difference, "theirs", "theirsText");
	words_moment(difference, "foundAt");
	words_moment(difference, "repairedAt");
}

static enum status
differences_show(struct ctx *ctx, struct page *page)
{
	struct json_object *list = view_list(ctx->view, "differences");

	TRY(store_difference_list(ctx, page, list));
	if (is_page(ctx))
		words_each(ctx, list, difference_words);
	words_next(ctx, page, NULL);
	return ST_OK;
}

enum status
admin_differences(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return differences_show(ctx, &page);
}

/* The page of a repair that was refused begins anew. */
enum status
admin_differences_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return differences_show(ctx, &page);
}

enum status
difference_repair(struct ctx *ctx)
{
	const char *order_id;

	TRY(store_difference_repair(ctx, ctx->param[0], &order_id));
	if (order_id != NULL)
		TRY(order_settle(ctx, order_id));
	view_bool(ctx->view, "success", true);
	ctx->response.flash = "The order now matches the provider.";
	return respond_next(ctx, "/admin/orders/differences");
}
