#include "handle/idempotency.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "ctx.h"
#include "store/credit.h"

static bool
is_key(const char *key)
{
	const size_t size = strlen(key);

	return size >= 1 && size <= CREDIT_KEY_MAX && text_is_clean(key) &&
	    text_utf8(key, size);
}

enum status
idempotency_key(struct ctx *ctx, const char *field, const char **key)
{
	const char *header = request_param(&ctx->request,
	    "HTTP_IDEMPOTENCY_KEY");

	*key = header != NULL ? header : field;
	if (*key == NULL)
		return refuse(ctx, ST_IDEMPOTENCY_KEY_REQUIRED, "no key");
	if (text_starts(*key, CREDIT_KEY_OWN))
		return refuse(ctx, ST_IDEMPOTENCY_KEY_RESERVED, "%s", *key);
	if (!is_key(*key))
		return invalid(ctx, "body", "key",
		    "Invalid input: expected 1 to 64 bytes of text",
		    "The form is damaged. Please open the page again.");
	return ST_OK;
}
