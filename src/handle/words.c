#include "handle/words.h"

#include <stdio.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/format.h"
#include "base/text.h"
#include "ctx.h"
#include "http/form.h"
#include "routes.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/page.h"
#include "view/view.h"

#define TEXT_KEY_SIZE 64

const struct choice_word transfer_kinds[] = {
	{ "", "Any kind" }, { "grant", "Grant" }, { "spend", "Spend" },
	{ "adjust", "Adjustment" }, { "expire", "Expiry" },
	{ "hold", "Hold" }, { "release", "Release" },
	{ "capture", "Capture" }, { "refund", "Refund" },
	{ "clawback", "Clawback" }, { NULL, NULL }
};

const struct choice_word user_roles[] = {
	{ "", "Any role" },
	{ "user", "User" },
	{ "admin_ro", "Admin (read only)" }, { "admin_rw", "Admin" },
	{ "super_admin", "Super admin" }, { NULL, NULL }
};

const struct choice_word user_states[] = {
	{ "", "Any status" }, { "active", "Active" },
	{ "unverified", "Not confirmed" }, { "banned", "Banned" },
	{ NULL, NULL }
};

bool
is_page(const struct ctx *ctx)
{
	return ctx->route->face == FACE_PAGE && ctx->route->export == NULL;
}

void
words_each(struct ctx *ctx, struct json_object *list,
    void (*each)(struct ctx *ctx, struct json_object *item))
{
	for (size_t i = 0; i < view_count(list); i++)
		each(ctx, view_at(list, i));
}

void
words_number(struct json_object *out, const char *key, int64_t number)
{
	char text[FORMAT_NUMBER_SIZE];

	format_number(text, number);
	view_text(out, key, text);
}

const char *
words_plural(struct ctx *ctx, int64_t number, const char *noun)
{
	char text[FORMAT_NUMBER_SIZE];

	format_number(text, number);
	return arena_printf(ctx->arena, "%s %s%s", text, noun,
	    number == 1 ? "" : "s");
}

void
words_count(struct json_object *out, const char *key, const char *text_key)
{
	const int64_t number = view_get_int(out, key);

	if (number == 0)
		view_null(out, text_key);
	else
		words_number(out, text_key, number);
}

void
words_moment(struct json_object *object, const char *key)
{
	const char *iso = view_get_text(object, key);
	char text[FORMAT_MOMENT_SIZE] = "", text_key[TEXT_KEY_SIZE];
	int64_t instant;

	(void)snprintf(text_key, sizeof(text_key), "%sText", key);
	if (iso != NULL && format_read_instant(iso, &instant))
		format_moment(text, instant);
	view_text(object, text_key, text[0] == '\0' ? NULL : text);
}

void
words_figure(struct json_object *figures, const char *label,
    const char *value, const char *note)
{
	struct json_object *out = view_object(figures, NULL);

	view_text(out, "label", label);
	view_text(out, "valueText", value);
	view_text(out, "noteText", note);
}

void
words_choices(struct json_object *out, const char *key,
    const struct choice_word *choices, const char *selected)
{
	struct json_object *list = view_list(out, key);

	for (; choices->value != NULL; choices++) {
		struct json_object *choice = view_object(list, NULL);

		view_text(choice, "value", choices->value);
		view_text(choice, "label", choices->label);
		view_bool(choice, "selected", text_is(choices->value,
		    selected == NULL ? "" : selected));
	}
}

void
words_tabs(struct json_object *out, const struct choice_word *choices,
    const char *current)
{
	struct json_object *tabs = view_list(out, "tabs");

	for (; choices->value != NULL; choices++) {
		struct json_object *tab = view_object(tabs, NULL);

		view_text(tab, "value", choices->value);
		view_text(tab, "label", choices->label);
		view_bool(tab, "current", text_is(choices->value, current));
	}
}

const char *
words_label(const struct choice_word *choices, const char *value)
{
	for (; choices->value != NULL; choices++)
		if (text_is(choices->value, value))
			return choices->label;
	return value;
}

const char *
words_role(const char *role)
{
	/* Better Auth's name for it; nobody is given a choice of two. */
	if (text_is(role, "admin"))
		role = "admin_rw";
	return words_label(user_roles + 1, role);
}

/* filters as a query string, and the cursor behind them. */
static const char *
query_text(struct ctx *ctx, const char *const *filters, const char *cursor)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, 128);
	for (; filters != NULL && filters[0] != NULL; filters += 2) {
		if (filters[1] == NULL || filters[1][0] == '\0')
			continue;
		buf_printf(&buf, "%s%s=%s", buf.size > 0 ? "&" : "",
		    filters[0], text_percent(ctx->arena, filters[1]));
	}
	if (cursor != NULL)
		buf_printf(&buf, "%scursor=%s", buf.size > 0 ? "&" : "",
		    cursor);
	return buf.data;
}

