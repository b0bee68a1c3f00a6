#include "handle/shop.h"

#include "base/format.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/order.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "routes.h"
#include "store/difference.h"
#include "store/order.h"
#include "store/page.h"
#include "store/payment.h"
#include "view/view.h"

/* ---- the list ---------------------------------------------------------- */

struct order_query {
	const char *q, *status, *from, *to, *cursor;
	int64_t limit;
};

static const char *const status_options[] = { "all", "paid", "created",
	"deleted", "refunded", NULL };
static const struct form_field fields[] = {
	FIELD_TEXT(struct order_query, q, "q", 0, 255, .optional = true,
	    .label = "Search"),
	FIELD_ENUM(struct order_query, status, "status", status_options,
	    .optional = true, .label = "Status"),
	FIELD_TEXT(struct order_query, from, "from", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "From"),
	FIELD_TEXT(struct order_query, to, "to", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "To"),
	PAGE_FIELDS(struct order_query),
};
const struct form admin_orders_form = FORM(fields, struct order_query);

static const struct export_column orders_columns[] = {
	{ "Id", "id", NULL }, { "Placed", "createdAt", NULL },
	{ "User id", "userId", NULL }, { "E-mail", "email", NULL },
	{ "Item", "description", NULL }, { "Status", "status", NULL },
	{ "Credits", "credits", NULL }, { "Amount", "amountMinor", "currency" },
	{ "Refunded", "refundedMinor", "currency" },
	{ "Disputed", "disputedMinor", "currency" },
	{ "Currency", "currency", NULL }, { "Paid", "paidAt", NULL },
	{ "Paid through", "provider", NULL }, { "Changed", "updatedAt", NULL },
};
const struct export orders_export = EXPORT("orders", "orders",
    orders_columns);

static enum status
orders_show(struct ctx *ctx, const struct order_filter *filter,
    struct page *page)
{
	static const char *const names[] = { "q", "status", "from", "to",
		NULL };
	struct json_object *orders = view_list(ctx->view, "orders");
	int64_t open;

	TRY(store_order_list(ctx, filter, page, orders));
	if (is_page(ctx)) {
		TRY(store_difference_count(ctx, &open));
		if (open == 0)
			view_null(ctx->view, "differencesText");
		else
			view_text(ctx->view, "differencesText",
			    words_plural(ctx, open, "difference"));
		words_each(ctx, orders, order_words);
		words_choices(ctx->view, "statuses", order_statuses,
		    filter->status == NULL ? "all" : filter->status);
	}
	words_filtered(ctx, page, names);
	return ST_OK;
}

enum status
admin_orders(struct ctx *ctx)
{
	const struct order_query *query = ctx->input;
	struct order_filter filter = { .search = query->q,
	    .status = any_of(query->status) };
	struct days days;
	struct page page;

	TRY(days_read(ctx, query->from, query->to, &days));
	filter.from = days.from;
	filter.to = days.to;
	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return orders_show(ctx, &filter, &page);
}

/* A filter that makes no sense finds everything, beside what was wrong. */
enum status
admin_orders_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return orders_show(ctx, &(struct order_filter){ .to = PAGE_START },
	    &page);
}

/* ---- one order --------------------------------------------------------- */

static const struct choice_word actions[] = {
	{ "order.create", "Created" }, { "order.refund", "Refund asked for" },
	{ "order.mark-paid", "Marked as paid" },
	{ "order.repair", "Repaired" }, { NULL, NULL }
};

static void
step_words(struct ctx *ctx, struct json_object *step)
{
	const char *action = view_get_text(step, "action");

	(void)ctx;
	words_moment(step, "createdAt");
	view_text(step, "statusText", text_is(action, "order.move") ?
	    words_label(order_statuses, view_get_text(step, "status")) :
	    words_label(actions, action));
}

static void
reversal_words(struct ctx *ctx, struct json_object *reversal)
{
	(void)ctx;
	view_bool(reversal, "undone", view_get_int(reversal, "stage") ==
	    REVERSAL_UNDONE);
	view_text(reversal, "kindText", text_is(view_get_text(reversal,
	    "kind"), "refund") ? "Refund" : "Dispute");
	money_words(reversal, "amountMinor", "amountText");
	words_moment(reversal, "createdAt");
}

static enum status
facts_show(struct ctx *ctx)
{
	struct json_object *payments = view_list(ctx->view, "payments");
	struct json_object *reversals = view_list(ctx->view, "reversals");

	TRY(store_payment_list(ctx, ctx->param[0], payments));
	TRY(store_reversal_list(ctx, ctx->param[0], reversals));
	if (!is_page(ctx))
		return ST_OK;
	for (size_t i = 0; i < view_count(payments); i++) {
		money_words(view_at(payments, i), "receivedMinor",
		    "receivedText");
		words_moment(view_at(payments, i), "createdAt");
	}
	words_each(ctx, reversals, reversal_words);
	return ST_OK;
}

/* What may be done to it, and what was refused. */
static void
forms_words(struct ctx *ctx, const struct json_object *order)
{
	const int64_t left = view_get_int(order, "receivedMinor") -
	    view_get_int(order, "refundedMinor") -
	    view_get_int(order, "disputedMinor");
	struct json_object *refused = view_object(ctx->view, "refused");
	char key[ID_SIZE], money[FORMAT_MONEY_SIZE];

	view_bool(ctx->view, "canRefund", left > 0 &&
	    may(ctx, PERMISSION_ORDER_REFUND));
	view_bool(ctx->view, "canMarkPaid", may(ctx, PERMISSION_ORDER_WRITE) &&
	    text_is(view_get_text(order, "status"), "created"));
	format_money(money, left, view_get_text(order, "currency"), false);
	view_text(ctx->view, "leftText", money);
	view_bool(ctx->view, "spentRefused",
	    text_is(ctx->config->shop_refund_spent, "refuse"));
	view_bool(refused, "refund", ctx->route->handler == order_refund);
	view_bool(refused, "markPaid",
	    ctx->route->handler == order_mark_paid);
	id_new(key, ctx->now);
	view_text(view_object(ctx->view, "form"), "key", key);
}

enum status
admin_order(struct ctx *ctx)
{
	struct json_object *order = view_object(ctx->view, "order");
	struct json_object *history;

	TRY(store_order_get(ctx, ctx->param[0], NULL, order));
	TRY(facts_show(ctx));
	history = view_list(ctx->view, "history");
	TRY(store_order_history(ctx, ctx->param[0], history));
	if (!is_page(ctx))
		return ST_OK;
	order_words(ctx, order);
	ctx->response.title = view_get_text(order, "itemText");
	words_each(ctx, history, step_words);
	forms_words(ctx, order);
	return ST_OK;
}
