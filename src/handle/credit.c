#include "handle/admin.h"

#include <string.h>

#include "base/arena.h"
#include "base/format.h"
#include "base/text.h"
#include "ctx.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/idempotency.h"
#include "handle/proposal.h"
#include "handle/shop.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/credit.h"
#include "store/figures.h"
#include "store/ledger.h"
#include "store/page.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

/* ---- changes ----------------------------------------------------------- */

struct change {
	const char *user_id;	/* a program's; a page's path has it */
	int64_t amount;
	const char *reason;
	const char *key;
};

#define USER_ID								\
	FIELD_TEXT(struct change, user_id, "userId", 1, 64, .label = "User")
#define REASON								\
	FIELD_TEXT(struct change, reason, "reason", 1, CREDIT_REASON_MAX, \
	    .label = "Reason")
/* Not shown again: after a refusal the form gets a key that is fresh. */
#define KEY								\
	FIELD_TEXT(struct change, key, "key", 1, CREDIT_KEY_MAX,	\
	    .optional = true, .secret = true, .label = "Key")
#define GRANT								\
	FIELD_INT(struct change, amount, "amount", 1, CREDIT_MAX,	\
	    .label = "Credits to add")
#define ADJUST								\
	FIELD_INT(struct change, amount, "amount", -CREDIT_MAX, CREDIT_MAX, \
	    .label = "Correction")

static const struct form_field grant_fields[] = { GRANT, REASON, KEY };
static const struct form_field grant_json_fields[] = {
	USER_ID, GRANT, REASON, KEY
};
static const struct form_field adjust_fields[] = { ADJUST, REASON, KEY };
static const struct form_field adjust_json_fields[] = {
	USER_ID, ADJUST, REASON, KEY
};
const struct form grant_form = FORM(grant_fields, struct change);
const struct form grant_json_form = FORM(grant_json_fields, struct change);
const struct form adjust_form = FORM(adjust_fields, struct change);
const struct form adjust_json_form = FORM(adjust_json_fields, struct change);

static const struct form_field spend_fields[] = {
	FIELD_INT(struct change, amount, "amount", 1, CREDIT_MAX,
	    .label = "Amount"),
	FIELD_TEXT(struct change, reason, "reason", 0, CREDIT_REASON_MAX,
	    .optional = true, .label = "Reason"),
	KEY
};
const struct form spend_form = FORM(spend_fields, struct change);

static enum status
credit_read(struct ctx *ctx, const char *wallet_id, struct credit *out)
{
	const struct change *input = ctx->input;

	*out = (struct credit){ .wallet_id = wallet_id,
	    .amount = input->amount,
	    .reason = input->reason == NULL ? "" : input->reason };
	return idempotency_key(ctx, input->key, &out->key);
}

/* Whose wallet an admin changes: the path's or the body's user. */
static enum status
change_open(struct ctx *ctx, struct user *subject, struct credit *credit)
{
	const struct change *input = ctx->input;

	TRY(subject_open(ctx, input->user_id != NULL ? input->user_id :
	    ctx->param[0], subject));
	return credit_read(ctx, subject->id, credit);
}

static enum status
change_done(struct ctx *ctx, const struct user *subject, const char *verb)
{
	char amount[FORMAT_NUMBER_SIZE], balance[FORMAT_NUMBER_SIZE];

	format_number(amount, view_get_int(ctx->view, "amount"));
	format_number(balance, view_get_int(ctx->view, "balance"));
	return subject_next(ctx, subject, arena_printf(ctx->arena,
	    "%s credits %s. The balance is %s.", amount, verb, balance));
}

enum status
credit_grant(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;
	bool proposed;

	TRY(change_open(ctx, &subject, &credit));
	TRY(proposal_take(ctx, "grant", &subject, &credit, &proposed));
	if (proposed)
		return ST_OK;
	TRY(store_credit_grant(ctx, &credit, ctx->view));
	return change_done(ctx, &subject, "granted");
}

