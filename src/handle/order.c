#include "handle/order.h"

#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/admin.h"
#include "handle/export.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/checkout.h"
#include "store/order.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

/* ---- words ------------------------------------------------------------- */

const struct choice_word order_statuses[] = {
	{ "all", "All" }, { "paid", "Paid" }, { "created", "Not paid yet" },
	{ "deleted", "Cancelled" }, { "refunded", "Refunded" }, { NULL, NULL }
};

void
money_words(struct json_object *order, const char *key, const char *text_key)
{
	const int64_t minor = view_get_int(order, key);
	const char *currency = view_get_text(order, "currency");
	char money[FORMAT_MONEY_SIZE];

	if (minor == 0) {
		view_null(order, text_key);
		return;
	}
	format_money(money, minor, currency == NULL ? "" : currency, false);
	view_text(order, text_key, money);
}

void
order_words(struct ctx *ctx, struct json_object *order)
{
	const char *status = view_get_text(order, "status");
	char money[FORMAT_MONEY_SIZE];

	(void)ctx;
	format_money(money, view_get_int(order, "amountMinor"),
	    view_get_text(order, "currency"), false);
	view_text(order, "amountText", money);
	view_text(order, "itemText", view_get_text(order, "description"));
	view_text(order, "userText", view_get_text(order, "email"));
	view_text(order, "statusText", words_label(order_statuses, status));
	words_moment(order, "createdAt");
	words_moment(order, "paidAt");
	words_count(order, "credits", "creditsText");
	words_count(order, "creditsShort", "shortText");
	money_words(order, "refundedMinor", "refundedText");
	money_words(order, "disputedMinor", "disputedText");
}

/* ---- lists ------------------------------------------------------------- */

struct orders_query {
	const char *status, *cursor;
	int64_t limit;
};

static const char *const status_options[] = { "all", "paid", "created",
	"deleted", "refunded", NULL };
static const struct form_field orders_fields[] = {
	FIELD_ENUM(struct orders_query, status, "status", status_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct orders_query),
};
const struct form orders_form = FORM(orders_fields, struct orders_query);

enum status
account_orders(struct ctx *ctx)
{
	const struct orders_query *query = ctx->input;
	const char *status = any_of(query->status);
	const char *const filters[] = { "status", status, NULL };
	struct json_object *orders = view_list(ctx->view, "orders");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_order_list(ctx, &(struct order_filter){ .status = status,
	    .user_id = ctx->user->id, .to = PAGE_START }, &page, orders));
	if (is_page(ctx)) {
		words_each(ctx, orders, order_words);
		view_bool(ctx->view, "shop", ctx->config->shop_enabled);
	}
	words_next(ctx, &page, filters);
	return ST_OK;
}

/* ---- one order --------------------------------------------------------- */

enum status
account_order(struct ctx *ctx)
{
	struct json_object *order = view_object(ctx->view, "order");
	bool created, pending;

	TRY(store_order_get(ctx, ctx->param[0], ctx->user->id, order));
	if (!is_page(ctx))
		return ST_OK;
	order_words(ctx, order);
	ctx->response.title = view_get_text(order, "itemText");
	created = text_is(view_get_text(order, "status"), "created");
	pending = created && (view_get_int(order, "checkoutStage") ==
	    CHECKOUT_PENDING || request_query(&ctx->request, "paid") != NULL);
	view_bool(ctx->view, "pending", pending);
	view_bool(ctx->view, "payable", created && !pending);
	view_bool(ctx->view, "paymentsOn", payments_on(ctx));
	view_bool(ctx->view, "receipt", view_get_text(order, "paidAt") !=
	    NULL);
	return ST_OK;
}

/* Lines of the seller's address, which a bar divides. */
static void
seller_words(struct ctx *ctx)
{
	struct json_object *lines = view_list(ctx->view, "seller");
	const char *at = ctx->config->shop_seller;

	while (*at != '\0') {
		const size_t size = strcspn(at, "|");

		view_text(view_object(lines, NULL), "line",
		    arena_copy(ctx->arena, at, size));
		at += size + (at[size] == '|');
	}
}

enum status
account_receipt(struct ctx *ctx)
{
	struct json_object *order = view_object(ctx->view, "order");

	TRY(store_order_get(ctx, ctx->param[0], ctx->user->id, order));
	if (view_get_text(order, "paidAt") == NULL)
		return refuse(ctx, ST_ORDER_NOT_FOUND, "it was never paid");
	order_words(ctx, order);
	seller_words(ctx);
	view_text(ctx->view, "note", ctx->config->shop_note);
	return ST_OK;
}
