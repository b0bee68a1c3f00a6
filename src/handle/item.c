#include "handle/admin.h"

#include "base/clock.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/reservation.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/item.h"
#include "store/page.h"
#include "store/reservation.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on an item's page */

/* ---- what users see ---------------------------------------------------- */

enum status
item_offers(struct ctx *ctx)
{
	return store_item_offers(ctx, view_list(ctx->view, "items"));
}

static const struct form_field busy_fields[] = {
	FIELD_TEXT(struct span_input, from, "from", 0, MOMENT_TEXT_MAX,
	    .optional = true, .label = "From"),
	FIELD_TEXT(struct span_input, to, "to", 0, MOMENT_TEXT_MAX,
	    .optional = true, .label = "To"),
};
const struct form busy_form = FORM(busy_fields, struct span_input);

enum status
item_busy(struct ctx *ctx)
{
	const struct span_input *input = ctx->input;
	struct span span = { .from = ctx->now };

	if (input->from != NULL)
		TRY(moment_read(ctx, "query", "from", input->from,
		    &span.from));
	span.to = span.from + BUSY_DAYS * DAY_MS;
	if (input->to != NULL)
		TRY(moment_read(ctx, "query", "to", input->to, &span.to));
	if (span.to <= span.from)
		return invalid(ctx, "query", "to", "Invalid input: expected a "
		    "moment after from", "The end must come later.");
	return store_reservation_busy(ctx, ctx->param[0], span,
	    view_list(ctx->view, "busy"));
}

/* ---- what admins do ---------------------------------------------------- */

static const struct choice_word units[] = {
	{ "hour", "Each hour begun" },
	{ "reservation", "A reservation, however long" }, { NULL, NULL }
};

static const struct export_column items_columns[] = {
	{ "Id", "id", NULL }, { "Made", "createdAt", NULL },
	{ "Name", "name", NULL }, { "Description", "description", NULL },
	{ "Price", "price", NULL }, { "Unit", "unit", NULL },
	{ "Active", "active", NULL },
};
const struct export items_export = EXPORT("items", "items", items_columns);

static void
item_words(struct ctx *ctx, struct json_object *item)
{
	const bool active = view_is_true(item, "active");

	view_text(item, "priceText", item_price(ctx, item));
	view_text(item, "activeText", active ? "Offered" : "Not offered");
	view_text(item, "state", active ? "active" : "inactive");
	words_moment(item, "createdAt");
}

/* What the form of an item shows: the item's, or a new one's. */
static void
form_words(struct ctx *ctx, const struct json_object *item)
{
	static const char *const members[] = { "name", "description",
		"price" };
	struct json_object *form = view_object(ctx->view, "form");
	const char *unit = view_get_text(ctx->body, "unit");
	const bool active = item == NULL || view_is_true(item, "active");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(form, members[i], view_get(item, members[i]));
	words_choices(ctx->view, "units", units, unit != NULL ? unit :
	    item == NULL ? "hour" : view_get_text(item, "unit"));
	view_bool(ctx->view, "active", ctx->body == NULL ? active :
	    view_has(ctx->body, "active"));
	view_bool(ctx->view, "canWrite", may(ctx, PERMISSION_ITEM_WRITE));
}

static enum status
items_show(struct ctx *ctx, const char *cursor, int64_t limit)
{
	struct json_object *items = view_list(ctx->view, "items");
	struct page page;

	TRY(page_read(ctx, cursor, limit, &page));
	TRY(store_item_list(ctx, &page, items));
	words_next(ctx, &page, NULL);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, items, item_words);
	form_words(ctx, NULL);
	return ST_OK;
}

enum status
admin_items(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;

	return items_show(ctx, query->cursor, query->limit);
}

enum status
admin_items_again(struct ctx *ctx)
{
	return items_show(ctx, NULL, PAGE_LIMIT);
}

enum status
admin_item(struct ctx *ctx)
{
	struct json_object *item = view_object(ctx->view, "item");

	TRY(store_item_get(ctx, ctx->param[0], item));
	if (!is_page(ctx))
		return ST_OK;
	item_words(ctx, item);
	ctx->response.title = view_get_text(item, "name");
	form_words(ctx, item);
	return words_trail(ctx, "item", ctx->param[0], LATEST);
}

struct item_input {
	const char *name, *description, *unit;
	int64_t price;
	enum choice active;
};

static const char *const unit_options[] = { "hour", "reservation", NULL };
static const struct form_field item_fields[] = {
	FIELD_TEXT(struct item_input, name, "name", 1, ITEM_NAME_MAX,
	    .label = "Name"),
	FIELD_TEXT(struct item_input, description, "description", 0,
	    ITEM_DESCRIPTION_MAX, .optional = true, .label = "Description"),
	FIELD_INT(struct item_input, price, "price", 1, ITEM_PRICE_MAX,
	    .label = "Price"),
	FIELD_ENUM(struct item_input, unit, "unit", unit_options,
	    .label = "Unit"),
	FIELD_BOOL(struct item_input, active, "active", .optional = true,
	    .label = "Offered"),
};
const struct form item_form = FORM(item_fields, struct item_input);

/* A page's box that is not ticked is not sent; a program's default is yes. */
static struct item
item_read(const struct ctx *ctx)
{
	const struct item_input *input = ctx->input;

	return (struct item){ .name = input->name, .price = input->price,
	    .description = input->description == NULL ? "" :
	    input->description, .unit = input->unit,
	    .active = input->active == CHOICE_YES ||
	    (input->active == CHOICE_ABSENT && !is_page(ctx)) };
}

enum status
item_add(struct ctx *ctx)
{
	const struct item item = item_read(ctx);

	TRY(store_item_add(ctx, &item, view_object(ctx->view, "item")));
	ctx->response.flash = "The item is created.";
	return respond_next(ctx, "/admin/items");
}

enum status
item_change(struct ctx *ctx)
{
	const struct item item = item_read(ctx);

	TRY(store_item_change(ctx, ctx->param[0], &item,
	    view_object(ctx->view, "item")));
	ctx->response.flash = "The item is changed.";
	return respond_next(ctx, "/admin/items/%s",
	    text_percent(ctx->arena, ctx->param[0]));
}
