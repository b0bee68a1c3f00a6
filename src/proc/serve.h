/*
 * serve.h - one request from its first byte to its last
 */
#ifndef PROC_SERVE_H
#define PROC_SERVE_H

struct ctx;
struct fcgi;

/* Everything a request left behind is gone when this returns. */
void serve(struct ctx *ctx, struct fcgi *fcgi);

#endif
