/*
 * idempotency.h - the key under which something is done once
 */
#ifndef HANDLE_IDEMPOTENCY_H
#define HANDLE_IDEMPOTENCY_H

#include "base/status.h"

struct ctx;

/*
 * idempotency_key - the header's key, else the one of field "key"
 *
 * field  NULL: there was none
 *
 * ST_IDEMPOTENCY_KEY_REQUIRED  there is none
 * ST_IDEMPOTENCY_KEY_RESERVED  it is of those the program makes itself
 * ST_VALIDATION_ERROR          1 to CREDIT_KEY_MAX bytes of text it is not
 */
enum status idempotency_key(struct ctx *ctx, const char *field,
    const char **key);

#endif
