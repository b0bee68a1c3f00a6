/*
 * nav.h - the menu of a page
 */
#ifndef HANDLE_NAV_H
#define HANDLE_NAV_H

struct ctx;

/* "nav" of ctx->page: each "href", "label" and "current"; below /admin the
 * administrators', of what ctx->user may see and the operator has switched on.
 * Empty where nobody is signed in. */
void nav_fill(struct ctx *ctx);

#endif
