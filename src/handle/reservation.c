#include "handle/reservation.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/days.h"
#include "handle/handle.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/item.h"
#include "store/page.h"
#include "store/reservation.h"
#include "store/user.h"
#include "view/view.h"

/* ---- words ------------------------------------------------------------- */

const struct choice_word reservation_states[] = {
	{ "", "Any status" }, { "requested", "Requested" },
	{ "confirmed", "Confirmed" }, { "cancelled", "Cancelled" },
	{ "lapsed", "Not confirmed in time" }, { NULL, NULL }
};

static void
span_words(struct ctx *ctx, struct json_object *span)
{
	(void)ctx;
	words_moment(span, "startsAt");
	words_moment(span, "endsAt");
}

void
reservation_words(struct ctx *ctx, struct json_object *reservation)
{
	span_words(ctx, reservation);
	view_text(reservation, "stateText", words_label(reservation_states,
	    view_get_text(reservation, "state")));
	words_number(reservation, "creditsText",
	    view_get_int(reservation, "credits"));
	view_text(reservation, "priceText", words_plural(ctx,
	    view_get_int(reservation, "credits"), "credit"));
	words_moment(reservation, "createdAt");
}

const char *
item_price(struct ctx *ctx, const struct json_object *item)
{
	return arena_printf(ctx->arena, "%s %s", words_plural(ctx,
	    view_get_int(item, "price"), "credit"),
	    text_is(view_get_text(item, "unit"), "hour") ? "an hour" :
	    "a reservation");
}

enum status
reservation_tell(struct ctx *ctx, enum letter_kind kind,
    const struct user *user, const struct json_object *reservation,
    const char *reason)
{
	static const char *const members[] = { "itemName", "credits",
		"startsAt", "endsAt" };
	struct json_object *about = view_root(ctx->arena);

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(about, members[i],
		    view_get(reservation, members[i]));
	span_words(ctx, about);
	view_text(about, "priceText", words_plural(ctx,
	    view_get_int(about, "credits"), "credit"));
	view_text(about, "reason", reason);
	return letter_send(ctx, &(struct letter){ .kind = kind,
	    .user = user, .about = about });
}

/* ---- the page ---------------------------------------------------------- */

struct look_query {
	const char *item, *day, *cursor;
	int64_t limit;
};

static const struct form_field look_fields[] = {
	FIELD_TEXT(struct look_query, item, "item", 0, 64, .optional = true,
	    .label = "Item"),
	FIELD_TEXT(struct look_query, day, "day", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "From"),
	PAGE_FIELDS(struct look_query),
};
const struct form look_form = FORM(look_fields, struct look_query);

/* The offers as choices; the one that is chosen, or NULL. */
static enum status
offers_view(struct ctx *ctx, const char *chosen,
    const struct json_object **out)
{
	struct json_object *items = view_list(ctx->view, "items");

	*out = NULL;
	TRY(store_item_offers(ctx, items));
	view_bool(ctx->view, "anyItems", view_count(items) > 0);
	for (size_t i = 0; i < view_count(items); i++) {
		struct json_object *item = view_at(items, i);
		const bool is = text_is(view_get_text(item, "id"), chosen);

		view_text(item, "priceText", item_price(ctx, item));
		view_bool(item, "selected", is);
		if (is)
			*out = item;
	}
	return ST_OK;
}

/* The day asked for, else today; from is its first moment. */
static void
day_view(struct ctx *ctx, const char *day, int64_t *from)
{
	char text[CLOCK_ISO_SIZE];

	*from = ctx->now / DAY_MS * DAY_MS;
	if (day != NULL && strlen(day) == DAY_TEXT_MAX)
		(void)format_read_instant(day, from);
	clock_iso(text, *from);
	view_text(ctx->view, "day", arena_copy(ctx->arena, text,
	    DAY_TEXT_MAX));
}

/* When the chosen item is taken in the days from then on. */
static enum status
busy_view(struct ctx *ctx, const struct json_object *item, int64_t from)
{
	const struct span span = { from, from + BUSY_DAYS * DAY_MS };
	char first[FORMAT_MOMENT_SIZE], last[FORMAT_MOMENT_SIZE];
	struct json_object *looked, *busy;

	if (item == NULL) {
		view_null(ctx->view, "looked");
		return ST_OK;
	}
	looked = view_object(ctx->view, "looked");
	view_copy(looked, "name", view_get(item, "name"));
	view_copy(looked, "description", view_get(item, "description"));
	format_date(first, span.from);
	format_date(last, span.to - 1);
	view_text(looked, "daysText", arena_printf(ctx->arena, "%s to %s",
	    first, last));
	busy = view_list(looked, "busy");
	TRY(store_reservation_busy(ctx, view_get_text(item, "id"), span,
	    busy));
	words_each(ctx, busy, span_words);
	view_bool(looked, "any", view_count(busy) > 0);
	return ST_OK;
}

