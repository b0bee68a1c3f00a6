/*
 * password.h - make and check password hashes
 *
 * New hashes are Argon2id (RFC 9106) in PHC form; the password is NFKC
 * normalised first. Old ones verify: Better Auth's scrypt ("salt:key" in hex,
 * contract/core-email-password.md), bcrypt ($2a$ $2b$ $2y$), yescrypt ($y$);
 * against any hash the password is also tried as typed, where that differs.
 * Costs in an imported string are capped before anything is computed.
 */
#ifndef TRUST_PASSWORD_H
#define TRUST_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

struct password_cost {
	uint32_t memory_kib;	/* 8 * lanes .. PASSWORD_MEMORY_MAX_KIB */
	uint32_t passes;	/* 1 .. PASSWORD_PASSES_MAX */
	uint32_t lanes;		/* 1 .. PASSWORD_LANES_MAX */
};

#define PASSWORD_MEMORY_MAX_KIB (256 * 1024)
#define PASSWORD_PASSES_MAX 16
#define PASSWORD_LANES_MAX 8
#define PASSWORD_HASH_SIZE 128	/* the longest hash we make, with NUL */
#define PASSWORD_BYTES_MAX 4096	/* the longest password looked at, UTF-8 */

/*
 * The memory hashing happens in: one per worker, mapped at first use, wiped
 * after each hash, kept up to the configured cost. (libsodium, where it is
 * used, maps its own.) password_arena_new never returns NULL; it panics.
 */
struct password_arena;
struct password_arena *password_arena_new(void);
void password_arena_free(struct password_arena *arena);

/*
 * password_hash - a new hash of password (UTF-8) with a fresh salt
 *
 * false: no memory for the arena, the text is not UTF-8, or it is too long.
 */
bool password_hash(struct password_arena *arena,
    const struct password_cost *cost, const char *password,
    char out[PASSWORD_HASH_SIZE]);

/* Whether hash is of a form and a cost that password_verify compares with. */
bool password_readable(const char *hash);

enum password_verdict {
	PASSWORD_WRONG,		/* zero refuses: also unreadable hashes */
	PASSWORD_RIGHT,
	PASSWORD_RIGHT_REHASH	/* right, but not made at this cost */
};

/*
 * password_verify - is password the one behind hash?
 *
 * hash NULL computes a dummy of the configured cost and says PASSWORD_WRONG,
 * so that an unknown user takes as long as a known one. So does a hash nobody
 * can read. A cost out of its bounds panics, here and in password_hash.
 */
enum password_verdict password_verify(struct password_arena *arena,
    const struct password_cost *cost, const char *hash, const char *password);

#endif
