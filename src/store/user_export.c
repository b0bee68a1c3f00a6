#include "store/user_export.h"

#include "ctx.h"
#include "store/db.h"

enum status
store_user_export(struct ctx *ctx, const char *after, bool hashes,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT u.id, u.email, u.name, u.email_verified"
	    "   AS \"emailVerified\", u.image, u.role, u.username,"
	    "  u.display_username AS \"displayUsername\", u.banned,"
	    "  u.ban_reason AS \"banReason\","
	    "  u.ban_expires_at AS \"banExpires\","
	    "  u.created_at AS \"createdAt\", u.updated_at AS \"updatedAt\","
	    "  u.fields, CASE WHEN $2 THEN a.password END AS password"
	    " FROM users u LEFT JOIN accounts a"
	    "  ON a.provider_id = 'credential' AND a.account_id = u.id"
	    " WHERE u.id > $1 ORDER BY u.id LIMIT $3";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(after),
	    db_bool(hashes), db_int(USER_EXPORT_PAGE)));
}
