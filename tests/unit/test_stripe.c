#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config.h"
#include "ctx.h"
#include "send/stripe.h"

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
a_form_is_escaped_field_by_field(void **state)
{
	struct buf form;

	stripe_form(*state, &form);
	assert_string_equal(form.data, "");
	stripe_text(&form, "metadata[a&b]", "1=2 & 3\n");
	stripe_int(&form, "line_items[0][quantity]", -7);
	stripe_text(&form, "success_url", "https://x/?id={ID}");
	assert_string_equal(form.data,
	    "metadata%5Ba%26b%5D=1%3D2%20%26%203%0A"
	    "&line_items%5B0%5D%5Bquantity%5D=-7"
	    "&success_url=https%3A%2F%2Fx%2F%3Fid%3D%7BID%7D");
}

static void
only_what_can_be_an_id_goes_into_a_path(void **state)
{
	static const char *const bad[] = { NULL, "", "cs_", "cs", "CS_1",
		"sub_1", "cs_1/../..", "cs_..", "cs_1?a", "cs_1 ", "cs_\xc3" };
	char text[STRIPE_ID_MAX + 2] = "cs_";

	(void)state;
	assert_true(stripe_is_id("cs_test_a1B2", "cs_"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(stripe_is_id(bad[i], "cs_"));
	memset(text + 3, 'a', STRIPE_ID_MAX - 3);
	assert_true(stripe_is_id(text, "cs_"));
	text[STRIPE_ID_MAX] = 'a';
	assert_false(stripe_is_id(text, "cs_"));
}

static void
without_a_line_there_is_no_answer(void **state)
{
	struct config config = { .stripe_secret_key = "sk_1" };
	struct ctx ctx = { .arena = *state, .config = &config };
	struct json_object *out;

	assert_int_equal(stripe_call(&ctx, &(struct stripe_call){
	    .path = "/v1/prices/price_1" }, &out), ST_STRIPE_UNAVAILABLE);
	assert_null(out);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_form_is_escaped_field_by_field),
		TEST(only_what_can_be_an_id_goes_into_a_path),
		TEST(without_a_line_there_is_no_answer),
	};

	return cmocka_run_group_tests_name("stripe", tests, NULL, NULL);
}
