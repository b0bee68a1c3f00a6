/*
 * multi_session.h - several users in one browser: who is signed in, who is
 * acting, and who goes
 */
#ifndef HANDLE_MULTI_SESSION_H
#define HANDLE_MULTI_SESSION_H

#include "base/status.h"

struct ctx;

/* Ends every session that the request has a device cookie of. */
enum status device_sessions_end(struct ctx *ctx);

/*
 * switcher_fill - page.switcher {id several others [id name email]}
 *
 * id is the acting session's, the others are the browser's further ones. Left
 * as it is when nobody is signed in or multi_session.enabled is off. One
 * statement when there are cookies of others.
 */
void switcher_fill(struct ctx *ctx);

#endif
