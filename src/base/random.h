/*
 * random.h - bytes, texts and ids from the kernel's generator
 *
 * getrandom(2) for every call: correct after fork, nothing to seed or leak.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define ID_SIZE 33		/* 32 lower-case hex characters and NUL */

void random_bytes(void *out, size_t size);

/* size characters, uniform over [A-Za-z0-9], and NUL: out holds size + 1. */
void random_text(char *out, size_t size);

/* The same over [A-Za-z]. */
void random_letters(char *out, size_t size);

/* A UUIDv7 (RFC 9562, section 5.7) without dashes, for the instant now. */
void id_new(char out[ID_SIZE], int64_t now_ms);

#endif
