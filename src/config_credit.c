#include "config_derive.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config.h"

#define REWARD_MAX INT64_C(1000000000)	/* credits */

/* "500", or "10%" */
static bool
derive_reward(struct config *config)
{
	struct reward *reward = &config->affiliate_reward;
	char *text = arena_text(config->arena, config->affiliates_reward);
	const size_t size = strlen(text);

	if (size > 0 && text[size - 1] == '%') {
		text[size - 1] = '\0';
		if (text_int(text, 1, 100, &reward->percent))
			return true;
	} else if (text_int(text, 0, REWARD_MAX, &reward->credits))
		return true;
	return config_object(config, "affiliates", "reward",
	    "is a number of credits, or 1% to 100% of an order's");
}

bool
config_derive_credit(struct config *config)
{
	config->credits_approval = config->credits_approval_above > 0;
	return derive_reward(config);
}
