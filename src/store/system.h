/*
 * system.h - what the database says of itself
 */
#ifndef STORE_SYSTEM_H
#define STORE_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct ctx;
struct json_object;

/* How many microseconds a small question takes, and whether it was a standby
 * that answered, which takes no writes. */
enum status store_ping(struct ctx *ctx, int64_t *us, bool *standby);

/*
 * store_system - into out, one statement
 *
 * "version", "database", "login", "role" (acting as), "host", "port",
 * "encrypted", "readOnly", "standby" (it follows another server), "replicas"
 * (that follow it), "connections", "connectionsMax", "bytes", "startedAt".
 */
enum status store_system(struct ctx *ctx, struct json_object *out);

#endif
