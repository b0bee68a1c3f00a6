#include "handle/admin.h"

#include "ctx.h"
#include "handle/change.h"
#include "handle/proposal.h"
#include "store/user.h"
#include "view/view.h"

#define GRANT CHANGE_AMOUNT(1, CREDIT_MAX, .label = "Credits to add")
#define ADJUST								\
	CHANGE_AMOUNT(-CREDIT_MAX, CREDIT_MAX, .label = "Correction")
#define SPEND CHANGE_AMOUNT(1, CREDIT_MAX, .label = "Amount")
#define EXPIRY								\
	FIELD_TEXT(struct change, expires_at, "expiresAt", 0, 24,	\
	    .optional = true, .label = "Valid through")
#define DAYS								\
	FIELD_INT(struct change, expires_in_days, "expiresInDays", 1,	\
	    GRANT_DAYS_MAX, .optional = true, .label = "Valid for")

static const struct form_field grant_fields[] = {
	GRANT, CHANGE_REASON(1), EXPIRY, CHANGE_KEY
};
static const struct form_field grant_json_fields[] = {
	CHANGE_OWNER, GRANT, CHANGE_REASON(1), EXPIRY, DAYS, CHANGE_KEY
};
static const struct form_field adjust_fields[] = {
	ADJUST, CHANGE_REASON(1), CHANGE_KEY
};
static const struct form_field adjust_json_fields[] = {
	CHANGE_OWNER, ADJUST, CHANGE_REASON(1), CHANGE_KEY
};
static const struct form_field spend_fields[] = {
	SPEND, CHANGE_REASON(0, .optional = true), CHANGE_KEY
};
static const struct form_field spend_for_fields[] = {
	CHANGE_OWNER, SPEND, CHANGE_REASON(0, .optional = true), CHANGE_KEY
};
#define REFUND								\
	FIELD_TEXT(struct change, transfer_id, "transferId", 1, 64,	\
	    .label = "Movement"),					\
	CHANGE_AMOUNT(1, CREDIT_MAX, .optional = true,			\
	    .label = "Credits to give back"), CHANGE_REASON(1), CHANGE_KEY
static const struct form_field credit_refund_fields[] = { REFUND };
static const struct form_field credit_refund_json_fields[] = {
	CHANGE_OWNER, REFUND
};
const struct form grant_form = FORM(grant_fields, struct change);
const struct form grant_json_form = FORM(grant_json_fields, struct change);
const struct form adjust_form = FORM(adjust_fields, struct change);
const struct form adjust_json_form = FORM(adjust_json_fields, struct change);
const struct form spend_form = FORM(spend_fields, struct change);
const struct form spend_for_form = FORM(spend_for_fields, struct change);
const struct form credit_refund_form = FORM(credit_refund_fields,
    struct change);
const struct form credit_refund_json_form = FORM(credit_refund_json_fields,
    struct change);

enum status
credit_grant(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;
	bool proposed;

	TRY(change_open(ctx, &subject, &credit));
	TRY(change_expiry(ctx, &credit));
	TRY(proposal_take(ctx, "grant", &subject, &credit, &proposed));
	if (proposed)
		return ST_OK;
	TRY(store_credit_grant(ctx, &credit, ctx->view));
	return change_done(ctx, &subject, "granted");
}

enum status
credit_adjust(struct ctx *ctx)
{
	const struct change *input = ctx->input;
	struct user subject;
	struct credit credit;
	bool proposed;

	if (input->amount == 0)
		return invalid(ctx, "body", "amount",
		    "Invalid input: expected a number other than 0",
		    "Correction must be more or less than 0.");
	TRY(change_open(ctx, &subject, &credit));
	TRY(proposal_take(ctx, "adjust", &subject, &credit, &proposed));
	if (proposed)
		return ST_OK;
	TRY(store_credit_adjust(ctx, &credit, ctx->view));
	return change_done(ctx, &subject,
	    credit.amount > 0 ? "added" : "taken away");
}

enum status
credit_spend(struct ctx *ctx)
{
	struct credit credit;

	TRY(change_read(ctx, &credit));
	return store_credit_spend(ctx, &credit, ctx->view);
}

enum status
credit_spend_for(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;

	TRY(change_open(ctx, &subject, &credit));
	return store_credit_take(ctx, &credit, ctx->view);
}

enum status
credit_refund(struct ctx *ctx)
{
	struct user subject;
	struct credit credit;

	TRY(change_open(ctx, &subject, &credit));
	TRY(store_credit_refund(ctx, &credit, ctx->view));
	return change_done(ctx, &subject, "refunded");
}
