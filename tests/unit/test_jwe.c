#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "trust/jwe.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* vectors.json of the wire contract: secret and jweSession */
#define SECRET "contract-secret-0123456789abcdefABCDEF"
#define SALT "better-auth-session"
#define HEADER								\
	"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIiwia2lkIjoiU3JD"	\
	"N1E1bGVNTmZROXdHVjdzNGhIRm1ld2lFQkd3OTVWekhuYUlBNU10OCJ9"
#define IV "VefIkGl77i5qNF_DcNOZqA"
#define TEXT								\
	"Viqmwz5LeTXK7bQCoYf-g2k5rmWwx6hiP5owK2x05p17yUyumRC-jszg4J4Q"	\
	"aU3ZhKl5aMaqvwDUDZoactvCWQ7pLd9rNdwcQv_kqSR_wy7NGwk1GOjL77gM"	\
	"_jmObQKh9yAIny2Q-b3uroCR2WqAKA"
#define TAG "AQ5MAJntFQjNl8rMfuvxzeM2EQs-bm6RPDmVut3SzyE"

static struct arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = arena_new((size_t)8 << 20);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void
the_contract_s_cookie_opens(void **state)
{
	size_t size = 0;
	const char *text = jwe_open(arena, SECRET, SALT,
	    HEADER ".." IV "." TEXT "." TAG, &size);

	(void)state;
	assert_non_null(text);
	assert_string_equal(text, "{\"hello\":\"world\",\"iat\":1795232887,"
	    "\"exp\":1795233187,\"jti\":\"fe7dd376-fcfe-4423-a4d3-"
	    "82644adbbcee\"}");
	assert_int_equal(size, strlen(text));
}

static void
what_is_sealed_opens_again(void **state)
{
	static const char *const texts[] = { "", "a", "{\"a\":1}",
	    "0123456789abcde", "0123456789abcdef", "0123456789abcdef0",
	    "p\xc3\xa4ssw\xc3\xb6rd" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *jwe = jwe_seal(arena, SECRET, SALT, texts[i]);
		size_t size = 99;

		assert_memory_equal(jwe, HEADER "..", strlen(HEADER) + 2);
		assert_string_equal(jwe_open(arena, SECRET, SALT, jwe, &size),
		    texts[i]);
		assert_int_equal(size, strlen(texts[i]));
		assert_string_not_equal(jwe, jwe_seal(arena, SECRET, SALT,
		    texts[i]));
	}
}

static void
another_secret_or_purpose_opens_nothing(void **state)
{
	const char *jwe = jwe_seal(arena, SECRET, SALT, "text");
	size_t size;

	(void)state;
	assert_null(jwe_open(arena, SECRET "x", SALT, jwe, &size));
	assert_null(jwe_open(arena, SECRET, "better-auth-account", jwe, &size));
}

static void
a_changed_character_anywhere_is_noticed(void **state)
{
	char *jwe = jwe_seal(arena, SECRET, SALT, "0123456789abcdef0123");
	size_t size;

	(void)state;
	for (char *at = jwe; *at != '\0'; at++) {
		char before = *at;

		*at = before == 'A' ? 'B' : 'A';
		assert_null(jwe_open(arena, SECRET, SALT, jwe, &size));
		*at = before;
	}
	assert_non_null(jwe_open(arena, SECRET, SALT, jwe, &size));
}

static void
what_is_not_our_form_is_refused(void **state)
{
	static const char *const texts[] = { "", ".", "....", HEADER,
	    HEADER "..", HEADER "...", HEADER ".." IV "." TEXT,
	    HEADER ".." IV "." TEXT ".", HEADER ".." IV "." TEXT "." TAG ".",
	    HEADER ".." IV "." TEXT "." TAG ".AAAA",
	    HEADER ".." IV "." TEXT "." TAG "=",
	    HEADER ".AAAA." IV "." TEXT "." TAG,
	    HEADER ".." IV ".." TAG, HEADER ".." "." TEXT "." TAG,
	    HEADER ".." IV ".AAAA." TAG, ".." IV "." TEXT "." TAG,
	    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.." IV "." TEXT "." TAG };
	char *longest = arena_alloc(arena, JWE_BYTES_MAX + 2);
	size_t size;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (jwe_open(arena, SECRET, SALT, texts[i], &size) != NULL)
			fail_msg("'%s' was opened", texts[i]);
	memset(longest, 'A', JWE_BYTES_MAX + 1);
	memcpy(longest, HEADER "..", strlen(HEADER ".."));
	assert_null(jwe_open(arena, SECRET, SALT, longest, &size));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_contract_s_cookie_opens),
		cmocka_unit_test(what_is_sealed_opens_again),
		cmocka_unit_test(another_secret_or_purpose_opens_nothing),
		cmocka_unit_test(a_changed_character_anywhere_is_noticed),
		cmocka_unit_test(what_is_not_our_form_is_refused),
	};

	return cmocka_run_group_tests_name("jwe", tests, begin, end);
}
