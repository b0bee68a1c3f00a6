#include "store/customer.h"

#include "ctx.h"
#include "store/db.h"

enum status
store_customer_set(struct ctx *ctx, const char *user_id,
    const char *customer_id, const char **out)
{
	static const char sql[] =
	    "UPDATE users SET"
	    "  stripe_customer_id = coalesce(stripe_customer_id, $2)"
	    " WHERE id = $1 RETURNING stripe_customer_id";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(customer_id))));
	*out = db_get_text(&rows, 0, 0);
	return ST_OK;
}

#define USER_OF "SELECT id FROM users WHERE stripe_customer_id = $1"

static enum status
find_user(struct ctx *ctx, const char *sql, const char *customer_id,
    const char **user_id)
{
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql,
	    DB_ARGS(db_text(customer_id))), ST_USER_NOT_FOUND, customer_id));
	*user_id = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_customer_user(struct ctx *ctx, const char *customer_id,
    const char **user_id)
{
	return find_user(ctx, USER_OF, customer_id, user_id);
}

enum status
store_customer_lock(struct ctx *ctx, const char *customer_id,
    const char **user_id)
{
	return find_user(ctx, USER_OF " FOR NO KEY UPDATE", customer_id,
	    user_id);
}
