#include "handle/admin.h"

#include <string.h>

#include "ctx.h"
#include "handle/days.h"
#include "handle/idempotency.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/credit.h"
#include "store/page.h"
#include "store/usage.h"
#include "store/user.h"
#include "store/wallet.h"
#include "view/view.h"

/* ---- consuming --------------------------------------------------------- */

struct consumption {
	const char *user_id, *organization_id;
	const char *type;
	int64_t amount, cost;
	struct json_object *metadata;
	const char *reason;
	const char *key;
};

static const struct form_field consume_fields[] = {
	FIELD_TEXT(struct consumption, type, "type", 1, USAGE_TYPE_MAX),
	FIELD_INT(struct consumption, amount, "amount", 0, CREDIT_MAX),
	FIELD_INT(struct consumption, cost, "cost", 0, CREDIT_MAX),
	FIELD_OBJECT(struct consumption, metadata, "metadata",
	    .optional = true, .nullable = true),
	FIELD_TEXT(struct consumption, reason, "reason", 0,
	    CREDIT_REASON_MAX, .optional = true),
	FIELD_TEXT(struct consumption, key, "key", 1, CREDIT_KEY_MAX,
	    .optional = true),
};
const struct form consume_form = FORM(consume_fields, struct consumption);

enum status
usage_consume(struct ctx *ctx)
{
	const struct consumption *input = ctx->input;
	const struct usage usage = { .type = input->type,
	    .amount = input->amount,
	    .metadata = view_as_text(ctx->arena, input->metadata) };
	struct credit credit = { .wallet_id = ctx->user->id,
	    .amount = input->cost,
	    .reason = input->reason == NULL ? "" : input->reason };

	if (usage.metadata != NULL &&
	    strlen(usage.metadata) > USAGE_METADATA_MAX)
		return invalid(ctx, "body", "metadata",
		    "Too big: expected at most 4096 bytes of JSON",
		    "There is too much metadata.");
	TRY(idempotency_key(ctx, input->key, &credit.key));
	return store_usage_consume(ctx, &usage, &credit, ctx->view);
}

#define LATEST 10	/* of a page */

/* ---- lists ------------------------------------------------------------- */

struct usage_query {
	const char *user, *type, *from, *to, *cursor;
	int64_t limit;
};

#define LIST								\
	FIELD_TEXT(struct usage_query, type, "type", 0, USAGE_TYPE_MAX,	\
	    .optional = true),						\
	FIELD_TEXT(struct usage_query, from, "from", 0, DAY_TEXT_MAX,	\
	    .optional = true),						\
	FIELD_TEXT(struct usage_query, to, "to", 0, DAY_TEXT_MAX,	\
	    .optional = true),						\
	PAGE_FIELDS(struct usage_query)
static const struct form_field usage_fields[] = { LIST };
static const struct form_field usage_of_fields[] = {
	FIELD_TEXT(struct usage_query, user, "user", 0, 254,
	    .optional = true), LIST
};
const struct form usage_form = FORM(usage_fields, struct usage_query);
const struct form usage_of_form = FORM(usage_of_fields, struct usage_query);

static enum status
usage_list(struct ctx *ctx, const char *wallet_id, bool owners)
{
	const struct usage_query *query = ctx->input;
	struct usage_filter filter = { .wallet_id = wallet_id,
	    .owners = owners };
	struct days days;
	struct page page;

	if (query->type != NULL && query->type[0] != '\0')
		filter.type = query->type;
	TRY(days_read(ctx, query->from, query->to, &days));
	filter.from = days.from;
	filter.to = days.to;
	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_usage_list(ctx, &filter, &page,
	    view_list(ctx->view, "usage")));
	words_next(ctx, &page, NULL);
	return ST_OK;
}

enum status
usage(struct ctx *ctx)
{
	return usage_list(ctx, ctx->user->id, false);
}

static void
usage_words(struct ctx *ctx, struct json_object *event)
{
	(void)ctx;
	words_number(event, "amountText", view_get_int(event, "amount"));
	words_number(event, "costText", view_get_int(event, "cost"));
	words_moment(event, "createdAt");
}

enum status
usage_latest(struct ctx *ctx, const char *user_id)
{
	struct json_object *events = view_list(ctx->view, "usage");
	struct page page = page_first(LATEST);

	TRY(store_usage_list(ctx, &(struct usage_filter){
	    .wallet_id = user_id, .to = PAGE_START }, &page, events));
	words_each(ctx, events, usage_words);
	view_bool(ctx->view, "anyUsage", view_count(events) > 0);
	return ST_OK;
}

enum status
admin_usage(struct ctx *ctx)
{
	const struct usage_query *query = ctx->input;
	const char *wallet_id = NULL;

	if (query->user != NULL && query->user[0] != '\0')
		TRY(store_wallet_find(ctx, query->user, &wallet_id));
	return usage_list(ctx, wallet_id, true);
}
