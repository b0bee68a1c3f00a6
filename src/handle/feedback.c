#include "handle/admin.h"

#include "base/arena.h"
#include "base/text.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/export.h"
#include "handle/handle.h"
#include "handle/letter.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/feedback.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

#define LATEST 20		/* audit rows on a feedback's page */

/* ---- words ------------------------------------------------------------- */

static const struct choice_word ratings[] = {
	{ "", "Any rating" }, { "5", "5, excellent" }, { "4", "4, good" },
	{ "3", "3, fair" }, { "2", "2, not good" }, { "1", "1, poor" },
	{ NULL, NULL }
};
static const struct choice_word states[] = {
	{ "", "Any status" }, { "open", "Open" }, { "answered", "Answered" },
	{ "closed", "Closed" }, { NULL, NULL }
};

static void
feedback_words(struct ctx *ctx, struct json_object *feedback)
{
	view_text(feedback, "ratingText", words_label(ratings, arena_printf(
	    ctx->arena, "%lld", (long long)view_get_int(feedback,
	    "rating"))));
	view_text(feedback, "stateText", words_label(states,
	    view_get_text(feedback, "state")));
	words_moment(feedback, "createdAt");
	words_moment(feedback, "answeredAt");
}

/* ---- who writes -------------------------------------------------------- */

struct feedback_input {
	int64_t rating;
	const char *subject, *text;
};

static const struct form_field feedback_fields[] = {
	FIELD_INT(struct feedback_input, rating, "rating", 1,
	    FEEDBACK_RATING_MAX, .label = "Rating"),
	FIELD_TEXT(struct feedback_input, subject, "subject", 1,
	    FEEDBACK_SUBJECT_MAX, .label = "Subject"),
	FIELD_TEXT(struct feedback_input, text, "text", 1, FEEDBACK_TEXT_MAX,
	    .label = "Text"),
};
const struct form feedback_form = FORM(feedback_fields,
    struct feedback_input);

static enum status
feedback_list(struct ctx *ctx, const char *cursor, int64_t limit)
{
	struct json_object *feedbacks = view_list(ctx->view, "feedbacks");
	struct page page;

	TRY(page_read(ctx, cursor, limit, &page));
	TRY(store_feedback_of(ctx, ctx->user->id, &page, feedbacks));
	words_next(ctx, &page, NULL);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, feedbacks, feedback_words);
	view_bool(ctx->view, "any", view_count(feedbacks) > 0);
	return ST_OK;
}

static void
form_words(struct ctx *ctx)
{
	struct json_object *form = view_object(ctx->view, "form");

	view_null(form, "subject");
	view_null(form, "text");
	words_choices(ctx->view, "ratings", ratings + 1,
	    view_get_text(ctx->body, "rating"));
}

enum status
account_feedback(struct ctx *ctx)
{
	const struct list_query *query = ctx->input;

	if (is_page(ctx))
		form_words(ctx);
	return feedback_list(ctx, query->cursor, query->limit);
}

enum status
account_feedback_again(struct ctx *ctx)
{
	form_words(ctx);
	return feedback_list(ctx, NULL, PAGE_LIMIT);
}

enum status
feedback_add(struct ctx *ctx)
{
	const struct feedback_input *input = ctx->input;

	TRY(store_feedback_add(ctx, &(struct feedback_new){
	    .user_id = ctx->user->id, .rating = input->rating,
	    .subject = input->subject, .text = input->text },
	    view_object(ctx->view, "feedback")));
	ctx->response.flash = "Thank you. We read everything.";
	return respond_next(ctx, "/account/feedback");
}

/* ---- who answers ------------------------------------------------------- */

struct feedbacks_query {
	const char *q, *state, *cursor;
	int64_t rating, limit;
};

static const char *const state_options[] = { "open", "answered", "closed",
	NULL };
