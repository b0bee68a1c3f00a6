#include "world.h"

#include "base/json.h"
#include "base/text.h"
#include "store/import.h"
#include "store/session.h"
#include "store/user_admin.h"
#include "trust/sign.h"

/* The promises of store/import.h; the owner imports, as the commands do. */

static struct json_object *
rows_of(struct world *w, const char *json)
{
	struct json_object *rows = NULL;
	const char *reason = NULL;

	if (!json_read(w->owner.arena, json, strlen(json), &rows, &reason))
		fail_msg("%s in %s", reason, json);
	return rows;
}

/* A user's row, id in its address unless email is given. */
static const char *
row_of(struct world *w, const char *id, const char *email, const char *more)
{
	return arena_printf(w->owner.arena, "{\"id\":\"%s\",\"name\":\"N\","
	    "\"email\":\"%s%s\"%s}", id, email != NULL ? email : id,
	    email != NULL ? "" : "@example.com", more);
}

static const char *
list_of(struct world *w, const char *rows)
{
	return arena_printf(w->owner.arena, "[%s]", rows);
}

static int64_t
import(struct world *w, const char *rows, const char **made)
{
	int64_t count = -1;

	assert_int_equal(import_users(&w->owner, rows_of(w, list_of(w, rows)),
	    made, &count), ST_OK);
	return count;
}

/* A new id for every test, so that they may share a database. */
static const char *
fresh(struct world *w)
{
	char id[ID_SIZE];

	id_new(id, clock_now());
	return arena_text(w->owner.arena, id);
}

static const struct json_object *
shown(struct world *w, const char *id)
{
	struct json_object *out = view_root(w->owner.arena);

	assert_int_equal(store_user_show(&w->owner, id, out), ST_OK);
	return out;
}

static void
a_user_keeps_the_id_and_gets_a_wallet(void **state)
{
	struct world *w = *state;
	const char *id = fresh(w), *made;
	const struct json_object *user;

	assert_int_equal(import(w, row_of(w, id, NULL, ",\"role\":\"admin_ro\","
	    "\"banned\":true,\"banReason\":\"Spam\","
	    "\"createdAt\":\"2024-02-29T12:00:00.500+00:00\""), &made), 1);
	assert_string_equal(made, arena_printf(w->owner.arena, "[\"%s\"]",
	    id));
	user = shown(w, id);
	assert_string_equal(view_get_text(user, "role"), "admin_ro");
	assert_string_equal(view_get_text(user, "banReason"), "Spam");
	assert_string_equal(view_get_text(user, "createdAt"),
	    "2024-02-29T12:00:00.500Z");
	assert_int_equal(view_get_int(user, "balance"), 0);
}

static void
what_is_missing_has_a_default(void **state)
{
	struct world *w = *state;
	const char *id = fresh(w), *made;
	const struct json_object *user;

	assert_int_equal(import(w, row_of(w, id, NULL,
	    ",\"role\":null,\"banReason\":\"stale\",\"username\":\"Bo\""
	    ",\"image\":\"\""), &made), 1);
	user = shown(w, id);
	assert_string_equal(view_get_text(user, "role"), "user");
	assert_null(view_get_text(user, "banReason"));
	assert_false(view_is_true(user, "emailVerified"));
	assert_null(view_get_text(user, "image"));
}

static void
who_was_here_once_does_not_come_again(void **state)
{
	static const char delete[] = "DELETE FROM users WHERE id = $1";
	struct world *w = *state;
	struct json_object *known = view_root(w->owner.arena);
	const char *id = fresh(w), *made, *row = row_of(w, id, NULL, "");

	assert_int_equal(import(w, row, &made), 1);
	assert_int_equal(import(w, row, &made), 0);
	assert_string_equal(made, "[]");
	assert_int_equal(db_run(&w->owner, delete, DB_ARGS(db_text(id)),
	    NULL), ST_OK);
	assert_int_equal(import(w, row, &made), 0);
	assert_int_equal(import_known(&w->owner, rows_of(w, list_of(w, row)),
	    known), ST_OK);
	assert_true(view_has(known, id));
}

