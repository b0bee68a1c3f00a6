#include "handle/proposal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/format.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/permission.h"
#include "handle/admin.h"
#include "handle/export.h"
#include "handle/subject.h"
#include "handle/words.h"
#include "http/form.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/page.h"
#include "store/proposal.h"
#include "store/user.h"
#include "store/user_admin.h"
#include "view/view.h"

/* ---- to propose -------------------------------------------------------- */

enum status
proposal_take(struct ctx *ctx, const char *kind, const struct user *subject,
    const struct credit *credit, bool *taken)
{
	char amount[FORMAT_NUMBER_SIZE];
	const char *id;

	*taken = false;
	if (!ctx->config->credits_approval ||
	    credit->amount <= ctx->config->credits_approval_above)
		return ST_OK;
	TRY(store_proposal_add(ctx, kind, credit, &id));
	*taken = id != NULL;
	if (id == NULL)
		return ST_OK;
	ctx->response.accepted = true;
	TRY(store_proposal_show(ctx, id, view_object(ctx->view, "proposal")));
	format_number(amount, credit->amount);
	if (!is_page(ctx))
		return ST_OK;
	return subject_next(ctx, subject, arena_printf(ctx->arena,
	    "%s credits are proposed. Another administrator must confirm "
	    "them, under Approvals.", amount));
}

/* ---- to decide --------------------------------------------------------- */

static bool
is_mine(const struct ctx *ctx, const char *id)
{
	return text_is(audit_actor(ctx), id);
}

/* Asked for again by who has decided it so. */
static bool
is_decided_so(const struct ctx *ctx, const struct proposal *proposal,
    const char *state)
{
	return text_is(proposal->state, state) &&
	    is_mine(ctx, proposal->decided_by);
}

static enum status
check_open(struct ctx *ctx, const struct proposal *proposal)
{
	if (text_is(proposal->state, "open"))
		return ST_OK;
	return refuse(ctx, text_is(proposal->state, "lapsed") ?
	    ST_PROPOSAL_LAPSED : ST_PROPOSAL_DECIDED, "it is %s",
	    proposal->state);
}

/* Two heads, neither of which is the wallet's. */
static enum status
check_other(struct ctx *ctx, const struct proposal *proposal)
{
	if (is_mine(ctx, proposal->proposed_by))
		return refuse(ctx, ST_PROPOSAL_IS_YOURS, "proposed by himself");
	return is_self(ctx, proposal->wallet_id) ?
	    refuse(ctx, ST_CREDITS_WOULD_BE_YOURS, "for himself") : ST_OK;
}

/* What he may no longer do by himself another one does not do for him. */
static enum status
check_proposer(struct ctx *ctx, const struct proposal *proposal)
{
	const enum permission needed = text_is(proposal->kind, "grant") ?
	    PERMISSION_CREDIT_GRANT : PERMISSION_CREDIT_ADJUST;

	return proposal->proposer_role != NULL && permission_in(
	    permissions_of(proposal->proposer_role), needed) ? ST_OK :
	    refuse(ctx, ST_PROPOSER_MAY_NOT, "%s is %s",
	    proposal->proposed_by, proposal->proposer_role == NULL ?
	    "gone or banned" : proposal->proposer_role);
}

static enum status
decided(struct ctx *ctx, const char *id, const char *flash)
{
	ctx->response.flash = flash;
	TRY(store_proposal_show(ctx, id, view_object(ctx->view, "proposal")));
	return respond_next(ctx, "/admin/approvals");
}

static enum status
make(struct ctx *ctx, const struct proposal *proposal,
    struct json_object *transfer)
{
	const struct credit credit = { .wallet_id = proposal->wallet_id,
	    .amount = proposal->amount, .reason = proposal->reason,
	    .key = proposal->key, .expires_at = proposal->expires_at,
	    .lifetime = proposal->lifetime,
	    .organization = proposal->organization };

	return text_is(proposal->kind, "grant") ?
	    store_credit_grant(ctx, &credit, transfer) :
	    store_credit_adjust(ctx, &credit, transfer);
}

/* Whoever confirms the same one meanwhile waits for the subject, or is held to
 * the one transfer its key can make. */
enum status
proposal_confirm(struct ctx *ctx)
{
	static const char flash[] = "The credits are granted.";
	struct json_object *transfer;
	struct proposal proposal;
	struct user subject;

	TRY(store_proposal_get(ctx, ctx->param[0], &proposal));
	TRY(proposal.organization ? store_actor_hold(ctx) :
	    subject_open(ctx, proposal.wallet_id, &subject));
	TRY(store_proposal_get(ctx, ctx->param[0], &proposal));
	if (is_decided_so(ctx, &proposal, "approved"))
		return decided(ctx, proposal.id, flash);
	TRY(check_open(ctx, &proposal));
	TRY(check_other(ctx, &proposal));
	TRY(check_proposer(ctx, &proposal));
	transfer = view_object(ctx->view, "transfer");
	TRY(make(ctx, &proposal, transfer));
	TRY(store_proposal_decide(ctx, &proposal, "approved",
	    view_get_text(transfer, "id")));
	return decided(ctx, proposal.id, flash);
}