static const struct form_field feedbacks_fields[] = {
	FIELD_TEXT(struct feedbacks_query, q, "q", 0, 254, .optional = true,
	    .label = "Search"),
	FIELD_ENUM(struct feedbacks_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	FIELD_INT(struct feedbacks_query, rating, "rating", 1,
	    FEEDBACK_RATING_MAX, .optional = true, .label = "Rating"),
	PAGE_FIELDS(struct feedbacks_query),
};
const struct form feedbacks_form = FORM(feedbacks_fields,
    struct feedbacks_query);

static const struct export_column feedbacks_columns[] = {
	{ "Id", "id", NULL }, { "When", "createdAt", NULL },
	{ "User id", "userId", NULL }, { "User", "userText", NULL },
	{ "Rating", "rating", NULL }, { "Subject", "subject", NULL },
	{ "Text", "text", NULL }, { "Status", "state", NULL },
	{ "Answer", "answer", NULL }, { "Answered", "answeredAt", NULL },
};
const struct export feedbacks_export = EXPORT("feedback", "feedbacks",
    feedbacks_columns);

enum status
admin_feedbacks(struct ctx *ctx)
{
	const struct feedbacks_query *query = ctx->input;
	static const char *const filters[] = { "q", "state", "rating", NULL };
	struct json_object *feedbacks = view_list(ctx->view, "feedbacks");
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_feedback_list(ctx, &(struct feedback_filter){
	    .q = query->q, .state = query->state,
	    .rating = query->rating == FIELD_NONE ? 0 : query->rating },
	    &page, feedbacks));
	words_filtered(ctx, &page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, feedbacks, feedback_words);
	words_choices(ctx->view, "states", states, query->state);
	words_choices(ctx->view, "ratings", ratings,
	    request_query(&ctx->request, "rating"));
	return ST_OK;
}

/* What the viewer may do to one in this state. */
static void
choices_view(struct ctx *ctx, const struct json_object *feedback)
{
	const char *state = view_get_text(feedback, "state");
	const bool writes = may(ctx, PERMISSION_FEEDBACK_WRITE);

	view_bool(ctx->view, "canAnswer", writes &&
	    !text_is(state, "closed"));
	view_bool(ctx->view, "canClose", writes && !text_is(state, "closed"));
	view_bool(ctx->view, "canReopen", writes && !text_is(state, "open"));
}

enum status
admin_feedback(struct ctx *ctx)
{
	struct json_object *feedback = view_object(ctx->view, "feedback");

	TRY(store_feedback_get(ctx, ctx->param[0], feedback));
	if (!is_page(ctx))
		return ST_OK;
	feedback_words(ctx, feedback);
	ctx->response.title = view_get_text(feedback, "subject");
	choices_view(ctx, feedback);
	view_null(view_object(ctx->view, "form"), "text");
	return words_trail(ctx, "feedback", ctx->param[0], LATEST);
}

struct answer {
	const char *text;
};

static const struct form_field answer_fields[] = {
	FIELD_TEXT(struct answer, text, "text", 1, FEEDBACK_TEXT_MAX,
	    .label = "Answer"),
};
const struct form feedback_answer_form = FORM(answer_fields, struct answer);

static enum status
next(struct ctx *ctx, const char *flash)
{
	if (!is_page(ctx))
		return store_feedback_get(ctx, ctx->param[0],
		    view_object(ctx->view, "feedback"));
	ctx->response.flash = flash;
	return respond_next(ctx, "/admin/feedback/%s",
	    text_percent(ctx->arena, ctx->param[0]));
}

/* The subject is a stranger's words as long as nobody has shown that the
 * address is the user's. */
static enum status
answer_send(struct ctx *ctx, const struct user *user, const char *subject,
    const char *answer)
{
	struct json_object *about = view_root(ctx->arena);

	view_text(about, "subject", user->email_verified ? subject : NULL);
	letter_lines(ctx, about, "answer", answer);
	return letter_send(ctx, &(struct letter){
	    .kind = LETTER_FEEDBACK_ANSWER, .user = user, .about = about });
}

enum status
feedback_answer(struct ctx *ctx)
{
	const struct answer *input = ctx->input;
	struct json_object *feedback = view_root(ctx->arena);
	struct user writer;

	TRY(store_feedback_get(ctx, ctx->param[0], feedback));
	TRY(store_user_lock(ctx, view_get_text(feedback, "userId"),
	    &writer));
	TRY(store_feedback_answer(ctx, ctx->param[0], input->text));
	TRY(answer_send(ctx, &writer, view_get_text(feedback, "subject"),
	    input->text));
	return next(ctx, "The answer is on its way.");
}

enum status
feedback_close(struct ctx *ctx)
{
	TRY(store_feedback_move(ctx, ctx->param[0], "closed"));
	return next(ctx, "The feedback is closed.");
}

enum status
feedback_reopen(struct ctx *ctx)
{
	TRY(store_feedback_move(ctx, ctx->param[0], "open"));
	return next(ctx, "The feedback is open again.");
}
