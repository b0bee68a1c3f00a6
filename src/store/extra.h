/*
 * extra.h - further fields the operator configured for users and sessions
 *
 * They live in the row's "fields" object; contract/core-session.md,
 * "update-session / update-user field rules", says who may set which.
 */
#ifndef STORE_EXTRA_H
#define STORE_EXTRA_H

#include "base/status.h"
#include "config.h"

struct ctx;
struct json_object;

/* UTF-16 units of a text. A user's list repeats his sessions' fields. */
#define EXTRA_TEXT_MAX 2000

/* Every configured field into out; null for what the row does not have. */
void extra_view(struct ctx *ctx, struct json_object *out,
    const struct extra_fields *extra, const char *fields);

/* JSON object of the configured defaults. */
const char *extra_defaults(struct ctx *ctx, const struct extra_fields *extra);

/*
 * extra_carry - the configured fields of another system's row into object out
 *
 * The default where the row has no such member. NULL, or the name of a field
 * whose value has the wrong type or is too long.
 */
const char *extra_carry(const struct extra_fields *extra,
    const struct json_object *row, struct json_object *out);

/*
 * extra_take - configured fields out of a body, as JSON object text
 *
 * creating: defaults are filled in, and win silently over input for fields
 * that are not for input. *count receives how many fields the body named.
 *
 * ST_FIELD_NOT_ALLOWED  a field that is not for input has a truthy value
 * ST_VALIDATION_ERROR   a value has the wrong type, or is too long a text
 */
enum status extra_take(struct ctx *ctx, const struct extra_fields *extra,
    const struct json_object *body, bool creating, const char **fields,
    size_t *count);

/*
 * extra_closed - what only administrators set is not in a body
 *
 * Role and ban, while the settings show them; in the words of extra_take.
 * ST_FIELD_NOT_ALLOWED
 */
enum status extra_closed(struct ctx *ctx, const struct json_object *body,
    bool creating);

#endif