static void
a_taken_address_or_username_is_told_and_left_out(void **state)
{
	struct world *w = *state;
	struct json_object *taken = view_root(w->owner.arena);
	const char *first = fresh(w), *second = fresh(w), *third = fresh(w);
	const char *name = arena_printf(w->owner.arena,
	    ",\"username\":\"U%s\"", first);
	const char *made, *rows;

	assert_int_equal(import(w, row_of(w, first, NULL, name), &made), 1);
	rows = arena_printf(w->owner.arena, "%s,%s", row_of(w, second,
	    arena_printf(w->owner.arena, "%s@EXAMPLE.com", first), ""),
	    row_of(w, third, NULL, name));
	assert_int_equal(import_taken_users(&w->owner, rows_of(w,
	    list_of(w, rows)), taken), ST_OK);
	assert_string_equal(view_get_text(taken, second),
	    "the e-mail address is taken here");
	assert_string_equal(view_get_text(taken, third),
	    "the username is taken here");
	assert_int_equal(import(w, rows, &made), 0);
}

static int64_t
own(struct world *w, enum owned kind, const char *row, const char *made)
{
	int64_t count = -1;

	assert_int_equal(import_owned(&w->owner, kind, rows_of(w,
	    list_of(w, row)), made, &count), ST_OK);
	return count;
}

static void
only_the_new_get_what_they_own(void **state)
{
	struct world *w = *state;
	const char *id = fresh(w), *made, *account, *password;

	account = arena_printf(w->owner.arena, "{\"id\":\"a%s\",\"userId\":"
	    "\"%s\",\"providerId\":\"credential\",\"accountId\":\"%s\","
	    "\"password\":\"hash\"}", id, id, id);
	assert_int_equal(import(w, row_of(w, id, NULL, ""), &made), 1);
	assert_int_equal(own(w, OWNED_ACCOUNT, account, "[]"), 0);
	assert_int_equal(own(w, OWNED_ACCOUNT, account, made), 1);
	assert_int_equal(own(w, OWNED_ACCOUNT, account, made), 0);
	assert_int_equal(store_password_get(&w->owner, id, &password), ST_OK);
	assert_string_equal(password, "hash");
}

static const char *
subject_of(struct world *w, const char *user_id, const char *subject)
{
	return arena_printf(w->owner.arena, "{\"id\":\"s%s\",\"userId\":"
	    "\"%s\",\"providerId\":\"github\",\"accountId\":\"%s\"}",
	    user_id, user_id, subject);
}

static void
a_taken_subject_is_told_and_left_out(void **state)
{
	struct world *w = *state;
	struct json_object *taken = view_root(w->owner.arena);
	const char *first = fresh(w), *second = fresh(w), *made;
	const char *theirs;

	assert_int_equal(import(w, row_of(w, first, NULL, ""), &made), 1);
	assert_int_equal(own(w, OWNED_ACCOUNT, subject_of(w, first, first),
	    made), 1);
	theirs = subject_of(w, second, first);
	assert_int_equal(import(w, row_of(w, second, NULL, ""), &made), 1);
	assert_int_equal(import_taken_accounts(&w->owner, rows_of(w,
	    list_of(w, theirs)), taken), ST_OK);
	assert_string_equal(view_get_text(taken, arena_printf(
	    w->owner.arena, "s%s", second)),
	    "the account at github is taken here");
	assert_int_equal(own(w, OWNED_ACCOUNT, theirs, made), 0);
}