/* Its own proposer withdraws it, anybody else declines it. */
static enum status
turn_down(struct ctx *ctx, const char *state, bool own, const char *flash)
{
	struct proposal proposal;

	TRY(store_actor_hold(ctx));
	TRY(store_proposal_get(ctx, ctx->param[0], &proposal));
	if (is_decided_so(ctx, &proposal, state))
		return decided(ctx, proposal.id, flash);
	TRY(check_open(ctx, &proposal));
	if (is_mine(ctx, proposal.proposed_by) != own)
		return refuse(ctx, own ? ST_PROPOSAL_NOT_YOURS :
		    ST_PROPOSAL_IS_YOURS, "proposed by %s",
		    proposal.proposed_by);
	TRY(store_proposal_decide(ctx, &proposal, state, NULL));
	return decided(ctx, proposal.id, flash);
}

enum status
proposal_decline(struct ctx *ctx)
{
	return turn_down(ctx, "declined", false, "The proposal is declined.");
}

enum status
proposal_withdraw(struct ctx *ctx)
{
	return turn_down(ctx, "withdrawn", true, "The proposal is withdrawn.");
}

/* ---- to look at -------------------------------------------------------- */

struct proposals_query {
	const char *state, *cursor;
	int64_t limit;
};

static const char *const state_options[] = { "all", "open", "approved",
	"declined", "withdrawn", "lapsed", NULL };
static const struct form_field proposals_fields[] = {
	FIELD_ENUM(struct proposals_query, state, "state", state_options,
	    .optional = true, .label = "Status"),
	PAGE_FIELDS(struct proposals_query),
};
const struct form proposals_form = FORM(proposals_fields,
    struct proposals_query);

static const struct export_column proposals_columns[] = {
	{ "Id", "id", NULL }, { "When", "createdAt", NULL },
	{ "Kind", "kind", NULL }, { "Amount", "amount", NULL },
	{ "User id", "userId", NULL },
	{ "Organization id", "organizationId", NULL },
	{ "User", "userText", NULL },
	{ "Reason", "reason", NULL }, { "Status", "state", NULL },
	{ "Proposed by id", "proposedBy", NULL },
	{ "Proposed by", "proposedByText", NULL },
	{ "Decided by id", "decidedBy", NULL },
	{ "Decided by", "decidedByText", NULL },
	{ "Decided", "decidedAt", NULL }, { "Transfer", "transferId", NULL },
};
const struct export proposals_export = EXPORT("approvals", "proposals",
    proposals_columns);

static const struct choice_word states[] = {
	{ "all", "All" }, { "open", "Open" }, { "approved", "Confirmed" },
	{ "declined", "Declined" }, { "withdrawn", "Withdrawn" },
	{ "lapsed", "Lapsed" }, { NULL, NULL }
};
static const struct choice_word kinds[] = {
	{ "grant", "Grant" }, { "adjust", "Adjustment" }, { NULL, NULL }
};

/* What the page offers; the handlers decide again. */
static void
powers_words(struct ctx *ctx, struct json_object *proposal)
{
	const bool open = text_is(view_get_text(proposal, "state"), "open");
	const bool mine = is_mine(ctx, view_get_text(proposal, "proposedBy"));
	const bool decides = open && !mine &&
	    may(ctx, PERMISSION_CREDIT_APPROVE);

	view_bool(proposal, "open", open);
	view_bool(proposal, "canConfirm", decides &&
	    !is_self(ctx, view_get_text(proposal, "userId")));
	view_bool(proposal, "canDecline", decides);
	view_bool(proposal, "canWithdraw", open && mine &&
	    may(ctx, PERMISSION_CREDIT_GRANT));
}

static void
proposal_words(struct ctx *ctx, struct json_object *proposal)
{
	const int64_t days = view_get_int(proposal, "lifetime") / DAY_MS;

	view_text(proposal, "stateText", words_label(states,
	    view_get_text(proposal, "state")));
	view_text(proposal, "kindText", words_label(kinds,
	    view_get_text(proposal, "kind")));
	words_number(proposal, "amountText", view_get_int(proposal,
	    "amount"));
	words_moment(proposal, "createdAt");
	words_moment(proposal, "lapsesAt");
	words_moment(proposal, "decidedAt");
	words_moment(proposal, "expiresAt");
	view_text(proposal, "daysText", days == 0 ? NULL :
	    words_plural(ctx, days, "day"));
	powers_words(ctx, proposal);
}

static enum status
proposals_show(struct ctx *ctx, const char *state, struct page *page)
{
	const char *const filters[] = { "state", state, NULL };
	struct json_object *proposals = view_list(ctx->view, "proposals");
	char above[FORMAT_NUMBER_SIZE];

	TRY(store_proposal_list(ctx, any_of(state), page, proposals));
	words_next(ctx, page, filters);
	if (!is_page(ctx))
		return ST_OK;
	words_each(ctx, proposals, proposal_words);
	view_bool(ctx->view, "anyProposals", view_count(proposals) > 0);
	words_tabs(ctx->view, states, state);
	format_number(above, ctx->config->credits_approval_above);
	view_text(ctx->view, "aboveText", above);
	return ST_OK;
}

/* People come to decide, programs to read. */
enum status
admin_approvals(struct ctx *ctx)
{
	const struct proposals_query *query = ctx->input;
	struct page page;

	TRY(page_read(ctx, query->cursor, query->limit, &page));
	return proposals_show(ctx, query->state != NULL ? query->state :
	    is_page(ctx) ? "open" : "all", &page);
}

enum status
admin_approvals_again(struct ctx *ctx)
{
	struct page page = page_first(PAGE_LIMIT);

	return proposals_show(ctx, "open", &page);
}

enum status
admin_proposal(struct ctx *ctx)
{
	return store_proposal_show(ctx, ctx->param[0],
	    view_object(ctx->view, "proposal"));
}
