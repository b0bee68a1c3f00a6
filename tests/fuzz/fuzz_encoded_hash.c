#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "trust/password.h"
#include "trust/phc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
refuse_promise_broken(int kept)
{
	if (!kept)
		abort();
}

/*
 * What is read is within the caps, and what we can print of it reads back as
 * the same hash.
 */
static void
check(const struct phc *phc)
{
	const struct password_cost *cost = &phc->cost;
	char text[PASSWORD_HASH_SIZE];
	struct phc again;

	refuse_promise_broken(phc->version == 16 || phc->version == 19);
	refuse_promise_broken(cost->memory_kib <= PASSWORD_MEMORY_MAX_KIB &&
	    cost->passes >= 1 && cost->passes <= PASSWORD_PASSES_MAX &&
	    cost->lanes >= 1 && cost->lanes <= PASSWORD_LANES_MAX &&
	    cost->memory_kib >= 8 * cost->lanes);
	refuse_promise_broken(phc->salt_size >= PHC_SALT_MIN &&
	    phc->salt_size <= PHC_SALT_MAX);
	refuse_promise_broken(phc->tag_size >= PHC_TAG_MIN &&
	    phc->tag_size <= PHC_TAG_MAX);
	if (phc->salt_size > 16 || phc->tag_size > 32)
		return;
	phc_print(text, phc);
	refuse_promise_broken(phc_parse(&again, text));
	refuse_promise_broken(memcmp(&again.cost, cost, sizeof(*cost)) == 0 &&
	    again.salt_size == phc->salt_size &&
	    again.tag_size == phc->tag_size &&
	    memcmp(again.salt, phc->salt, phc->salt_size) == 0 &&
	    memcmp(again.tag, phc->tag, phc->tag_size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct phc phc;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (phc_parse(&phc, text))
		check(&phc);
	free(text);
	return 0;
}
