/*
 * fcgi.h - the only place that knows libfcgi
 *
 * One request per connection: a kept connection would pin its worker. Every
 * read and write has a deadline, those of the parameters included.
 */
#ifndef HTTP_FCGI_H
#define HTTP_FCGI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fcgi;

/*
 * fcgi_open - serve the listening socket fd, which must be non-blocking
 *
 * Timeouts in ms: read_ms bounds each wait for parameters and that for the
 * whole body, write_ms each write. Install signal dispositions first: the
 * library replaces default ones. NULL on failure.
 */
struct fcgi *fcgi_open(int fd, int64_t read_ms, int64_t write_ms);

/* Between requests only. NULL is allowed. */
void fcgi_close(struct fcgi *fcgi);

enum fcgi_event { FCGI_REQUEST, FCGI_NOTHING, FCGI_BROKEN };
/* FCGI_NOTHING: another worker took the connection, or it was malformed. */
enum fcgi_event fcgi_accept(struct fcgi *fcgi);

/* "NAME=value" texts, NULL-terminated; valid until fcgi_finish. */
const char *const *fcgi_params(const struct fcgi *fcgi);

/* Bytes of the request body read, fewer than size at its end or on failure. */
size_t fcgi_read(struct fcgi *fcgi, char *out, size_t size);
/* The body ended early, was aborted, or its deadline passed. */
bool fcgi_read_failed(const struct fcgi *fcgi);

/* False when the web server went away. */
bool fcgi_write(struct fcgi *fcgi, const char *bytes, size_t size);

/* Ends the request and its connection; false when the answer did not leave. */
bool fcgi_finish(struct fcgi *fcgi);

#endif
