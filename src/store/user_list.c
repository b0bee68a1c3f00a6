#include "store/user_list.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "ctx.h"
#include "store/credit.h"
#include "store/db.h"
#include "store/page.h"
#include "store/user.h"
#include "view/view.h"

#define TERM_RUN 3		/* a trigram's length */

/*
 * Every list takes the same parameters: $1, $2 key of the page, $3 rows,
 * $4 role, $5 state, $6 now, $7 the pattern of a search.
 */
#define STATE								\
	"CASE WHEN " USER_BANNED("$6") " THEN 'banned'"			\
	" WHEN email_verified THEN 'active' ELSE 'unverified' END"
#define FILTERED							\
	"($4::text IS NULL OR $4 = ANY (string_to_array(role, ',')))"	\
	" AND ($5::text IS NULL OR $5 = " STATE ")"
#define SHOWN								\
	"SELECT u.id, u.created_at AS \"createdAt\", u.name, u.email,"	\
	" u.email_verified AS \"emailVerified\", u.role,"		\
	" " STATE " AS state,"						\
	" coalesce(" BALANCE_AT("w", "$6") ", 0) AS balance"		\
	" FROM users u LEFT JOIN wallets w ON w.id = u.id"
#define KEYED " (created_at, id) < ($1::timestamptz, $2)"
#define NEWEST " ORDER BY created_at DESC, id DESC LIMIT $3"

/* Lowered by the database, which knows more letters than ASCII has. */
#define MATCHING "(email LIKE lower($7) OR lower(name) LIKE lower($7))"

/* The condition chosen is one an index can answer in the list's order. */
#define LIST_OF(condition)						\
	SHOWN " WHERE u.id IN (SELECT id FROM users WHERE " condition	\
	KEYED " AND " FILTERED NEWEST ")"				\
	" ORDER BY u.created_at DESC, u.id DESC"

static struct db_args
list_args(struct ctx *ctx, const struct user_filter *filter,
    const struct page *page, const char *pattern)
{
	struct db_arg *arg = arena_array(ctx->arena, 7, sizeof(*arg));

	arg[0] = db_time(page->at);
	arg[1] = db_text(page->id);
	arg[2] = db_int(page->limit + 1);
	arg[3] = db_text(filter->role);
	arg[4] = db_text(filter->state);
	arg[5] = db_time(ctx->now);
	arg[6] = db_text(pattern);
	return (struct db_args){ arg, pattern == NULL ? 6 : 7 };
}

static bool
is_admin_role(const char *role)
{
	return role != NULL && !text_is(role, "user");
}

static enum status
list_newest(struct ctx *ctx, const struct user_filter *filter,
    struct page *page, struct json_object *out)
{
	static const char all[] = LIST_OF("");
	static const char admins[] = LIST_OF("role <> 'user' AND ");
	static const char banned[] = LIST_OF("banned AND ");
	static const char verified[] =
	    LIST_OF("email_verified = ($5 = 'active') AND ");
	const char *sql = all;
	struct db_rows rows;

	if (is_admin_role(filter->role))
		sql = admins;
	else if (text_is(filter->state, "banned"))
		sql = banned;
	else if (filter->state != NULL)
		sql = verified;
	TRY(db_all(ctx, &rows, sql, list_args(ctx, filter, page, NULL)));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

/*
 * A term half of the users match is found by looking at the newest ones; one
 * that few match, by the trigram index, which would have to read everybody
 * for the former. The planner cannot know which it is once the statement is
 * prepared, so both are there and the second runs when the first fell short.
 */
#define LOOK_FIRST "6000"

static enum status
list_matching(struct ctx *ctx, const struct user_filter *filter,
    struct page *page, const char *pattern, struct json_object *out)
{
	static const char admins[] =
	    LIST_OF("role <> 'user' AND " MATCHING " AND ");
	static const char banned[] = LIST_OF("banned AND " MATCHING " AND ");
	static const char anybody[] =
	    "WITH near AS MATERIALIZED ("
	    "  SELECT id FROM ("
	    "    SELECT id, created_at, name, email, email_verified, role,"
	    "      banned, ban_expires_at FROM users WHERE" KEYED
	    "    ORDER BY created_at DESC, id DESC LIMIT " LOOK_FIRST ") n"
	    "  WHERE " MATCHING " AND " FILTERED NEWEST "),"
	    " far AS MATERIALIZED ("
	    "  SELECT id, created_at FROM users"
	    "  WHERE (SELECT count(*) FROM near) < $3"
	    "   AND " MATCHING " AND " FILTERED "),"
	    " found AS ("
	    "  SELECT id FROM near WHERE (SELECT count(*) FROM near) >= $3"
	    "  UNION ALL"
	    "  (SELECT id FROM far WHERE" KEYED NEWEST "))"
	    " " SHOWN " WHERE u.id IN (SELECT id FROM found)"
	    " ORDER BY u.created_at DESC, u.id DESC";
	const char *sql = anybody;
	struct db_rows rows;

