#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/origin.h"
#include "http/path.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CORPUS_MIN 150

/* What the redirect corpus has to get past: every kind of pattern. */
static const char *const patterns[] = { "", "https://app.example.com",
	"https://login.example.net:8443", "http://localhost:3000",
	"https://*.apps.example.com", "*.shops.example.com",
	"https://10.0.0.*", "myapp://callback/done", "exp://192.168.*.*:*/**" };

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
expect_origin(struct arena *arena, const char *url, const char *expected)
{
	char *origin = NULL;
	bool has = origin_of(arena, url, &origin);

	if (expected == NULL && has)
		fail_msg("'%s' has the origin '%s'", url, origin);
	if (expected == NULL)
		return;
	if (!has)
		fail_msg("'%s' has no origin", url);
	assert_string_equal(origin, expected);
}

static bool
trusts(const char *pattern, const char *url)
{
	return origin_trusted(url, &pattern, 1);
}

static void
expect_callbacks(const char *const *urls, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++)
		if (origin_callback_trusted(urls[i], patterns,
		    COUNT(patterns)) != expected)
			fail_msg("'%s' was %s", urls[i],
			    expected ? "refused" : "accepted");
}

static void
an_origin_is_scheme_host_and_port(void **state)
{
	expect_origin(*state, "https://a.example/x?y#z", "https://a.example");
	expect_origin(*state, "HTTPS://A.Example", "https://a.example");
	expect_origin(*state, "http://a.example:80/", "http://a.example");
	expect_origin(*state, "https://a.example:443", "https://a.example");
	expect_origin(*state, "http://a.example:443",
	    "http://a.example:443");
	expect_origin(*state, "http://127.0.0.1:3000?x",
	    "http://127.0.0.1:3000");
	expect_origin(*state, "http://[::1]:3000/", "http://[::1]:3000");
	expect_origin(*state, "https://[2001:DB8::1]:443",
	    "https://[2001:db8::1]");
	expect_origin(*state, "https://a.example/caf\xc3\xa9",
	    "https://a.example");
}

static void
what_has_no_clear_origin_has_none(void **state)
{
	static const char *const urls[] = { "", "null", "a.example", "/", "//a",
		"https:", "https:a", "https:/a", "https://", "https:///a",
		"ftp://a", "myapp://a", " https://a", "https://a b",
		"https://u@a", "https://u:p@a", "https://@a", "https://a:",
		"https://a:0", "https://a:080", "https://a:65536",
		"https://a:+1", "https://a:1x", "https://a:1:2", "https://.a",
		"https://a.", "https://a..b", "https://a%2eb", "https://a\\b",
		"https://a/\\b", "https://a\tb", "https://a/\n", "https://[",
		"https://[]", "https://[::1", "https://[::g]",
		"https://[::1]x", "https://\xc3\xa9.example",
		"https://a\xe3\x80\x82z", "https://a/\xff",
		"https://a*", "https://a,b", "1https://a" };
	char longest[600] = "https://";

	for (size_t i = 0; i < COUNT(urls); i++)
		expect_origin(*state, urls[i], NULL);
	memset(longest + 8, 'a', 500);
	expect_origin(*state, longest, NULL);
}

static void
an_exact_pattern_is_one_origin(void **state)
{
	(void)state;
	assert_true(trusts("https://a.example", "https://a.example"));
	assert_true(trusts("https://a.example", "https://A.example:443/x?y"));
	assert_true(trusts("https://A.example", "https://a.example"));
	assert_true(trusts("http://a:8080", "http://a:8080/x"));
	assert_false(trusts("https://a.example", "http://a.example"));
	assert_false(trusts("https://a.example", "https://a.example:444"));
	assert_false(trusts("https://a.example", "https://b.a.example"));
	assert_false(trusts("https://a.example", "https://a.example.evil"));
	assert_false(trusts("https://a.example/", "https://a.example/"));
	assert_false(trusts("a.example", "https://a.example"));
	assert_false(trusts("", "https://a.example"));
	assert_false(origin_trusted("https://a.example", NULL, 0));
}

