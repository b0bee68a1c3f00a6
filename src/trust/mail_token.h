/*
 * mail_token.h - what the links of verification letters carry
 *
 * HS256 JWTs as the wire contract has them (core-email-password.md): the
 * secret's bytes are the key, the header is {"alg":"HS256"} to the byte, and
 * nothing is stored. Whoever takes one has to compare it with the user as he
 * is now.
 */
#ifndef TRUST_MAIL_TOKEN_H
#define TRUST_MAIL_TOKEN_H

#include <stddef.h>
#include <stdint.h>

struct arena;

#define MAIL_TOKEN_BYTES_MAX 4096

struct mail_token {
	const char *email;		/* the address as it is, lower case */
	const char *update_to;		/* what it becomes; NULL: it stays */
	const char *request_type;	/* NULL: a plain verification */
	const char *user_id;		/* NULL: not named */
	const char *nonce;		/* "jti"; NULL: none */
	int64_t issued_at, expires_at;	/* seconds since 1970 */
};

/* Texts must be UTF-8. */
char *mail_token_make(struct arena *arena, const char *secret,
    const struct mail_token *token);

enum mail_token_verdict {
	MAIL_TOKEN_WRONG,		/* zero refuses */
	MAIL_TOKEN_EXPIRED,		/* right, but out of time */
	MAIL_TOKEN_RIGHT
};

/*
 * mail_token_read - three parts signed by us, with the claims above and no
 * others, none of them twice or of another type
 *
 * now  ms since 1970
 * out  is filled in unless the verdict is MAIL_TOKEN_WRONG
 */
enum mail_token_verdict mail_token_read(struct arena *arena,
    const char *secret, const char *text, int64_t now,
    struct mail_token *out);

#endif
