#include "store/plan.h"

#include "base/text.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/page.h"
#include "view/view.h"

#define OFFER_COLUMNS							\
	"kind, name, title, description, price_minor AS \"priceMinor\","	\
	" currency, interval, credits,"					\
	" credits_expire_days AS \"creditsExpireDays\", limits,"		\
	" entitlements, trial_days AS \"trialDays\""
#define SHOW_COLUMNS							\
	"id, created_at AS \"createdAt\", " OFFER_COLUMNS ", active,"	\
	" position, stripe_price_id AS \"stripePriceId\","		\
	" stripe_annual_price_id AS \"stripeAnnualPriceId\","		\
	" updated_at AS \"updatedAt\""

enum status
store_plan_offers(struct ctx *ctx, const char *kind, struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, " OFFER_COLUMNS " FROM plans"
	    " WHERE active AND ($1::text IS NULL OR kind = $1)"
	    " ORDER BY position, id LIMIT $2";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(kind),
	    db_int(PLAN_OFFERS_MAX)));
}

enum status
store_plan_list(struct ctx *ctx, struct page *page, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " SHOW_COLUMNS " FROM plans"
	    " WHERE (created_at, id) < ($1::timestamptz, $2)"
	    " ORDER BY created_at DESC, id DESC LIMIT $3";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_plan_show(struct ctx *ctx, const char *id, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " SHOW_COLUMNS " FROM plans WHERE id = $1";

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id))),
	    ST_PLAN_NOT_FOUND, id);
}

/* ---- a row ------------------------------------------------------------- */

enum { COLUMN_ID, COLUMN_KIND, COLUMN_NAME, COLUMN_TITLE, COLUMN_DESCRIPTION,
	COLUMN_PRICE, COLUMN_CURRENCY, COLUMN_INTERVAL, COLUMN_CREDITS,
	COLUMN_EXPIRE_DAYS, COLUMN_LIMITS, COLUMN_ENTITLEMENTS,
	COLUMN_PRICE_ID, COLUMN_ANNUAL_PRICE_ID, COLUMN_TRIAL_DAYS,
	COLUMN_POSITION, COLUMN_ACTIVE };
#define PLAN_OF(condition)						\
	"SELECT id, kind, name, title, description, price_minor, currency," \
	" interval, credits, coalesce(credits_expire_days, 0), limits,"	\
	" entitlements, stripe_price_id, stripe_annual_price_id,"	\
	" coalesce(trial_days, 0), position, active"			\
	" FROM plans WHERE " condition

static enum status
plan_read(struct ctx *ctx, const char *sql, const char *key,
    struct plan *out)
{
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(key))),
	    ST_PLAN_NOT_FOUND, key));
	*out = (struct plan){
	    .id = db_get_text(&rows, 0, COLUMN_ID),
	    .kind = db_get_text(&rows, 0, COLUMN_KIND),
	    .name = db_get_text(&rows, 0, COLUMN_NAME),
	    .title = db_get_text(&rows, 0, COLUMN_TITLE),
	    .description = db_get_text(&rows, 0, COLUMN_DESCRIPTION),
	    .price_minor = db_get_int(&rows, 0, COLUMN_PRICE),
	    .currency = db_get_text(&rows, 0, COLUMN_CURRENCY),
	    .interval = db_get_text(&rows, 0, COLUMN_INTERVAL),
	    .credits = db_get_int(&rows, 0, COLUMN_CREDITS),
	    .credits_expire_days = db_get_int(&rows, 0, COLUMN_EXPIRE_DAYS),
	    .limits = db_get_text(&rows, 0, COLUMN_LIMITS),
	    .entitlements = db_get_text(&rows, 0, COLUMN_ENTITLEMENTS),
	    .stripe_price_id = db_get_text(&rows, 0, COLUMN_PRICE_ID),
	    .stripe_annual_price_id = db_get_text(&rows, 0,
	    COLUMN_ANNUAL_PRICE_ID),
	    .trial_days = db_get_int(&rows, 0, COLUMN_TRIAL_DAYS),
	    .position = db_get_int(&rows, 0, COLUMN_POSITION),
	    .active = db_get_bool(&rows, 0, COLUMN_ACTIVE) };
	return ST_OK;
}

enum status
store_plan_get(struct ctx *ctx, const char *id, struct plan *out)
{
	static const char sql[] = PLAN_OF("id = $1");

	return plan_read(ctx, sql, id, out);
}

