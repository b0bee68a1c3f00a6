#include "store/audit.h"

#include "base/random.h"
#include "base/text.h"
#include "ctx.h"
#include "store/db.h"
#include "store/page.h"
#include "store/session.h"
#include "store/user.h"
#include "view/view.h"

/* What the command line does not have is null, not "". */
static struct db_arg
text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? db_null() : db_text(text);
}

/* A sign-in as somebody else is not the session's any more. */
static bool
is_impersonating(const struct ctx *ctx)
{
	return ctx->user != NULL && ctx->session != NULL &&
	    ctx->session->impersonated_by != NULL &&
	    text_is(ctx->session->user_id, ctx->user->id);
}

const char *
audit_actor(const struct ctx *ctx)
{
	if (is_impersonating(ctx))
		return ctx->session->impersonated_by;
	return ctx->user != NULL ? ctx->user->id : NULL;
}

enum status
store_audit_write(struct ctx *ctx, const struct audit *audit)
{
	static const char sql[] =
	    "INSERT INTO audit (id, actor_id, action, target_type, target_id,"
	    "  before, after, request_id, address, created_at, as_id)"
	    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
	char id[ID_SIZE];

	id_new(id, ctx->now);
	return db_run(ctx, sql, DB_ARGS(db_text(id),
	    db_text(audit->by_system ? NULL : audit_actor(ctx)),
	    db_text(audit->action), db_text(audit->target_type),
	    db_text(audit->target_id),
	    db_text(view_as_text(ctx->arena, audit->before)),
	    db_text(view_as_text(ctx->arena, audit->after)),
	    text_or_null(ctx->request.id), text_or_null(ctx->request.address),
	    db_time(ctx->now), db_text(is_impersonating(ctx) ?
	    ctx->user->id : NULL)), NULL);
}

struct json_object *
audit_text(struct ctx *ctx, const char *key, const char *text)
{
	struct json_object *object = view_root(ctx->arena);

	view_text(object, key, text);
	return object;
}

enum status
audit_user_change(struct ctx *ctx, const struct user *user,
    const struct user_change *change)
{
	struct json_object *before = view_root(ctx->arena);
	struct json_object *after = view_root(ctx->arena);

	if (change->name != NULL) {
		view_text(before, "name", user->name);
		view_text(after, "name", change->name);
	}
	if (change->set_image) {
		view_text(before, "image", user->image);
		view_text(after, "image", change->image);
	}
	if (change->set_username) {
		view_text(before, "username", user->username);
		view_text(after, "username", change->username);
	}
	return store_audit_write(ctx, &(struct audit){
	    .action = "user.update", .target_type = "user",
	    .target_id = user->id, .before = before, .after = after });
}

/* Who has no name is known by his address, and who is gone by his id. */
#define NAME(user, id)							\
	"coalesce(nullif(" user ".name, ''), " user ".email, " id ")"

/* Column 0 is the id, column 1 the order (store/page.h). */
#define AUDIT_COLUMNS							\
	"a.id, a.created_at AS \"createdAt\", a.action,"		\
	"  a.actor_id AS \"actorId\","					\
	"  CASE WHEN a.actor_id IS NULL THEN 'System'"			\
	"    ELSE " NAME("u", "a.actor_id")				\
	"      || coalesce(' as ' || " NAME("s", "a.as_id") ", '')"	\
	"    END AS \"actorText\","					\
	"  a.before, a.after,"						\
	"  (SELECT string_agg(concat(m, ': ', a.before ->> m,"		\
	"      CASE WHEN a.before -> m IS NOT NULL"			\
	"        AND a.after -> m IS NOT NULL THEN ' → ' END,"		\
	"      a.after ->> m), ', ' ORDER BY m)"				\
	"    FROM jsonb_object_keys(coalesce(a.before, '{}')"		\
	"      || coalesce(a.after, '{}')) m) AS \"detailText\","	\
	"  a.request_id AS \"requestId\", a.address"
#define AUDIT_JOINS							\
	" LEFT JOIN users u ON u.id = a.actor_id"			\
	" LEFT JOIN users s ON s.id = a.as_id"

enum status
store_audit_list(struct ctx *ctx, const char *target_type,
    const char *target_id, int64_t limit, struct json_object *out)
{
	static const char sql[] =
	    "SELECT " AUDIT_COLUMNS " FROM audit a" AUDIT_JOINS
	    " WHERE a.target_type = $1 AND a.target_id = $2"
	    " ORDER BY a.created_at DESC, a.id DESC LIMIT $3";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(target_type),
	    db_text(target_id), db_int(limit)));
}

/*
 * One index leads, the one of the condition that is given; what else is asked
 * is looked at row by row. $1, $2 key of the page, $3 rows, $4 since when,
 * $5 actor, $6 target, $7 action.
 */
#define ACTOR "CASE WHEN $5 = '" AUDIT_SYSTEM "' THEN actor_id IS NULL"	\
	" ELSE actor_id = " USER_NAMED("$5") " END"
#define SEARCH_OF(condition)						\
	"SELECT " AUDIT_COLUMNS ", a.target_type AS \"targetType\","	\
	"  a.target_id AS \"targetId\","				\
	"  coalesce(t.email, a.target_id) AS \"targetText\""		\
	" FROM (SELECT id, created_at, action, actor_id, as_id, before,"	\
	"     after, request_id, address, target_type, target_id"	\
	"   FROM audit WHERE " condition " (created_at, id) < ($1, $2)"	\
	"    AND created_at >= $4"					\
	"    AND ($5::text IS NULL OR " ACTOR ")"			\
	"    AND ($6::text IS NULL OR target_id = " USER_NAMED("$6") ")"	\
	"    AND ($7::text IS NULL OR action = $7)"			\
	"   ORDER BY created_at DESC, id DESC LIMIT $3) a" AUDIT_JOINS	\
	" LEFT JOIN users t ON a.target_type = 'user'"			\
	"   AND t.id = a.target_id"					\
	" ORDER BY a.created_at DESC, a.id DESC"

enum status
store_audit_search(struct ctx *ctx, const struct audit_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = SEARCH_OF("");
	static const char of_target[] =
	    SEARCH_OF("target_id = " USER_NAMED("$6") " AND");
	static const char of_actor[] =
	    SEARCH_OF("actor_id = " USER_NAMED("$5") " AND");
	static const char of_system[] = SEARCH_OF("actor_id IS NULL AND");
	static const char of_action[] = SEARCH_OF("action = $7 AND");
	const char *sql = all;
	struct db_rows rows;

	if (filter->target != NULL)
		sql = of_target;
	else if (text_is(filter->actor, AUDIT_SYSTEM))
		sql = of_system;
	else if (filter->actor != NULL)
		sql = of_actor;
	else if (filter->action != NULL)
		sql = of_action;
	page_before(page, filter->to);
	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_time(page->at),
	    db_text(page->id), db_int(page->limit + 1), db_time(filter->from),
	    db_text(filter->actor),
	    db_text(filter->target), db_text(filter->action))));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}
