#include "proc/proc.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/text.h"
#include "config.h"

int
proc_signals(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	sigset_t set;

	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
proc_child(void)
{
	const char *place = getenv(PROC_CHILD_VARIABLE);
	int64_t index;

	if (place == NULL || !text_int(place, 0, INT32_MAX, &index))
		return -1;
	(void)close(PROC_CONFIG_FD);
	return (int)index;
}

/* A core file would hold secrets and passwords. */
void
proc_protect(const struct config *config)
{
	struct rlimit none = { 0, 0 };

	if (config->worker_dump_core)
		return;
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
}
