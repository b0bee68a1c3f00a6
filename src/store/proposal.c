#include "store/proposal.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

static enum status
audit_step(struct ctx *ctx, const char *action, const char *id,
    const struct credit *credit, const char *transfer_id)
{
	struct json_object *after = view_root(ctx->arena);

	view_text(after, "proposal", id);
	view_int(after, "amount", credit->amount);
	view_text(after, "reason", credit->reason);
	if (transfer_id != NULL)
		view_text(after, "transfer", transfer_id);
	return store_audit_write(ctx, &(struct audit){ .action = action,
	    .target_type = credit->organization ? "organization" : "user",
	    .target_id = credit->wallet_id,
	    .after = after });
}

/* ---- to propose -------------------------------------------------------- */

enum status
store_proposal_add(struct ctx *ctx, const char *kind,
    const struct credit *credit, const char **id)
{
	static const char sql[] =
	    "WITH prior AS ("
	    "  SELECT id, kind = $3 AND amount = $4 AND reason = $5"
	    "    AND organization = $11 AND lifetime IS NOT DISTINCT FROM $12"
	    "    AND expires_at IS NOT DISTINCT FROM $6 AS same,"
	    "    false AS made"
	    "  FROM credit_proposals WHERE wallet_id = $2 AND key = $7),"
	    " made AS ("
	    "  INSERT INTO credit_proposals (id, wallet_id, kind, amount,"
	    "    reason, expires_at, key, proposed_by, created_at, lapses_at,"
	    "    organization, lifetime)"
	    "  SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12"
	    "  WHERE NOT EXISTS (SELECT FROM prior)"
	    "   AND NOT EXISTS (SELECT FROM transfers"
	    "     WHERE wallet_id = $2 AND key = $7)"
	    "  RETURNING id, true AS same, true AS made)"
	    " SELECT id, same, made FROM"
	    "  (TABLE prior UNION ALL TABLE made) AS either";
	char new[ID_SIZE];
	struct db_rows rows;

	id_new(new, ctx->now);
	*id = NULL;
	if (credit->expires_at != 0 && credit->expires_at <= ctx->now)
		return refuse(ctx, ST_EXPIRY_PASSED, "proposal of the past");
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(new),
	    db_text(credit->wallet_id), db_text(kind), db_int(credit->amount),
	    db_text(credit->reason), db_time_or_null(credit->expires_at),
	    db_text(credit->key),
	    db_text(audit_actor(ctx)), db_time(ctx->now), db_time(ctx->now +
	    ctx->config->credits_approval_days * DAY_MS),
	    db_bool(credit->organization),
	    db_int_or_null(credit->lifetime))));
	if (rows.count == 0)
		return ST_OK;
	*id = db_get_text(&rows, 0, 0);
	if (!db_get_bool(&rows, 0, 1))
		return refuse(ctx, ST_IDEMPOTENCY_KEY_REUSED,
		    "the key belongs to proposal %s", *id);
	return db_get_bool(&rows, 0, 2) ?
	    audit_step(ctx, "credit.propose", *id, credit, NULL) : ST_OK;
}

/* ---- to decide --------------------------------------------------------- */

#define STATE(now)							\
	"CASE WHEN c.state = 'open' AND c.lapses_at <= " now		\
	" THEN 'lapsed' ELSE c.state END"

enum status
store_proposal_get(struct ctx *ctx, const char *id, struct proposal *out)
{
	static const char sql[] =
	    "SELECT c.id, c.wallet_id, c.kind, c.amount, c.reason, c.key,"
	    "  c.expires_at, c.proposed_by,"
	    "  (SELECT role FROM users WHERE id = c.proposed_by"
	    "    AND NOT " USER_BANNED("$2") "),"
	    "  " STATE("$2") ", c.decided_by, c.organization,"
	    "  coalesce(c.lifetime, 0)"
	    " FROM credit_proposals c WHERE c.id = $1";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_time(ctx->now))), ST_PROPOSAL_NOT_FOUND, id));
	*out = (struct proposal){ .id = db_get_text(&rows, 0, 0),
	    .wallet_id = db_get_text(&rows, 0, 1),
	    .kind = db_get_text(&rows, 0, 2),
	    .amount = db_get_int(&rows, 0, 3),
	    .reason = db_get_text(&rows, 0, 4),
	    .key = db_get_text(&rows, 0, 5),
	    .expires_at = db_get_time(&rows, 0, 6),
	    .proposed_by = db_get_text(&rows, 0, 7),
	    .proposer_role = db_get_text(&rows, 0, 8),
	    .state = db_get_text(&rows, 0, 9),
	    .decided_by = db_get_text(&rows, 0, 10),
	    .organization = db_get_bool(&rows, 0, 11),
	    .lifetime = db_get_int(&rows, 0, 12) };
	return ST_OK;
}

