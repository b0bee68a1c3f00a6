/*
 * user_export.h - all users, as a table has them
 */
#ifndef STORE_USER_EXPORT_H
#define STORE_USER_EXPORT_H

#include <stdbool.h>

#include "base/status.h"

struct ctx;
struct json_object;

#define USER_EXPORT_PAGE 1000

/*
 * store_user_export - the next page by id into list out; an empty one is the
 * end
 *
 * after   id of the last one had; "" for the first page
 * hashes  with the hash of the password, else "password" is null
 *
 * Each: "id", "email", "name", "emailVerified", "image", "role", "username",
 * "displayUsername", "banned" (as stored), "banReason", "banExpires",
 * "createdAt", "updatedAt", "fields", "password".
 */
enum status store_user_export(struct ctx *ctx, const char *after, bool hashes,
    struct json_object *out);

#endif
