#include "handle/admin.h"

#include "base/text.h"
#include "ctx.h"
#include "handle/change.h"
#include "handle/handle.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "store/hold.h"
#include "store/page.h"
#include "store/user.h"
#include "store/wallet.h"
#include "view/view.h"

#define REASON CHANGE_REASON(0, .optional = true)

static const struct form_field hold_fields[] = {
	CHANGE_AMOUNT(1, CREDIT_MAX), REASON, CHANGE_EXPIRES_IN, CHANGE_KEY
};
static const struct form_field hold_for_fields[] = {
	CHANGE_OWNER, CHANGE_AMOUNT(1, CREDIT_MAX), REASON,
	CHANGE_EXPIRES_IN, CHANGE_KEY
};
static const struct form_field capture_fields[] = {
	CHANGE_AMOUNT(1, CREDIT_MAX, .optional = true,
	    .label = "Credits to take"), REASON, CHANGE_KEY
};
static const struct form_field void_fields[] = { REASON, CHANGE_KEY };
const struct form hold_form = FORM(hold_fields, struct change);
const struct form hold_for_form = FORM(hold_for_fields, struct change);
const struct form capture_form = FORM(capture_fields, struct change);
const struct form void_form = FORM(void_fields, struct change);

/* ---- one's own --------------------------------------------------------- */

enum status
hold_make(struct ctx *ctx)
{
	struct credit credit;

	TRY(change_read(ctx, &credit));
	change_lifetime(ctx, &credit);
	return store_credit_hold(ctx, &credit, ctx->view);
}

static enum status
own_open(struct ctx *ctx, struct credit *credit)
{
	TRY(change_read(ctx, credit));
	credit->origin_id = ctx->param[0];
	return ST_OK;
}

enum status
hold_capture(struct ctx *ctx)
{
	struct credit credit;

	TRY(own_open(ctx, &credit));
	return store_credit_capture(ctx, &credit, ctx->view);
}

enum status
hold_void(struct ctx *ctx)
{
	struct credit credit;

	TRY(own_open(ctx, &credit));
	return store_credit_release(ctx, &credit, ctx->view);
}

enum status
hold_get(struct ctx *ctx)
{
	return store_hold_get(ctx, ctx->user->id, ctx->param[0], ctx->view);
}

/* ---- an admin's -------------------------------------------------------- */

enum status
hold_make_for(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;

	TRY(change_open(ctx, &subject, &credit));
	change_lifetime(ctx, &credit);
	return store_credit_hold(ctx, &credit, ctx->view);
}

/* The path has the hold, a page's the user before it. */
static enum status
settle_open(struct ctx *ctx, struct user *subject, struct credit *credit)
{
	struct change *input = ctx->input;
	struct json_object *hold = view_root(ctx->arena);
	const char *id = ctx->param[is_page(ctx) ? 1 : 0];

	if (!is_page(ctx)) {
		TRY(store_hold_get(ctx, NULL, id, hold));
		input->user_id = view_get_text(hold, "userId");
		input->organization_id = view_get_text(hold,
		    "organizationId");
	}
	TRY(change_open(ctx, subject, credit));
	credit->origin_id = id;
	return ST_OK;
}

enum status
hold_capture_for(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;

	TRY(settle_open(ctx, &subject, &credit));
	TRY(store_credit_capture(ctx, &credit, ctx->view));
	return change_done(ctx, &subject, "captured");
}

enum status
hold_void_for(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;

	TRY(settle_open(ctx, &subject, &credit));
	TRY(store_credit_release(ctx, &credit, ctx->view));
	return change_done(ctx, &subject, "given back");
}

/* ---- lists ------------------------------------------------------------- */

struct holds_query {
	const char *user, *state, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "all", "open", "closed", NULL };

#define LIST								\
	FIELD_ENUM(struct holds_query, state, "state", state_options,	\
	    .optional = true, .label = "Status"),			\
	PAGE_FIELDS(struct holds_query)
static const struct form_field holds_fields[] = { LIST };
static const struct form_field holds_of_fields[] = {
	FIELD_TEXT(struct holds_query, user, "user", 0, 254,
	    .optional = true, .label = "User"), LIST
};
const struct form holds_form = FORM(holds_fields, struct holds_query);
const struct form holds_of_form = FORM(holds_of_fields, struct holds_query);

static enum status
holds_list(struct ctx *ctx, const char *wallet_id, bool owners)
{
	const struct holds_query *query = ctx->input;
	const struct hold_filter filter = { .wallet_id = wallet_id,
	    .state = text_is(query->state, "open") ? HOLD_OPEN :
	    text_is(query->state, "closed") ? HOLD_CLOSED : HOLD_ANY,
	    .owners = owners };
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_hold_list(ctx, &filter, &page,
	    view_list(ctx->view, "holds")));
	words_next(ctx, &page, NULL);
	return ST_OK;
}

enum status
holds(struct ctx *ctx)
{
	return holds_list(ctx, ctx->user->id, false);
}

enum status
admin_holds(struct ctx *ctx)
{
	const struct holds_query *query = ctx->input;
	const char *wallet_id = NULL;

	if (query->user != NULL && query->user[0] != '\0')
		TRY(store_wallet_find(ctx, query->user, &wallet_id));
	return holds_list(ctx, wallet_id, true);
}
