/*
 * What payment providers have told us, for those who look after it.
 */
#include "handle/admin.h"

#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/export.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/page.h"
#include "store/provider_event.h"
#include "store/user.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on an event's page */

struct events_query {
	const char *state, *type, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "all", "applied", "failed",
	NULL };
static const struct form_field events_fields[] = {
	FIELD_ENUM(struct events_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	FIELD_TEXT(struct events_query, type, "type", 0, EVENT_TYPE_MAX,
	    .optional = true, .label = "Type"),
	PAGE_FIELDS(struct events_query),
};
const struct form events_form = FORM(events_fields, struct events_query);

static const struct export_column events_columns[] = {
	{ "Id", "id", NULL }, { "Received", "receivedAt", NULL },
	{ "Provider", "provider", NULL }, { "Event", "eventId", NULL },
	{ "Type", "type", NULL }, { "Happened", "createdAt", NULL },
	{ "Deliveries", "deliveries", NULL },
	{ "Applied", "appliedAt", NULL }, { "Effect", "effect", NULL },
	{ "Error", "error", NULL },
};
const struct export events_export = EXPORT("events", "events",
    events_columns);

static const struct choice_word states[] = {
	{ "all", "All" }, { "applied", "Applied" }, { "failed", "Not applied" },
	{ NULL, NULL }
};
static const struct choice_word effects[] = {
	{ "none", "Nothing of ours" }, { "checkout", "Checkout" },
	{ "payment", "Payment" }, { "refund", "Refund" },
	{ "dispute", "Dispute" }, { "subscription", "Subscription" },
	{ "invoice", "Invoice" }, { NULL, NULL }
};

static void
event_words(struct ctx *ctx, struct json_object *event)
{
	const char *effect = view_get_text(event, "effect");
	const char *state = effect != NULL ? "applied" : "failed";

	(void)ctx;
	view_text(event, "state", state);
	view_text(event, "stateText", words_label(states, state));
	view_text(event, "effectText", effect != NULL ?
	    words_label(effects, effect) : NULL);
	words_number(event, "deliveriesText",
	    view_get_int(event, "deliveries"));
	words_moment(event, "receivedAt");
	words_moment(event, "createdAt");
	words_moment(event, "appliedAt");
}

enum status
admin_events(struct ctx *ctx)
{
	static const char *const names[] = { "state", "type", NULL };
	const struct events_query *query = ctx->input;
	struct json_object *events = view_list(ctx->view, "events");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_event_list(ctx, &(struct event_filter){
	    .state = any_of(query->state), .type = any_of(query->type) },
	    &page, events));
	words_filtered(ctx, &page, names);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, events, event_words);
	words_choices(ctx->view, "states", states,
	    query->state != NULL ? query->state : "all");
	return ST_OK;
}

enum status
admin_event(struct ctx *ctx)
{
	struct json_object *event = view_object(ctx->view, "event");

	TRY(store_event_get(ctx, ctx->param[0], event));
	if (!is_page(ctx))
		return ST_OK;
	event_words(ctx, event);
	ctx->response.title = view_get_text(event, "type");
	words_number(event, "bytesText", view_get_int(event, "bytes"));
	view_bool(ctx->view, "canRead", permission_in(ctx->user->permissions,
	    PERMISSION_EVENT_READ));
	return words_trail(ctx, "event", ctx->param[0], LATEST);
}

/* Names, addresses and parts of card numbers: reading leaves a row. */
enum status
admin_event_body(struct ctx *ctx)
{
	const char *id = ctx->param[0], *body;
	struct json_object *event = view_object(ctx->view, "event");

	TRY(store_event_get(ctx, id, event));
	ctx->response.title = view_get_text(event, "type");
	TRY(store_event_body(ctx, id, &body));
	view_text(ctx->view, "body", body);
	if (is_page(ctx))
		event_words(ctx, event);
	return store_audit_write(ctx, &(struct audit){
	    .action = "event.read", .target_type = "event",
	    .target_id = id });
}
