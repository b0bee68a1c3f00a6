#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/licence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
promise(int kept)
{
	if (!kept)
		abort();
}

/* What is read says all that it must, and has one form. */
static bool
try_file(struct arena *arena, const struct jwk *key, const char *text,
    size_t size)
{
	struct licence_file licence;
	const char *reason = NULL;

	if (!licence_read(arena, text, size, key, &licence, &reason)) {
		promise(reason != NULL);
		return false;
	}
	promise(size <= LICENCE_FILE_MAX && licence.id != NULL &&
	    licence.holder != NULL && licence.type != NULL &&
	    licence.issued_at > 0 && licence.expires_at >= 0);
	promise(!licence_is_current(&licence, licence.issued_at - 61000,
	    &reason));
	return true;
}

/* Nobody signed the input; as claims that we sign, one byte decides. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwk *key;
	struct arena *arena = arena_new((size_t)8 << 20);
	const char *text;
	char *made;

	if (key == NULL)
		key = jwk_generate(JWK_EDDSA, 0);
	if (size > LICENCE_FILE_MAX)
		size = LICENCE_FILE_MAX;
	text = arena_copy(arena, (const char *)data, size);
	promise(!try_file(arena, key, text, size));
	jwk_free(licence_key_read(arena, text, size));
	made = licence_sign(arena, key, text);
	made = made == NULL ? NULL : licence_armor(arena, made);
	(void)stpcpy(key->kid, "k1");
	if (made != NULL && try_file(arena, key, made, strlen(made))) {
		made[size % strlen(made)] ^= 1;
		promise(!try_file(arena, key, made, strlen(made)));
	}
	key->kid[0] = '\0';
	arena_free(arena);
	return 0;
}
