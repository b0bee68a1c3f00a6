/*
 * entitlement.h - entitlements and licences where they are shown with others
 *
 * Each fills ctx->view with what a user's page says of them.
 */
#ifndef HANDLE_ENTITLEMENT_H
#define HANDLE_ENTITLEMENT_H

#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

/* "entitlements", every grant (store_entitlement_list), with words. */
enum status entitlements_show(struct ctx *ctx, const char *user_id);
/* "licences", the newest (store_licence_of), with words. */
enum status licences_show(struct ctx *ctx, const char *user_id);

/* What an entitlement says on pages, beside its members: "valueText",
 * "sourceText", "stateText", and moments. */
void entitlement_words(struct ctx *ctx, struct json_object *entitlement);

/* The instant so many days from now; FIELD_NONE: 0, no end. */
#define ENTITLEMENT_DAYS_MAX 36500
int64_t days_end(const struct ctx *ctx, int64_t days);

#endif