enum status
store_plan_named(struct ctx *ctx, const char *name, struct plan *out)
{
	static const char sql[] = PLAN_OF("lower(name) = lower($1)"
	    " AND kind = 'subscription' AND active");

	return plan_read(ctx, sql, name, out);
}

enum status
store_plan_priced(struct ctx *ctx, const char *price_id, struct plan *out)
{
	/* A price that moved to another plan means the plan it is at now. */
	static const char sql[] = PLAN_OF("stripe_price_id = $1"
	    " OR stripe_annual_price_id = $1"
	    " ORDER BY active DESC, updated_at DESC LIMIT 1");

	return plan_read(ctx, sql, price_id, out);
}

/* ---- changes ----------------------------------------------------------- */

static enum status
plan_write(struct ctx *ctx, const char *sql, const struct plan *plan,
    int64_t *changed)
{
	enum status status = db_run(ctx, sql, DB_ARGS(db_text(plan->id),
	    db_text(plan->kind), db_text(plan->name), db_text(plan->title),
	    db_text(plan->description), db_int(plan->price_minor),
	    db_text(plan->currency), db_text(plan->interval),
	    db_int(plan->credits), db_int_or_null(plan->credits_expire_days),
	    db_text(plan->limits), db_text(plan->entitlements),
	    db_text(plan->stripe_price_id),
	    db_text(plan->stripe_annual_price_id),
	    db_int_or_null(plan->trial_days), db_bool(plan->active),
	    db_int(plan->position), db_time(ctx->now)), changed);

	return status != ST_CONFLICT ? status :
	    refuse(ctx, ST_PLAN_NAME_TAKEN, "%s is taken", plan->name);
}

/* The members that differ, of both; when it was is the row's anyway. */
static struct json_object *
changed_of(struct ctx *ctx, const struct json_object *of,
    const struct json_object *other)
{
	struct json_object *out = view_root(ctx->arena);
	struct view_member member = { 0 };

	while (view_next(of, &member))
		if (!text_is(member.name, "updatedAt") &&
		    !text_is(view_as_text(ctx->arena, member.value),
		    view_as_text(ctx->arena, view_get(other, member.name))))
			view_copy(out, member.name, member.value);
	return out;
}

enum status
store_plan_create(struct ctx *ctx, const struct plan *plan)
{
	static const char sql[] =
	    "INSERT INTO plans (id, kind, name, title, description,"
	    "  price_minor, currency, interval, credits, credits_expire_days,"
	    "  limits, entitlements, stripe_price_id, stripe_annual_price_id,"
	    "  trial_days, active, position, created_at, updated_at)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
	    "  $14, $15, $16, $17, $18, $18)";

	TRY(plan_write(ctx, sql, plan, NULL));
	return store_audit_write(ctx, &(struct audit){
	    .action = "plan.create", .target_type = "plan",
	    .target_id = plan->id,
	    .after = audit_text(ctx, "name", plan->name) });
}

enum status
store_plan_update(struct ctx *ctx, const struct plan *plan)
{
	static const char lock[] =
	    "SELECT " SHOW_COLUMNS " FROM plans WHERE id = $1"
	    " FOR NO KEY UPDATE";
	static const char sql[] =
	    "UPDATE plans SET name = $3, title = $4, description = $5,"
	    "  price_minor = $6, currency = $7, interval = $8, credits = $9,"
	    "  credits_expire_days = $10, limits = $11, entitlements = $12,"
	    "  stripe_price_id = $13, stripe_annual_price_id = $14,"
	    "  trial_days = $15, active = $16, position = $17,"
	    "  updated_at = $18"
	    " WHERE id = $1 AND kind = $2";
	struct json_object *before = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);
	int64_t changed;

	TRY(db_named(ctx, db_view_one(ctx, before, lock,
	    DB_ARGS(db_text(plan->id))), ST_PLAN_NOT_FOUND, plan->id));
	TRY(plan_write(ctx, sql, plan, &changed));
	if (changed == 0)
		return db_named(ctx, ST_NOT_FOUND, ST_PLAN_NOT_FOUND,
		    plan->id);
	TRY(store_plan_show(ctx, plan->id, after));
	return store_audit_write(ctx, &(struct audit){
	    .action = "plan.update", .target_type = "plan",
	    .target_id = plan->id, .before = changed_of(ctx, before, after),
	    .after = changed_of(ctx, after, before) });
}
