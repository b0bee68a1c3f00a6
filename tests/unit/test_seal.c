#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "trust/seal.h"

#define SECRET "a secret of some length, 0123456789"
#define TEXT "what nobody else may read"

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

static uint8_t *
sealed_text(struct arena *arena, size_t *size)
{
	return seal(arena, SECRET, "letter:1", TEXT, strlen(TEXT), size);
}

static void
what_was_sealed_opens_again(void **state)
{
	size_t size, length = 0;
	uint8_t *sealed = sealed_text(*state, &size);
	const char *text = unseal(*state, SECRET, "letter:1", sealed, size,
	    &length);

	assert_int_equal(size, strlen(TEXT) + SEAL_OVERHEAD);
	assert_non_null(text);
	assert_int_equal(length, strlen(TEXT));
	assert_string_equal(text, TEXT);
}

static void
nothing_may_be_sealed(void **state)
{
	size_t size, length = 1;
	uint8_t *sealed = seal(*state, SECRET, "p", "", 0, &size);

	assert_string_equal(unseal(*state, SECRET, "p", sealed, size,
	    &length), "");
	assert_int_equal(length, 0);
}

static void
the_same_text_is_never_sealed_alike(void **state)
{
	size_t size;
	uint8_t *first = sealed_text(*state, &size);
	uint8_t *second = sealed_text(*state, &size);

	assert_memory_not_equal(first, second, size);
}

static void
another_place_or_secret_does_not_open_it(void **state)
{
	size_t size, length;
	uint8_t *sealed = sealed_text(*state, &size);

	assert_null(unseal(*state, SECRET, "letter:2", sealed, size,
	    &length));
	assert_null(unseal(*state, SECRET "!", "letter:1", sealed, size,
	    &length));
}

static void
no_bit_can_be_changed(void **state)
{
	size_t size, length;
	uint8_t *sealed = sealed_text(*state, &size);

	for (size_t bit = 0; bit < 8 * size; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_null(unseal(*state, SECRET, "letter:1", sealed, size,
		    &length));
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void
no_byte_can_be_cut_off_or_added(void **state)
{
	size_t size, length;
	uint8_t *sealed = sealed_text(*state, &size);
	uint8_t longer[128] = { 0 };

	for (size_t less = 0; less < size; less++)
		assert_null(unseal(*state, SECRET, "letter:1", sealed, less,
		    &length));
	memcpy(longer, sealed, size);
	assert_null(unseal(*state, SECRET, "letter:1", longer, size + 1,
	    &length));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_opens_again),
		cmocka_unit_test(nothing_may_be_sealed),
		cmocka_unit_test(the_same_text_is_never_sealed_alike),
		cmocka_unit_test(another_place_or_secret_does_not_open_it),
		cmocka_unit_test(no_bit_can_be_changed),
		cmocka_unit_test(no_byte_can_be_cut_off_or_added),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
