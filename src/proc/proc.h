/*
 * proc.h - births, loops and deaths of processes
 *
 * One binary, re-executed for each role (DESIGN: processes). Descriptors a
 * child gets from the master: 0 the listening socket (the FastCGI convention,
 * so that spawn-fcgi can start a worker, too), PROC_SHARED_FD the shared
 * memory, PROC_MASTER_FD a pipe whose end of file means the master is gone.
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

struct config;

#define PROC_LISTEN_FD 0
#define PROC_SHARED_FD 3
#define PROC_MASTER_FD 4

/* The options of the command line that children must get again. */
struct proc_args {
	const char *program;	/* what to execute again */
	const char *config;	/* --config, or NULL */
};

/* Each returns the exit status of its process. */
int master_run(struct config *config, const struct proc_args *args);
int worker_run(struct config *config);
int janitor_run(struct config *config);

/* A readable descriptor for SIGTERM, SIGINT, SIGHUP and SIGCHLD, which are
 * blocked from here on; SIGPIPE is ignored. */
int proc_signals(void);

#endif
