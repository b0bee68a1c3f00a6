/*
 * spender.h - who spends most
 *
 * Of the hours of the last SPENDING_DAYS (store/figures.h) that are over and
 * added up, so a list costs the same however long the ledger is. The running
 * hour is not in it; after a start, the janitor needs some minutes.
 */
#ifndef STORE_SPENDER_H
#define STORE_SPENDER_H

#include "base/status.h"

struct ctx;
struct json_object;
struct page;

/*
 * store_spender_list - wallets into list out, who spent most first
 *
 * Each: "userId", "spent" (credits), "userText" (the e-mail, or the id of who
 * is gone), "balance" (null without a wallet).
 */
enum status store_spender_list(struct ctx *ctx, struct page *page,
    struct json_object *out);

#endif
