/*
 * session.h - one row a signed-in browser or program
 *
 * Tokens come in as text and are looked up by their SHA-256; the database
 * never sees one.
 */
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "store/user.h"

struct ctx;
struct db_rows;
struct json_object;

#define SESSION_TOKEN_LENGTH 32
#define SESSION_NOT_REMEMBERED_SECONDS 86400

struct session {
	const char *id;
	const char *token;		/* as the caller sent it */
	const char *user_id;
	int64_t expires_at, created_at, updated_at;
	const char *ip_address, *user_agent;
	bool by_key;			/* no row: an API key stands for it */
	const char *impersonated_by;	/* NULL: an ordinary session */
	const char *fields;		/* JSON object text */
	const char *entitlements;	/* as that; NULL: not asked for */
	bool new_device;		/* just made, see store_session_create */
};

/*
 * SESSION_COLUMNS - what session_row reads of a row "s", from column 0 on
 *
 * token  the session's, which the caller alone knows; NULL: nobody will ask
 * out    all of it is written: by_key and new_device false, entitlements NULL
 */
#define SESSION_COLUMNS							\
	"s.id, s.user_id, s.expires_at, s.created_at, s.updated_at,"	\
	" s.ip_address, s.user_agent, s.impersonated_by, s.fields"
#define SESSION_COLUMN_COUNT 9
void session_row(struct ctx *ctx, const struct db_rows *rows, size_t row,
    const char *token, struct session *out);

/*
 * session_latest - the last moment a session of that age can reach, ms UTC
 *
 * By session.absolute_lifetime; INT64_MAX when that is 0. No session that is
 * read or written here ends later, whatever its row says.
 */
int64_t session_latest(const struct ctx *ctx, int64_t created_at);

/* The wire's session object; token is what to show as its token. */
void session_view(struct ctx *ctx, struct json_object *out,
    const struct session *session, const char *token);

/*
 * store_session_find - the session of a token and its user, one statement
 *
 * With entitlements.in_session it brings what the user is entitled to.
 * Expired rows are found, too: the caller decides. A banned user's session is
 * not. ST_NOT_FOUND.
 */
enum status store_session_find(struct ctx *ctx, const char *token,
    struct session *session, struct user *user);

/*
 * store_session_create - a session for user_id from ctx->now on
 *
 * password  hash that must still be the stored one, so that a change in
 *           between lets nobody in; NULL when no password was used
 * out       new_device tells that the user has other sessions, and none of the
 *           same User-Agent and network
 *
 * A ban that has run out is forgotten with it.
 * ST_FAILED_TO_CREATE_SESSION  the user is gone, banned, or the hash changed
 */
enum status store_session_create(struct ctx *ctx, const char *user_id,
    const char *password, int64_t lifetime_seconds, struct session *out);

/*
 * store_session_impersonate - a session in which ctx->user acts as another
 *
 * The user must be locked, and not banned. It ends with ctx->session, which is
 * the admin's own.
 *
 * ST_UNAUTHORIZED  that has ended meanwhile
 */
enum status store_session_impersonate(struct ctx *ctx,
    const struct user *user, int64_t lifetime_seconds, struct session *out);

/* Moves expiry to ctx->now + seconds, or session_latest. ST_NOT_FOUND when it
 * is gone. */
enum status store_session_extend(struct ctx *ctx, struct session *session,
    int64_t seconds);

/* Whether the user has a session, not an admin's, from that address. */
enum status store_session_known(struct ctx *ctx, const char *user_id,
    const char *address, bool *known);

/*
 * store_session_update - further fields of session, a row of its own
 *
 * fields   a JSON object, merged into the stored one
 * session  becomes the row as it is then
 *
 * ST_NOT_FOUND  it has ended meanwhile
 */
enum status store_session_update(struct ctx *ctx, struct session *session,
    const char *fields);

/*
 * store_session_named - which session a handle names, and whose it is
 *
 * handle  the session's id or its token
 *
 * ST_NOT_FOUND
 */
enum status store_session_named(struct ctx *ctx, const char *handle,
    const char **session_id, const char **user_id);

/* Deletions; none of them minds when there is nothing to delete. */
enum status store_session_end(struct ctx *ctx, const char *session_id);
/* handle: a session's id or its token. */
enum status store_session_revoke(struct ctx *ctx, const char *user_id,
    const char *handle, int64_t *count);
/* All sessions of the user but except_id (NULL: all), and those of others in
 * which he acts as them. */
enum status store_session_revoke_all(struct ctx *ctx, const char *user_id,
    const char *except_id, int64_t *count);

/* How many there are; of more than 20,000 an estimate. */
enum status store_session_count(struct ctx *ctx, int64_t *count);

/* Removes at most limit sessions that expired more than an hour ago. */
enum status store_session_purge(struct ctx *ctx, int64_t limit,
    int64_t *count);

/*
 * store_session_list - the newest 100 unexpired, not impersonated, oldest first
 *
 * Each as the wire's session object; the own one shows own->token, the others
 * their id, which the revoke routes take.
 */
enum status store_session_list(struct ctx *ctx, const char *user_id,
    const struct session *own, struct json_object *out);
/* The same with those in which an admin acts as the user. */
enum status store_session_list_all(struct ctx *ctx, const char *user_id,
    const struct session *own, struct json_object *out);

#endif
