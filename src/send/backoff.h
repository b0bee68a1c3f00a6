/*
 * backoff.h - how long to leave alone what has just failed
 */
#ifndef SEND_BACKOFF_H
#define SEND_BACKOFF_H

#include <stdint.h>

/*
 * backoff_ms - the wait after so many failures in a row
 *
 * first_ms doubles with each further failure up to most_ms; chance then takes
 * up to half of it away, so that what failed together does not come back
 * together. failures 1 or more; first_ms and most_ms 1 .. 2^40.
 */
int64_t backoff_ms(int64_t first_ms, int64_t most_ms, int64_t failures);

#endif