static void
a_session_is_found_by_its_token(void **state)
{
	struct world *w = *state;
	const char *id = fresh(w), *made, *token = fresh(w);
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];
	uint8_t hash[SHA256_BYTES];
	struct session session;
	struct user user;

	sha256(hash, token, strlen(token));
	text_hex(hex, hash, sizeof(hash));
	assert_int_equal(import(w, row_of(w, id, NULL, ""), &made), 1);
	assert_int_equal(own(w, OWNED_SESSION, arena_printf(w->owner.arena,
	    "{\"id\":\"t%s\",\"userId\":\"%s\",\"tokenHash\":\"%s\","
	    "\"expiresAt\":\"2999-01-01T00:00:00+00:00\","
	    "\"fields\":{\"theme\":\"dark\"}}", id, id, hex), made), 1);
	assert_int_equal(store_session_find(&w->worker, token, &session,
	    &user), ST_OK);
	assert_string_equal(user.id, id);
	assert_string_equal(session.fields, "{\"theme\": \"dark\"}");
	assert_string_equal(session.user_agent, "");
}

static void
a_passkey_comes_once_and_its_taking_is_told(void **state)
{
	static const char sql[] =
	    "SELECT encode(public_key, 'hex'), counter FROM passkeys"
	    " WHERE credential_id = $1";
	struct world *w = *state;
	struct json_object *taken = view_root(w->owner.arena);
	const char *id = fresh(w), *made, *row;
	struct db_rows rows;

	row = arena_printf(w->owner.arena, "{\"id\":\"p%s\",\"userId\":"
	    "\"%s\",\"credentialID\":\"%s\",\"publicKey\":\"AQID\","
	    "\"counter\":7,\"deviceType\":\"singleDevice\"}", id, id, id);
	assert_int_equal(import(w, row_of(w, id, NULL, ""), &made), 1);
	assert_int_equal(own(w, OWNED_PASSKEY, row, made), 1);
	assert_int_equal(own(w, OWNED_PASSKEY, row, made), 0);
	assert_int_equal(db_one(&w->owner, &rows, sql, DB_ARGS(db_text(id))),
	    ST_OK);
	assert_string_equal(db_get_text(&rows, 0, 0), "010203");
	assert_int_equal(db_get_int(&rows, 0, 1), 7);
	assert_int_equal(import_taken_passkeys(&w->owner, rows_of(w,
	    list_of(w, row)), taken), ST_OK);
	assert_string_equal(view_get_text(taken, arena_printf(
	    w->owner.arena, "p%s", id)), "a passkey is somebody's here");
}

static void
a_key_gets_bounds_where_it_had_none(void **state)
{
	static const char sql[] =
	    "SELECT remaining, refill_amount, rate_limit_max, enabled"
	    " FROM api_keys WHERE user_id = $1";
	struct world *w = *state;
	const char *id = fresh(w), *made;
	struct db_rows rows;

	assert_int_equal(import(w, row_of(w, id, NULL, ""), &made), 1);
	assert_int_equal(own(w, OWNED_API_KEY, arena_printf(w->owner.arena,
	    "{\"id\":\"k%s\",\"userId\":\"%s\",\"keyHash\":\"%s%s\","
	    "\"remaining\":-1,\"refillAmount\":5,\"refillInterval\":0,"
	    "\"rateLimitMax\":0}", id, id, id, id), made), 1);
	assert_int_equal(db_one(&w->owner, &rows, sql, DB_ARGS(db_text(id))),
	    ST_OK);
	assert_int_equal(db_get_int(&rows, 0, 0), 0);
	assert_true(db_is_null(&rows, 0, 1));
	assert_int_equal(db_get_int(&rows, 0, 2), 1);
	assert_true(db_get_bool(&rows, 0, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(a_user_keeps_the_id_and_gets_a_wallet),
		WORLD_TEST(what_is_missing_has_a_default),
		WORLD_TEST(who_was_here_once_does_not_come_again),
		WORLD_TEST(a_taken_address_or_username_is_told_and_left_out),
		WORLD_TEST(only_the_new_get_what_they_own),
		WORLD_TEST(a_taken_subject_is_told_and_left_out),
		WORLD_TEST(a_session_is_found_by_its_token),
		WORLD_TEST(a_passkey_comes_once_and_its_taking_is_told),
		WORLD_TEST(a_key_gets_bounds_where_it_had_none),
	};

	return cmocka_run_group_tests(tests, world_migrate, NULL);
}
