#include "handle/admin.h"

#include <stddef.h>

#include "base/text.h"
#include "ctx.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/page.h"
#include "view/view.h"

#define ACTION_MAX 64

struct audit_query {
	const char *actor, *target, *action, *from, *to, *cursor;
	int64_t limit;
};

static const struct form_field audit_fields[] = {
	FIELD_TEXT(struct audit_query, actor, "actor", 0, 254,
	    .optional = true, .label = "Who"),
	FIELD_TEXT(struct audit_query, target, "target", 0, 254,
	    .optional = true, .label = "To whom or what"),
	FIELD_TEXT(struct audit_query, action, "action", 0, ACTION_MAX,
	    .optional = true, .label = "Action"),
	FIELD_TEXT(struct audit_query, from, "from", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "From"),
	FIELD_TEXT(struct audit_query, to, "to", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "To"),
	PAGE_FIELDS(struct audit_query),
};
const struct form audit_form = FORM(audit_fields, struct audit_query);

static const struct export_column audit_columns[] = {
	{ "Id", "id", NULL }, { "When", "createdAt", NULL },
	{ "Action", "action", NULL }, { "By id", "actorId", NULL },
	{ "By", "actorText", NULL }, { "Kind of target", "targetType", NULL },
	{ "Target id", "targetId", NULL }, { "Target", "targetText", NULL },
	{ "Before", "before", NULL }, { "After", "after", NULL },
	{ "Request", "requestId", NULL }, { "Address", "address", NULL },
};
const struct export audit_export = EXPORT("audit", "audit", audit_columns);

static void
entry_words(struct ctx *ctx, struct json_object *entry)
{
	(void)ctx;
	words_moment(entry, "createdAt");
	view_bool(entry, "toUser", text_is(view_get_text(entry, "targetType"),
	    "user"));
}

static enum status
audit_show(struct ctx *ctx, const struct audit_filter *filter,
    struct page *page)
{
	static const char *const names[] = { "actor", "target", "action",
		"from", "to", NULL };
	struct json_object *audit = view_list(ctx->view, "audit");

	TRY(store_audit_search(ctx, filter, page, audit));
	words_filtered(ctx, page, names);
	if (is_page(ctx))
		words_each(ctx, audit, entry_words);
	return ST_OK;
}

enum status
admin_audit(struct ctx *ctx)
{
	const struct audit_query *query = ctx->input;
	struct days days;
	struct page page;

	TRY(days_read(ctx, query->from, query->to, &days));
	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return audit_show(ctx, &(struct audit_filter){
	    .actor = query->actor, .target = query->target,
	    .action = query->action, .from = days.from, .to = days.to },
	    &page);
}

/* A filter that makes no sense finds everything, beside what was wrong. */
enum status
admin_audit_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return audit_show(ctx, &(struct audit_filter){ .to = PAGE_START },
	    &page);
}
