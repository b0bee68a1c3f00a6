#include "store/affiliate.h"

#include "base/code.h"
#include "base/random.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/user.h"

/* ---- codes ------------------------------------------------------------- */

enum status
store_affiliate_open(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char make[] =
	    "INSERT INTO affiliates (id, user_id, code, created_at)"
	    " SELECT $1, id, $3, $4 FROM users WHERE id = $2"
	    " ON CONFLICT (user_id) DO NOTHING";
	static const char show[] =
	    "SELECT id, code, disabled_at IS NOT NULL AS disabled,"
	    "  referred, rewarded, credits"
	    " FROM affiliates WHERE user_id = $1";
	char id[ID_SIZE], code[AFFILIATE_CODE_LENGTH + 1];
	enum status status = db_view_one(ctx, out, show,
	    DB_ARGS(db_text(user_id)));

	if (status != ST_NOT_FOUND)
		return status;
	id_new(id, ctx->now);
	code_new(code, AFFILIATE_CODE_LENGTH);
	TRY(db_run(ctx, make, DB_ARGS(db_text(id), db_text(user_id),
	    db_text(code), db_time(ctx->now)), NULL));
	return db_named(ctx, db_view_one(ctx, out, show,
	    DB_ARGS(db_text(user_id))), ST_USER_NOT_FOUND, user_id);
}

enum status
store_affiliate_switch(struct ctx *ctx, const char *id, bool disabled)
{
	static const char lock[] =
	    "SELECT disabled_at IS NOT NULL FROM affiliates WHERE id = $1"
	    " FOR NO KEY UPDATE";
	static const char set[] =
	    "UPDATE affiliates SET disabled_at = $2 WHERE id = $1";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, lock, DB_ARGS(db_text(id))),
	    ST_AFFILIATE_NOT_FOUND, id));
	if (db_get_bool(&rows, 0, 0) == disabled)
		return ST_OK;
	TRY(db_run(ctx, set, DB_ARGS(db_text(id),
	    disabled ? db_time(ctx->now) : db_null()), NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = disabled ? "affiliate.disable" : "affiliate.enable",
	    .target_type = "affiliate", .target_id = id });
}

/* ---- sign-up ----------------------------------------------------------- */

/* What follows a "+" goes to the same mailbox. */
#define MAILBOX(email) "regexp_replace(" email ", '[+][^@]*@', '@')"

enum status
store_referral_add(struct ctx *ctx, const struct user *user, const char *code,
    const char *visitor, enum referral_outcome *outcome)
{
	static const char sql[] =
	    "WITH by AS ("
	    "  SELECT a.id,"
	    "    a.disabled_at IS NOT NULL OR " USER_BANNED("$4") " AS shut,"
	    "    a.user_id IS NOT DISTINCT FROM $5"
	    "      OR " MAILBOX("u.email") " = " MAILBOX("$6") " AS own"
	    "  FROM affiliates a JOIN users u ON u.id = a.user_id"
	    "  WHERE a.code = $1),"
	    " made AS ("
	    "  INSERT INTO referrals (id, affiliate_id, user_id, created_at)"
	    "  SELECT $3, id, $2, $4 FROM by WHERE NOT shut AND NOT own)"
	    " SELECT shut, own FROM by";
	char id[ID_SIZE];
	struct db_rows rows;

	id_new(id, ctx->now);
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(code), db_text(user->id),
	    db_text(id), db_time(ctx->now), db_text(visitor),
	    db_text(user->email))));
	if (rows.count == 0)
		*outcome = REFERRAL_UNKNOWN;
	else if (db_get_bool(&rows, 0, 1))
		*outcome = REFERRAL_OWN;
	else
		*outcome = db_get_bool(&rows, 0, 0) ? REFERRAL_DISABLED :
		    REFERRAL_MADE;
	return ST_OK;
}