enum status
credit_adjust(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	struct user subject;
	struct credit credit;
	bool proposed;

	if (input->amount == 0)
		return invalid(ctx, "body", "amount",
		    "Invalid input: expected a number other than 0",
		    "Correction must be more or less than 0.");
	TRY(change_open(ctx, &subject, &credit));
	TRY(proposal_take(ctx, "adjust", &subject, &credit, &proposed));
	if (proposed)
		return ST_OK;
	TRY(store_credit_adjust(ctx, &credit, ctx->view));
	return change_done(ctx, &subject,
	    credit.amount > 0 ? "added" : "taken away");
}

enum status
credit_spend(struct ctx *ctx)
{
	struct credit credit;

	TRY(credit_read(ctx, ctx->user->id, &credit));
	return store_credit_spend(ctx, &credit, ctx->view);
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

/* ---- the ledger -------------------------------------------------------- */

struct transfers_query {
	const char *user, *kind, *transfer, *from, *to, *cursor;
	int64_t least, limit;
};

static const char *const kind_options[] = { "grant", "spend", "adjust",
	"expire", "hold", "release", "capture", "refund", "clawback", NULL };

#define CURSOR								\
	FIELD_TEXT(struct transfers_query, cursor, "cursor", 0, 512,	\
	    .optional = true, .label = "Page")
#define LIMIT								\
	FIELD_INT(struct transfers_query, limit, "limit", 1,		\
	    PAGE_LIMIT_MAX, .optional = true, .label = "Limit")
static const struct form_field credits_fields[] = {
	FIELD_TEXT(struct transfers_query, user, "user", 0, 254,
	    .optional = true, .label = "User"),
	FIELD_ENUM(struct transfers_query, kind, "kind", kind_options,
	    .optional = true, .label = "Kind"),
	FIELD_TEXT(struct transfers_query, transfer, "transfer", 0, 64,
	    .optional = true, .label = "Transfer"),
	FIELD_INT(struct transfers_query, least, "atLeast", 1, CREDIT_MAX,
	    .optional = true, .label = "At least"),
	FIELD_TEXT(struct transfers_query, from, "from", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "From"),
	FIELD_TEXT(struct transfers_query, to, "to", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "To"),
	CURSOR, LIMIT
};
static const struct form_field transfers_fields[] = { CURSOR, LIMIT };
static const char *const no_filters[] = { NULL };
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
	struct page page;

	(void)page_read(ctx, NULL, PAGE_LIMIT, &page);
	return credits_show(ctx, &(struct ledger_filter){ .to = PAGE_START },
	    &page);
}

enum status
admin_user_credits(struct ctx *ctx)
{
	static const char *const members[] = { "balance",
		"monthlyCreditsQuota", "monthlySpent" };
	struct json_object *user = view_root(ctx->arena);
	struct page page;

	TRY(transfers_page(ctx, &page));
	TRY(store_user_show(ctx, ctx->param[0], user));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(ctx->view, members[i], view_get(user, members[i]));
	TRY(store_ledger_of(ctx, ctx->param[0], true, &page,
	    view_list(ctx->view, "transfers")));
	words_next(ctx, &page, no_filters);
	return ST_OK;
}

static enum status
own_credits(struct ctx *ctx, struct page *page)
{
	struct json_object *ledger;

	TRY(wallet_page(ctx, ctx->user->id));
	TRY(shop_view(ctx));
	ledger = view_list(ctx->view, "ledger");
	TRY(store_ledger_of(ctx, ctx->user->id, false, page, ledger));
	words_transfers(ctx, ledger);
	words_next(ctx, page, no_filters);
	return ST_OK;
}

enum status
account_credits(struct ctx *ctx)
{
	struct page page;

	TRY(transfers_page(ctx, &page));
	return own_credits(ctx, &page);
}

/* Where nothing could be bought the list begins anew. */
enum status
account_credits_again(struct ctx *ctx)
{
	struct page page;

	(void)page_read(ctx, NULL, PAGE_LIMIT, &page);
	return own_credits(ctx, &page);
}
