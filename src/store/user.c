#include "store/user.h"

#include "base/random.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "store/db.h"
#include "store/extra.h"
#include "store/subscription.h"
#include "view/view.h"

void
user_row(struct ctx *ctx, const struct db_rows *rows, size_t row, int first,
    struct user *out)
{
	*out = (struct user){
		.id = db_get_text(rows, row, first),
		.name = db_get_text(rows, row, first + 1),
		.email = db_get_text(rows, row, first + 2),
		.email_verified = db_get_bool(rows, row, first + 3),
		.image = db_get_text(rows, row, first + 4),
		.role = db_get_text(rows, row, first + 5),
		.username = db_get_text(rows, row, first + 6),
		.display_username = db_get_text(rows, row, first + 7),
		.ban_stored = db_get_bool(rows, row, first + 8),
		.ban_reason = db_get_text(rows, row, first + 9),
		.ban_expires_at = db_get_time(rows, row, first + 10),
		.fields = db_get_text(rows, row, first + 11),
		.created_at = db_get_time(rows, row, first + 12),
		.updated_at = db_get_time(rows, row, first + 13),
		.stripe_customer_id = db_get_text(rows, row, first + 14),
	};
	out->banned = out->ban_stored && (out->ban_expires_at == 0 ||
	    out->ban_expires_at > ctx->now);
}

void
user_view(struct ctx *ctx, struct json_object *out, const struct user *user)
{
	view_text(out, "name", user->name);
	view_text(out, "email", user->email);
	view_bool(out, "emailVerified", user->email_verified);
	view_text(out, "image", user->image);
	view_time(out, "createdAt", user->created_at);
	view_time(out, "updatedAt", user->updated_at);
	if (ctx->config->admin_enabled) {
		view_text(out, "role", user->role);
		view_bool(out, "banned", user->ban_stored);
		view_text(out, "banReason", user->ban_reason);
		view_time(out, "banExpires", user->ban_expires_at);
	}
	if (ctx->config->username_enabled) {
		view_text(out, "username", user->username);
		view_text(out, "displayUsername", user->display_username);
	}
	if (ctx->config->stripe_enabled)
		view_text(out, "stripeCustomerId", user->stripe_customer_id);
	extra_view(ctx, out, &ctx->config->user_extra, user->fields);
	view_text(out, "id", user->id);
}

/* Which of its two names kept a user from being made. */
static enum status
taken(struct ctx *ctx, const struct user_new *new)
{
	bool username = false;

	if (new->username != NULL)
		TRY(store_username_taken(ctx, new->username, &username));
	return username ? ST_USERNAME_IS_ALREADY_TAKEN : ST_CONFLICT;
}

enum status
store_user_create(struct ctx *ctx, const struct user_new *new)
{
	/* Refusal is ordinary here, so it is no error in PostgreSQL's log. */
	static const char sql[] =
	    "WITH made AS ("
	    "  INSERT INTO users (id, name, email, image, role, fields,"
	    "    email_verified, created_at, updated_at, username,"
	    "    display_username)"
	    "  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $11, $12)"
	    "  ON CONFLICT DO NOTHING RETURNING id),"
	    " account AS ("
	    "  INSERT INTO accounts (id, user_id, provider_id, account_id,"
	    "    password, created_at, updated_at)"
	    "  SELECT $9, id, 'credential', id, $10, $8, $8 FROM made"
	    "  WHERE $10::text IS NOT NULL)"
	    " INSERT INTO wallets (id, kind, balance)"
	    " SELECT id, 'user', 0 FROM made";
	char account_id[ID_SIZE];
	int64_t made = 0;

	id_new(account_id, ctx->now);
	TRY(db_run(ctx, sql, DB_ARGS(db_text(new->id), db_text(new->name),
	    db_text(new->email), db_text(new->image), db_text(new->role),
	    db_text(new->fields), db_bool(new->email_verified),
	    db_time(ctx->now), db_text(account_id), db_text(new->password),
	    db_text(new->username), db_text(new->display_username)),
	    &made));
	return made == 1 ? ST_OK : taken(ctx, new);
}

enum status
store_username_taken(struct ctx *ctx, const char *username, bool *taken)
{
	static const char sql[] =
	    "SELECT EXISTS (SELECT FROM users WHERE username = $1)";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(username))));
	*taken = db_get_bool(&rows, 0, 0);
	return ST_OK;
}

static enum status
find(struct ctx *ctx, const char *sql, const char *key, struct user *out)
{
	struct db_rows rows;
	enum status status = db_one(ctx, &rows, sql, DB_ARGS(db_text(key)));

	if (status == ST_NOT_FOUND)
		return ST_USER_NOT_FOUND;
	TRY(status);
	user_row(ctx, &rows, 0, 0, out);
	return ST_OK;
}

