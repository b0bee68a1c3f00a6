#include "store/affiliate_list.h"

#include "base/arena.h"
#include "base/code.h"
#include "base/text.h"
#include "ctx.h"
#include "store/affiliate.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define AFFILIATE_COLUMNS						\
	"a.id, a.created_at AS \"createdAt\", a.user_id AS \"userId\","	\
	" u.email, a.code, CASE WHEN a.disabled_at IS NULL"		\
	"   THEN 'active' ELSE 'disabled' END AS state,"		\
	" a.referred, a.rewarded, a.credits"
#define AFFILIATES							\
	" FROM affiliates a LEFT JOIN users u ON u.id = a.user_id"

#define LIST_OF(condition)						\
	"SELECT " AFFILIATE_COLUMNS AFFILIATES " WHERE " condition	\
	" (a.created_at, a.id) < ($1::timestamptz, $2)"			\
	" ORDER BY a.created_at DESC, a.id DESC LIMIT $3"
#define DISABLED "($4::text IS NULL OR"					\
	" (a.disabled_at IS NULL) = ($4 = 'active')) AND "

/* One at most, but for an id that looks like a code. */
static enum status
list_found(struct ctx *ctx, const struct affiliate_filter *filter,
    struct page *page, struct db_rows *rows)
{
	static const char sql[] = LIST_OF(DISABLED
	    "(a.code = $5 OR a.user_id = $6"
	    "  OR a.user_id = " USER_OF_EMAIL("$6") ") AND");
	char code[AFFILIATE_CODE_LENGTH + 1];
	const bool is_code = code_read(code, AFFILIATE_CODE_LENGTH,
	    filter->q);

	return db_all(ctx, rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1),
	    db_text(filter->state), db_text(is_code ? code : NULL),
	    db_text(filter->q)));
}

static enum status
list_newest(struct ctx *ctx, const struct affiliate_filter *filter,
    struct page *page, struct db_rows *rows)
{
	static const char all[] = LIST_OF("");
	static const char active[] = LIST_OF("a.disabled_at IS NULL AND");
	static const char disabled[] =
	    LIST_OF("a.disabled_at IS NOT NULL AND");
	const char *sql = filter->state == NULL ? all :
	    text_is(filter->state, "active") ? active : disabled;

	return db_all(ctx, rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1)));
}

enum status
store_affiliate_list(struct ctx *ctx, const struct affiliate_filter *filter,
    struct page *page, struct json_object *out)
{
	const bool searched = filter->q != NULL && filter->q[0] != '\0';
	struct db_rows rows;

	TRY(searched ? list_found(ctx, filter, page, &rows) :
	    list_newest(ctx, filter, page, &rows));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_affiliate_get(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " AFFILIATE_COLUMNS ", a.disabled_at AS \"disabledAt\""
	    AFFILIATES " WHERE a.id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id))),
	    ST_AFFILIATE_NOT_FOUND, id);
}

#define REFERRAL_COLUMNS						\
	"r.id, r.created_at AS \"createdAt\", r.state, r.reward,"	\
	" r.taken_back AS \"takenBack\", r.rewarded_at AS \"rewardedAt\"," \
	" r.reversed_at AS \"reversedAt\""
#define NAMED_COLUMNS							\
	REFERRAL_COLUMNS ", r.user_id AS \"userId\", u.email,"		\
	" r.order_id AS \"orderId\""
#define USERS " LEFT JOIN users u ON u.id = r.user_id"

#define REFERRALS_OF(columns, join, condition)				\
	"SELECT " columns " FROM referrals r" join			\
	" WHERE r.affiliate_id = $4 AND " condition			\
	" (r.created_at, r.id) < ($1::timestamptz, $2)"			\
	" ORDER BY r.created_at DESC, r.id DESC LIMIT $3"

enum status
store_referral_list(struct ctx *ctx, const char *affiliate_id,
    const char *state, bool named, struct page *page, struct json_object *out)
{
	static const char nameless[] =
	    REFERRALS_OF(REFERRAL_COLUMNS, "", "");
	static const char all[] = REFERRALS_OF(NAMED_COLUMNS, USERS, "");
	static const char of_state[] =
	    REFERRALS_OF(NAMED_COLUMNS, USERS, "r.state = $5 AND");
	struct db_arg arg[5] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_text(affiliate_id) };
	size_t count = 4;
	const char *sql = named ? all : nameless;
	struct db_rows rows;

	if (named && state != NULL) {
		sql = of_state;
		arg[count++] = db_text(state);
	}
	TRY(db_all(ctx, &rows, sql, (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_referral_of(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT a.id AS \"affiliateId\", u.id AS \"referrerId\","
	    "  u.email AS \"referrerText\""
	    " FROM referrals r JOIN affiliates a ON a.id = r.affiliate_id"
	    " LEFT JOIN users u ON u.id = a.user_id"
	    " WHERE r.user_id = $1";
	const enum status status = db_view_one(ctx, out, sql,
	    DB_ARGS(db_text(user_id)));

	return status == ST_NOT_FOUND ? ST_OK : status;
}