	/* Few enough to look at each. */
	if (is_admin_role(filter->role))
		sql = admins;
	else if (text_is(filter->state, "banned"))
		sql = banned;
	TRY(db_all(ctx, &rows, sql, list_args(ctx, filter, page, pattern)));
	page_rows(ctx, page, true, &rows, out);
	return ST_OK;
}

/* Too short for trigrams: a range of the e-mail's index, in its order. */
static enum status
list_beginning(struct ctx *ctx, const struct user_filter *filter,
    struct page *page, const char *start, struct json_object *out)
{
	static const char sql[] =
	    SHOWN " WHERE u.id IN (SELECT id FROM users"
	    "   WHERE email COLLATE \"C\" > $2 AND email COLLATE \"C\" >= $1"
	    "    AND email COLLATE \"C\" < $1 || E'\\U0010FFFF'"
	    "    AND " FILTERED
	    "   ORDER BY email COLLATE \"C\" LIMIT $3)"
	    " ORDER BY u.email COLLATE \"C\"";
	enum { COLUMN_EMAIL = 3 };
	const size_t limit = (size_t)page->limit;
	const char *end = page->further ? page->id : "";
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(start), db_text(end),
	    db_int(page->limit + 1), db_text(filter->role),
	    db_text(filter->state), db_time(ctx->now))));
	page_rows(ctx, page, true, &rows, out);
	if (page->next != NULL)
		page->next = page_cursor(ctx, 0,
		    db_get_text(&rows, limit - 1, COLUMN_EMAIL));
	return ST_OK;
}

static enum status
list_exact(struct ctx *ctx, const struct user_filter *filter, const char *low,
    struct json_object *out, bool *found)
{
	static const char sql[] =
	    SHOWN " WHERE (u.email COLLATE \"C\" = $1 OR u.id = $2) AND "
	    FILTERED
	    " LIMIT $3";
	enum { EXACT_MAX = 2 };	/* an id might look like an address */
	struct db_rows rows;

	TRY(db_all(ctx, &rows, sql, DB_ARGS(db_text(low), db_text(filter->q),
	    db_int(EXACT_MAX), db_text(filter->role), db_text(filter->state),
	    db_time(ctx->now))));
	for (size_t row = 0; row < rows.count; row++)
		db_view_row(view_object(out, NULL), &rows, row);
	*found = rows.count > 0;
	return ST_OK;
}

static bool
is_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c >= 0x80;
}

/* Whether a trigram of letters and digits can be made of it. */
static bool
has_trigram(const char *term)
{
	int run = 0;

	for (; *term != '\0'; term++) {
		/* The middle of a character is no character. */
		if (((unsigned char)*term & 0xc0) == 0x80)
			continue;
		run = is_word((unsigned char)*term) ? run + 1 : 0;
		if (run == TERM_RUN)
			return true;
	}
	return false;
}

const char *
like_pattern(struct ctx *ctx, const char *before, const char *term,
    const char *after)
{
	struct buf buf;

	buf_init(&buf, ctx->arena, strlen(term) + 16);
	buf_text(&buf, before);
	for (; *term != '\0'; term++) {
		if (strchr("%_\\", *term) != NULL)
			buf_char(&buf, '\\');
		buf_char(&buf, *term);
	}
	buf_text(&buf, after);
	return buf.data;
}

enum status
store_user_list(struct ctx *ctx, const struct user_filter *filter,
    struct page *page, struct json_object *out)
{
	const char *low;
	bool found = false;

	if (filter->q == NULL || filter->q[0] == '\0')
		return list_newest(ctx, filter, page, out);
	low = text_lower(ctx->arena, filter->q);
	if (!page->further)
		TRY(list_exact(ctx, filter, low, out, &found));
	if (found)
		return ST_OK;
	if (has_trigram(low))
		return list_matching(ctx, filter, page,
		    like_pattern(ctx, "%", filter->q, "%"), out);
	return list_beginning(ctx, filter, page, low, out);
}

enum status
store_user_count(struct ctx *ctx, int64_t *count)
{
	static const char sql[] = "SELECT sum(users)::bigint FROM user_counts";
	struct db_rows rows;

	TRY(db_one(ctx, &rows, sql, DB_NONE));
	*count = db_get_int(&rows, 0, 0);
	return ST_OK;
}

enum status
store_admin_list(struct ctx *ctx, struct json_object *out)
{
	static const char sql[] =
	    "SELECT id, email, role, name FROM users"
	    " WHERE role <> 'user' ORDER BY created_at, id";

	return db_view_all(ctx, out, sql, DB_NONE);
}
