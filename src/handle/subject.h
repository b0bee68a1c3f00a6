/*
 * subject.h - whom an administrator does something to
 *
 * Nobody acts on somebody with more permissions than he has, makes such a
 * one, or becomes him. That is decided here, for pages and programs alike,
 * from rows that stay as they are until the commit.
 */
#ifndef HANDLE_SUBJECT_H
#define HANDLE_SUBJECT_H

#include <stdbool.h>

#include "base/status.h"
#include "guard/permission.h"

struct ctx;
struct user;

/* First in every form of the wire, whose body names the user; the paths of
 * pages and of our own API do. */
struct whom {
	const char *user_id;
};
const char *subject_id(const struct ctx *ctx);

/* Whether the caller has the permission. */
bool may(const struct ctx *ctx, enum permission permission);
/* Whether the caller may do all that somebody of these roles may do. */
bool covers(const struct ctx *ctx, const char *roles);
/* Whether the caller may turn somebody of the roles from into one of to.
 * Becoming or ceasing to be an admin is for those who make admins. */
bool may_give(const struct ctx *ctx, const char *from, const char *to);
bool is_self(const struct ctx *ctx, const char *user_id);

/*
 * subject_open - lock the user whom something is about to be done to
 *
 * ST_USER_NOT_FOUND; guard_refusal: he has more permissions than the caller.
 */
enum status subject_open(struct ctx *ctx, const char *id, struct user *out);

/* The same without the question who may do more. */
enum status subject_lock(struct ctx *ctx, const char *id, struct user *out);

/*
 * role_read - the roles in a text, "user, editor" as "user,editor"
 *
 * On the wire any name will do unless admin.roles has some; elsewhere it is
 * one of ours or of that list.
 *
 * ST_VALIDATION_ERROR  there is none, it is too long, or (elsewhere) it is none
 *                      of those
 * ST_YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE  (wire) the same
 */
#define ROLE_MAX 200		/* bytes of a role column */
enum status role_read(struct ctx *ctx, const char *text, const char **out);

/*
 * subject_role - give the subject a role that role_read has read
 *
 * ST_YOU_CANNOT_CHANGE_YOUR_OWN_ROLE
 * ST_YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE  see may_give
 */
enum status subject_role(struct ctx *ctx, struct user *subject,
    const char *role);

/* Back to the user's page, with a message; JSON answers with the view. */
enum status subject_next(struct ctx *ctx, const struct user *subject,
    const char *flash);

/* The same, and "user" for programs, as each API shows one. */
enum status subject_changed(struct ctx *ctx, const struct user *subject,
    const char *flash);

#endif
