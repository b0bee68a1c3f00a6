#include "handle/admin.h"

#include "base/text.h"
#include "ctx.h"
#include "handle/export.h"
#include "handle/referral.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/affiliate.h"
#include "store/affiliate_list.h"
#include "store/page.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on an affiliate's page */

/* Of both lists; q is the affiliates' only. */
struct affiliates_query {
	const char *q, *state, *cursor;
	int64_t limit;
};

static const char *const affiliate_options[] = { "active", "disabled", NULL };
static const char *const referral_options[] = { "all", "joined", "rewarded",
	"reversed", NULL };
static const struct form_field affiliates_fields[] = {
	FIELD_TEXT(struct affiliates_query, q, "q", 0, 254, .optional = true,
	    .label = "Search"),
	FIELD_ENUM(struct affiliates_query, state, "state", affiliate_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct affiliates_query),
};
static const struct form_field affiliate_fields[] = {
	FIELD_ENUM(struct affiliates_query, state, "state", referral_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct affiliates_query),
};
const struct form affiliates_form = FORM(affiliates_fields,
    struct affiliates_query);
const struct form affiliate_form = FORM(affiliate_fields,
    struct affiliates_query);

static const struct export_column affiliates_columns[] = {
	{ "Id", "id", NULL }, { "Since", "createdAt", NULL },
	{ "Code", "code", NULL }, { "Status", "state", NULL },
	{ "User id", "userId", NULL }, { "User", "email", NULL },
	{ "Signed up", "referred", NULL }, { "Rewarded", "rewarded", NULL },
	{ "Credits", "credits", NULL },
};
const struct export affiliates_export = EXPORT("affiliates", "affiliates",
    affiliates_columns);

static const struct choice_word affiliate_states[] = {
	{ "", "Any status" }, { "active", "Active" },
	{ "disabled", "Disabled" }, { NULL, NULL }
};
static const struct choice_word referral_states[] = {
	{ "all", "All" }, { "joined", "Signed up" },
	{ "rewarded", "Rewarded" }, { "reversed", "Reversed" },
	{ NULL, NULL }
};

static void
affiliate_words(struct ctx *ctx, struct json_object *affiliate)
{
	static const char *const numbers[][2] = {
		{ "referredText", "referred" }, { "rewardedText", "rewarded" },
		{ "creditsText", "credits" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		words_number(affiliate, numbers[i][0],
		    view_get_int(affiliate, numbers[i][1]));
	view_text(affiliate, "stateText", words_label(affiliate_states,
	    view_get_text(affiliate, "state")));
	words_moment(affiliate, "createdAt");
}

enum status
admin_affiliates(struct ctx *ctx)
{
	const struct affiliates_query *query = ctx->input;
	static const char *const filters[] = { "q", "state", NULL };
	struct json_object *affiliates = view_list(ctx->view, "affiliates");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_affiliate_list(ctx, &(struct affiliate_filter){
	    .q = query->q, .state = query->state }, &page, affiliates));
	words_filtered(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, affiliates, affiliate_words);
	words_choices(ctx->view, "states", affiliate_states, query->state);
	return ST_OK;
}

/* ---- one affiliate ----------------------------------------------------- */

static enum status
affiliate_page(struct ctx *ctx, struct json_object *affiliate,
    const char *state)
{
	affiliate_words(ctx, affiliate);
	words_each(ctx, view_get(ctx->view, "referrals"), referral_words);
	words_tabs(ctx->view, referral_states, state == NULL ? "all" : state);
	view_bool(ctx->view, "disabled", text_is(view_get_text(affiliate,
	    "state"), "disabled"));
	view_bool(ctx->view, "canWrite", may(ctx,
	    PERMISSION_AFFILIATE_WRITE));
	return words_trail(ctx, "affiliate", ctx->param[0], LATEST);
}

static enum status
affiliate_show(struct ctx *ctx, const char *state, struct page *page)
{
	const char *const filters[] = { "state", state, NULL };
	struct json_object *affiliate = view_object(ctx->view, "affiliate");

	TRY(store_affiliate_get(ctx, ctx->param[0], affiliate));
	ctx->response.title = view_get_text(affiliate, "code");
	TRY(store_referral_list(ctx, ctx->param[0], state, true, page,
	    view_list(ctx->view, "referrals")));
	words_next(ctx, page, filters);
	return is_page(ctx) ? affiliate_page(ctx, affiliate, state) : ST_OK;
}

enum status
admin_affiliate(struct ctx *ctx)
{
	const struct affiliates_query *query = ctx->input;
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return affiliate_show(ctx, any_of(query->state), &page);
}

/* What was refused was no query. */
enum status
admin_affiliate_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return affiliate_show(ctx, NULL, &page);
}

static enum status
switched(struct ctx *ctx, bool disabled, const char *flash)
{
	TRY(store_affiliate_switch(ctx, ctx->param[0], disabled));
	if (!is_page(ctx))
		return store_affiliate_get(ctx, ctx->param[0],
		    view_object(ctx->view, "affiliate"));
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/affiliates/%s",
	    text_percent(ctx->arena, ctx->param[0]));
}

enum status
affiliate_disable(struct ctx *ctx)
{
	return switched(ctx, true, "The code is disabled.");
}

enum status
affiliate_enable(struct ctx *ctx)
{
	return switched(ctx, false, "The code works again.");
}