#define CREDENTIAL							\
	"SELECT " USER_COLUMNS ", a.password FROM users u"		\
	" LEFT JOIN accounts a ON a.user_id = u.id"			\
	"  AND a.provider_id = 'credential' AND a.account_id = u.id"

static enum status
credential_row(struct ctx *ctx, enum status status,
    const struct db_rows *rows, struct user *out, const char **password)
{
	*password = NULL;
	if (status == ST_NOT_FOUND)
		return ST_USER_NOT_FOUND;
	TRY(status);
	user_row(ctx, rows, 0, 0, out);
	*password = db_get_text(rows, 0, USER_COLUMN_COUNT);
	return ST_OK;
}

enum status
store_user_by_email(struct ctx *ctx, const char *email, struct user *out)
{
	static const char sql[] =
	    "SELECT " USER_COLUMNS " FROM users u WHERE u.email = $1";

	return find(ctx, sql, email, out);
}

enum status
store_user_or_nobody(struct ctx *ctx, const char *email, struct user *out,
    bool *known)
{
	static const char sql[] =
	    "SELECT " USER_COLUMNS " FROM users u WHERE u.email >= $1"
	    " ORDER BY u.email LIMIT 1";
	struct user found = { 0 };
	enum status status = find(ctx, sql, email, &found);

	if (status != ST_OK && status != ST_USER_NOT_FOUND)
		return status;
	*known = text_is(found.email, email);
	*out = *known ? found : (struct user){ .id = found.id,
	    .email = email };
	return ST_OK;
}

enum status
store_user_by_id(struct ctx *ctx, const char *id, struct user *out)
{
	static const char sql[] =
	    "SELECT " USER_COLUMNS " FROM users u WHERE u.id = $1";

	return find(ctx, sql, id, out);
}

enum status
store_user_lock(struct ctx *ctx, const char *id, struct user *out)
{
	static const char sql[] =
	    "SELECT " USER_COLUMNS " FROM users u WHERE u.id = $1"
	    " FOR NO KEY UPDATE";

	return find(ctx, sql, id, out);
}

enum status
store_user_credential(struct ctx *ctx, const char *email, struct user *out,
    const char **password)
{
	static const char sql[] = CREDENTIAL " WHERE u.email = $1";
	struct db_rows rows;
	enum status status = db_one(ctx, &rows, sql, DB_ARGS(db_text(email)));

	return credential_row(ctx, status, &rows, out, password);
}

enum status
store_user_credential_of_name(struct ctx *ctx, const char *username,
    struct user *out, const char **password)
{
	static const char sql[] = CREDENTIAL " WHERE u.username = $1";
	struct db_rows rows;
	enum status status = db_one(ctx, &rows, sql,
	    DB_ARGS(db_text(username)));

	return credential_row(ctx, status, &rows, out, password);
}

enum status
store_password_get(struct ctx *ctx, const char *user_id,
    const char **password)
{
	static const char sql[] =
	    "SELECT password FROM accounts"
	    " WHERE provider_id = 'credential' AND account_id = $1"
	    "  AND password IS NOT NULL";
	struct db_rows rows;

	TRY(db_named(ctx, db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id))),
	    ST_CREDENTIAL_ACCOUNT_NOT_FOUND, user_id));
	*password = db_get_text(&rows, 0, 0);
	return ST_OK;
}

enum status
store_password_set(struct ctx *ctx, const char *user_id, const char *old,
    const char *hash)
{
	static const char sql[] =
	    "UPDATE accounts SET password = $3, updated_at = $4"
	    " WHERE provider_id = 'credential' AND account_id = $1"
	    "  AND password = $2";
	int64_t changed = 0;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(user_id), db_text(old),
	    db_text(hash), db_time(ctx->now)), &changed));
	return changed == 1 ? ST_OK : ST_CONFLICT;
}

enum status
store_password_better(struct ctx *ctx, const char *user_id, const char *old,
    const char *hash)
{
	static const char sql[] =
	    "UPDATE accounts SET password = $3, updated_at = $4"
	    " WHERE id = (SELECT id FROM accounts"
	    "  WHERE provider_id = 'credential' AND account_id = $1"
	    "   AND password = $2 FOR NO KEY UPDATE SKIP LOCKED)";

	return db_run(ctx, sql, DB_ARGS(db_text(user_id), db_text(old),
	    db_text(hash), db_time(ctx->now)), NULL);
}

enum status
store_password_replace(struct ctx *ctx, const char *user_id,
    const char *hash)
{
	static const char sql[] =
	    "INSERT INTO accounts (id, user_id, provider_id, account_id,"
	    "   password, created_at, updated_at)"
	    " VALUES ($1, $2, 'credential', $2, $3, $4, $4)"
	    " ON CONFLICT (provider_id, account_id)"
	    " DO UPDATE SET password = $3, updated_at = $4";
	char account_id[ID_SIZE];

	id_new(account_id, ctx->now);
	return db_run(ctx, sql, DB_ARGS(db_text(account_id), db_text(user_id),
	    db_text(hash), db_time(ctx->now)), NULL);
}

