#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "trust/argon.h"
#include "trust/password.h"
#include "trust/phc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SALT16 "$c29tZXNhbHQwMTIzNDU2Nw"
#define TAG32 "$Y2alAt8VXxrDQAIegCRZl8WUBJWcTs3/mHV6krQ3xn4"

static const struct password_cost cheap = { 64, 1, 1 };
static struct password_arena *arena;

static int
begin(void **state)
{
	(void)state;
	arena = password_arena_new();
	return 0;
}

static int
end(void **state)
{
	(void)state;
	password_arena_free(arena);
	return 0;
}

struct known {
	const char *hash;
	const char *password;
};

static void
assert_all(const struct known *known, size_t count,
    enum password_verdict verdict)
{
	for (size_t i = 0; i < count; i++) {
		if (password_verify(arena, &cheap, known[i].hash,
		    known[i].password) != verdict)
			fail_msg("%s", known[i].hash);
		if (verdict == PASSWORD_WRONG)
			continue;
		assert_true(password_readable(known[i].hash));
		assert_int_equal(password_verify(arena, &cheap,
		    known[i].hash, "Password"), PASSWORD_WRONG);
	}
}

static void
a_new_hash_verifies_its_own_password_only(void **state)
{
	static const char *const passwords[] = {
		"", " ", "  spaces  kept  ", "correct horse battery staple",
		"p\303\244ss\360\237\224\221", "$argon2id$", "%41\n\t"
	};
	char hash[PASSWORD_HASH_SIZE], other[64];

	(void)state;
	for (size_t i = 0; i < COUNT(passwords); i++) {
		assert_true(password_hash(arena, &cheap, passwords[i], hash));
		assert_int_equal(password_verify(arena, &cheap, hash,
		    passwords[i]), PASSWORD_RIGHT);
		snprintf(other, sizeof(other), "%s ", passwords[i]);
		assert_int_equal(password_verify(arena, &cheap, hash, other),
		    PASSWORD_WRONG);
	}
}

static void
hashes_are_phc_strings_with_a_fresh_salt(void **state)
{
	static const char start[] = "$argon2id$v=19$m=64,t=1,p=1$";
	char one[PASSWORD_HASH_SIZE], two[PASSWORD_HASH_SIZE];

	(void)state;
	assert_true(password_hash(arena, &cheap, "same", one));
	assert_true(password_hash(arena, &cheap, "same", two));
	assert_memory_equal(one, start, sizeof(start) - 1);
	assert_int_equal(strlen(one), sizeof(start) - 1 + 22 + 1 + 43);
	assert_string_not_equal(one, two);
	assert_memory_not_equal(one + sizeof(start) - 1,
	    two + sizeof(start) - 1, 22);
}

static void
the_dearest_hash_fits(void **state)
{
	struct phc phc = { .version = 19, .salt_size = 16, .tag_size = 32,
	    .cost = { PASSWORD_MEMORY_MAX_KIB, PASSWORD_PASSES_MAX,
	    PASSWORD_LANES_MAX } };
	char hash[PASSWORD_HASH_SIZE];
	struct phc again;

	(void)state;
	memset(phc.salt, 0xff, 16);
	phc_print(hash, &phc);
	assert_true(phc_parse(&again, hash));
	assert_memory_equal(&again.cost, &phc.cost, sizeof(phc.cost));
	assert_memory_equal(again.salt, phc.salt, 16);
}

