#include "handle/admin.h"

#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/days.h"
#include "handle/export.h"
#include "handle/reservation.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/item.h"
#include "store/page.h"
#include "store/reservation.h"
#include "store/user.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on a reservation's page */

struct reservations_query {
	const char *q, *item, *state, *from, *to, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "requested", "confirmed",
	"cancelled", "lapsed", NULL };
static const struct form_field reservations_fields[] = {
	FIELD_TEXT(struct reservations_query, q, "q", 0, 254,
	    .optional = true, .label = "Search"),
	FIELD_TEXT(struct reservations_query, item, "item", 0, 64,
	    .optional = true, .label = "Item"),
	FIELD_ENUM(struct reservations_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	FIELD_TEXT(struct reservations_query, from, "from", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "From"),
	FIELD_TEXT(struct reservations_query, to, "to", 0, DAY_TEXT_MAX,
	    .optional = true, .label = "To"),
	PAGE_FIELDS(struct reservations_query),
};
const struct form reservations_form = FORM(reservations_fields,
    struct reservations_query);

static const struct export_column reservations_columns[] = {
	{ "Id", "id", NULL }, { "Item id", "itemId", NULL },
	{ "Item", "itemName", NULL }, { "User id", "userId", NULL },
	{ "User", "userText", NULL }, { "From", "startsAt", NULL },
	{ "To", "endsAt", NULL }, { "Credits", "credits", NULL },
	{ "Status", "state", NULL }, { "Reason", "reason", NULL },
	{ "Asked for", "createdAt", NULL }, { "Hold", "holdId", NULL },
	{ "Capture", "captureId", NULL },
};
const struct export reservations_export = EXPORT("reservations",
    "reservations", reservations_columns);

static enum status
items_view(struct ctx *ctx, const char *chosen)
{
	struct json_object *items = view_list(ctx->view, "items");

	TRY(store_item_offers(ctx, items));
	for (size_t i = 0; i < view_count(items); i++)
		view_bool(view_at(items, i), "selected", text_is(
		    view_get_text(view_at(items, i), "id"), chosen));
	return ST_OK;
}

static enum status
reservations_show(struct ctx *ctx, const struct reservation_filter *filter,
    struct page *page)
{
	static const char *const names[] = { "q", "item", "state", "from",
		"to", NULL };
	struct json_object *list = view_list(ctx->view, "reservations");

	TRY(store_reservation_list(ctx, filter, page, list));
	words_filtered(ctx, page, names);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, list, reservation_words);
	words_choices(ctx->view, "states", reservation_states,
	    filter->state);
	return items_view(ctx, filter->item_id);
}

enum status
admin_reservations(struct ctx *ctx)
{
	const struct reservations_query *query = ctx->input;
	struct days days;
	struct page page;

	TRY(days_read(ctx, query->from, query->to, &days));
	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return reservations_show(ctx, &(struct reservation_filter){
	    .q = query->q, .state = query->state,
	    .item_id = query->item, .begins = { days.from, days.to } }, &page);
}

/* A filter that makes no sense finds everything, beside what was wrong. */
enum status
admin_reservations_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return reservations_show(ctx, &(struct reservation_filter){
	    .begins.to = PAGE_START }, &page);
}

static void
choices_view(struct ctx *ctx, const struct json_object *reservation)
{
	const char *state = view_get_text(reservation, "state");
	const bool writes = may(ctx, PERMISSION_RESERVATION_WRITE);
	const bool asked = text_is(state, "requested");

	view_bool(ctx->view, "canConfirm", writes && asked &&
	    view_get_text(reservation, "userId") != NULL);
	view_bool(ctx->view, "canCancel", writes &&
	    (asked || text_is(state, "confirmed")));
}

enum status
admin_reservation(struct ctx *ctx)
{
	struct json_object *reservation = view_object(ctx->view,
	    "reservation");

	TRY(store_reservation_get(ctx, ctx->param[0], NULL, reservation));
	if (!is_page(ctx))
		return ST_OK;
	reservation_words(ctx, reservation);
	ctx->response.title = view_get_text(reservation, "itemName");
	choices_view(ctx, reservation);
	view_null(view_object(ctx->view, "form"), "reason");
	return words_trail(ctx, "reservation", ctx->param[0], LATEST);
}

/* ---- changes ----------------------------------------------------------- */

struct reservation_cancel {
	const char *reason;
};

static const struct form_field cancel_fields[] = {
	FIELD_TEXT(struct reservation_cancel, reason, "reason", 0,
	    RESERVATION_REASON_MAX, .optional = true, .label = "Reason"),
};
const struct form reservation_cancel_form = FORM(cancel_fields,
    struct reservation_cancel);

/* Its user, locked; user->id NULL: gone. */
static enum status
user_lock(struct ctx *ctx, struct user *user)
{
	struct json_object *reservation = view_root(ctx->arena);
	const char *id;

	TRY(store_reservation_get(ctx, ctx->param[0], NULL, reservation));
	id = view_get_text(reservation, "userId");
	*user = (struct user){ .id = NULL };
	return id == NULL ? ST_OK : store_user_lock(ctx, id, user);
}

static enum status
done(struct ctx *ctx, enum letter_kind kind, const struct user *user,
    const char *reason, const char *flash)
{
	struct json_object *reservation = view_object(ctx->view,
	    "reservation");

	TRY(store_reservation_get(ctx, ctx->param[0], NULL, reservation));
	if (user != NULL)
		TRY(reservation_tell(ctx, kind, user, reservation, reason));
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/reservations/%s",
	    text_percent(ctx->arena, ctx->param[0]));
}

enum status
reservation_confirm(struct ctx *ctx)
{
	struct user user;
	bool moved;

	TRY(user_lock(ctx, &user));
	if (user.id == NULL)
		return refuse(ctx, ST_USER_NOT_FOUND, "the user is gone");
	TRY(store_reservation_confirm(ctx, ctx->param[0], &moved));
	return done(ctx, LETTER_RESERVATION_CONFIRMED,
	    moved ? &user : NULL, NULL,
	    "The reservation is confirmed, and its credits are spent.");
}

enum status
reservation_cancel(struct ctx *ctx)
{
	const struct reservation_cancel *input = ctx->input;
	struct user user;
	bool moved;

	TRY(user_lock(ctx, &user));
	TRY(store_reservation_cancel(ctx, ctx->param[0], NULL,
	    input->reason, &moved));
	return done(ctx, LETTER_RESERVATION_CANCELLED,
	    moved && user.id != NULL ? &user : NULL, input->reason,
	    "The reservation is cancelled. The user has the credits back.");
}
