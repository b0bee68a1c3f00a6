/*
 * referral.h - the code by which somebody signs up
 *
 * A link of a user, /signup?ref=CODE, leaves a cookie; whoever signs up with
 * it is that user's referral. Programs may send the code as the header
 * X-Referral-Code instead. Any way to sign up makes the same call.
 */
#ifndef HANDLE_REFERRAL_H
#define HANDLE_REFERRAL_H

#include "base/status.h"

struct ctx;
struct json_object;
struct user;

/* Keeps the code of a link that was followed: the latest one counts. */
void referral_keep(struct ctx *ctx);

/*
 * referral_take - the user of this sign-up came by a code, if one was sent
 *
 * In the transaction that makes the user. Whatever is wrong with the code is
 * logged and no reason not to sign up; only the database's failures are
 * returned.
 */
enum status referral_take(struct ctx *ctx, const struct user *user);

/* Words of a list of referrals, for users and admins alike. */
void referral_words(struct ctx *ctx, struct json_object *referral);

#endif
