#include "handle/admin.h"

#include "ctx.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/shop.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/credit.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

struct transfers_query {
	const char *user, *kind, *transfer, *from, *to, *cursor;
	int64_t least, limit;
};

static const char *const kind_options[] = { "grant", "spend", "adjust",
	"expire", "hold", "release", "capture", "refund", "clawback", NULL };

#define LIST								\
	FIELD_ENUM(struct transfers_query, kind, "kind", kind_options,	\
	    .optional = true, .label = "Kind"),				\
	FIELD_TEXT(struct transfers_query, from, "from", 0, DAY_TEXT_MAX, \
	    .optional = true, .label = "From"),				\
	FIELD_TEXT(struct transfers_query, to, "to", 0, DAY_TEXT_MAX,	\
	    .optional = true, .label = "To"),				\
	PAGE_FIELDS(struct transfers_query)
static const struct form_field credits_fields[] = {
	FIELD_TEXT(struct transfers_query, user, "user", 0, 254,
	    .optional = true, .label = "User"),
	FIELD_TEXT(struct transfers_query, transfer, "transfer", 0, 64,
	    .optional = true, .label = "Transfer"),
	FIELD_INT(struct transfers_query, least, "atLeast", 1, CREDIT_MAX,
	    .optional = true, .label = "At least"),
	LIST
};
static const struct form_field transfers_fields[] = { LIST };
const struct form credits_form = FORM(credits_fields,
    struct transfers_query);
const struct form transfers_form = FORM(transfers_fields,
    struct transfers_query);

static const struct export_column credits_columns[] = {
	{ "Id", "id", NULL }, { "When", "createdAt", NULL },
	{ "User id", "userId", NULL }, { "User", "userText", NULL },
	{ "Kind", "kind", NULL }, { "Change", "change", NULL },
	{ "Balance", "balance", NULL }, { "Reason", "reason", NULL },
	{ "By id", "actorId", NULL }, { "By", "actorText", NULL },
};
const struct export credits_export = EXPORT("credits", "transfers",
    credits_columns);

static enum status
transfers_page(struct ctx *ctx, struct page *page)
{
	const struct transfers_query *query = ctx->input;

	return page_read(ctx, query->cursor, query->limit, page);
}

static enum status
filter_read(struct ctx *ctx, struct ledger_filter *out)
{
	const struct transfers_query *query = ctx->input;
	struct days days;

	TRY(days_read(ctx, query->from, query->to, &days));
	*out = (struct ledger_filter){ .user = query->user,
	    .kind = query->kind, .transfer = query->transfer,
	    .from = days.from, .to = days.to,
	    .least = query->least == FIELD_NONE ? 0 : query->least };
	return ST_OK;
}

static enum status
credits_show(struct ctx *ctx, const struct ledger_filter *filter,
    struct page *page)
{
	static const char *const names[] = { "user", "kind", "transfer",
		"atLeast", "from", "to", NULL };
	struct json_object *ledger = view_list(ctx->view,
	    is_page(ctx) ? "ledger" : "transfers");

	TRY(store_ledger_list(ctx, filter, page, ledger));
	words_filtered(ctx, page, names);
	if (!is_page(ctx))
		return ST_OK;
	words_transfers(ctx, ledger);
	words_choices(ctx->view, "kinds", transfer_kinds, filter->kind);
	return ST_OK;
}

enum status
admin_credits(struct ctx *ctx)
{
	struct ledger_filter filter;
	struct page page;

	TRY(filter_read(ctx, &filter));
	TRY(transfers_page(ctx, &page));
	return credits_show(ctx, &filter, &page);
}

/* A filter that makes no sense finds everything, beside what was wrong. */
enum status
admin_credits_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return credits_show(ctx, &(struct ledger_filter){ .to = PAGE_START },
	    &page);
}

enum status
admin_user_credits(struct ctx *ctx)
{
	static const char *const members[] = { "balance",
		"monthlyCreditsQuota", "monthlySpent" };
	const struct list_query *query = ctx->input;
	struct json_object *user = view_root(ctx->arena);
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_user_show(ctx, ctx->param[0], user));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(ctx->view, members[i], view_get(user, members[i]));
	TRY(store_ledger_of(ctx, &(struct ledger_filter){
	    .user = ctx->param[0], .to = PAGE_START }, true, &page,
	    view_list(ctx->view, "transfers")));
	words_next(ctx, &page, NULL);
	return ST_OK;
}

static enum status
own_credits(struct ctx *ctx, struct page *page)
{
	struct json_object *ledger;

	TRY(wallet_parts(ctx, ctx->user->id));
	TRY(usage_latest(ctx, ctx->user->id));
	TRY(shop_view(ctx));
	ledger = view_list(ctx->view, "ledger");
	TRY(store_ledger_of(ctx, &(struct ledger_filter){
	    .user = ctx->user->id, .to = PAGE_START }, false, page, ledger));
	words_transfers(ctx, ledger);
	words_next(ctx, page, NULL);
	return ST_OK;
}

enum status
account_credits(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return own_credits(ctx, &page);
}

/* Where nothing could be bought the list begins anew. */
enum status
account_credits_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return own_credits(ctx, &page);
}

enum status
credit_transfers(struct ctx *ctx)
{
	struct ledger_filter filter;
	struct page page;

	TRY(filter_read(ctx, &filter));
	TRY(transfers_page(ctx, &page));
	filter.user = ctx->user->id;
	TRY(store_ledger_of(ctx, &filter, false, &page,
	    view_list(ctx->view, "transfers")));
	words_next(ctx, &page, NULL);
	return ST_OK;
}

enum status
credit_transfer(struct ctx *ctx)
{
	return store_ledger_get(ctx, ctx->user->id, ctx->param[0],
	    ctx->view);
}