static enum status
list_view(struct ctx *ctx, const char *cursor, int64_t limit,
    const char *const *filters)
{
	struct json_object *list = view_list(ctx->view, "reservations");
	struct page page;

	TRY(page_read(ctx, cursor, limit, &page));
	TRY(store_reservation_of(ctx, ctx->user->id, &page, list));
	words_next(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, list, reservation_words);
	view_bool(ctx->view, "any", view_count(list) > 0);
	return ST_OK;
}

static enum status
page_show(struct ctx *ctx, const struct look_query *query)
{
	const char *const filters[] = { "item", query->item, "day",
		query->day, NULL };
	struct json_object *form = view_object(ctx->view, "form");
	const struct json_object *item;
	int64_t from;

	view_null(form, "from");
	view_null(form, "to");
	view_text(ctx->view, "cancelText", words_plural(ctx,
	    ctx->config->reservations_cancel_hours, "hour"));
	TRY(offers_view(ctx, query->item, &item));
	day_view(ctx, query->day, &from);
	TRY(busy_view(ctx, item, from));
	return list_view(ctx, query->cursor, query->limit, filters);
}

enum status
account_reservations(struct ctx *ctx)
{
	return page_show(ctx, ctx->input);
}

/* A refused request is about an item and a day, too. */
enum status
account_reservations_again(struct ctx *ctx)
{
	const char *from = view_get_text(ctx->body, "from");

	return page_show(ctx, &(struct look_query){
	    .item = view_get_text(ctx->body, "itemId"),
	    .day = from == NULL ? NULL : arena_copy(ctx->arena, from,
	    strnlen(from, DAY_TEXT_MAX)), .limit = PAGE_LIMIT });
}

enum status
reservation_list(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;

	return list_view(ctx, query->cursor, query->limit, NULL);
}

/* ---- asking and cancelling --------------------------------------------- */

struct reserve_input {
	const char *item_id;
	struct span_input span;
};

static const struct form_field reserve_fields[] = {
	FIELD_TEXT(struct reserve_input, item_id, "itemId", 1, 64,
	    .label = "Item"),
	FIELD_TEXT(struct reserve_input, span.from, "from", 1,
	    MOMENT_TEXT_MAX, .label = "Start"),
	FIELD_TEXT(struct reserve_input, span.to, "to", 1, MOMENT_TEXT_MAX,
	    .label = "End"),
};
const struct form reserve_form = FORM(reserve_fields, struct reserve_input);

static enum status
span_read(struct ctx *ctx, const struct span_input *input, struct span *out)
{
	TRY(moment_read(ctx, "body", "from", input->from, &out->from));
	TRY(moment_read(ctx, "body", "to", input->to, &out->to));
	if (out->from <= ctx->now)
		return invalid(ctx, "body", "from", "Invalid input: expected "
		    "a moment in the future", "It must start in the future.");
	if (out->from > ctx->now + RESERVATION_AHEAD_DAYS * DAY_MS)
		return invalid(ctx, "body", "from", "Invalid input: expected "
		    "a moment within 366 days",
		    "It must start within a year.");
	if (out->to <= out->from)
		return invalid(ctx, "body", "to", "Invalid input: expected a "
		    "moment after from", "It must end after it starts.");
	if (out->to - out->from > RESERVATION_HOURS_MAX * HOUR_MS)
		return invalid(ctx, "body", "to", "Invalid input: expected a "
		    "moment within 31 days of from",
		    "It must end within 31 days.");
	return ST_OK;
}

enum status
reservation_add(struct ctx *ctx)
{
	const struct reserve_input *input = ctx->input;
	struct span span;

	TRY(span_read(ctx, &input->span, &span));
	TRY(store_reservation_add(ctx, ctx->user->id, input->item_id, span,
	    view_object(ctx->view, "reservation")));
	ctx->response.flash = "You have asked for it. Its credits are set "
	    "aside until it is confirmed or cancelled.";
	return respond_next(ctx, "/account/reservations");
}

enum status
reservation_give_up(struct ctx *ctx)
{
	const char *id = ctx->param[0], *own = ctx->user->id;
	struct json_object *reservation = view_object(ctx->view,
	    "reservation");
	struct user user;
	bool moved;

	TRY(store_user_lock(ctx, own, &user));
	TRY(store_reservation_cancel(ctx, id, own, NULL, &moved));
	TRY(store_reservation_get(ctx, id, own, reservation));
	if (moved)
		TRY(reservation_tell(ctx, LETTER_RESERVATION_CANCELLED,
		    &user, reservation, NULL));
	ctx->response.flash = "It is cancelled. Your credits are back.";
	return respond_next(ctx, "/account/reservations");
}
