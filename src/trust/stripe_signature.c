#include "trust/stripe_signature.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/sign.h"

#define BLANKS " \t"
#define HEX_LENGTH (2 * (size_t)SHA256_BYTES)

struct header {
	char t[TEXT_DECIMAL_SIZE];	/* "": none */
	int64_t seconds;
	const char *v1[STRIPE_SIGNATURES_MAX];	/* HEX_LENGTH bytes each */
	size_t count;
};

static bool
read_time(struct header *out, const char *value, size_t size)
{
	if (out->t[0] != '\0' || size == 0 || size >= sizeof(out->t) ||
	    strspn(value, "0123456789") != size)
		return false;
	memcpy(out->t, value, size);
	out->t[size] = '\0';
	return text_int(out->t, 0, INT64_MAX, &out->seconds);
}

static bool
read_signature(struct header *out, const char *value, size_t size)
{
	/* Of another length it is nobody's, as for Stripe's own library. */
	if (size != HEX_LENGTH)
		return true;
	if (out->count == STRIPE_SIGNATURES_MAX)
		return false;
	out->v1[out->count++] = value;
	return true;
}

/* "name=value" of size bytes; names we do not know are of other schemes. */
static bool
read_part(struct header *out, const char *part, size_t size)
{
	const char *equals = memchr(part, '=', size);
	size_t name, value;

	if (equals == NULL)
		return false;
	name = (size_t)(equals - part);
	value = size - name - 1;
	if (name == 1 && part[0] == 't')
		return read_time(out, equals + 1, value);
	if (name == 2 && memcmp(part, "v1", 2) == 0)
		return read_signature(out, equals + 1, value);
	return name > 0;
}

static bool
read_header(struct header *out, const char *text)
{
	size_t size;

	*out = (struct header){ .count = 0 };
	if (strlen(text) > STRIPE_HEADER_MAX)
		return false;
	for (;; text += size + 1) {
		size = strcspn(text, ",");
		if (!read_part(out, text, size))
			return false;
		if (text[size] == '\0')
			break;
	}
	return out->t[0] != '\0' && out->count > 0;
}

static bool
is_recent(int64_t seconds, int64_t now)
{
	return seconds >= now - STRIPE_TOLERANCE_SECONDS &&
	    seconds <= now + STRIPE_TOLERANCE_SECONDS;
}

/* All are looked at, so that time tells nothing of which one it was. */
static bool
is_by(const struct header *header, const char *secret, size_t size,
    const char *message, size_t message_size)
{
	uint8_t mac[SHA256_BYTES];
	char hex[TEXT_HEX_SIZE(SHA256_BYTES)];
	bool found = false;

	hmac_sha256(mac, secret, size, message, message_size);
	text_hex(hex, mac, sizeof(mac));
	for (size_t i = 0; i < header->count; i++)
		found |= text_same_secret(hex, header->v1[i], HEX_LENGTH);
	return found;
}

/* "SECONDS.BODY" */
static char *
message_of(struct arena *arena, const struct header *header,
    const void *body, size_t size)
{
	const size_t time = strlen(header->t);
	char *message = arena_alloc(arena, time + 1 + size);

	memcpy(message, header->t, time);
	message[time] = '.';
	if (size > 0)
		memcpy(message + time + 1, body, size);
	return message;
}

bool
stripe_signed(struct arena *arena, const char *secrets, const char *header,
    const void *body, size_t size, int64_t now)
{
	struct header read;
	char *message;
	size_t length;
	bool found = false;

	if (!read_header(&read, header) || !is_recent(read.seconds, now))
		return false;
	message = message_of(arena, &read, body, size);
	for (; *secrets != '\0'; secrets += length) {
		size_t used;

		secrets += strspn(secrets, "," BLANKS);
		length = used = strcspn(secrets, ",");
		while (used > 0 && strchr(BLANKS, secrets[used - 1]) != NULL)
			used--;
		/* An empty key would be everybody's. */
		if (used > 0)
			found |= is_by(&read, secrets, used, message,
			    strlen(read.t) + 1 + size);
	}
	return found;
}
