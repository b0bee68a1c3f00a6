/*
 * proposal.h - what one administrator may not grant alone
 *
 * Above credits.approval_above credits a grant, and an adjust upwards, is
 * proposed instead of made, and another administrator confirms it.
 */
#ifndef HANDLE_PROPOSAL_H
#define HANDLE_PROPOSAL_H

#include <stdbool.h>

#include "base/status.h"

struct credit;
struct ctx;
struct user;

/*
 * proposal_take - propose the change, if it is one for two
 *
 * kind     "grant" or "adjust"
 * subject  whose wallet it is, locked by subject_open; an organization's is
 *          nobody's, and this is not looked at
 * taken    whether that was its answer: the view has "proposal", and a program
 *          gets 202. Else it is to be made as ever; if its key has been used,
 *          it is answered again
 *
 * ST_IDEMPOTENCY_KEY_REUSED, ST_EXPIRY_PASSED
 */
enum status proposal_take(struct ctx *ctx, const char *kind,
    const struct user *subject, const struct credit *credit, bool *taken);

#endif