enum status
store_user_update(struct ctx *ctx, const struct user *user,
    const struct user_change *change, struct user *out)
{
	static const char sql[] =
	    "UPDATE users u SET name = coalesce($2, name),"
	    "  image = CASE WHEN $3::boolean THEN $4 ELSE image END,"
	    "  fields = fields || $5::jsonb, updated_at = $6,"
	    "  username = CASE WHEN $7::boolean THEN $8 ELSE username END,"
	    "  display_username = CASE WHEN $9::boolean THEN $10"
	    "   ELSE display_username END"
	    " WHERE id = $1 RETURNING " USER_COLUMNS;
	struct db_rows rows;
	enum status status;

	status = db_one(ctx, &rows, sql, DB_ARGS(db_text(user->id),
	    db_text(change->name),
	    db_bool(change->set_image), db_text(change->image),
	    db_text(change->fields != NULL ? change->fields : "{}"),
	    db_time(ctx->now), db_bool(change->set_username),
	    db_text(change->username), db_bool(change->set_display_username),
	    db_text(change->display_username)));
	if (status == ST_CONFLICT)
		return refuse(ctx, ST_USERNAME_IS_ALREADY_TAKEN, "%s",
		    change->username);
	TRY(db_named(ctx, status, ST_USER_NOT_FOUND, user->id));
	user_row(ctx, &rows, 0, 0, out);
	out->permissions = user->permissions;
	return ST_OK;
}

enum status
store_email_verify(struct ctx *ctx, const struct user *user, bool *changed)
{
	/* The letter proves this address, and no other that came since. */
	static const char sql[] =
	    "UPDATE users SET email_verified = true, updated_at = $3"
	    " WHERE id = $1 AND email = $2 AND NOT email_verified";
	int64_t count = 0;

	TRY(db_run(ctx, sql, DB_ARGS(db_text(user->id),
	    db_text(user->email), db_time(ctx->now)),
	    &count));
	*changed = count == 1;
	return ST_OK;
}

enum status
store_email_change(struct ctx *ctx, const struct user *user,
    const char *email, bool verified)
{
	static const char sql[] =
	    "UPDATE users SET email = $3, email_verified = $4,"
	    "  updated_at = $5"
	    " WHERE id = $1 AND email = $2"
	    "  AND NOT EXISTS (SELECT FROM users"
	    "   WHERE email = $3 AND id <> $1)";
	int64_t changed = 0;
	enum status status;

	status = db_run(ctx, sql, DB_ARGS(db_text(user->id),
	    db_text(user->email), db_text(email), db_bool(verified),
	    db_time(ctx->now)), &changed);
	/* Taken between the look and the update: look again. */
	if (status == ST_CONFLICT)
		return ST_RETRY;
	TRY(status);
	return changed == 1 ? ST_OK : ST_CONFLICT;
}

enum status
store_user_delete(struct ctx *ctx, const char *id)
{
	static const char sql[] = "DELETE FROM users WHERE id = $1";
	int64_t count = 0;

	TRY(store_subscription_none_lasts(ctx, id));
	TRY(db_run(ctx, sql, DB_ARGS(db_text(id)), &count));
	return count == 1 ? ST_OK :
	    db_named(ctx, ST_NOT_FOUND, ST_USER_NOT_FOUND, id);
}

enum status
store_account_list(struct ctx *ctx, const char *user_id,
    struct json_object *out)
{
	static const char sql[] =
	    "SELECT account_id AS \"accountId\", provider_id AS \"providerId\","
	    "  user_id AS \"userId\", created_at AS \"createdAt\","
	    "  updated_at AS \"updatedAt\", id, '[]'::jsonb AS scopes"
	    " FROM accounts WHERE user_id = $1 ORDER BY created_at, id"
	    " LIMIT 100";

	return db_view_all(ctx, out, sql, DB_ARGS(db_text(user_id)));
}

enum status
store_account_unlink(struct ctx *ctx, const char *user_id,
    const char *account_id)
{
	static const char sql[] =
	    "WITH mine AS (SELECT count(*) FROM accounts WHERE user_id = $1),"
	    " gone AS ("
	    "  DELETE FROM accounts WHERE user_id = $1 AND id = $2"
	    "   AND (SELECT count FROM mine) > 1 RETURNING id)"
	    " SELECT count, (SELECT count(*) FROM gone) FROM mine";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_ARGS(db_text(user_id),
	    db_text(account_id))));
	if (db_get_int(&rows, 0, 0) <= 1)
		return refuse(ctx, ST_FAILED_TO_UNLINK_LAST_ACCOUNT,
		    "nothing would be left to sign in with");
	return db_get_int(&rows, 0, 1) == 1 ? ST_OK :
	    refuse(ctx, ST_ACCOUNT_NOT_FOUND, "no such account");
}