static void
link_view(struct ctx *ctx, const char *key, bool there, const char *query)
{
	if (there)
		view_text(view_object(ctx->view, key), "query", query);
	else
		view_null(ctx->view, key);
}

void
words_next(struct ctx *ctx, const struct page *page,
    const char *const *filters)
{
	if (!is_page(ctx)) {
		view_text(ctx->view, "next", page->next);
		return;
	}
	link_view(ctx, "export", route_export(ctx->route) != NULL,
	    query_text(ctx, filters, NULL));
	link_view(ctx, "first", page->further,
	    query_text(ctx, filters, NULL));
	link_view(ctx, "next", page->next != NULL,
	    query_text(ctx, filters, page->next));
}

void
words_filtered(struct ctx *ctx, const struct page *page,
    const char *const *names)
{
	const char *filters[2 * WORDS_FILTERS_MAX + 1] = { NULL };
	struct json_object *filter;
	bool filtered = false;

	if (!is_page(ctx)) {
		words_next(ctx, page, NULL);
		return;
	}
	filter = view_object(ctx->view, "filter");
	for (size_t i = 0; i < WORDS_FILTERS_MAX && names[i] != NULL; i++) {
		const char *value = request_query(&ctx->request, names[i]);

		view_text(filter, names[i], value);
		filters[2 * i] = names[i];
		filters[2 * i + 1] = value;
		filtered = filtered || (value != NULL && value[0] != '\0');
	}
	view_bool(ctx->view, "filtered", filtered);
	words_next(ctx, page, filters);
}

const char *
any_of(const char *choice)
{
	return choice == NULL || choice[0] == '\0' ||
	    text_is(choice, "all") ? NULL : choice;
}

static const struct form_field list_fields[] = {
	PAGE_FIELDS(struct list_query),
};
const struct form list_form = FORM(list_fields, struct list_query);

static void
trail_words(struct ctx *ctx, struct json_object *row)
{
	(void)ctx;
	words_moment(row, "createdAt");
}

enum status
words_trail(struct ctx *ctx, const char *target_type, const char *target_id,
    int64_t limit)
{
	struct json_object *audit = view_list(ctx->view, "audit");

	view_text(ctx->view, "auditOf", target_id);
	TRY(store_audit_list(ctx, target_type, target_id, limit, audit));
	words_each(ctx, audit, trail_words);
	return ST_OK;
}

/* When the month after the one of now begins, UTC. */
static int64_t
next_month(int64_t now)
{
	const time_t seconds = (time_t)(now / 1000);
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	tm = (struct tm){ .tm_year = tm.tm_year, .tm_mon = tm.tm_mon + 1,
	    .tm_mday = 1 };
	return (int64_t)timegm(&tm) * 1000;
}

static int64_t
percent_of(int64_t part, int64_t whole)
{
	if (part >= whole)
		return 100;
	return (int64_t)((double)part / (double)whole * 100);
}

void
words_wallet(struct ctx *ctx, struct json_object *out,
    const struct wallet *wallet)
{
	const int64_t left = wallet->quota > wallet->spent ?
	    wallet->quota - wallet->spent : 0;
	char date[FORMAT_MOMENT_SIZE];
	struct json_object *quota;

	words_number(out, "balanceText", wallet->balance);
	view_text(out, "balanceUnit", wallet->balance == 1 ? "credit" :
	    "credits");
	if (wallet->quota == QUOTA_NONE) {
		view_null(out, "quota");
		return;
	}
	quota = view_object(out, "quota");
	words_number(quota, "limitText", wallet->quota);
	words_number(quota, "usedText", wallet->spent);
	words_number(quota, "leftText", left);
	view_int(quota, "percent", percent_of(wallet->spent, wallet->quota));
	view_time(quota, "resetAt", next_month(ctx->now));
	format_date(date, next_month(ctx->now));
	view_text(quota, "resetAtText", date);
}

static void
transfer_words(struct ctx *ctx, struct json_object *transfer)
{
	const int64_t change = view_get_int(transfer, "change");
	char text[FORMAT_NUMBER_SIZE];

	(void)ctx;
	format_change(text, change);
	view_text(transfer, "amountText", text);
	view_bool(transfer, "positive", change > 0);
	view_text(transfer, "kindText", words_label(transfer_kinds,
	    view_get_text(transfer, "kind")));
	words_number(transfer, "balanceText",
	    view_get_int(transfer, "balance"));
	words_moment(transfer, "createdAt");
}

void
words_transfers(struct ctx *ctx, struct json_object *list)
{
	words_each(ctx, list, transfer_words);
}
