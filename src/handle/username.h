/*
 * username.h - names to sign in by, beside the e-mail address
 *
 * The wire contract's rules: letters, digits, "_" and ".", of a length within
 * the settings; kept lower-case, so that case does not tell two apart. What
 * people see of it is the display name, which is as they typed it.
 */
#ifndef HANDLE_USERNAME_H
#define HANDLE_USERNAME_H

#include "base/status.h"

struct ctx;
struct user;
struct user_change;

/*
 * username_check - could it be one?
 *
 * ST_USERNAME_TOO_SHORT, ST_USERNAME_TOO_LONG, ST_INVALID_USERNAME
 */
enum status username_check(struct ctx *ctx, const char *username);

/*
 * username_new - what a sign-up sends, as it is stored
 *
 * Both may be NULL. Each stands in for the other, the display name only when
 * it could be a username.
 *
 * *username  in: as typed; out: lower case, or NULL
 * ST_CHOSEN_TOO_SHORT, ST_CHOSEN_TOO_LONG, ST_CHOSEN_INVALID
 */
enum status username_new(struct ctx *ctx, const char **username,
    const char **display_username);

/* The name as its owner writes it, for a field that changes it; or NULL. */
const char *username_shown(struct ctx *ctx, const struct user *user);

/*
 * username_change - what an update sends, into change
 *
 * Only what the body names changes; NULL takes it away. A page has one field
 * for both, and changes nothing by sending back what it showed.
 *
 * ST_USERNAME_IS_IMMUTABLE  there is one already (username.immutable)
 * ST_CHOSEN_*               as above
 */
enum status username_change(struct ctx *ctx, const char *username,
    const char *display_username, struct user_change *change);

#endif
