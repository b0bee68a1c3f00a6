#include "handle/admin.h"

#include "base/format.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/export.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/order.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

struct orders_query {
	const char *status, *cursor;
	int64_t limit;
};

static const char *const status_options[] = { "all", "paid", "created",
	"deleted", "refunded", NULL };
static const struct form_field orders_fields[] = {
	FIELD_ENUM(struct orders_query, status, "status", status_options,
	    .optional = true, .label = "Status"),
	FIELD_TEXT(struct orders_query, cursor, "cursor", 0, 512,
	    .optional = true, .label = "Page"),
	FIELD_INT(struct orders_query, limit, "limit", 1, PAGE_LIMIT_MAX,
	    .optional = true, .label = "Limit"),
};
const struct form orders_form = FORM(orders_fields, struct orders_query);

static const struct export_column orders_columns[] = {
	{ "Id", "id", NULL }, { "Placed", "createdAt", NULL },
	{ "User id", "userId", NULL }, { "E-mail", "email", NULL },
	{ "Item", "description", NULL }, { "Status", "status", NULL },
	{ "Credits", "credits", NULL }, { "Amount", "amountMinor", "currency" },
	{ "Currency", "currency", NULL }, { "Paid", "paidAt", NULL },
	{ "Changed", "updatedAt", NULL },
};
const struct export orders_export = EXPORT("orders", "orders",
    orders_columns);

static const struct choice_word statuses[] = {
	{ "all", "All" }, { "paid", "Paid" }, { "created", "Not paid yet" },
	{ "deleted", "Deleted" }, { "refunded", "Refunded" }, { NULL, NULL }
};

static void
order_words(struct ctx *ctx, struct json_object *order)
{
	const char *status = view_get_text(order, "status");
	const int64_t credits = view_get_int(order, "credits");
	char money[FORMAT_MONEY_SIZE];

	(void)ctx;
	format_money(money, view_get_int(order, "amountMinor"),
	    view_get_text(order, "currency"), false);
	view_text(order, "amountText", money);
	view_text(order, "itemText", view_get_text(order, "description"));
	view_text(order, "userText", view_get_text(order, "email"));
	view_text(order, "statusText", words_label(statuses, status));
	words_moment(order, "createdAt");
	if (credits == 0)
		view_null(order, "creditsText");
	else
		words_number(order, "creditsText", credits);
}

/* NULL for all of them. */
static const char *
status_wanted(const struct ctx *ctx)
{
	const struct orders_query *query = ctx->input;

	return text_is(query->status, "all") ? NULL : query->status;
}

static enum status
orders_list(struct ctx *ctx, const char *status, const char *user_id)
{
	const struct orders_query *query = ctx->input;
	const char *const filters[] = { "status", status, NULL };
	struct json_object *orders = view_list(ctx->view, "orders");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_order_list(ctx, &(struct order_filter){ .status = status,
	    .user_id = user_id }, &page, orders));
	if (is_page(ctx))
		words_each(ctx, orders, order_words);
	words_next(ctx, &page, filters);
	return ST_OK;
}

enum status
admin_orders(struct ctx *ctx)
{
	const char *status = status_wanted(ctx);

	TRY(orders_list(ctx, status, NULL));
	if (is_page(ctx))
		words_tabs(ctx->view, statuses,
		    status == NULL ? "all" : status);
	return ST_OK;
}

enum status
account_orders(struct ctx *ctx)
{
	return orders_list(ctx, NULL, ctx->user->id);
}

static void
step_words(struct ctx *ctx, struct json_object *step)
{
	const char *status = view_get_text(step, "status");

	(void)ctx;
	words_moment(step, "createdAt");
	view_text(step, "statusText", text_is(status, "created") ?
	    "Created" : words_label(statuses, status));
}

enum status
admin_order(struct ctx *ctx)
{
	struct json_object *order = view_object(ctx->view, "order");
	struct json_object *history;

	TRY(store_order_get(ctx, ctx->param[0], order));
	order_words(ctx, order);
	view_null(order, "provider");
	view_null(order, "providerId");
	history = view_list(ctx->view, "history");
	TRY(store_order_history(ctx, ctx->param[0], history));
	words_each(ctx, history, step_words);
	return ST_OK;
}
