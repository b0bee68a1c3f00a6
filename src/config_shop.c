/*
 * Section shop: where the forms of pages may lead.
 */
#include "config_derive.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "config.h"
#include "http/origin.h"

bool
config_derive_shop(struct config *config)
{
	const struct list *origins = &config->shop_checkout_origins;
	struct buf buf;

	buf_init(&buf, config->arena, 128);
	buf_text(&buf, "'self'");
	for (size_t i = 0; i < origins->count; i++) {
		char *origin;

		if (!origin_of(config->arena, origins->text[i], &origin) ||
		    !text_is(origin, origins->text[i]))
			return config_object(config, "shop",
			    "checkout_origins", "is not a list of origins, "
			    "https://checkout.stripe.com");
		if (config->stripe_enabled)
			buf_printf(&buf, " %s", origin);
	}
	config->form_targets = buf.data;
	return true;
}
