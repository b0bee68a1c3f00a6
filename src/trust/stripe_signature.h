/*
 * stripe_signature.h - did Stripe write this?
 *
 * Stripe-Signature is "t=SECONDS,v1=HEX,v1=HEX,v0=…": HMAC-SHA256 of
 * "SECONDS.BODY" by the endpoint's secret, several while one secret takes the
 * place of another.
 */
#ifndef TRUST_STRIPE_SIGNATURE_H
#define TRUST_STRIPE_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define STRIPE_TOLERANCE_SECONDS 300
#define STRIPE_HEADER_MAX 4096		/* bytes */
#define STRIPE_SIGNATURES_MAX 16	/* of scheme v1 in a header */

/*
 * stripe_signed - is one v1 of the header body's, by one of the secrets?
 *
 * secrets  separated by commas, blanks around them ignored
 * now      seconds UTC; t is no further from it than
 *          STRIPE_TOLERANCE_SECONDS, in either direction
 *
 * Compares in constant time. A header that is not, byte for byte, of the form
 * above signs nothing; neither does one with two t.
 */
bool stripe_signed(struct arena *arena, const char *secrets,
    const char *header, const void *body, size_t size, int64_t now);

#endif
