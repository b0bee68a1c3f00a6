#include "handle/admin.h"

#include <stdbool.h>

#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/letter.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/letter.h"
#include "store/page.h"
#include "store/user.h"
#include "trust/seal.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on a letter's page */

struct mail_query {
	const char *state, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "all", "queued", "failed",
	"sent", "dropped", NULL };
static const struct form_field mail_fields[] = {
	FIELD_ENUM(struct mail_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct mail_query),
};
const struct form mail_form = FORM(mail_fields, struct mail_query);

static const struct choice_word tabs[] = {
	{ "all", "All" }, { "queued", "Waiting" }, { "failed", "Failed" },
	{ "sent", "Sent" }, { "dropped", "Dropped" }, { NULL, NULL }
};
static const struct choice_word states[] = {
	{ "queued", "Waiting" }, { "sending", "Being sent" },
	{ "failed", "Failed" }, { "sent", "Sent" }, { "dropped", "Dropped" },
	{ NULL, NULL }
};

/* Their links let a reader act as somebody else. As long as nobody gets the
 * letters there is no other way to follow one. */
static bool
is_kept(const struct ctx *ctx)
{
	return ctx->config->mail_smtp_url[0] == '\0';
}

static void
letter_words(struct ctx *ctx, struct json_object *letter)
{
	const char *state = view_get_text(letter, "state");
	const int64_t doubts = view_get_int(letter, "doubts");

	if (doubts > 0)
		words_number(letter, "doubtsText", doubts);
	else
		view_null(letter, "doubtsText");
	view_text(letter, "stateText", text_is(state, "queued") &&
	    is_kept(ctx) ? "Kept" : words_label(states, state));
	words_moment(letter, "createdAt");
	words_moment(letter, "nextAt");
	words_moment(letter, "sentAt");
}

enum status
admin_mail(struct ctx *ctx)
{
	const struct mail_query *query = ctx->input;
	const char *state = any_of(query->state);
	const char *const filters[] = { "state", state, NULL };
	struct json_object *letters = view_list(ctx->view, "letters");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_letter_list(ctx, state, &page, letters));
	words_next(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, letters, letter_words);
	words_tabs(ctx->view, tabs, state == NULL ? "all" : state);
	view_bool(ctx->view, "kept", is_kept(ctx));
	return ST_OK;
}

/* What the viewer may do to a letter in this state. */
static void
choices_view(struct ctx *ctx, const struct json_object *letter)
{
	const char *state = view_get_text(letter, "state");
	const uint64_t mine = ctx->user->permissions;
	const bool open = text_is(state, "queued") ||
	    text_is(state, "failed");

	view_bool(ctx->view, "kept", is_kept(ctx));
	view_bool(ctx->view, "canAct", open &&
	    permission_in(mine, PERMISSION_MAIL_WRITE));
	view_bool(ctx->view, "canRead", open && is_kept(ctx) &&
	    permission_in(mine, PERMISSION_MAIL_READ));
}

enum status
admin_letter(struct ctx *ctx)
{
	struct json_object *letter = view_object(ctx->view, "letter");

	TRY(store_letter_get(ctx, ctx->param[0], letter));
	if (!is_page(ctx))
		return ST_OK;
	letter_words(ctx, letter);
	ctx->response.title = view_get_text(letter, "subject");
	choices_view(ctx, letter);
	return words_trail(ctx, "letter", ctx->param[0], LATEST);
}

/* Reading is an act of its own, so it leaves a row, though it is a GET. */
enum status
admin_letter_body(struct ctx *ctx)
{
	const char *id = ctx->param[0], *json;
	struct json_object *letter = view_object(ctx->view, "letter");
	const uint8_t *body;
	size_t size;

	if (!is_kept(ctx))
		return refuse(ctx, ST_FORBIDDEN, "mail.smtp_url is set");
	TRY(store_letter_get(ctx, id, letter));
	ctx->response.title = view_get_text(letter, "subject");
	TRY(store_letter_body(ctx, id, &body, &size));
	json = unseal(ctx->arena, ctx->config->server_secret,
	    letter_purpose(ctx, id), body, size, &size);
	if (json == NULL)
		return refuse(ctx, ST_LETTER_NOT_FOUND,
		    "sealed with another server.secret");
	view_json(ctx->view, "body", json);
	if (is_page(ctx))
		letter_words(ctx, letter);
	return store_audit_write(ctx, &(struct audit){
	    .action = "letter.read", .target_type = "letter",
	    .target_id = id });
}

static enum status
next(struct ctx *ctx, const char *flash)
{
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/mail/%s",
	    text_percent(ctx->arena, ctx->param[0]));
}

enum status
letter_resend(struct ctx *ctx)
{
	TRY(store_letter_resend(ctx, ctx->param[0]));
	view_bool(ctx->view, "success", true);
	return next(ctx, "The letter is in the queue.");
}

enum status
letter_drop(struct ctx *ctx)
{
	TRY(store_letter_drop(ctx, ctx->param[0]));
	view_bool(ctx->view, "success", true);
	return next(ctx, "The letter is dropped and its text deleted.");
}
