/*
 * call_slot.h - how many workers may wait for somebody else's server at once
 *
 * A payment provider that hangs must not take all workers with it: at most a
 * quarter of them may be in a call, and calls and hashing together never hold
 * more than three quarters; of few workers, one. Nobody waits for a slot.
 */
#ifndef GUARD_CALL_SLOT_H
#define GUARD_CALL_SLOT_H

#include "base/status.h"

struct ctx;

/*
 * call_slot_take - before a call to another house, in a row's prepare
 *
 * ST_BUSY when too many are calling; ctx's retry_after is set. Released by
 * call_slot_give; the death of the worker releases it, too.
 */
enum status call_slot_take(struct ctx *ctx);
void call_slot_give(struct ctx *ctx);

#endif
