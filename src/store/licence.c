#include "store/licence.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/licence_key.h"
#include "store/page.h"
#include "store/user_list.h"
#include "trust/licence.h"
#include "view/view.h"

#define EXPIRING_MS (LICENCE_EXPIRING_DAYS * DAY_MS)

/* Column 0 is the id, column 1 the order (store/page.h); now is SQL. */
#define STATE(now)							\
	"CASE WHEN revoked_at IS NOT NULL THEN 'revoked'"		\
	" WHEN expires_at <= " now " THEN 'expired' ELSE 'active' END"
#define LICENCE_COLUMNS(now)						\
	"id, issued_at AS \"issuedAt\", owner_kind AS \"ownerKind\","	\
	" owner_id AS \"ownerId\", holder, type, features, limits,"	\
	" expires_at AS \"expiresAt\", revoked_at AS \"revokedAt\","	\
	" reason, issued_by AS \"issuedBy\", " STATE(now) " AS state"
#define OWN "($2::text IS NULL OR (owner_kind = 'user' AND owner_id = $2))"

const char *const licence_types[] = { "free", "pro", "enterprise", NULL };

/* ---- issued ------------------------------------------------------------ */

/* The lock keeps the user from going before the licence is there. */
static enum status
holder_of(struct ctx *ctx, const char *user_id, const char **holder)
{
	static const char sql[] =
	    "SELECT email FROM users WHERE id = $1 FOR KEY SHARE";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id))),
	    ST_USER_NOT_FOUND, user_id));
	*holder = db_get_text(&rows, 0, 0);
	return ST_OK;
}

static const char *
claims_of(struct ctx *ctx, const char *id, const char *holder,
    const struct licence_new *new)
{
	struct json_object *claims = view_root(ctx->arena);

	view_text(claims, "iss", ctx->config->origin);
	view_text(claims, "sub", new->user_id);
	view_text(claims, "jti", id);
	view_int(claims, "iat", ctx->now / 1000);
	if (new->expires_at != 0)
		view_int(claims, "exp", new->expires_at / 1000);
	view_text(claims, "ownerKind", "user");
	view_text(claims, "holder", holder);
	view_text(claims, "licence", new->type);
	view_json(claims, "features", new->features);
	view_json(claims, "limits", new->limits);
	return view_as_text(ctx->arena, claims);
}

static enum status
sign(struct ctx *ctx, const char *id, const char *holder,
    const struct licence_new *new, const char **file)
{
	const struct jwk *key;

	TRY(store_licence_key_signing(ctx, &key));
	*file = licence_sign(ctx->arena, key, claims_of(ctx, id, holder, new));
	return *file != NULL ? ST_OK :
	    refuse(ctx, ST_INVALID, "the licence would be too long");
}

static enum status
insert(struct ctx *ctx, const char *id, const char *holder,
    const char *file, const struct licence_new *new)
{
	static const char sql[] =
	    "INSERT INTO licences (id, owner_kind, owner_id, holder, type,"
	    "  features, limits, file, issued_at, issued_by, expires_at)"
	    " VALUES ($1, 'user', $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8,"
	    "  $9, $10)";

	return db_run(ctx, sql, DB_ARGS(db_text(id), db_text(new->user_id),
	    db_text(holder), db_text(new->type), db_text(new->features),
	    db_text(new->limits), db_text(file), db_time(ctx->now),
	    db_text(audit_actor(ctx)), db_time_or_null(new->expires_at)),
	    NULL);
}

/* What of it an admin would look for later. */
static struct json_object *
audited(struct ctx *ctx, const char *id, const struct licence_new *new)
{
	struct json_object *out = audit_text(ctx, "licence", id);

	view_text(out, "type", new->type);
	view_json(out, "features", new->features);
	view_json(out, "limits", new->limits);
	if (new->expires_at != 0)
		view_time(out, "expiresAt", new->expires_at);
	return out;
}

enum status
store_licence_issue(struct ctx *ctx, const struct licence_new *wanted,
    struct json_object *out)
{
	struct licence_new new = *wanted;
	const char *holder, *file;
	char id[ID_SIZE];

	/* The file tells seconds, and the row the same end. */
	new.expires_at -= new.expires_at % 1000;
	id_new(id, ctx->now);
	TRY(holder_of(ctx, new.user_id, &holder));
	TRY(sign(ctx, id, holder, &new, &file));
	TRY(insert(ctx, id, holder, file, &new));
	TRY(store_audit_write(ctx, &(struct audit){
	    .action = "licence.issue", .target_type = "user",
	    .target_id = new.user_id, .after = audited(ctx, id, &new) }));
	return store_licence_get(ctx, NULL, id, out);
}