/* The vectors the reference implementation is tested with. */
static void
reference_hashes_verify(void **state)
{
	static const struct known known[] = {
		{ "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
		    "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		    "password" },
		{ "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
		    "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		    "password" },
		{ "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
		    "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
		    "password" },
		{ "$argon2id$v=19$m=65536,t=1,p=1$c29tZXNhbHQ"
		    "$9qWtwbpyPd3vm1rB1GThgPzZ3/ydHL92zKL+15XZypg",
		    "password" },
		{ "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
		    "$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94",
		    "differentpassword" },
		{ "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ"
		    "$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw",
		    "password" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
}

static void
other_orders_versions_and_sizes_verify(void **state)
{
	static const struct known known[] = {
		{ "$argon2id$v=19$m=65536,t=3,p=4" SALT16
		    "$ePIR97ZFf1P7i/j2UNXBpEQW7JRiqO7pi1ZOdAqSek4",
		    "password" },
		{ "$argon2id$v=19$m=65536,p=4,t=3" SALT16
		    "$ePIR97ZFf1P7i/j2UNXBpEQW7JRiqO7pi1ZOdAqSek4",
		    "password" },
		{ "$argon2id$v=19$p=2,t=1,m=64" SALT16
		    "$UEK9HKQULxRGexfcGWoIWVaUVXOj2UrJmmpSU1h52hI",
		    "password" },
		{ "$argon2id$v=16$m=256,t=2,p=1" SALT16
		    "$/DVNrPEW41l5RGlXlrL9oKhbv7gT2g68aeKs/24fBmY",
		    "password" },
		{ "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ"
		    "$pMlwOs/gn+zdvoB/AGiRNA", "password" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
}

static void
unreadable_strings_are_not_parsed(void **state)
{
	static const char *const texts[] = {
		"", "$", "$argon2id", "$argon2id$",
		/* other kinds, other spellings, no version, odd versions */
		"$argon2i$v=19$m=64,t=1,p=1" SALT16 TAG32,
		"$argon2d$v=19$m=64,t=1,p=1" SALT16 TAG32,
		"$Argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32,
		" $argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32,
		"$argon2id$m=64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=17$m=64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=20$m=64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=0x13$m=64,t=1,p=1" SALT16 TAG32,
		/* keyid and data */
		"$argon2id$v=19$m=64,t=1,p=1,keyid=QUJD" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=1,p=1,data=QUJD" SALT16 TAG32,
		"$argon2id$v=19$keyid=QUJD,m=64,t=1,p=1" SALT16 TAG32,
		/* parameters missing, twice, empty, oddly written */
		"$argon2id$v=19$m=64,t=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=1,t=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,m=64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=1,p=1," SALT16 TAG32,
		"$argon2id$v=19$m=64,t=,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=064,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=+64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=-64,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64, t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64k,t=1,p=1" SALT16 TAG32,
		/* fields missing, doubled, followed by something */
		"$argon2id$v=19$m=64,t=1,p=1" SALT16,
		"$argon2id$v=19$m=64,t=1,p=1$" TAG32,
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 "$",
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 "$" TAG32,
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32 "$",
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32 "\n",
		/* padding, the url alphabet, bits behind the last byte */
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 "==" TAG32,
		"$argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32 "=",
		"$argon2id$v=19$m=64,t=1,p=1" SALT16
		    "$Y2alAt8VXxrDQAIegCRZl8WUBJWcTs3_mHV6krQ3xn4",
		"$argon2id$v=19$m=64,t=1,p=1" SALT16
		    "$Y2alAt8VXxrDQAIegCRZl8WUBJWcTs3/mHV6krQ3xn5"
	};
	struct phc phc;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		if (phc_parse(&phc, texts[i]) || password_readable(texts[i]))
			fail_msg("%s", texts[i]);
		assert_int_equal(password_verify(arena, &cheap, texts[i],
		    "password"), PASSWORD_WRONG);
	}
}

static void
costs_beyond_the_caps_are_not_computed(void **state)
{
	static const char *const texts[] = {
		"$argon2id$v=19$m=4194304000,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=262145,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=18446744073709551680,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=17,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=4294967297,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=72,t=1,p=9" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=0,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=0,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=64,t=1,p=0" SALT16 TAG32,
		"$argon2id$v=19$m=7,t=1,p=1" SALT16 TAG32,
		"$argon2id$v=19$m=63,t=1,p=8" SALT16 TAG32,
		"$argon2id$v=19$t=1,p=8,m=63" SALT16 TAG32
	};
	struct phc phc;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (phc_parse(&phc, texts[i]))
			fail_msg("%s", texts[i]);
	assert_true(phc_parse(&phc,
	    "$argon2id$v=19$m=262144,t=16,p=8" SALT16 TAG32));
	assert_true(phc_parse(&phc,
	    "$argon2id$v=19$m=64,t=1,p=8" SALT16 TAG32));
}

/* size bytes of zero, in base64 */
static bool
parses_with(size_t salt, size_t tag)
{
	static const char zeros[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	char text[256];
	struct phc phc;

	snprintf(text, sizeof(text), "$argon2id$v=19$m=64,t=1,p=1$%.*s$%.*s",
	    (int)((salt * 8 + 5) / 6), zeros, (int)((tag * 8 + 5) / 6), zeros);
	return phc_parse(&phc, text) && phc.salt_size == salt &&
	    phc.tag_size == tag;
}

static void
salts_and_tags_have_bounds(void **state)
{
	(void)state;
	assert_true(parses_with(8, 16));
	assert_true(parses_with(64, 64));
	assert_false(parses_with(7, 16));
	assert_false(parses_with(65, 64));
	assert_false(parses_with(8, 15));
	assert_false(parses_with(64, 65));
	assert_false(parses_with(0, 32));
	assert_false(parses_with(16, 0));
}

static void
both_libraries_compute_the_same(void **state)
{
	static const uint32_t memory[] = { 8, 9, 15, 64, 257, 1023, 4096 };
	uint8_t one[PHC_TAG_MAX], two[PHC_TAG_MAX];
	struct phc phc = { .version = 19, .salt_size = 16 };

	(void)state;
	for (size_t i = 0; i < COUNT(memory); i++)
		for (uint32_t passes = 1; passes <= 4; passes++) {
			phc.cost = (struct password_cost){ memory[i], passes,
			    1 };
			phc.salt[i] = (uint8_t)passes;
			phc.tag_size = PHC_TAG_MIN + 16 * (passes - 1);
			assert_true(argon_compute(arena, &phc, "password",
			    one));
			assert_true(argon_reference(arena, &phc, "password",
			    two));
			assert_memory_equal(one, two, phc.tag_size);
		}
}

static void
right_at_another_cost_asks_for_a_new_hash(void **state)
{
	static const struct password_cost others[] = {
		{ 128, 1, 1 }, { 64, 2, 1 }, { 64, 1, 2 }, { 32, 1, 1 }
	};
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(others); i++) {
		assert_true(password_hash(arena, &others[i], "secret", hash));
		assert_int_equal(password_verify(arena, &cheap, hash,
		    "secret"), PASSWORD_RIGHT_REHASH);
		assert_int_equal(password_verify(arena, &others[i], hash,
		    "secret"), PASSWORD_RIGHT);
		assert_int_equal(password_verify(arena, &cheap, hash,
		    "Secret"), PASSWORD_WRONG);
	}
}

static void
passwords_that_look_alike_are_alike(void **state)
{
	static const struct {
		const char *one;
		const char *two;
	} pairs[] = {
		{ "\342\204\253", "A\314\212" },	/* angstrom sign */
		{ "\303\205", "A\314\212" },		/* A with ring */
		{ "\357\254\201sh", "fish" },		/* fi ligature */
		{ "\357\274\241\357\274\221", "A1" },	/* full width */
		{ "x\302\262", "x2" },			/* superscript */
		{ "\355\225\234", "\341\204\222\341\205\241\341\206\253" }
	};
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		assert_true(password_hash(arena, &cheap, pairs[i].one, hash));
		assert_int_equal(password_verify(arena, &cheap, hash,
		    pairs[i].two), PASSWORD_RIGHT);
		assert_true(password_hash(arena, &cheap, pairs[i].two, hash));
		assert_int_equal(password_verify(arena, &cheap, hash,
		    pairs[i].one), PASSWORD_RIGHT);
	}
}

/* "2 m2" with superscript digits, hashed by programs that left it so */
static void
hashes_of_what_was_typed_verify_too(void **state)
{
	static const struct known known[] = {
		{ "$argon2id$v=19$m=64,t=1,p=1" SALT16 TAG32,
		    "\302\262 m\302\262" },
		{ "$2b$04$abcdefghijklmnopqrstuuYIn3/1/6ANTAkRrGJBxl14E0wB6E"
		    "4xK", "\302\262 m\302\262" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
	for (size_t i = 0; i < COUNT(known); i++)
		assert_int_equal(password_verify(arena, &cheap, known[i].hash,
		    "2 m2"), PASSWORD_WRONG);
}

static void
passwords_that_are_not_text_are_refused(void **state)
{
	static const char *const bad[] = {
		"\377", "a\200", "\300\257", "\355\240\200", "\360\237"
	};
	char hash[PASSWORD_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(password_hash(arena, &cheap, bad[i], hash));
		assert_int_equal(password_verify(arena, &cheap, NULL, bad[i]),
		    PASSWORD_WRONG);
	}
}

static void
passwords_end_at_their_longest(void **state)
{
	char password[PASSWORD_BYTES_MAX + 2], hash[PASSWORD_HASH_SIZE];

	(void)state;
	memset(password, 'a', sizeof(password));
	password[PASSWORD_BYTES_MAX] = '\0';
	assert_true(password_hash(arena, &cheap, password, hash));
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_RIGHT);
	password[PASSWORD_BYTES_MAX - 1] = 'b';
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_WRONG);
	password[PASSWORD_BYTES_MAX] = 'a';
	password[PASSWORD_BYTES_MAX + 1] = '\0';
	assert_false(password_hash(arena, &cheap, password, hash));
}

/* U+FDFA, three bytes, is eighteen characters in NFKC. */
static void
passwords_that_grow_too_far_are_refused(void **state)
{
	char password[3 * 1024 + 1], hash[PASSWORD_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(password) - 1; i += 3)
		memcpy(password + i, "\357\267\272", 3);
	password[sizeof(password) - 1] = '\0';
	assert_false(password_hash(arena, &cheap, password, hash));
	password[3 * 200] = '\0';
	assert_true(password_hash(arena, &cheap, password, hash));
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_RIGHT);
}

/* vectors.json of the wire contract: scrypt */
static void
better_auth_hashes_verify(void **state)
{
	static const struct known known[] = {
		{ "000102030405060708090a0b0c0d0e0f:d19e1ab00945c2d478363ca443"
		    "b72fb3e2c9af5d0ca0f2315bbf973d89852985b41cd84cc306730215f"
		    "eaa36e1e406aeb1e39775cf8cd1a3027cc30a931ed0ac",
		    "password1234" },
		{ "ffeeddccbbaa99887766554433221100:2f553014963c94469872d639cd"
		    "ea5661090bfda0368033f7abe0bec9d997e9f641ea0216b558612c075"
		    "e723d9618b818897acdcfec07e2e86ca2d5aa291a106c",
		    "p\303\244ssw\303\266rd-\342\204\253" },
		{ "f0654e54e1598b71cbf3d9bc65099dbb:f8e381e4ae6df3bf736291ac4c"
		    "d20ebd6b4250228455192cd3079024671757e0c1f2cb610ad5ad1d41c"
		    "174e5077fda7049416d6770cc7959a6ebb2ed60ee1bcd",
		    "reference-made" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
	assert_int_equal(password_verify(arena, &cheap, known[1].hash,
	    "pa\314\210sswo\314\210rd-\303\205"), PASSWORD_RIGHT_REHASH);
}

/* The first three are those crypt_blowfish is tested with. */
static void
bcrypt_hashes_verify(void **state)
{
	static const struct known known[] = {
		{ "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO"
		    "eW", "U*U" },
		{ "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0l"
		    "wK", "U*U*" },
		{ "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx"
		    "4a", "U*U*U" },
		{ "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc"
		    "6e", "correct horse" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
}

static void
bcrypt_counts_72_bytes(void **state)
{
	static const char hash[] = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOj"
	    "g/.AySBTTZIIVFJeBui";
	static const char counted[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	char password[1000];

	(void)state;
	assert_int_equal(sizeof(counted) - 1, 72);
	assert_int_equal(password_verify(arena, &cheap, hash, counted),
	    PASSWORD_RIGHT_REHASH);
	memset(password, 'z', sizeof(password));
	memcpy(password, counted, 72);
	password[sizeof(password) - 1] = '\0';
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_RIGHT_REHASH);
	password[71] = 'x';
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_WRONG);
	password[71] = '\0';
	assert_int_equal(password_verify(arena, &cheap, hash, password),
	    PASSWORD_WRONG);
}

static void
yescrypt_hashes_verify(void **state)
{
	static const struct known known[] = {
		{ "$y$j75$kEGmA3qaDNJc0RJd/ZLcg."
		    "$lV8iLnn.5a/eQ8iI2epvHMFp.ZhMIeOAzy6Ic8rmRA7",
		    "correct horse" }
	};

	(void)state;
	assert_all(known, COUNT(known), PASSWORD_RIGHT_REHASH);
}

#define BCRYPT_REST "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"
#define YESCRYPT_REST "$kEGmA3qaDNJc0RJd/ZLcg." \
	"$lV8iLnn.5a/eQ8iI2epvHMFp.ZhMIeOAzy6Ic8rmRA7"
#define SCRYPT_KEY "d19e1ab00945c2d478363ca443b72fb3e2c9af5d0ca0f2315bbf973d" \
	"89852985b41cd84cc306730215feaa36e1e406aeb1e39775cf8cd1a3027cc30a931e"

static void
odd_legacy_hashes_are_wrong_at_once(void **state)
{
	static const char *const hashes[] = {
		"*0", "*1", "x", ":", "plain", "$1$salt$hash", "$2", "$y$",
		"$2a$03$" BCRYPT_REST, "$2a$16$" BCRYPT_REST,
		"$2a$31$" BCRYPT_REST, "$2a$5$" BCRYPT_REST,
		"$2a$-5$" BCRYPT_REST, "$2x$05$" BCRYPT_REST,
		"$2$05$" BCRYPT_REST, "$2a$05$" BCRYPT_REST "x",
		"$2a$05$:" BCRYPT_REST,
		/* 512 MiB and more, other flavours, several lanes */
		"$y$jET" YESCRYPT_REST, "$y$jFT" YESCRYPT_REST,
		"$y$jzz" YESCRYPT_REST, "$y$/75" YESCRYPT_REST,
		"$y$j75.." YESCRYPT_REST, "$y$jD5.7" YESCRYPT_REST,
		"$y$j75" YESCRYPT_REST "x", "$y$j75$$",
		"$gy$j75" YESCRYPT_REST, "$7$DU..../....2Q9obwLhin8qvQl6sisA"
		    "O/$E1HizYWxBmnIH4sdPkIOXnhZ3QsMFgIFhHFbrPIVVlB",
		"000102030405060708090a0b0c0d0e0f:" SCRYPT_KEY,
		"000102030405060708090a0b0c0d0e0f:" SCRYPT_KEY "d0ac00",
		"000102030405060708090a0b0c0d0e0f:" SCRYPT_KEY "d0ag",
		"000102030405060708090a0b0c0d0e0g:" SCRYPT_KEY "d0ac",
		"000102030405060708090a0b0c0d0e0f0" SCRYPT_KEY "d0ac"
	};
	clock_t before = clock();

	(void)state;
	for (size_t i = 0; i < COUNT(hashes); i++) {
		assert_false(password_readable(hashes[i]));
		assert_int_equal(password_verify(arena, &cheap, hashes[i],
		    "U*U"), PASSWORD_WRONG);
	}
	/* The dearest of them alone would take minutes. */
	assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
}

static clock_t
time_of(const struct password_cost *cost, const char *hash)
{
	clock_t least = 0;

	for (int i = 0; i < 3; i++) {
		clock_t before = clock(), took;

		assert_int_equal(password_verify(arena, cost, hash, "secret"),
		    PASSWORD_WRONG);
		took = clock() - before;
		if (i == 0 || took < least)
			least = took;
	}
	return least;
}

static void
unknown_users_take_as_long_as_known_ones(void **state)
{
	static const struct password_cost usual = { 19456, 2, 1 };
	char hash[PASSWORD_HASH_SIZE];
	clock_t known;

	(void)state;
	assert_true(password_hash(arena, &usual, "Secret", hash));
	known = time_of(&usual, hash);
	assert_true(time_of(&usual, NULL) > known / 2);
	assert_true(time_of(&usual, "") > known / 2);
	assert_true(time_of(&usual, "unreadable") > known / 2);
}

static void
memory_is_wiped_kept_and_given_back(void **state)
{
	struct phc phc = { .version = 19, .cost = { 8192, 1, 1 },
	    .salt_size = 16, .tag_size = 32 };
	uint8_t tag[PHC_TAG_MAX];
	uint8_t *memory;

	(void)state;
	argon_shrink(arena, 0);
	assert_null(arena->memory);
	assert_true(argon_reference(arena, &phc, "password", tag));
	memory = arena->memory;
	assert_true(arena->size >= (size_t)8 << 20);
	for (size_t i = 0; i < arena->size; i++)
		if (memory[i] != 0)
			fail_msg("byte %zu is left", i);
	phc.cost.memory_kib = 64;
	assert_true(argon_reference(arena, &phc, "password", tag));
	argon_shrink(arena, 8192);
	assert_ptr_equal(arena->memory, memory);
	argon_shrink(arena, 64);
	assert_null(arena->memory);
	assert_true(argon_reference(arena, &phc, "password", tag));
}

static void
an_imported_hash_holds_no_memory(void **state)
{
	(void)state;
	assert_int_equal(password_verify(arena, &cheap,
	    "$argon2id$v=19$m=65536,t=3,p=4" SALT16
	    "$ePIR97ZFf1P7i/j2UNXBpEQW7JRiqO7pi1ZOdAqSek4", "password"),
	    PASSWORD_RIGHT_REHASH);
	assert_true(arena->size <= (size_t)2 << 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_hash_verifies_its_own_password_only),
		cmocka_unit_test(hashes_are_phc_strings_with_a_fresh_salt),
		cmocka_unit_test(the_dearest_hash_fits),
		cmocka_unit_test(reference_hashes_verify),
		cmocka_unit_test(other_orders_versions_and_sizes_verify),
		cmocka_unit_test(unreadable_strings_are_not_parsed),
		cmocka_unit_test(costs_beyond_the_caps_are_not_computed),
		cmocka_unit_test(salts_and_tags_have_bounds),
		cmocka_unit_test(both_libraries_compute_the_same),
		cmocka_unit_test(right_at_another_cost_asks_for_a_new_hash),
		cmocka_unit_test(passwords_that_look_alike_are_alike),
		cmocka_unit_test(hashes_of_what_was_typed_verify_too),
		cmocka_unit_test(passwords_that_are_not_text_are_refused),
		cmocka_unit_test(passwords_end_at_their_longest),
		cmocka_unit_test(passwords_that_grow_too_far_are_refused),
		cmocka_unit_test(better_auth_hashes_verify),
		cmocka_unit_test(bcrypt_hashes_verify),
		cmocka_unit_test(bcrypt_counts_72_bytes),
		cmocka_unit_test(yescrypt_hashes_verify),
		cmocka_unit_test(odd_legacy_hashes_are_wrong_at_once),
		cmocka_unit_test(unknown_users_take_as_long_as_known_ones),
		cmocka_unit_test(memory_is_wiped_kept_and_given_back),
		cmocka_unit_test(an_imported_hash_holds_no_memory)
	};

	return cmocka_run_group_tests_name("password", tests, begin, end);
}
