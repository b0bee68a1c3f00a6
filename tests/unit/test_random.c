#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/random.h"

#define LETTERS \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define NOW INT64_C(0x019a1b2c3d4e)

static void
texts_have_their_length_and_alphabet(void **state)
{
	char text[201];

	(void)state;
	for (size_t size = 0; size <= 200; size++) {
		memset(text, '~', sizeof(text));
		random_text(text, size);
		assert_int_equal(strlen(text), size);
		assert_int_equal(strspn(text, LETTERS), size);
	}
}

static void
letters_are_letters_only(void **state)
{
	char text[201];
	size_t capitals;

	(void)state;
	random_letters(text, 200);
	assert_int_equal(strspn(text, LETTERS), 200);
	assert_int_equal(strcspn(text, "0123456789"), 200);
	capitals = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	assert_in_range(capitals, 0, 199);
}

/*
 * 62,000 draws: 1,000 expected each, standard deviation 31. Taking a byte
 * modulo 62 would give the first eight letters 1,211. A sound generator
 * leaves 850 .. 1150 about once in ten thousand runs of this test.
 */
static void
every_letter_is_as_likely_as_the_others(void **state)
{
	static char text[62001];
	unsigned seen[256] = { 0 };

	(void)state;
	random_text(text, sizeof(text) - 1);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		seen[(unsigned char)text[i]]++;
	for (const char *c = LETTERS; *c != '\0'; c++)
		assert_in_range(seen[(unsigned char)*c], 850, 1150);
}

static void
no_byte_is_left_out_or_written_beyond(void **state)
{
	uint8_t bytes[66];
	uint8_t seen[64] = { 0 };

	(void)state;
	for (int round = 0; round < 16; round++) {
		bytes[0] = bytes[65] = 0xa5;
		random_bytes(bytes + 1, 64);
		assert_int_equal(bytes[0], 0xa5);
		assert_int_equal(bytes[65], 0xa5);
		for (size_t i = 0; i < 64; i++)
			seen[i] |= bytes[i + 1];
	}
	for (size_t i = 0; i < 64; i++)
		assert_int_not_equal(seen[i], 0);
	random_bytes(bytes, 0);
}

/* RFC 9562, section 5.7: time, version 7, variant 10. */
static void
ids_are_uuids_of_version_seven_without_dashes(void **state)
{
	char id[ID_SIZE];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		id_new(id, NOW);
		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		assert_memory_equal(id, "019a1b2c3d4e7", 13);
		assert_non_null(strchr("89ab", id[16]));
	}
}

static void
ids_sort_by_their_instant(void **state)
{
	char before[ID_SIZE], after[ID_SIZE];

	(void)state;
	for (int i = 0; i < 48; i++) {
		id_new(before, (INT64_C(1) << i) - 1);
		id_new(after, INT64_C(1) << i);
		assert_true(strcmp(before, after) < 0);
	}
}

static void
ids_of_one_instant_differ(void **state)
{
	static char ids[500][ID_SIZE];

	(void)state;
	for (size_t i = 0; i < 500; i++) {
		id_new(ids[i], NOW);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(ids[i], ids[j]);
	}
}

/* A generator seeded before a fork would give both sides the same token. */
static void
a_forked_process_draws_its_own(void **state)
{
	char own[33], other[33] = { 0 };
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	random_text(own, 32);
	if (pid == 0)
		_exit(write(ends[1], own, 32) == 32 ? 0 : 1);
	assert_int_equal(read(ends[0], other, 32), 32);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_not_equal(own, other);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_have_their_length_and_alphabet),
		cmocka_unit_test(letters_are_letters_only),
		cmocka_unit_test(every_letter_is_as_likely_as_the_others),
		cmocka_unit_test(no_byte_is_left_out_or_written_beyond),
		cmocka_unit_test(ids_are_uuids_of_version_seven_without_dashes),
		cmocka_unit_test(ids_sort_by_their_instant),
		cmocka_unit_test(ids_of_one_instant_differ),
		cmocka_unit_test(a_forked_process_draws_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
