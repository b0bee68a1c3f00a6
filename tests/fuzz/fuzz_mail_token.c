#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "trust/mail_token.h"
#include "trust/sign.h"

static const char secret[] = "contract-secret-0123456789abcdefABCDEF";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
refuse_promise_broken(int kept)
{
	if (!kept)
		abort();
}

/* What is accepted is written again and accepted, and says the same. */
static void
take(struct arena *arena, const char *text)
{
	struct mail_token token, again;

	if (mail_token_read(arena, secret, text, 0, &token) ==
	    MAIL_TOKEN_WRONG)
		return;
	refuse_promise_broken(token.email != NULL);
	text = mail_token_make(arena, secret, &token);
	if (strlen(text) > MAIL_TOKEN_BYTES_MAX)
		return;
	refuse_promise_broken(mail_token_read(arena, secret, text, 0,
	    &again) != MAIL_TOKEN_WRONG);
	refuse_promise_broken(strcmp(token.email, again.email) == 0);
	refuse_promise_broken(token.expires_at == again.expires_at);
}

/* Strangers cannot sign; the second half is for what would follow if so. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 20);
	char mac_text[TEXT_BASE64_SIZE(SHA256_BYTES)], *payload, *head;
	uint8_t mac[SHA256_BYTES];

	if (size > 8192)
		size = 8192;
	take(arena, arena_copy(arena, (const char *)data, size));
	payload = arena_alloc(arena, TEXT_BASE64_SIZE(size));
	text_base64url(payload, data, size);
	head = arena_printf(arena, "eyJhbGciOiJIUzI1NiJ9.%s", payload);
	hmac_sha256(mac, secret, strlen(secret), head, strlen(head));
	text_base64url(mac_text, mac, sizeof(mac));
	take(arena, arena_printf(arena, "%s.%s", head, mac_text));
	arena_free(arena);
	return 0;
}
