#include "handle/referral.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/format.h"
#include "base/log.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "handle/handle.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/affiliate.h"
#include "store/affiliate_list.h"
#include "store/page.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

/* ---- on the way to sign up --------------------------------------------- */

/* sent as a code, or NULL: nobody could have it. */
static const char *
code_of(struct ctx *ctx, const char *sent)
{
	char *code = arena_alloc(ctx->arena, AFFILIATE_CODE_LENGTH + 1);

	return sent != NULL && code_read(code, AFFILIATE_CODE_LENGTH, sent) ?
	    code : NULL;
}

void
referral_keep(struct ctx *ctx)
{
	const char *code = code_of(ctx, request_query(&ctx->request, "ref"));

	if (ctx->config->affiliates_enabled && code != NULL)
		response_cookie(ctx, ctx->config->cookie_referral, code,
		    ctx->config->affiliates_cookie_days * DAY_SECONDS);
}

static const char *
code_sent(struct ctx *ctx)
{
	const char *header = request_param(&ctx->request,
	    "HTTP_X_REFERRAL_CODE");

	return header != NULL ? header :
	    request_cookie(&ctx->request, ctx->config->cookie_referral);
}

static const char *
outcome_text(enum referral_outcome outcome)
{
	switch (outcome) {
	case REFERRAL_MADE:
		return "taken";
	case REFERRAL_UNKNOWN:
		return "nobody has it";
	case REFERRAL_DISABLED:
		return "it is disabled, or its user banned";
	case REFERRAL_OWN:
		return "its user signs up again";
	}
	return NULL;
}

enum status
referral_take(struct ctx *ctx, const struct user *user)
{
	const char *sent = code_sent(ctx), *code;
	enum referral_outcome outcome = REFERRAL_UNKNOWN;

	if (!ctx->config->affiliates_enabled || sent == NULL)
		return ST_OK;
	code = code_of(ctx, sent);
	if (code != NULL)
		TRY(store_referral_add(ctx, user, code, ctx->session != NULL ?
		    ctx->session->user_id : NULL, &outcome));
	log_info("referral", "%s: %s", code != NULL ? code : "no such code",
	    outcome_text(outcome));
	if (request_cookie(&ctx->request, ctx->config->cookie_referral) != NULL)
		response_cookie(ctx, ctx->config->cookie_referral, "", 0);
	return ST_OK;
}

/* ---- what a user sees of it -------------------------------------------- */

static const struct choice_word states[] = {
	{ "joined", "Signed up" }, { "rewarded", "Rewarded" },
	{ "reversed", "Reversed" }, { NULL, NULL }
};

void
referral_words(struct ctx *ctx, struct json_object *referral)
{
	const int64_t kept = view_get_int(referral, "reward") -
	    view_get_int(referral, "takenBack");

	(void)ctx;
	view_text(referral, "stateText", words_label(states,
	    view_get_text(referral, "state")));
	words_moment(referral, "createdAt");
	if (kept > 0)
		words_number(referral, "rewardText", kept);
	else
		view_null(referral, "rewardText");
}

static const char *
reward_sentence(struct ctx *ctx)
{
	const struct reward *reward = &ctx->config->affiliate_reward;
	const char *what = reward->percent > 0 ? arena_printf(ctx->arena,
	    "%lld%% of the credits in", (long long)reward->percent) :
	    arena_printf(ctx->arena, "%s for",
	    words_plural(ctx, reward->credits, "credit"));

	return arena_printf(ctx->arena, "You get %s the first order of "
	    "everybody who signs up with your link.", what);
}

static void
account_words(struct ctx *ctx)
{
	struct json_object *figures = view_list(ctx->view, "figures");
	static const struct {
		const char *label, *key, *note;
	} rows[] = {
		{ "Signed up", "referred", "with your link" },
		{ "Rewarded", "rewarded", "for their first order" },
		{ "Credits", "credits", "earned so far" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[FORMAT_NUMBER_SIZE];

		format_number(text, view_get_int(ctx->view, rows[i].key));
		words_figure(figures, rows[i].label, text, rows[i].note);
	}
	words_each(ctx, view_get(ctx->view, "referrals"), referral_words);
	view_text(ctx->view, "rewardSentence", reward_sentence(ctx));
}

/* The first look makes the code. */
enum status
account_referrals(struct ctx *ctx)
{
	static const char *const no_filters[] = { NULL };
	const struct list_query *query = ctx->input;
	struct json_object *affiliate = view_root(ctx->arena);
	static const char *const members[] = { "code", "disabled",
		"referred", "rewarded", "credits" };
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	TRY(store_affiliate_open(ctx, ctx->user->id, affiliate));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		view_copy(ctx->view, members[i],
		    view_get(affiliate, members[i]));
	view_text(ctx->view, "link", arena_printf(ctx->arena,
	    "%s/signup?ref=%s", ctx->config->origin,
	    view_get_text(affiliate, "code")));
	TRY(store_referral_list(ctx, view_get_text(affiliate, "id"), NULL,
	    false, &page, view_list(ctx->view, "referrals")));
	words_next(ctx, &page, no_filters);
	if (is_page(ctx))
		account_words(ctx);
	return ST_OK;
}
