#include "handle/admin.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/export.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/figures.h"
#include "store/lot.h"
#include "store/page.h"
#include "store/spender.h"
#include "view/view.h"

struct lots_query {
	const char *days, *user, *cursor;
	int64_t limit;
};

#define DAYS_UNASKED "30"
#define DAYS_ALL "all"

static const char *const days_options[] = { "7", DAYS_UNASKED, "90",
	DAYS_ALL, NULL };
static const struct form_field lots_fields[] = {
	FIELD_ENUM(struct lots_query, days, "days", days_options,
	    .optional = true, .label = "Days"),
	FIELD_TEXT(struct lots_query, user, "user", 0, 254,
	    .optional = true, .label = "User"),
	PAGE_FIELDS(struct lots_query),
};
const struct form lots_form = FORM(lots_fields, struct lots_query);

static const struct export_column lots_columns[] = {
	{ "Id", "id", NULL }, { "Expires", "expiresAt", NULL },
	{ "User id", "userId", NULL }, { "User", "userText", NULL },
	{ "Granted", "amount", NULL }, { "Left", "remaining", NULL },
};
static const struct export_column spenders_columns[] = {
	{ "User id", "userId", NULL }, { "User", "userText", NULL },
	{ "Spent", "spent", NULL }, { "Balance", "balance", NULL },
};
const struct export lots_export = EXPORT("expiring", "lots", lots_columns);
const struct export spenders_export = EXPORT("spenders", "spenders",
    spenders_columns);

static const struct choice_word ranges[] = {
	{ "7", "Within 7 days" }, { "30", "30 days" }, { "90", "90 days" },
	{ DAYS_ALL, "All" }, { NULL, NULL }
};

static void
lot_words(struct ctx *ctx, struct json_object *lot)
{
	(void)ctx;
	words_moment(lot, "expiresAt");
	words_number(lot, "remainingText", view_get_int(lot, "remaining"));
	words_number(lot, "amountText", view_get_int(lot, "amount"));
}

static int64_t
until_of(const struct ctx *ctx, const char *days)
{
	int64_t count;

	return text_int(days, 1, FIGURES_DAYS_MAX, &count) ?
	    ctx->now + count * DAY_MS : PAGE_START;
}

enum status
admin_lots(struct ctx *ctx)
{
	static const char *const names[] = { "days", "user", NULL };
	const struct lots_query *query = ctx->input;
	const char *days = query->days == NULL ? DAYS_UNASKED : query->days;
	struct json_object *lots = view_list(ctx->view, "lots");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_lot_expiring(ctx, &(struct lot_filter){
	    .user = query->user, .until = until_of(ctx, days) }, &page,
	    lots));
	words_filtered(ctx, &page, names);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, lots, lot_words);
	words_tabs(ctx->view, ranges, days);
	return ST_OK;
}

static void
spender_words(struct ctx *ctx, struct json_object *spender)
{
	(void)ctx;
	words_number(spender, "spentText", view_get_int(spender, "spent"));
	words_number(spender, "balanceText",
	    view_get_int(spender, "balance"));
}

enum status
admin_spenders(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;
	struct json_object *spenders = view_list(ctx->view, "spenders");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_spender_list(ctx, &page, spenders));
	words_next(ctx, &page, NULL);
	if (is_page(ctx))
		words_each(ctx, spenders, spender_words);
	return ST_OK;
}
