#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "trust/stripe_signature.h"

#define NOW INT64_C(1700000000)
#define BODY "{\"id\":\"evt_1\",\"object\":\"event\"}"
/* Made by generateTestHeaderString of the npm package stripe 22.6.2. */
#define BODY_V1 "4fb6a1324e2af5f386ed8237791986f5809effa0d172c20f36f119d282533768"
#define EMPTY_V1 "458916504df7f9bc5ca29f90a99af523de04be40052b7aa3b4de777e5462c3d2"
#define ODD_V1 "07a0700c67e3bcc3699ce952da254f7ef22239d8c60d68978d5e5dc8922c4f48"
#define WRONG_V1 "0000000000000000000000000000000000000000000000000000000000000000"

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

static bool
holds(void **state, const char *secrets, const char *header, int64_t now)
{
	return stripe_signed(*state, secrets, header, BODY, strlen(BODY),
	    now);
}

static void
what_the_official_package_signed_holds(void **state)
{
	static const char odd[] = "{\"\u00fc\":\"\u20ac\\u0000\"}\n";

	assert_true(holds(state, "whsec_contract", "t=1700000000,v1=" BODY_V1,
	    NOW));
	assert_true(stripe_signed(*state, "whsec_a",
	    "t=1700000000,v1=" EMPTY_V1, "", 0, NOW));
	assert_true(stripe_signed(*state, "whsec_b",
	    "t=1700000300,v1=" ODD_V1, odd, strlen(odd), NOW));
}

static void
another_body_or_secret_does_not(void **state)
{
	static const char header[] = "t=1700000000,v1=" BODY_V1;

	assert_false(holds(state, "whsec_other", header, NOW));
	assert_false(holds(state, "", header, NOW));
	assert_false(holds(state, " , ", header, NOW));
	assert_false(stripe_signed(*state, "whsec_contract", header, BODY " ",
	    strlen(BODY) + 1, NOW));
	assert_false(stripe_signed(*state, "whsec_contract", header, BODY,
	    strlen(BODY) - 1, NOW));
	assert_false(holds(state, "whsec_contract",
	    "t=1700000001,v1=" BODY_V1, NOW));
}

static void
an_empty_secret_signs_nothing(void **state)
{
	/* HMAC-SHA256 of "1700000000." with no key */
	static const char header[] = "t=1700000000,v1="
	    "c1da1b6c6b8e9da7f4bbb90f7cab0820f271ad19ccbf80c88479c4e14f37d1c6";

	assert_false(stripe_signed(*state, "", header, "", 0, NOW));
	assert_false(stripe_signed(*state, ",,", header, "", 0, NOW));
}

static void
one_right_signature_of_several_is_enough(void **state)
{
	assert_true(holds(state, "whsec_contract", "t=1700000000,v1=" WRONG_V1
	    ",v1=" BODY_V1 ",v0=" WRONG_V1, NOW));
	assert_true(holds(state, "whsec_contract", "v1=" BODY_V1
	    ",t=1700000000", NOW));
	assert_true(holds(state, "whsec_contract", "t=1700000000,v1=short,v1="
	    BODY_V1, NOW));
	assert_false(holds(state, "whsec_contract", "t=1700000000,v0="
	    BODY_V1, NOW));
}

static void
one_right_secret_of_several_is_enough(void **state)
{
	static const char header[] = "t=1700000000,v1=" BODY_V1;

	assert_true(holds(state, "whsec_new, whsec_contract", header, NOW));
	assert_true(holds(state, " whsec_contract ,whsec_old", header, NOW));
	assert_false(holds(state, "whsec_new, whsec_old", header, NOW));
}

static void
the_time_is_near_in_both_directions(void **state)
{
	static const char header[] = "t=1700000000,v1=" BODY_V1;

	assert_true(holds(state, "whsec_contract", header, NOW + 300));
	assert_false(holds(state, "whsec_contract", header, NOW + 301));
	assert_true(holds(state, "whsec_contract", header, NOW - 300));
	assert_false(holds(state, "whsec_contract", header, NOW - 301));
}

static void
a_header_of_another_form_signs_nothing(void **state)
{
	static const char *const bad[] = { "", ",", "t", "t=", "=", "t=,v1="
	    BODY_V1, "v1=" BODY_V1, "t=1700000000", "t=1700000000,",
	    "t=1700000000,v1=" BODY_V1 ",", ",t=1700000000,v1=" BODY_V1,
	    "t=1700000000, v1=" BODY_V1, "T=1700000000,v1=" BODY_V1,
	    "t=1700000000,V1=" BODY_V1, "t=1700000000x,v1=" BODY_V1,
	    "t=+1700000000,v1=" BODY_V1, "t=-1700000000,v1=" BODY_V1,
	    "t=01700000000,t=1700000000,v1=" BODY_V1,
	    "t=99999999999999999999,v1=" BODY_V1,
	    "t=1700000000,v1=" BODY_V1 "00", "t=1700000000;v1=" BODY_V1,
	    "t=1700000000,v1=4FB6A1324E2AF5F386ED8237791986F5809EFFA0D172C20F"
	    "36F119D282533768" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (holds(state, "whsec_contract", bad[i], NOW))
			fail_msg("%s", bad[i]);
}

static void
the_number_of_signatures_is_bounded(void **state)
{
	char header[STRIPE_HEADER_MAX + 64];
	size_t size = (size_t)snprintf(header, sizeof(header),
	    "t=1700000000");

	for (int i = 1; i < STRIPE_SIGNATURES_MAX; i++)
		size += (size_t)snprintf(header + size, sizeof(header) - size,
		    ",v1=" WRONG_V1);
	size += (size_t)snprintf(header + size, sizeof(header) - size,
	    ",v1=" BODY_V1);
	assert_true(holds(state, "whsec_contract", header, NOW));
	(void)snprintf(header + size, sizeof(header) - size, ",v1=" WRONG_V1);
	assert_false(holds(state, "whsec_contract", header, NOW));
}

static void
the_length_of_the_header_is_bounded(void **state)
{
	char header[STRIPE_HEADER_MAX + 2] = "t=1700000000,v1=" BODY_V1 ",v0=";

	memset(header + strlen(header), 'a', STRIPE_HEADER_MAX -
	    strlen(header));
	assert_true(holds(state, "whsec_contract", header, NOW));
	header[STRIPE_HEADER_MAX] = 'a';
	assert_false(holds(state, "whsec_contract", header, NOW));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_official_package_signed_holds),
		TEST(another_body_or_secret_does_not),
		TEST(an_empty_secret_signs_nothing),
		TEST(one_right_signature_of_several_is_enough),
		TEST(one_right_secret_of_several_is_enough),
		TEST(the_time_is_near_in_both_directions),
		TEST(a_header_of_another_form_signs_nothing),
		TEST(the_number_of_signatures_is_bounded),
		TEST(the_length_of_the_header_is_bounded),
	};

	return cmocka_run_group_tests_name("stripe_signature", tests, NULL,
	    NULL);
}