static void
wildcards_stand_for_labels_and_characters(void **state)
{
	(void)state;
	assert_true(trusts("https://*.example.com", "https://a.example.com"));
	assert_true(trusts("https://*.example.com",
	    "https://a.b.example.com/x"));
	assert_false(trusts("https://*.example.com", "https://example.com"));
	assert_false(trusts("https://*.example.com", "http://a.example.com"));
	assert_false(trusts("https://*.example.com",
	    "https://a.example.com:8443"));
	assert_false(trusts("https://*.example.com",
	    "https://a.example.com.evil.org"));
	assert_false(trusts("https://*.example.com",
	    "https://evil.org/a.example.com"));
	assert_true(trusts("https://app-?.example.com",
	    "https://app-1.example.com"));
	assert_false(trusts("https://app-?.example.com",
	    "https://app-12.example.com"));
	assert_false(trusts("https://app-?.example.com",
	    "https://app-.example.com"));
	assert_true(trusts("http://localhost:*", "http://localhost:5173"));
	assert_true(trusts("http*://a.example", "https://a.example"));
	assert_true(trusts("*", "https://whatever.example:81"));
	assert_true(trusts("https://a*b*c.example", "https://axbxbxc.example"));
	assert_false(trusts("https://a*b*c.example", "https://axbxcx.example"));
}

static void
patterns_without_scheme_match_web_hosts_only(void **state)
{
	(void)state;
	assert_true(trusts("*.example.com", "https://a.example.com"));
	assert_true(trusts("*.example.com", "http://a.example.com/"));
	assert_true(trusts("*.example.com:81", "http://a.example.com:81"));
	assert_false(trusts("*.example.com", "http://a.example.com:81"));
	assert_false(trusts("*.example.com", "myapp://a.example.com"));
	assert_false(trusts("*", "myapp://a"));
}

static void
address_patterns_match_addresses_only(void **state)
{
	(void)state;
	assert_true(trusts("http://10.0.0.*", "http://10.0.0.7"));
	assert_true(trusts("10.0.*:81", "http://10.0.1.2:81"));
	assert_false(trusts("http://10.0.0.*", "http://10.0.0.evil.example"));
	assert_false(trusts("http://10.0.0.*", "http://10.0.0.7.8"));
	assert_false(trusts("10.0.*.?", "http://10.0.x.y"));
	assert_false(trusts("10.0.*", "http://10.0.1"));
	assert_false(trusts("http://10.0.0.*:81", "http://10.0.0.x.example:81"));
}

static void
custom_schemes_compare_part_by_part(void **state)
{
	(void)state;
	assert_true(trusts("myapp://", "myapp://"));
	assert_true(trusts("myapp://", "MyApp://any/thing?x#y"));
	assert_false(trusts("myapp://", "myapp2://any"));
	assert_false(trusts("myapp://", "myapp:any"));
	assert_true(trusts("myapp://host", "myapp://HOST/x"));
	assert_false(trusts("myapp://host", "myapp://host.evil"));
	assert_false(trusts("myapp://host", "myapp://u@host"));
	assert_true(trusts("myapp://host/cb", "myapp://host/cb"));
	assert_true(trusts("myapp://host/cb", "myapp://host/cb/x?y"));
	assert_true(trusts("myapp://host/cb", "myapp://host/cb?y"));
	assert_true(trusts("myapp://host/cb/", "myapp://host/cb/x"));
	assert_false(trusts("myapp://host/cb", "myapp://host/cbx"));
	assert_false(trusts("myapp://host/cb", "myapp://host"));
	assert_false(trusts("myapp://host/cb", "myapp://host/cb/../x"));
	assert_false(trusts("myapp://host/cb", "myapp://host/cb/%2e%2e/x"));
	assert_true(trusts("exp://10.0.0.*:*/*", "exp://10.0.0.2:81/x"));
	assert_true(trusts("exp://10.0.0.*:*/**", "exp://10.0.0.2:81/--/x"));
	assert_false(trusts("exp://10.0.0.*:*/*", "exp://10.0.0.2:81/x/y"));
	assert_false(trusts("exp://10.0.0.*:*/*", "exp://10.0.0.x.evil:81/x"));
	assert_false(trusts("exp://*.example/cb", "exp://evil/.example/cb"));
}

static void
schemes_that_act_in_the_page_are_never_trusted(void **state)
{
	static const char *const schemes[] = { "javascript", "data", "vbscript",
		"file", "blob", "about", "filesystem", "view-source" };

	for (size_t i = 0; i < COUNT(schemes); i++) {
		const char *pattern = arena_printf(*state, "%s://", schemes[i]);

		assert_false(trusts(pattern, arena_printf(*state, "%s://x",
		    schemes[i])));
	}
}

