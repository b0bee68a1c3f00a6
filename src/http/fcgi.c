#include "http/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/log.h"
#include "base/panic.h"

struct fcgi {
	FCGX_Request request;
	struct timeval read_timeout, write_timeout;
};

static struct timeval
timeval_of(int64_t ms)
{
	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
	    .tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

struct fcgi *
fcgi_open(int fd, int64_t read_ms, int64_t write_ms)
{
	struct fcgi *fcgi = calloc(1, sizeof(*fcgi));

	if (fcgi == NULL)
		panic("fcgi: out of memory");
	fcgi->read_timeout = timeval_of(read_ms);
	fcgi->write_timeout = timeval_of(write_ms);
	/* A web server that does not close its side costs 2 s otherwise. */
	(void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi->request, fd,
	    FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_error("fcgi", "cannot serve descriptor %d", fd);
		free(fcgi);
		return NULL;
	}
	return fcgi;
}

enum fcgi_event
fcgi_accept(struct fcgi *fcgi)
{
	int rc = FCGX_Accept_r(&fcgi->request);

	if (rc == -EAGAIN || rc == -ECONNABORTED || rc == -EINTR)
		return FCGI_NOTHING;
	if (rc < 0) {
		log_error("fcgi", "accept failed: %d", rc);
		return FCGI_BROKEN;
	}
	(void)setsockopt(fcgi->request.ipcFd, SOL_SOCKET, SO_RCVTIMEO,
	    &fcgi->read_timeout, sizeof(fcgi->read_timeout));
	(void)setsockopt(fcgi->request.ipcFd, SOL_SOCKET, SO_SNDTIMEO,
	    &fcgi->write_timeout, sizeof(fcgi->write_timeout));
	return FCGI_REQUEST;
}

const char *const *
fcgi_params(const struct fcgi *fcgi)
{
	return (const char *const *)fcgi->request.envp;
}

size_t
fcgi_read(struct fcgi *fcgi, char *out, size_t size)
{
	int got = FCGX_GetStr(out, size > INT_MAX ? INT_MAX : (int)size,
	    fcgi->request.in);

	return got > 0 ? (size_t)got : 0;
}

bool
fcgi_read_failed(const struct fcgi *fcgi)
{
	return FCGX_GetError(fcgi->request.in) != 0;
}

bool
fcgi_write(struct fcgi *fcgi, const char *bytes, size_t size)
{
	return size <= INT_MAX &&
	    FCGX_PutStr(bytes, (int)size, fcgi->request.out) == (int)size;
}

bool
fcgi_finish(struct fcgi *fcgi)
{
	bool left = FCGX_FFlush(fcgi->request.out) == 0;

	fcgi->request.keepConnection = 0;
	FCGX_Finish_r(&fcgi->request);
	return left;
}