/* ---- revoked ----------------------------------------------------------- */

static enum status
take_back(struct ctx *ctx, const char *id, const char *reason)
{
	static const char sql[] =
	    "UPDATE licences SET revoked_at = $2, reason = $3 WHERE id = $1";

	return db_run(ctx, sql, DB_ARGS(db_text(id), db_time(ctx->now),
	    db_text(reason)), NULL);
}

enum status
store_licence_revoke(struct ctx *ctx, const char *user_id, const char *id,
    const char *reason)
{
	static const char lock[] =
	    "SELECT owner_kind, owner_id, revoked_at IS NOT NULL"
	    " FROM licences WHERE id = $1 AND " OWN " FOR NO KEY UPDATE";
	struct json_object *after = audit_text(ctx, "licence", id);
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, lock, DB_ARGS(db_text(id),
	    db_text(user_id))), ST_LICENCE_NOT_FOUND, id));
	if (db_get_bool(&rows, 0, 2))
		return refuse(ctx, ST_LICENCE_REVOKED, "%s", id);
	TRY(take_back(ctx, id, reason));
	view_text(after, "reason", reason);
	return store_audit_write(ctx, &(struct audit){
	    .action = "licence.revoke",
	    .target_type = db_get_text(&rows, 0, 0),
	    .target_id = db_get_text(&rows, 0, 1), .after = after });
}

/* ---- lists ------------------------------------------------------------- */

/*
 * Parameters: $1, $2 key of the page, $3 rows, $4 type, $5 state, $6 now,
 * $7 until when a licence that ends is expiring, $8 the pattern of a search,
 * $9 what was typed.
 */
#define FILTERED							\
	"($4::text IS NULL OR type = $4)"				\
	" AND CASE $5::text WHEN 'expiring' THEN revoked_at IS NULL"	\
	"  AND expires_at > $6 AND expires_at <= $7"			\
	"  ELSE $5 IS NULL OR $5 = " STATE("$6") " END"
#define LIST_OF(condition)						\
	"SELECT " LICENCE_COLUMNS("$6") " FROM licences"		\
	" WHERE " condition " (issued_at, id) < ($1::timestamptz, $2)"	\
	" AND " FILTERED " ORDER BY issued_at DESC, id DESC LIMIT $3"

enum status
store_licence_list(struct ctx *ctx, const struct licence_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char expiring[] = LIST_OF("revoked_at IS NULL"
	    " AND expires_at > $6 AND expires_at <= $7 AND");
	static const char matching[] = LIST_OF("(holder LIKE lower($8)"
	    " OR id = $9 OR owner_id = $9) AND");
	const bool search = filter->q != NULL && filter->q[0] != '\0';
	const bool soon = text_is(filter->state, "expiring");
	struct db_arg arg[9] = { db_time(page->at), db_text(page->id),
	    db_int(page->limit + 1), db_text(filter->type),
	    db_text(filter->state), db_time(ctx->now),
	    db_time(ctx->now + EXPIRING_MS) };
	struct db_rows rows;
	size_t count = 7;

	if (search) {
		arg[count++] = db_text(like_pattern(ctx, "%", filter->q, "%"));
		arg[count++] = db_text(filter->q);
	}
	TRY(db_all(ctx, &rows, search ? matching : soon ? expiring : all,
	    (struct db_args){ arg, count }));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

enum status
store_licence_of(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " LICENCE_COLUMNS("$2") " FROM licences"
	    " WHERE owner_kind = 'user' AND owner_id = $1"
	    " ORDER BY issued_at DESC, id DESC LIMIT $3";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id),
	    db_time(ctx->now), db_int(LICENCE_OWN_MAX)));
}

enum status
store_licence_get(struct ctx *ctx, const char *user_id, const char *id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT " LICENCE_COLUMNS("$3") " FROM licences"
	    " WHERE id = $1 AND " OWN;

	return db_named(ctx, db_view_one(ctx, out, sql, DB_ARGS(db_text(id),
	    db_text(user_id), db_time(ctx->now))), ST_LICENCE_NOT_FOUND, id);
}

enum status
store_licence_file(struct ctx *ctx, const char *user_id, const char *id,
    const char **out)
{
	static const char sql[] =
	    "SELECT file FROM licences WHERE id = $1 AND " OWN;
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(id),
	    db_text(user_id))), ST_LICENCE_NOT_FOUND, id));
	*out = licence_armor(ctx->arena, db_get_text(&rows, 0, 0));
	return ST_OK;
}
