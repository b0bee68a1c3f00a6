#include "send/backoff.h"

#include "base/random.h"

int64_t
backoff_ms(int64_t first_ms, int64_t most_ms, int64_t failures)
{
	int64_t wait = first_ms;
	uint32_t chance;

	while (--failures > 0 && wait < most_ms)
		wait *= 2;
	if (wait > most_ms)
		wait = most_ms;
	random_bytes(&chance, sizeof(chance));
	return wait - (int64_t)chance % (wait / 2 + 1);
}
