/*
 * proposal.h - credits that one administrator proposes and another confirms
 *
 * All of it runs inside db_transact. Who proposes and who decides is the
 * person who really does it (audit_actor). Every step has an audit row, of
 * the user whose credits they would be.
 */
#ifndef STORE_PROPOSAL_H
#define STORE_PROPOSAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct credit;
struct ctx;
struct json_object;
struct page;

struct proposal {
	const char *id;
	const char *wallet_id;
	const char *kind;		/* "grant" or "adjust" */
	int64_t amount;			/* credits; positive */
	const char *reason, *key;
	int64_t expires_at;		/* of the credits; 0: never */
	int64_t lifetime;		/* ms from the grant instead; or 0 */
	bool organization;		/* whose wallet it is, not a user's */
	const char *proposed_by;
	const char *proposer_role;	/* now; NULL: gone, or banned */
	const char *state;		/* as in store_proposal_list */
	const char *decided_by;		/* NULL: nobody yet */
};

/*
 * store_proposal_add - propose a grant, or an adjust upwards
 *
 * The wallet's user is locked; of an organization, nobody.
 *
 * id  of the proposal made now, or under this key before; NULL: the key
 *     belongs to a transfer of the wallet, and nothing was proposed
 *
 * ST_IDEMPOTENCY_KEY_REUSED  it belongs to another proposal
 * ST_EXPIRY_PASSED           expires_at is not in the future
 */
enum status store_proposal_add(struct ctx *ctx, const char *kind,
    const struct credit *credit, const char **id);

/* As it is; nothing holds it so. ST_PROPOSAL_NOT_FOUND. */
enum status store_proposal_get(struct ctx *ctx, const char *id,
    struct proposal *out);

/*
 * store_proposal_decide - an open proposal becomes approved, declined or
 * withdrawn
 *
 * transfer_id  what was made of an approved one, else NULL
 *
 * ST_PROPOSAL_DECIDED  somebody was faster, or it has lapsed
 */
enum status store_proposal_decide(struct ctx *ctx,
    const struct proposal *proposal, const char *state,
    const char *transfer_id);

/*
 * store_proposal_list - proposals into list out, newest first
 *
 * state  "open", "approved", "declined", "withdrawn" or "lapsed" (open too
 *        long); NULL: any
 *
 * Each: "id", "createdAt", "kind", "amount", "reason", "expiresAt", "userId",
 * "organizationId" (one of the two is null), "userText" (the e-mail, or the id
 * of an organization or of a user who is gone), "lifetime" (ms), "proposedBy",
 * "proposedByText" (a name, or an id), "lapsesAt", "state", "decidedBy",
 * "decidedByText", "decidedAt", "transferId".
 */
enum status store_proposal_list(struct ctx *ctx, const char *state,
    struct page *page, struct json_object *out);

/* One proposal's members into object out. ST_PROPOSAL_NOT_FOUND. */
enum status store_proposal_show(struct ctx *ctx, const char *id,
    struct json_object *out);

#endif
