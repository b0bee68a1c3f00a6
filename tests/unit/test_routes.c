#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "config.h"
#include "ctx.h"
#include "guard/api_key.h"
#include "handle/handle.h"
#include "http/form.h"
#include "routes.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct config config_off = { .server_base_path = "/api/auth" };
static struct config config;	/* with all features on */

static int
setup(void **state)
{
	*state = arena_new((size_t)4 << 20);
	config = config_off;
	for (size_t i = 0; i < routes_count; i++)
		if (routes[i].when != 0)
			memcpy((char *)&config + routes[i].when,
			    &(bool){ true }, sizeof(bool));
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

#define EACH_ROW(r) \
	for (const struct route *r = routes; r < routes + routes_count; r++)
/* Names the row that is wrong. */
#define HOLDS(r, condition)						\
	do {								\
		if (!(condition))					\
			fail_msg("%s (method %d): %s", (r)->path,	\
			    (int)(r)->method, #condition);		\
	} while (0)

static void
every_row_has_a_guard_and_a_handler(void **state)
{
	(void)state;
	assert_true(routes_count > 0);
	EACH_ROW(r) {
		HOLDS(r, r->guard.level > GUARD_NONE &&
		    r->guard.level <= GUARD_OPERATOR);
		HOLDS(r, r->handler != NULL);
		HOLDS(r, r->method != METHOD_OTHER);
		HOLDS(r, r->path != NULL && r->path[0] == '/');
	}
}

static void
a_permission_is_named_where_one_is_asked_and_nowhere_else(void **state)
{
	(void)state;
	EACH_ROW(r) {
		HOLDS(r, (r->guard.level == GUARD_PERMISSION) ==
		    (r->guard.permission != PERMISSION_NONE));
		HOLDS(r, r->guard.permission < PERMISSIONS);
	}
}

/* The contract's answers; elsewhere there is one refusal for everybody. */
static void
only_the_wire_words_its_refusals(void **state)
{
	(void)state;
	EACH_ROW(r) {
		HOLDS(r, !r->guard.bare || (r->face == FACE_AUTH &&
		    r->guard.level >= GUARD_SESSION));
		HOLDS(r, r->guard.refusal == ST_OK ||
		    (r->guard.bare && r->guard.level == GUARD_PERMISSION &&
		    status_http(r->guard.refusal) == 403));
		if (r->face == FACE_AUTH && text_starts(r->path, "/admin/"))
			HOLDS(r, r->when != 0 && r->guard.bare);
	}
}

/* Whoever acts as a user finds none of these; new ones belong here. */
static void
what_opens_or_ends_an_account_is_its_owners(void **state)
{
	static const char *const doors[] = { "/change-", "/set-password",
		"/delete-user", "/unlink-", "/api-key/create",
		"/api-key/update", "/api-key/delete", "/two-factor/",
		"/passkey/", "/account/security/password", "/account/email",
		"/account/delete", "/account/keys" };

	(void)state;
	EACH_ROW(r)
		for (size_t i = 0; i < COUNT(doors); i++)
			if (r->method != METHOD_GET &&
			    text_starts(r->path, doors[i]))
				HOLDS(r, r->guard.own);
}

static void
below_admin_every_row_asks_for_a_permission(void **state)
{
	(void)state;
	EACH_ROW(r) {
		if (r->face != FACE_AUTH && (text_is(r->path, "/admin") ||
		    text_starts(r->path, "/admin/") ||
		    text_starts(r->path, "/api/admin/")))
			HOLDS(r, r->guard.level == GUARD_PERMISSION);
		if (text_is(r->path, "/account") ||
		    text_starts(r->path, "/account/"))
			HOLDS(r, r->guard.level >= GUARD_SESSION);
	}
}

static bool
template_exists(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/templates/%s.mustache",
	    srcdir != NULL ? srcdir : ".", name);
	return access(path, R_OK) == 0;
}

/* These answer with a redirect and with bytes of their own. */
static bool
needs_no_template(const struct route *route)
{
	return route->method == METHOD_GET && (text_is(route->path, "/") ||
	    text_is(route->path, "/assets/:name") ||
	    strstr(route->path, "/licences/:id/file") != NULL);
}

static void
a_page_has_a_title_and_a_template(void **state)
{
	(void)state;
	EACH_ROW(r) {
		if (r->face != FACE_PAGE) {
			HOLDS(r, r->title == NULL && r->template == NULL);
			continue;
		}
		HOLDS(r, r->title != NULL && r->title[0] != '\0');
		HOLDS(r, (r->template == NULL) == (needs_no_template(r) ||
		    r->export != NULL));
		HOLDS(r, r->template == NULL || template_exists(r->template));
	}
}

static bool
has_field(const struct form *form, const char *name, enum field_type type)
{
	for (size_t i = 0; form != NULL && i < form->count; i++)
		if (text_is(form->fields[i].name, name))
			return form->fields[i].type == type;
	return false;
}

static void
a_file_is_the_list_of_a_page(void **state)
{
	(void)state;
	EACH_ROW(r) {
		bool found = false;

		if (r->export == NULL)
			continue;
		HOLDS(r, r->face == FACE_PAGE && r->method == METHOD_GET);
		HOLDS(r, has_field(r->form, "cursor", FIELD_TYPE_TEXT));
		HOLDS(r, has_field(r->form, "limit", FIELD_TYPE_INT));
		EACH_ROW(page) {
			if (route_export(page) != r)
				continue;
			found = true;
			HOLDS(r, page->guard.permission == r->guard.permission);
			HOLDS(r, page->form == r->form);
			HOLDS(r, page->when == r->when);
		}
		HOLDS(r, found);
	}
}

/* A refused form is shown again with what was typed: who fills its view? */
static void
a_page_that_takes_a_form_can_be_shown_again(void **state)
{
	(void)state;
	EACH_ROW(r) {
		if (r->face != FACE_PAGE) {
			HOLDS(r, r->again == NULL);
			continue;
		}
		HOLDS(r, r->method == METHOD_GET || r->method == METHOD_POST);
		HOLDS(r, r->method == METHOD_GET || r->again != NULL);
	}
}

/* The form token is bound to the session, so the guard must look for one. */
static void
a_page_that_takes_a_form_looks_for_a_session(void **state)
{
	(void)state;
	EACH_ROW(r)
		if (r->face == FACE_PAGE && r->method != METHOD_GET)
			HOLDS(r, r->guard.level != GUARD_ANYONE);
}

/* Hashing is slow: whoever asks for it is limited as the contract's path. */
static void
a_row_that_hashes_is_limited(void **state)
{
	(void)state;
	EACH_ROW(r) {
		if (r->prepare != NULL && r->face != FACE_AUTH && !r->raw)
			HOLDS(r, r->rate != NULL);
		HOLDS(r, r->rate == NULL || r->rate[0] == '/');
	}
}

/* Other rows take a session for granted, or forms that are sent with it. */
static void
a_token_opens_rows_for_programs_only(void **state)
{
	(void)state;
	EACH_ROW(r)
		if (r->by_token)
			HOLDS(r, r->face == FACE_JSON &&
			    (r->guard.level == GUARD_SESSION ||
			    r->guard.level == GUARD_PERMISSION));
}

static void
programs_that_sign_in_are_under_the_login_rules(void **state)
{
	(void)state;
	EACH_ROW(r) {
		/* a reset hashes, but signs nobody in */
		if (r->face == FACE_PAGE || r->raw ||
		    r->handler == reset_password)
			HOLDS(r, !r->login);
		else if (r->prepare != NULL &&
		    r->guard.level == GUARD_ANYONE)
			HOLDS(r, r->login);
	}
}

/* Neither origin nor limit is looked at: the signature, by prepare, is all. */
static void
a_raw_row_asks_its_signature_only(void **state)
{
	(void)state;
	EACH_ROW(r)
		if (r->raw)
			HOLDS(r, r->handler == webhook &&
			    r->prepare == webhook_prepare &&
			    r->method == METHOD_POST && r->form == NULL &&
			    r->guard.level == GUARD_ANYONE);
}

/* One SELECT and no transaction: nothing that changes may say so. */
static void
only_reading_rows_go_without_a_transaction(void **state)
{
	(void)state;
	EACH_ROW(r) {
		/* the contract's POST that reads */
		if (r->face == FACE_AUTH && text_is(r->path, "/get-session"))
			continue;
		HOLDS(r, !r->one_read || r->method == METHOD_GET);
		HOLDS(r, !r->one_read || r->prepare == NULL);
	}
}

/* What a leaked key must not do: a page, an account, an administrator. */
static void
keys_open_what_a_known_scope_names(void **state)
{
	(void)state;
	EACH_ROW(r) {
		bool known = r->scope == NULL || r->scope[0] == '\0';

		for (const struct scope *s = scopes; s->name != NULL; s++)
			known = known || text_is(s->name, r->scope);
		HOLDS(r, known);
		HOLDS(r, r->scope == NULL || r->face != FACE_PAGE);
		HOLDS(r, r->scope == NULL || r->guard.level >= GUARD_VISITOR);
		HOLDS(r, r->scope == NULL || !r->guard.own);
	}
}

static void
keys_change_nothing_of_the_contract(void **state)
{
	(void)state;
	EACH_ROW(r) {
		if (r->scope != NULL && r->face == FACE_AUTH)
			HOLDS(r, r->one_read && r->scope[0] == '\0');
		if (r->scope != NULL && text_starts(r->scope, "admin:"))
			HOLDS(r, r->guard.level == GUARD_PERMISSION);
	}
}

static void
method_and_path_are_unique(void **state)
{
	(void)state;
	EACH_ROW(r)
		for (const struct route *s = routes; s < r; s++)
			HOLDS(r, r->method != s->method ||
			    (r->face == FACE_AUTH) != (s->face == FACE_AUTH) ||
			    strcmp(r->path, s->path) != 0);
}

static void
patterns_keep_to_their_grammar(void **state)
{
	(void)state;
	EACH_ROW(r) {
		size_t params = 0;

		for (const char *p = r->path; *p != '\0'; p++) {
			if (*p == ':') {
				params++;
				HOLDS(r, p[-1] == '/');
				HOLDS(r, strspn(p + 1, "abcdefghijklmnop"
				    "qrstuvwxyz") > 0);
			}
			HOLDS(r, *p != '/' || p[1] != '/');
		}
		HOLDS(r, params <= CTX_PARAMS);
		HOLDS(r, r->path[1] == '\0' ||
		    r->path[strlen(r->path) - 1] != '/');
	}
}

static void
forms_fill_structs_they_fit_into(void **state)
{
	(void)state;
	EACH_ROW(r) {
		for (size_t i = 0; r->form != NULL && i < r->form->count; i++) {
			const struct form_field *f = &r->form->fields[i];

			/* a form that takes any object has no fields */
			HOLDS(r, f->name != NULL && (f->name[0] != '\0' ||
			    (r->form->record && f->optional)));
			HOLDS(r, f->offset < r->form->size);
			HOLDS(r, f->min <= f->max);
			HOLDS(r, f->type != FIELD_TYPE_ENUM ||
			    f->options != NULL);
			for (size_t j = 0; j < i; j++)
				HOLDS(r, strcmp(f->name,
				    r->form->fields[j].name) != 0);
		}
	}
}

static struct ctx
request(struct arena *arena, enum method method, const char *path)
{
	struct ctx ctx = { .arena = arena, .config = &config };

	ctx.request.method = method;
	ctx.request.path = path;
	return ctx;
}

/* The path with "x0", "x1", ... for its parameters. */
static const char *
example(struct arena *arena, const struct route *route)
{
	struct buf buf;
	int param = 0;

	buf_init(&buf, arena, 64);
	if (route->face == FACE_AUTH)
		buf_text(&buf, config.server_base_path);
	for (const char *p = route->path; *p != '\0';) {
		if (*p != ':') {
			buf_char(&buf, *p++);
			continue;
		}
		buf_printf(&buf, "x%d", param++);
		p += strcspn(p, "/");
	}
	return buf.data;
}

static void
every_row_is_reached_and_none_hides_another(void **state)
{
	EACH_ROW(r) {
		struct ctx ctx = request(*state, r->method,
		    example(*state, r));

		assert_int_equal(route_find(&ctx), ST_OK);
		if (ctx.route != r)
			fail_msg("%s is hidden by %s", r->path,
			    ctx.route->path);
		if (strchr(r->path, ':') != NULL)
			assert_string_equal(ctx.param[0], "x0");
	}
}

static void
a_row_that_is_switched_off_is_not_there(void **state)
{
	EACH_ROW(r) {
		struct ctx ctx = request(*state, r->method,
		    example(*state, r));

		ctx.config = &config_off;
		HOLDS(r, (route_find(&ctx) == ST_OK && ctx.route == r) ==
		    (r->when == 0));
	}
}

static void
every_row_is_reached_by_its_spelling_only(void **state)
{
	EACH_ROW(r) {
		const char *path = example(*state, r);
		const char *bad[4];

		bad[0] = arena_printf(*state, "%s/", path);
		bad[1] = arena_printf(*state, "/x%s", path);
		bad[2] = arena_printf(*state, "%s%%", path);
		bad[3] = arena_printf(*state, "%s/..", path);
		for (size_t i = 0; i < COUNT(bad); i++) {
			struct ctx ctx = request(*state, r->method, bad[i]);

			if (route_find(&ctx) == ST_OK && ctx.route == r &&
			    strchr(r->path, ':') == NULL)
				fail_msg("%s reaches %s", bad[i], r->path);
		}
	}
}

static void
a_parameter_is_one_segment_that_is_not_empty(void **state)
{
	static const char *const bad[] = { "/api/admin/users/",
		"/api/admin/users//credits", "/api/admin/users/a/b",
		"/assets/", "/assets/a/b" };
	struct ctx ctx = request(*state, METHOD_GET,
	    "/api/admin/users/0a:b.c~/credits");

	assert_int_equal(route_find(&ctx), ST_OK);
	assert_string_equal(ctx.param[0], "0a:b.c~");
	for (size_t i = 0; i < COUNT(bad); i++) {
		ctx = request(*state, METHOD_GET, bad[i]);
		assert_int_equal(route_find(&ctx), ST_NOT_FOUND);
	}
}

/* contract README, section 1: never 405, no Allow, no HEAD. */
static void
the_contract_knows_no_wrong_method(void **state)
{
	static const enum method methods[] = { METHOD_HEAD, METHOD_PUT,
		METHOD_DELETE, METHOD_OPTIONS, METHOD_OTHER, METHOD_POST };

	for (size_t i = 0; i < COUNT(methods); i++) {
		struct ctx ctx = request(*state, methods[i], "/api/auth/ok");

		assert_int_equal(route_find(&ctx), ST_NOT_FOUND);
		assert_null(ctx.response.headers);
	}
}

static void
elsewhere_a_wrong_method_is_told_the_right_ones(void **state)
{
	struct ctx ctx = request(*state, METHOD_DELETE, "/login");

	assert_int_equal(route_find(&ctx), ST_METHOD_NOT_ALLOWED);
	assert_string_equal(ctx.response.headers->name, "Allow");
	assert_string_equal(ctx.response.headers->value, "GET, HEAD, POST");
	ctx = request(*state, METHOD_HEAD, "/login");
	assert_int_equal(route_find(&ctx), ST_OK);
	assert_int_equal(ctx.route->method, METHOD_GET);
}

static void
unknown_paths_and_other_spellings_are_not_found(void **state)
{
	static const char *const bad[] = { "/Login", "/login/", "//login",
		"/api/auth", "/api/auth/", "/api/auth/OK", "/api/auth/ok/",
		"/api/auth//ok", "/api/authok", "/ok", "/get-session",
		"/admin/", "/administrator", "/assets", "/api/auth/tasks",
		"/api/auth/tasks/1", "/api//tasks", "" };

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ctx ctx = request(*state, METHOD_GET, bad[i]);

		if (route_find(&ctx) == ST_OK)
			fail_msg("'%s' reaches %s", bad[i], ctx.route->path);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_row_has_a_guard_and_a_handler),
		TEST(a_permission_is_named_where_one_is_asked_and_nowhere_else),
		TEST(only_the_wire_words_its_refusals),
		TEST(what_opens_or_ends_an_account_is_its_owners),
		TEST(below_admin_every_row_asks_for_a_permission),
		TEST(a_page_has_a_title_and_a_template),
		TEST(a_file_is_the_list_of_a_page),
		TEST(a_page_that_takes_a_form_can_be_shown_again),
		TEST(a_page_that_takes_a_form_looks_for_a_session),
		TEST(a_row_that_hashes_is_limited),
		TEST(a_token_opens_rows_for_programs_only),
		TEST(programs_that_sign_in_are_under_the_login_rules),
		TEST(a_raw_row_asks_its_signature_only),
		TEST(only_reading_rows_go_without_a_transaction),
		TEST(keys_open_what_a_known_scope_names),
		TEST(keys_change_nothing_of_the_contract),
		TEST(method_and_path_are_unique),
		TEST(patterns_keep_to_their_grammar),
		TEST(forms_fill_structs_they_fit_into),
		TEST(every_row_is_reached_and_none_hides_another),
		TEST(a_row_that_is_switched_off_is_not_there),
		TEST(every_row_is_reached_by_its_spelling_only),
		TEST(a_parameter_is_one_segment_that_is_not_empty),
		TEST(the_contract_knows_no_wrong_method),
		TEST(elsewhere_a_wrong_method_is_told_the_right_ones),
		TEST(unknown_paths_and_other_spellings_are_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