static const char *
action_of(const char *state)
{
	return text_is(state, "approved") ? "credit.approve" :
	    text_is(state, "declined") ? "credit.decline" :
	    "credit.withdraw";
}

enum status
store_proposal_decide(struct ctx *ctx, const struct proposal *proposal,
    const char *state, const char *transfer_id)
{
	static const char sql[] =
	    "UPDATE credit_proposals SET state = $2, decided_by = $3,"
	    "  decided_at = $4, transfer_id = $5"
	    " WHERE id = $1 AND state = 'open' AND lapses_at > $4";
	int64_t changed;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(proposal->id), db_text(state),
	    db_text(audit_actor(ctx)), db_time(ctx->now),
	    db_text(transfer_id)), &changed));
	if (changed == 0)
		return refuse(ctx, ST_PROPOSAL_DECIDED, "by somebody else");
	return audit_step(ctx, action_of(state), proposal->id,
	    &(struct credit){ .wallet_id = proposal->wallet_id,
	    .amount = proposal->amount, .reason = proposal->reason,
	    .organization = proposal->organization }, transfer_id);
}

/* ---- to look at -------------------------------------------------------- */

/* Column 0 is the id, column 1 the order (store/page.h). */
#define SHOWN(now)							\
	"SELECT c.id, c.created_at AS \"createdAt\", c.kind, c.amount,"	\
	" c.reason, c.expires_at AS \"expiresAt\","			\
	" c.lifetime,"							\
	" CASE WHEN NOT c.organization THEN c.wallet_id END"		\
	"   AS \"userId\","						\
	" CASE WHEN c.organization THEN c.wallet_id END"		\
	"   AS \"organizationId\","					\
	" coalesce(w.email, c.wallet_id) AS \"userText\","		\
	" c.proposed_by AS \"proposedBy\","				\
	" coalesce(p.name, c.proposed_by) AS \"proposedByText\","	\
	" c.lapses_at AS \"lapsesAt\", " STATE(now) " AS state,"	\
	" c.decided_by AS \"decidedBy\","				\
	" coalesce(d.name, c.decided_by) AS \"decidedByText\","		\
	" c.decided_at AS \"decidedAt\","				\
	" c.transfer_id AS \"transferId\""				\
	" FROM credit_proposals c"					\
	" LEFT JOIN users w ON w.id = c.wallet_id"			\
	" LEFT JOIN users p ON p.id = c.proposed_by"			\
	" LEFT JOIN users d ON d.id = c.decided_by WHERE "

#define LIST_OF(condition)						\
	SHOWN("$4") condition						\
	" (c.created_at, c.id) < ($1::timestamptz, $2)"			\
	" ORDER BY c.created_at DESC, c.id DESC LIMIT $3"

enum status
store_proposal_list(struct ctx *ctx, const char *state, struct page *page,
    struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char of_state[] = LIST_OF("c.state = $5 AND"
	    " (c.state <> 'open' OR c.lapses_at > $4) AND");
	static const char lapsed[] =
	    LIST_OF("c.state = 'open' AND c.lapses_at <= $4 AND");
	struct db_arg arg[5] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_time(ctx->now) };
	size_t count = 4;
	const char *sql = all;
	struct db_rows rows;

	if (text_is(state, "lapsed")) {
		sql = lapsed;
	} else if (state != NULL) {
		sql = of_state;
		arg[count++] = db_text(state);
	}
	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_proposal_show(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] = SHOWN("$2") "c.id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_time(ctx->now))), ST_PROPOSAL_NOT_FOUND, id);
}
