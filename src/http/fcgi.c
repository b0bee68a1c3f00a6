#include "http/fcgi.h"

#include <errno.h>
#include <fastcgi.h>
#include <fcgiapp.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/text.h"

struct fcgi {
	FCGX_Request request;
	int listen_fd;
	struct timeval read_timeout, write_timeout;
	int64_t read_ms;
	int64_t until_us;	/* this request's body must be here by then */
	int64_t got;		/* bytes of this request's body */
	bool late;
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
	fcgi->listen_fd = fd;
	fcgi->read_timeout = timeval_of(read_ms);
	fcgi->read_ms = read_ms;
	fcgi->write_timeout = timeval_of(write_ms);
	/* A web server that does not close its side costs 2 s otherwise. */
	(void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "200", 0);
	if (FCGX_Init() != 0 || FCGX_InitRequest(&fcgi->request, -1,
	    FCGI_FAIL_ACCEPT_ON_INTR) != 0) {
		log_error("fcgi", "cannot serve descriptor %d", fd);
		free(fcgi);
		return NULL;
	}
	return fcgi;
}

/*
 * The library takes in the parameters while it accepts, and would wait for
 * them without end. Given a connection to go on with, it accepts none itself.
 */
static enum fcgi_event
read_request(struct fcgi *fcgi, int fd)
{
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &fcgi->read_timeout,
	    sizeof(fcgi->read_timeout));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &fcgi->write_timeout,
	    sizeof(fcgi->write_timeout));
	fcgi->got = 0;
	fcgi->late = false;
	fcgi->until_us = clock_monotonic_us() + fcgi->read_ms * 1000;
	fcgi->request.ipcFd = fd;
	fcgi->request.keepConnection = 1;
	return FCGX_Accept_r(&fcgi->request) == 0 ? FCGI_REQUEST :
	    FCGI_NOTHING;
}

void
fcgi_close(struct fcgi *fcgi)
{
	if (fcgi == NULL)
		return;
	FCGX_Free(&fcgi->request, 1);
	free(fcgi);
}

enum fcgi_event
fcgi_accept(struct fcgi *fcgi)
{
	int fd = accept4(fcgi->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		return read_request(fcgi, fd);
	if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
		return FCGI_NOTHING;
	log_error("fcgi", "accept failed: %s", strerror(errno));
	return FCGI_BROKEN;
}

const char *const *
fcgi_params(const struct fcgi *fcgi)
{
	return (const char *const *)fcgi->request.envp;
}

/*
 * The socket bounds one wait, and a body may come in thousands of pieces, each
 * just in time: what is left of the time is the bound of the next.
 */
static bool
may_wait(struct fcgi *fcgi)
{
	int64_t left_us = fcgi->until_us - clock_monotonic_us();
	struct timeval timeout = { .tv_sec = (time_t)(left_us / 1000000),
	    .tv_usec = (suseconds_t)(left_us % 1000000) };

	fcgi->late = left_us <= 0 || setsockopt(fcgi->request.ipcFd,
	    SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0;
	return !fcgi->late;
}

/* Bytes the library has taken in already; asking for more may wait. */
static int
held(const struct fcgi *fcgi)
{
	ptrdiff_t count = fcgi->request.in->stop - fcgi->request.in->rdNext;

	return count > INT_MAX ? INT_MAX : (int)count;
}

size_t
fcgi_read(struct fcgi *fcgi, char *out, size_t size)
{
	size_t got = 0;

	while (got < size) {
		size_t want = (size_t)held(fcgi);
		int count;

		if (want == 0) {
			if (!may_wait(fcgi))
				break;
			want = 1;
		}
		if (want > size - got)
			want = size - got;
		count = FCGX_GetStr(out + got, (int)want, fcgi->request.in);
		if (count <= 0)
			break;
		got += (size_t)count;
	}
	fcgi->got += (int64_t)got;
	return got;
}

bool
fcgi_read_failed(const struct fcgi *fcgi)
{
	return fcgi->late || FCGX_GetError(fcgi->request.in) != 0;
}

bool
fcgi_write(struct fcgi *fcgi, const char *bytes, size_t size)
{
	return size <= INT_MAX &&
	    FCGX_PutStr(bytes, (int)size, fcgi->request.out) == (int)size;
}

/*
 * Has all that the web server sends been read? A length that is not said may
 * be a body that is still on its way, and is not waited for.
 */
static bool
is_drained(struct fcgi *fcgi)
{
	const char *length = FCGX_GetParam("CONTENT_LENGTH",
	    fcgi->request.envp);
	int64_t size;

	return length != NULL && fcgi->request.role == FCGI_RESPONDER &&
	    text_int(length, 0, INT64_MAX, &size) && size == fcgi->got &&
	    FCGX_GetChar(fcgi->request.in) == -1 &&
	    FCGX_GetError(fcgi->request.in) == 0;
}

/*
 * The answer and the end of the request leave in one write when the stream of
 * errors, which nobody uses, is closed first: flushed alone, the answer makes
 * lighttpd close before the end arrives, which costs an EPIPE and a signal.
 */
bool
fcgi_finish(struct fcgi *fcgi)
{
	FCGX_Request *request = &fcgi->request;
	bool left;

	(void)FCGX_FClose(request->err);
	left = FCGX_FClose(request->out) == 0;
	/* Only unread input needs the wait for the other side's close. */
	if (is_drained(fcgi))
		FCGX_Detach(request);
	request->keepConnection = 0;
	FCGX_Finish_r(request);
	return left;
}
