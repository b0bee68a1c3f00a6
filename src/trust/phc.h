/*
 * phc.h - an Argon2id hash as text, the PHC string
 *
 * $argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>, base64 without padding.
 */
#ifndef TRUST_PHC_H
#define TRUST_PHC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/password.h"

#define PHC_SALT_MIN 8
#define PHC_SALT_MAX 64
#define PHC_TAG_MIN 16
#define PHC_TAG_MAX 64

struct phc {
	uint32_t version;		/* 16 or 19 */
	struct password_cost cost;
	size_t salt_size;		/* PHC_SALT_MIN .. PHC_SALT_MAX */
	size_t tag_size;		/* PHC_TAG_MIN .. PHC_TAG_MAX */
	uint8_t salt[PHC_SALT_MAX];
	uint8_t tag[PHC_TAG_MAX];
};

/*
 * phc_parse - read one string, all of it
 *
 * m, t and p stand in any order, each once and within the bounds of
 * password.h. keyid, data, an absent version, white space, leading zeros and
 * base64 that is not canonical are refused. false leaves *phc undefined.
 */
bool phc_parse(struct phc *phc, const char *text);

/* Writes a hash of a salt of at most 16 and a tag of at most 32 bytes. */
void phc_print(char out[PASSWORD_HASH_SIZE], const struct phc *phc);

#endif
