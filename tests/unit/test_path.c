#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "http/path.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	*state = arena_new((size_t)1 << 20);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
expect(struct arena *arena, const char *target, const char *canonical)
{
	bool same = true;
	char *path = path_canonical(arena, target, &same);

	if (canonical == NULL && path != NULL)
		fail_msg("'%s' became '%s'", target, path);
	if (canonical == NULL) {
		assert_false(same);
		return;
	}
	if (path == NULL)
		fail_msg("'%s' was refused", target);
	assert_string_equal(path, canonical);
}

static void
expect_same(struct arena *arena, const char *target, bool expected)
{
	bool same = !expected;

	assert_non_null(path_canonical(arena, target, &same));
	if (same != expected)
		fail_msg("'%s' counts as %scanonical", target,
		    same ? "" : "not ");
}

static void
expect_refused(struct arena *arena, const char *const *targets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect(arena, targets[i], NULL);
}

static void
the_query_is_cut(void **state)
{
	expect(*state, "/a?b", "/a");
	expect(*state, "/?/../b", "/");
	expect(*state, "/a?b?c%zz", "/a");
	expect_same(*state, "/a?b", true);
}

static void
the_absolute_form_is_a_path_too(void **state)
{
	expect(*state, "http://h/a?b", "/a");
	expect(*state, "HTTPS://h:8443/a/./b", "/a/b");
	expect(*state, "http://h", "/");
	expect(*state, "http://h?b", "/");
	expect(*state, "http:///a", NULL);
	expect(*state, "http://u@h/a", NULL);
	expect(*state, "ftp://h/a", NULL);
	expect_same(*state, "http://h/a", true);
}

static void
escapes_are_decoded_once(void **state)
{
	expect(*state, "/%61%2Db", "/a-b");
	expect(*state, "/caf%C3%A9", "/caf\xc3\xa9");
	expect_same(*state, "/%61", false);
	expect_same(*state, "/a%20b", false);
	expect_same(*state, "/caf\xc3\xa9", true);
}

static void
dot_segments_go_as_in_rfc_3986(void **state)
{
	expect(*state, "/a/b/c/./../../g", "/a/g");
	expect(*state, "/b/c/d/../g", "/b/c/g");
	expect(*state, "/b/c/d/..", "/b/c/");
	expect(*state, "/b/c/d/.", "/b/c/d/");
	expect(*state, "/../g", "/g");
	expect(*state, "/../../../g", "/g");
	expect(*state, "/b/c/g.", "/b/c/g.");
	expect(*state, "/b/c/..g", "/b/c/..g");
	expect(*state, "/...", "/...");
	expect(*state, "/%2e%2E/g", "/g");
	expect(*state, "/..", "/");
	expect_same(*state, "/a/../b", false);
}

static void
ordinary_paths_are_canonical(void **state)
{
	static const char *const paths[] = { "/", "/a", "/a/", "/api/auth/ok",
		"/.well-known/jwks.json", "/a;b/c", "/~u/a.b,c=d&e+f@g:h!" };

	for (size_t i = 0; i < COUNT(paths); i++) {
		expect(*state, paths[i], paths[i]);
		expect_same(*state, paths[i], true);
	}
}

static void
long_paths_are_refused(void **state)
{
	char path[PATH_BYTES_MAX + 8];

	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[PATH_BYTES_MAX] = '?';
	path[sizeof(path) - 1] = '\0';
	expect_same(*state, path, true);
	path[PATH_BYTES_MAX] = 'a';
	expect(*state, path, NULL);
}

/* BA PR #10004: "//" slipped past a rule that compared the path as sent. */
static void
ba_pr_10004_doubled_slashes_are_not_canonical(void **state)
{
	expect(*state, "//api/auth/ok", "/api/auth/ok");
	expect(*state, "/api//auth///ok", "/api/auth/ok");
	expect(*state, "/api/auth/ok//", "/api/auth/ok/");
	expect_same(*state, "//api/auth/ok", false);
	expect_same(*state, "/api//auth/ok", false);
	expect_same(*state, "/api/auth/ok//", false);
}

