/*
 * The least a FastCGI responder can do: what is measured beside it is what
 * tollgate adds. Nothing here is of tollgate.
 *
 *   empty_responder WORKERS SOCKET
 */
#include <fcgiapp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int
listen_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address,
	    sizeof(address)) != 0 || listen(fd, 1024) != 0)
		return -1;
	return fd;
}

static int
serve(int fd, pid_t parent)
{
	static const char answer[] = "Status: 200 OK\r\n"
	    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
	FCGX_Request request;

	/* The parent's end is ours; the library would catch SIGTERM. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		return 1;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&request, fd, 0) != 0)
		return 1;
	while (FCGX_Accept_r(&request) == 0) {
		(void)FCGX_PutStr(answer, sizeof(answer) - 1, request.out);
		FCGX_Finish_r(&request);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 0;
	pid_t self = getpid();
	int fd = argc > 2 ? listen_on(argv[2]) : -1;

	if (workers < 1 || fd < 0) {
		(void)fprintf(stderr,
		    "usage: empty_responder WORKERS SOCKET\n");
		return 2;
	}
	for (int i = 0; i < workers; i++)
		if (fork() == 0)
			_exit(serve(fd, self));
	while (wait(NULL) > 0)
		;
	return 0;
}
