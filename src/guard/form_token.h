/*
 * form_token.h - the token that proves a form was ours (OWASP: signed double
 * submit, bound to the session)
 *
 * Signed in, the token is an HMAC over the session's id; before that, over a
 * random cookie. Another site can neither read nor guess either.
 */
#ifndef GUARD_FORM_TOKEN_H
#define GUARD_FORM_TOKEN_H

#include "base/status.h"

struct ctx;

#define FORM_TOKEN_FIELD "csrf"

/* For the page about to be shown; sets the cookie when it needs one. */
const char *form_token(struct ctx *ctx);

/* ST_INVALID_CSRF_TOKEN, or ST_INVALID_ORIGIN when the browser says in Origin
 * or Sec-Fetch-Site that the form is another site's, or hides whose it is. */
enum status form_token_check(struct ctx *ctx);

#endif