/* Authelia: a URI it could not read was answered with 200. */
static void
cve_2021_32637_malformed_targets_are_refused(void **state)
{
	static const char *const targets[] = { "", "a", "*", "?", "?/a", "#",
		"%2fa", "/%", "/%2", "/%zz", "/%2g", "/a%", "/%u0041",
		"/%00", "/a%00.css", "/\x01", "/%0a", "/%0d%0a", "/%7f",
		"/a\nb", "/a\tb", "/\xff", "/%ff", "/%c0%af", "/%e0%80%af",
		"/%ed%a0%80", "/\xc3", "/%c2%85", "/\xc2\x9f", "\\a", "/\\a",
		"/a\\..\\b", "/%5c", "/%5C..%5C", "/%2f", "/a%2Fb",
		"/..%2fadmin", "javascript:x", "http:", "http:/a", "://h/a",
		"/http:%2f%2fh", "/%25", "/%2541", "/%252e%252e/",
		"/%25252f" };

	expect_refused(*state, targets, COUNT(targets));
}

/*
 * oauth2-proxy: an allow rule saw "/admin#/public", the application behind it
 * "/admin". Nothing that a second reader would cut or step over stays.
 */
static void
ghsa_pxq7_h93f_9jrg_fragments_hide_nothing(void **state)
{
	static const char *const targets[] = { "/admin#/public",
		"/admin%23/public", "/admin%3f/public", "/admin/..;/public",
		"/public/..;/admin", "/public/.;/admin", "/a/..;x=1/admin",
		"/a/%2e%2e;/admin", "/a/..%3b/admin", "/a//../admin",
		"/a/%2f../admin", "/a//%2e%2e/admin" };

	expect_refused(*state, targets, COUNT(targets));
	expect(*state, "/public//admin", "/public/admin");
	expect(*state, "/public/./admin", "/public/admin");
	expect(*state, "/public/.%2e/admin", "/admin");
	expect_same(*state, "/./admin", false);
	expect_same(*state, "/admin/.", false);
}

/* keycloak#51467: rules were compared with the path as sent. */
static void
keycloak_51467_rules_see_one_path(void **state)
{
	static const char *const ways[] = { "/admin/users", "/admin/./users",
		"/x/../admin/users", "/%61dmin/users", "//admin/users",
		"/admin//users", "/../admin/users", "/admin/x/%2e%2e/users",
		"/./admin/users?x", "http://h/admin/users" };

	for (size_t i = 0; i < COUNT(ways); i++)
		expect(*state, ways[i], "/admin/users");
}

static void
a_canonical_path_is_its_own_canonical_path(void **state)
{
	static const char *const targets[] = { "/a/../b", "/%61;b", "/a%20b/",
		"//", "/a/b/..", "/caf%C3%A9/." };

	for (size_t i = 0; i < COUNT(targets); i++) {
		bool same;
		char *once = path_canonical(*state, targets[i], &same);

		assert_non_null(once);
		expect(*state, once, once);
		expect_same(*state, once, true);
	}
}

static void
references_on_our_own_origin_are_next(void **state)
{
	static const char *const references[] = { "/", "/ok", "/a/b?c=d#e",
		"/a/b/", "/w?a=1", "/?next=https://other.example/",
		"/a?b=%2F%5C", "/a#%2f", "/a%20b", "/caf\xc3\xa9", "/a b",
		"/.", "/a/../b", "/a:b@c", "/?", "/#" };

	(void)state;
	for (size_t i = 0; i < COUNT(references); i++)
		if (!path_next(references[i]))
			fail_msg("'%s' was refused", references[i]);
}

static void
references_that_may_leave_are_not_next(void **state)
{
	static const char *const references[] = { "", "a", "//h", "///h",
		"/\\h", "\\/h", "/a\\b", "/a?\\", "/%2fh", "/%2Fh", "/%5Ch",
		"/\t/h", "/\n/h", "/a\x7f", "/a\xc2\x80", "/a?\r\nX: y",
		"/%09/h", "/%252fh", "/%2", "/%", "/..//h", "/\xff", " /a",
		"https://h/" };

	(void)state;
	for (size_t i = 0; i < COUNT(references); i++)
		if (path_next(references[i]))
			fail_msg("'%s' was accepted", references[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_query_is_cut),
		TEST(the_absolute_form_is_a_path_too),
		TEST(escapes_are_decoded_once),
		TEST(dot_segments_go_as_in_rfc_3986),
		TEST(ordinary_paths_are_canonical),
		TEST(long_paths_are_refused),
		TEST(ba_pr_10004_doubled_slashes_are_not_canonical),
		TEST(cve_2021_32637_malformed_targets_are_refused),
		TEST(ghsa_pxq7_h93f_9jrg_fragments_hide_nothing),
		TEST(keycloak_51467_rules_see_one_path),
		TEST(a_canonical_path_is_its_own_canonical_path),
		TEST(references_on_our_own_origin_are_next),
		TEST(references_that_may_leave_are_not_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
