#include "trust/phc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/panic.h"
#include "base/text.h"

#define FIELD_TEXT_MAX 86	/* base64 of 64 bytes, without padding */

static bool
take(const char **cursor, const char *literal)
{
	if (!text_starts(*cursor, literal))
		return false;
	*cursor += strlen(literal);
	return true;
}

static bool
take_number(const char **cursor, uint32_t min, uint32_t max, uint32_t *out)
{
	const char *p = *cursor;
	uint64_t number = 0;

	if (*p < '1' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (uint64_t)(*p - '0');
		if (number > max)
			return false;
	}
	*cursor = p;
	*out = (uint32_t)number;
	return number >= min;
}

static bool
take_version(const char **cursor, uint32_t *version)
{
	return take(cursor, "v=") && take_number(cursor, 16, 19, version) &&
	    (*version == 16 || *version == 19);
}

static bool
take_parameter(const char **cursor, struct password_cost *cost)
{
	if (cost->memory_kib == 0 && take(cursor, "m="))
		return take_number(cursor, 8, PASSWORD_MEMORY_MAX_KIB,
		    &cost->memory_kib);
	if (cost->passes == 0 && take(cursor, "t="))
		return take_number(cursor, 1, PASSWORD_PASSES_MAX,
		    &cost->passes);
	if (cost->lanes == 0 && take(cursor, "p="))
		return take_number(cursor, 1, PASSWORD_LANES_MAX,
		    &cost->lanes);
	return false;
}

static bool
take_cost(const char **cursor, struct password_cost *cost)
{
	*cost = (struct password_cost){ 0 };
	return take_parameter(cursor, cost) && take(cursor, ",") &&
	    take_parameter(cursor, cost) && take(cursor, ",") &&
	    take_parameter(cursor, cost) &&
	    cost->memory_kib >= 8 * cost->lanes;
}

static bool
take_bytes(const char **cursor, size_t min, size_t max, uint8_t *out,
    size_t *size)
{
	size_t length = strcspn(*cursor, "$=");
	char padded[FIELD_TEXT_MAX + 3];
	uint8_t bytes[FIELD_TEXT_MAX + 3];
	long got;

	if (length > FIELD_TEXT_MAX)
		return false;
	memcpy(padded, *cursor, length);
	*cursor += length;
	while (length % 4 != 0)
		padded[length++] = '=';
	got = text_unbase64(bytes, padded, length);
	if (got < (long)min || got > (long)max)
		return false;
	*size = (size_t)got;
	memcpy(out, bytes, *size);
	return true;
}

bool
phc_parse(struct phc *phc, const char *text)
{
	const char *cursor = text;

	return take(&cursor, "$argon2id$") &&
	    take_version(&cursor, &phc->version) && take(&cursor, "$") &&
	    take_cost(&cursor, &phc->cost) && take(&cursor, "$") &&
	    take_bytes(&cursor, PHC_SALT_MIN, PHC_SALT_MAX, phc->salt,
		&phc->salt_size) && take(&cursor, "$") &&
	    take_bytes(&cursor, PHC_TAG_MIN, PHC_TAG_MAX, phc->tag,
		&phc->tag_size) && *cursor == '\0';
}

void
phc_print(char out[PASSWORD_HASH_SIZE], const struct phc *phc)
{
	char salt[TEXT_BASE64_SIZE(PHC_SALT_MAX)];
	char tag[TEXT_BASE64_SIZE(PHC_TAG_MAX)];
	int length;

	text_base64(salt, phc->salt, phc->salt_size);
	text_base64(tag, phc->tag, phc->tag_size);
	length = snprintf(out, PASSWORD_HASH_SIZE, "$argon2id$v=%" PRIu32
	    "$m=%" PRIu32 ",t=%" PRIu32 ",p=%" PRIu32 "$%.*s$%.*s",
	    phc->version, phc->cost.memory_kib, phc->cost.passes,
	    phc->cost.lanes, (int)strcspn(salt, "="), salt,
	    (int)strcspn(tag, "="), tag);
	if (length < 0 || length >= PASSWORD_HASH_SIZE)
		panic("phc: a hash of %d characters", length);
}
