#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "config.h"
#include "ctx.h"
#include "http/address.h"

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

/* contract README, section 11 */
static void
addresses_have_one_spelling(void **state)
{
	static const struct {
		const char *sent, *normal;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::FFFF:c000:0201", "192.0.2.1" },
		{ "0:0:0:0:0:ffff:192.0.2.1", "192.0.2.1" },
		{ "2001:db8:1:2::", "2001:0db8:0001:0002:0000:0000:0000:0000" },
		{ "2001:DB8:1:2:3:4:5:6",
		    "2001:0db8:0001:0002:0000:0000:0000:0000" },
		{ "::1", "0000:0000:0000:0000:0000:0000:0000:0000" },
		{ "::192.0.2.1", "0000:0000:0000:0000:0000:0000:0000:0000" },
		{ "fe80::1", "fe80:0000:0000:0000:0000:0000:0000:0000" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(address_normal(*state, rows[i].sent),
		    rows[i].normal);
}

static void
anything_else_is_no_address(void **state)
{
	static const char *const bad[] = { "", " ", "unknown", "localhost",
		"1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4:80", "[::1]",
		"[::1]:80", "::1%eth0", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4x",
		"01.2.3.4", "1.2.3.00", "0x7f.1", "2130706433", "1.2.3.4/32",
		"::g", ":::", "1:2:3:4", "_hidden", "1.2.3.4\n", "1,2.3.4" };

	for (size_t i = 0; i < COUNT(bad); i++)
		if (address_normal(*state, bad[i]) != NULL)
			fail_msg("'%s' was accepted", bad[i]);
}

static void
networks_hold_their_addresses_only(void **state)
{
	static const struct {
		const char *address, *network;
		bool in;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.2", "192.0.2.1", false },
		{ "10.255.255.255", "10.0.0.0/8", true },
		{ "11.0.0.0", "10.0.0.0/8", false },
		{ "10.1.2.3", "10.9.9.9/8", true },
		{ "192.0.2.127", "192.0.2.0/25", true },
		{ "192.0.2.128", "192.0.2.0/25", false },
		{ "192.0.2.1", "0.0.0.0/0", true },
		{ "192.0.2.1", "192.0.2.1/32", true },
		{ "192.0.2.0", "192.0.2.1/32", false },
		{ "::1", "0.0.0.0/0", false },
		{ "::ffff:10.0.0.1", "10.0.0.0/8", true },
		{ "10.0.0.1", "::ffff:10.0.0.0/104", true },
		{ "fd00::1", "fd00::/8", true },
		{ "fe00::1", "fd00::/8", false },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1", "2001:db8::2", false },
		{ "2001:db8::2", "2001:db8::3/127", true },
		{ "2001:db8::1", "2001:db8::3/127", false },
		/* what is malformed holds nobody */
		{ "10.0.0.1", "10.0.0.0/33", false },
		{ "10.0.0.1", "10.0.0.0/-1", false },
		{ "10.0.0.1", "10.0.0.0/", false },
		{ "10.0.0.1", "10.0.0.0/8x", false },
		{ "10.0.0.1", "10.0.0.0/8/8", false },
		{ "::1", "::/129", false },
		{ "10.0.0.1", "", false },
		{ "10.0.0.1", "/0", false },
		{ "10.0.0.1", "*", false },
		{ "", "0.0.0.0/0", false },
		{ "unix", "0.0.0.0/0", false },
		{ "10.0.0.1", "00000000000000000000000000000000000000000000"
		    "000000010.0.0.0/8", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (address_in(rows[i].address, rows[i].network) != rows[i].in)
			fail_msg("%s in %s", rows[i].address, rows[i].network);
}

/* The client's address with these settings and headers. */
static const char *
client(struct arena *arena, const char *mode, const char *proxy,
    const char *peer, const char *forwarded)
{
	const char *const proxies[] = { "127.0.0.1", proxy };
	struct config config = { .server_client_address = mode,
	    .server_trusted_proxies = { proxies, proxy != NULL ? 2 : 0 } };
	struct pair params[2];
	struct ctx ctx = { .arena = arena, .config = &config,
	    .request.params = { params, 0 } };

	if (peer != NULL)
		params[ctx.request.params.count++] =
		    (struct pair){ "REMOTE_ADDR", peer };
	if (forwarded != NULL)
		params[ctx.request.params.count++] =
		    (struct pair){ "HTTP_X_FORWARDED_FOR", forwarded };
	address_read(&ctx);
	return ctx.request.address;
}

static void
by_default_nobody_may_say_who_he_is(void **state)
{
	assert_string_equal(client(*state, "socket", NULL, "192.0.2.1",
	    "198.51.100.7"), "192.0.2.1");
	assert_string_equal(client(*state, "socket", NULL, "192.0.2.1", NULL),
	    "192.0.2.1");
	assert_string_equal(client(*state, "socket", NULL, NULL,
	    "198.51.100.7"), "");
	assert_string_equal(client(*state, "socket", NULL, "", NULL), "");
	assert_string_equal(client(*state, "socket", "10.0.0.0/8",
	    "192.0.2.1", "198.51.100.7"), "192.0.2.1");
}

static void
a_trusted_proxys_list_is_walked_from_the_right(void **state)
{
	static const struct {
		const char *forwarded, *address;
	} rows[] = {
		{ "198.51.100.7", "198.51.100.7" },
		{ "1.1.1.1, 198.51.100.7", "198.51.100.7" },
		{ "198.51.100.7, 10.1.1.1", "198.51.100.7" },
		{ "1.1.1.1, 198.51.100.7 ,\t10.1.1.1,127.0.0.1",
		    "198.51.100.7" },
		{ "spoofed, 198.51.100.7", "198.51.100.7" },
		{ "::ffff:198.51.100.7", "198.51.100.7" },
		/* an element that is no address ends the search */
		{ "198.51.100.7, unknown", "" },
		{ "198.51.100.7, , 10.1.1.1", "" },
		{ "198.51.100.7,", "" },
		{ "198.51.100.7:443", "" },
		{ "198.51.100.7 1.1.1.1", "" },
		{ "10.1.1.1, 127.0.0.1", "" },
		{ "", "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(client(*state, "socket", "10.0.0.0/8",
		    "10.0.0.9", rows[i].forwarded), rows[i].address);
	assert_string_equal(client(*state, "socket", "10.0.0.0/8", "10.0.0.9",
	    NULL), "10.0.0.9");
}

static void
the_contracts_rule_takes_one_forwarded_address(void **state)
{
	assert_string_equal(client(*state, "forwarded", NULL, "192.0.2.1",
	    "198.51.100.7"), "198.51.100.7");
	assert_string_equal(client(*state, "forwarded", NULL, "192.0.2.1",
	    "198.51.100.7, 10.1.1.1"), "");
	assert_string_equal(client(*state, "forwarded", NULL, "192.0.2.1",
	    "nonsense"), "");
	assert_string_equal(client(*state, "forwarded", NULL, "192.0.2.1",
	    NULL), "");
	assert_string_equal(client(*state, "forwarded", "10.0.0.0/8", NULL,
	    "1.1.1.1, 198.51.100.7, 10.1.1.1"), "198.51.100.7");
}

/*
 * Better Auth: one client counted as many, by the low half of its IPv6
 * network, by other spellings, and by forged elements of the list.
 */
static void
ghsa_p6v2_xcpg_h6xw_one_client_is_one_address(void **state)
{
	static const char *const same[] = { "2001:db8:1:2::1",
		"2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0DB8:0001:0002::1",
		"2001:db8:1:2:0:0:0:2" };
	static const char *const lists[] = { "1.1.1.1, 198.51.100.7",
		"2.2.2.2, 198.51.100.7", "x, y, 198.51.100.7",
		"198.51.100.7, 198.51.100.7", "::ffff:198.51.100.7",
		"0::ffff:c633:6407" };

	for (size_t i = 0; i < COUNT(same); i++)
		assert_string_equal(client(*state, "socket", NULL, same[i],
		    NULL), "2001:0db8:0001:0002:0000:0000:0000:0000");
	for (size_t i = 0; i < COUNT(lists); i++)
		assert_string_equal(client(*state, "socket", "10.0.0.0/8",
		    "10.0.0.9", lists[i]), "198.51.100.7");
	assert_string_not_equal(client(*state, "socket", NULL,
	    "2001:db8:1:3::1", NULL), client(*state, "socket", NULL,
	    "2001:db8:1:2::1", NULL));
}

/* X_Forwarded_For is the same CGI variable, and no proxy takes it away. */
static void
a_list_sent_in_two_spellings_is_nobodys(void **state)
{
	const char *const proxies[] = { "10.0.0.0/8" };
	struct config config = { .server_client_address = "socket",
	    .server_trusted_proxies = { proxies, 1 } };
	struct pair params[] = {
		{ "HTTP_X_FORWARDED_FOR", "198.51.100.66" },
		{ "REMOTE_ADDR", "10.0.0.9" },
		{ "HTTP_X_FORWARDED_FOR", "198.51.100.7" },
	};
	struct ctx ctx = { .arena = *state, .config = &config,
	    .request.params = { params, COUNT(params) } };

	address_read(&ctx);
	assert_string_equal(ctx.request.address, "");
	assert_non_null(strstr(ctx.request.address_why, "two spellings"));
	assert_false(ctx.request.is_forwarded);
	/* where nobody believes it, it harms nobody */
	params[1].value = "192.0.2.1";
	address_read(&ctx);
	assert_string_equal(ctx.request.address, "192.0.2.1");
	config.server_client_address = "forwarded";
	address_read(&ctx);
	assert_string_equal(ctx.request.address, "");
}

static void
loopback_is_this_machine(void **state)
{
	static const char *const here[] = { "127.0.0.1", "127.255.0.9", "::1",
		"::ffff:127.0.0.1" };
	static const char *const there[] = { "128.0.0.1", "126.255.255.255",
		"::", "::2", "::ffff:128.0.0.1", "", "localhost",
		"::127.0.0.1" };

	(void)state;
	for (size_t i = 0; i < COUNT(here); i++)
		assert_true(address_is_loopback(here[i]));
	for (size_t i = 0; i < COUNT(there); i++)
		assert_false(address_is_loopback(there[i]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_have_one_spelling),
		TEST(anything_else_is_no_address),
		TEST(networks_hold_their_addresses_only),
		TEST(by_default_nobody_may_say_who_he_is),
		TEST(a_trusted_proxys_list_is_walked_from_the_right),
		TEST(the_contracts_rule_takes_one_forwarded_address),
		TEST(ghsa_p6v2_xcpg_h6xw_one_client_is_one_address),
		TEST(a_list_sent_in_two_spellings_is_nobodys),
		TEST(loopback_is_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
