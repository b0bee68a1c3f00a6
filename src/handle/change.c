#include "handle/change.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "config.h"
#include "ctx.h"
#include "handle/idempotency.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

static enum status
read_for(struct ctx *ctx, const char *wallet_id, struct credit *out)
{
	const struct change *input = ctx->input;

	*out = (struct credit){ .wallet_id = wallet_id,
	    .amount = input->amount == FIELD_NONE ? CREDIT_ALL :
	    input->amount, .origin_id = input->transfer_id,
	    .reason = input->reason == NULL ? "" : input->reason };
	return idempotency_key(ctx, input->key, &out->key);
}

enum status
change_read(struct ctx *ctx, struct credit *out)
{
	return read_for(ctx, ctx->user->id, out);
}

/* ---- by an admin ------------------------------------------------------- */

static enum status
owner_missing(struct ctx *ctx)
{
	return invalid(ctx, "body", "userId",
	    "Invalid input: expected either userId or organizationId",
	    "Say either a user or an organization.");
}

enum status
change_open(struct ctx *ctx, struct user *subject, struct credit *credit)
{
	const struct change *input = ctx->input;
	const char *organization = input->organization_id;
	const char *user = is_page(ctx) ? ctx->param[0] : input->user_id;

	if ((user == NULL) == (organization == NULL))
		return owner_missing(ctx);
	TRY(user != NULL ? subject_open(ctx, user, subject) :
	    store_actor_hold(ctx));
	TRY(read_for(ctx, user != NULL ? subject->id : organization, credit));
	credit->organization = user == NULL;
	credit->audited = true;
	return ST_OK;
}

enum status
change_done(struct ctx *ctx, const struct user *subject, const char *verb)
{
	char balance[FORMAT_NUMBER_SIZE];

	if (!is_page(ctx))
		return ST_OK;
	format_number(balance, view_get_int(ctx->view, "balance"));
	return subject_next(ctx, subject, arena_printf(ctx->arena,
	    "%s %s. The balance is %s.", words_plural(ctx,
	    view_get_int(ctx->view, "amount"), "credit"), verb, balance));
}

/* ---- times ------------------------------------------------------------- */

void
change_lifetime(struct ctx *ctx, struct credit *credit)
{
	const struct change *input = ctx->input;

	credit->lifetime = 1000 * (input->expires_in != FIELD_NONE ?
	    input->expires_in : ctx->config->credits_hold_seconds);
}

enum status
change_expiry(struct ctx *ctx, struct credit *credit)
{
	const struct change *input = ctx->input;
	const char *text = input->expires_at;

	if (input->expires_in_days > 0)
		credit->lifetime = input->expires_in_days * DAY_MS;
	if (text == NULL || text[0] == '\0')
		return ST_OK;
	if (credit->lifetime != 0)
		return invalid(ctx, "body", "expiresAt", "Invalid input: "
		    "expected either expiresAt or expiresInDays",
		    "Give either a date or a number of days.");
	if (!format_read_instant(text, &credit->expires_at))
		return invalid(ctx, "body", "expiresAt",
		    "Invalid input: expected a date or an instant",
		    "Write the date like 2026-11-21.");
	if (strchr(text, 'T') == NULL)
		credit->expires_at += DAY_MS;
	return ST_OK;
}