static void
a_pattern_full_of_stars_costs_little(void **state)
{
	char pattern[160], host[261] = "https://";

	(void)state;
	for (size_t i = 0; i < sizeof(pattern) - 1; i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(host + 8, 'a', sizeof(host) - 9);
	assert_false(trusts(pattern, host));
}

static void
callbacks_the_contract_accepts_are_accepted(void **state)
{
	static const char *const urls[] = { "/", "/ok", "/a/b?c=d#e", "/w?a=1",
		"/a?next=https://other.example/", "/a?b=%2F",
		"https://app.example.com/ok?x=1", "https://app.example.com",
		"https://login.example.net:8443/x", "http://localhost:3000/",
		"https://one.apps.example.com/#x", "http://b.shops.example.com",
		"https://10.0.0.9/", "myapp://callback/done?token=1",
		"exp://192.168.1.2:8081/--/x" };

	(void)state;
	expect_callbacks(urls, COUNT(urls), true);
}

/* The callback of a verification mail was not looked at. */
static void
cve_2024_56734_foreign_callbacks_are_refused(void **state)
{
	static const char *const urls[] = { "https://evil.example",
		"https://evil.example/", "http://evil.example/?app.example.com",
		"https://evil.example#https://app.example.com",
		"https://evil.example/https://app.example.com" };

	(void)state;
	expect_callbacks(urls, COUNT(urls), false);
}

/* References without a scheme, which browsers resolve to another host. */
static void
cve_2025_27143_schemeless_callbacks_are_refused(void **state)
{
	static const char *const urls[] = { "//evil.example",
		"///evil.example", "/\\evil.example", "\\\\evil.example",
		"/\t/evil.example", "evil.example", "evil.example/x",
		"evil.example?.shops.example.com", "/%2fevil.example",
		"/%5cevil.example" };

	(void)state;
	expect_callbacks(urls, COUNT(urls), false);
}

/* Trusted text in front of, or behind, somebody else's host. */
static void
cve_2025_53535_lookalike_origins_are_refused(void **state)
{
	static const char *const urls[] = { "https://app.example.com.evil.org",
		"https://app.example.com@evil.org",
		"https://app.example.com:443@evil.org",
		"https://app.example.com\\@evil.org",
		"https://app.example.comevil.org",
		"https://evilapp.example.com", "https://xapps.example.com",
		"https://evil.org\\.apps.example.com",
		"https://evil.org?.apps.example.com",
		"https://evil.org/.apps.example.com",
		"https://evil.org#.apps.example.com",
		"https://evil.org%2f.apps.example.com" };

	(void)state;
	expect_callbacks(urls, COUNT(urls), false);
}

/* A line of the corpus: \xHH and \\ stand for bytes. */
static void
decode_line(char *line)
{
	char *out = line;

	line[strcspn(line, "\n")] = '\0';
	for (const char *p = line; *p != '\0'; p++) {
		uint8_t byte = (uint8_t)*p;

		if (*p == '\\' && p[1] == '\\') {
			p++;
		} else if (*p == '\\') {
			char two[3] = { 0 };

			assert_true(p[1] == 'x' && p[2] != '\0');
			memcpy(two, p + 2, 2);
			assert_true(text_unhex(&byte, 1, two));
			p += 3;
		}
		*out++ = (char)byte;
	}
	*out = '\0';
}

static void
no_line_of_the_redirect_corpus_passes(void **state)
{
	const char *srcdir = getenv("srcdir");
	char *path = arena_printf(*state, "%s/redirects.txt",
	    srcdir != NULL ? srcdir : ".");
	FILE *file = fopen(path, "r");
	char line[512];
	int lines = 0;

	if (file == NULL)
		file = fopen(arena_printf(*state,
		    "%s/tests/unit/redirects.txt",
		    srcdir != NULL ? srcdir : "."), "r");
	if (file == NULL)
		fail_msg("cannot read %s", path);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "## ", 3) == 0 || line[0] == '\n')
			continue;
		decode_line(line);
		lines++;
		if (path_next(line) || origin_callback_trusted(line, patterns,
		    COUNT(patterns)))
			fail_msg("payload %d, '%s', was accepted", lines,
			    line);
	}
	(void)fclose(file);
	assert_true(lines >= CORPUS_MIN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_origin_is_scheme_host_and_port),
		TEST(what_has_no_clear_origin_has_none),
		TEST(an_exact_pattern_is_one_origin),
		TEST(wildcards_stand_for_labels_and_characters),
		TEST(patterns_without_scheme_match_web_hosts_only),
		TEST(address_patterns_match_addresses_only),
		TEST(custom_schemes_compare_part_by_part),
		TEST(schemes_that_act_in_the_page_are_never_trusted),
		TEST(a_pattern_full_of_stars_costs_little),
		TEST(callbacks_the_contract_accepts_are_accepted),
		TEST(cve_2024_56734_foreign_callbacks_are_refused),
		TEST(cve_2025_27143_schemeless_callbacks_are_refused),
		TEST(cve_2025_53535_lookalike_origins_are_refused),
		TEST(no_line_of_the_redirect_corpus_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
