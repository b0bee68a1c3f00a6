/*
 * migrate.h - the schema, one file a step
 *
 * directory holds 0001_noun.sql, 0002_noun.sql, ... without a gap. Each runs
 * once, in order, in a transaction of its own and under an advisory lock, and
 * is recorded with its SHA-256 in schema_migrations; released files are never
 * edited. Other files of the directory are ignored unless they end in ".sql".
 * A step has the connection's deadline, which should therefore be generous.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/status.h"

struct ctx;
struct json_object;

/*
 * migrate_run - apply what has not been applied
 *
 * ST_OK        the database has every step; none was missing or all are done
 * ST_CONFLICT  refused and logged, nothing done: a wrong name, a gap, a number
 *              taken twice, a file that changed after it was applied, or a
 *              database that is ahead of the files
 * else         of the step that failed (db.h); the steps before it stay, it
 *              left nothing unless the connection broke during its COMMIT,
 *              and then the next run will tell
 */
enum status migrate_run(struct ctx *ctx, const char *directory);

/*
 * migrate_view - every step that is known here or there, into list out
 *
 * Each: "number", "name", "state" and "appliedAt" (null: it is not). State is
 * "applied"; "pending", no migrate has run since the program has it; "changed",
 * the file is another than the one applied; "newer", the database has it and
 * the files do not. Where the files cannot be read, every step counts as
 * applied.
 */
enum status migrate_view(struct ctx *ctx, const char *directory,
    struct json_object *out);

#endif
