#include <setjmp.h>
#include <signal.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/arena.h"

#define CAP ((size_t)1 << 20)

static int
setup(void **state)
{
	*state = arena_new(CAP);
	return 0;
}

static int
teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void
memory_is_zeroed_and_aligned_for_any_type(void **state)
{
	for (size_t size = 0; size < 300; size++) {
		unsigned char *p = arena_alloc(*state, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
}

static void
what_was_handed_out_never_overlaps(void **state)
{
	unsigned char *piece[500];

	for (unsigned i = 0; i < 500; i++) {
		piece[i] = arena_alloc(*state, i);
		memset(piece[i], (int)(i & 0xff), i);
	}
	for (unsigned i = 0; i < 500; i++)
		for (unsigned j = 0; j < i; j++)
			assert_int_equal(piece[i][j], i & 0xff);
}

static void
memory_used_before_a_reset_comes_back_zeroed(void **state)
{
	unsigned char *again, *first = arena_alloc(*state, 1000);

	memset(first, 0xa5, 1000);
	arena_reset(*state);
	again = arena_alloc(*state, 1000);
	assert_ptr_equal(again, first);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(again[i], 0);
}

/* A secret must be gone with its request, not when the next one needs room. */
static void
a_reset_wipes_what_was_handed_out(void **state)
{
	volatile unsigned char *first = arena_alloc(*state, 1000);

	memset((void *)(uintptr_t)first, 0xa5, 1000);
	arena_reset(*state);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(first[i], 0);
	assert_int_equal(arena_used(*state), 0);
}

static char trace[8];

static void
note(void *thing)
{
	size_t size = strlen(trace);

	trace[size] = *(const char *)thing;
	trace[size + 1] = '\0';
}

static void
destructors_run_last_in_first_out_and_once(void **state)
{
	trace[0] = '\0';
	arena_defer(*state, note, arena_text(*state, "1"));
	arena_defer(*state, note, arena_text(*state, "2"));
	arena_defer(*state, note, arena_text(*state, "3"));
	assert_string_equal(trace, "");
	arena_reset(*state);
	assert_string_equal(trace, "321");
	arena_reset(*state);
	assert_string_equal(trace, "321");
}

static void
freeing_runs_destructors_and_accepts_null(void **state)
{
	struct arena *arena = arena_new(CAP);

	(void)state;
	trace[0] = '\0';
	arena_defer(arena, note, arena_text(arena, "x"));
	arena_free(arena);
	assert_string_equal(trace, "x");
	arena_free(NULL);
}

static void
texts_are_copied_and_terminated(void **state)
{
	static const char bytes[] = { 'a', '\0', 'b', 'c' };
	char *copy = arena_copy(*state, bytes, sizeof(bytes));

	assert_memory_equal(copy, "a\0bc", 5);
	assert_string_equal(arena_copy(*state, "abc", 2), "ab");
	assert_string_equal(arena_copy(*state, NULL, 0), "");
	assert_string_equal(arena_text(*state, ""), "");
	assert_string_equal(arena_printf(*state, "%s%d", "n", -5), "n-5");
	assert_string_equal(arena_printf(*state, "%s", ""), "");
}

static void
texts_longer_than_a_block_are_whole(void **state)
{
	char *text = arena_printf(*state, "%0*d", 100000, 7);

	assert_int_equal(strlen(text), 100000);
	assert_int_equal(text[99999], '7');
}

#define BLOCK ((size_t)32 * 1024)

/* A formatted text may be printed to where it turns out not to fit. */
static void
texts_at_the_end_of_a_block_are_whole_and_leave_zeros(void **state)
{
	for (size_t left = 0; left <= 64; left += 16)
		for (int length = 0; length < 80; length++) {
			const unsigned char *all;
			char *text;

			(void)arena_alloc(*state, BLOCK - left);
			text = arena_printf(*state, "%0*d", length, 7);
			assert_int_equal(strlen(text), length > 0 ? length : 1);
			assert_int_equal(text[strlen(text) - 1], '7');
			arena_reset(*state);
			all = arena_alloc(*state, BLOCK);
			for (size_t i = BLOCK - 64; i < BLOCK; i++)
				assert_int_equal(all[i], 0);
			arena_reset(*state);
		}
}

static void
use_is_counted_from_the_last_reset(void **state)
{
	size_t before;

	(void)arena_alloc(*state, 100);
	before = arena_used(*state);
	assert_true(before >= 100);
	(void)arena_alloc(*state, 50000);
	assert_true(arena_used(*state) >= before + 50000);
	arena_reset(*state);
	assert_int_equal(arena_used(*state), 0);
}

/* Whether the process ends by abort while it runs f. */
static bool
panics(void (*f)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(2);
		f();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
fill_to_the_cap(void)
{
	struct arena *arena = arena_new(CAP);

	for (size_t i = 0; i < CAP / 1024 - 32; i++)
		(void)arena_alloc(arena, 1024);
	arena_free(arena);
}

static void
fill_beyond_the_cap(void)
{
	struct arena *arena = arena_new(CAP);

	for (size_t i = 0; i <= CAP / 1024; i++)
		(void)arena_alloc(arena, 1024);
}

static void
fill_beyond_a_small_cap(void)
{
	struct arena *arena = arena_new(1024);

	for (size_t i = 0; i < 100; i++)
		(void)arena_alloc(arena, 1024);
}

static void
ask_beyond_the_cap(void)
{
	(void)arena_alloc(arena_new(CAP), CAP + 1);
}

static void
ask_for_a_product_that_overflows(void)
{
	(void)arena_array(arena_new(CAP), SIZE_MAX / 4 + 2, 4);
}

static void
growth_beyond_the_cap_ends_the_process(void **state)
{
	(void)state;
	assert_false(panics(fill_to_the_cap));
	assert_true(panics(fill_beyond_the_cap));
	assert_true(panics(fill_beyond_a_small_cap));
	assert_true(panics(ask_beyond_the_cap));
	assert_true(panics(ask_for_a_product_that_overflows));
}

static void
the_cap_holds_anew_after_each_reset(void **state)
{
	for (int i = 0; i < 10; i++) {
		for (int j = 0; j < 9; j++)
			(void)arena_alloc(*state, 100000);
		arena_reset(*state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_zeroed_and_aligned_for_any_type),
		TEST(what_was_handed_out_never_overlaps),
		TEST(memory_used_before_a_reset_comes_back_zeroed),
		TEST(a_reset_wipes_what_was_handed_out),
		TEST(destructors_run_last_in_first_out_and_once),
		TEST(freeing_runs_destructors_and_accepts_null),
		TEST(texts_are_copied_and_terminated),
		TEST(texts_longer_than_a_block_are_whole),
		TEST(texts_at_the_end_of_a_block_are_whole_and_leave_zeros),
		TEST(use_is_counted_from_the_last_reset),
		TEST(growth_beyond_the_cap_ends_the_process),
		TEST(the_cap_holds_anew_after_each_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
