/*
 * proc.h - births, loops and deaths of processes
 *
 * One binary, re-executed for each role (DESIGN: processes). Descriptors a
 * child gets from the master: 0 the listening socket (the FastCGI convention,
 * so that spawn-fcgi can start a worker, too), PROC_SHARED_FD the shared
 * memory, PROC_MASTER_FD a pipe whose end of file means the master is gone,
 * PROC_CONFIG_FD the configuration's text as the master read it.
 */
#ifndef PROC_PROC_H
#define PROC_PROC_H

struct config;

#define PROC_LISTEN_FD 0
#define PROC_SHARED_FD 3
#define PROC_MASTER_FD 4
#define PROC_CONFIG_FD 5
#define PROC_CHILD_VARIABLE "TG_CHILD"	/* its place, see proc_child */
#define PROC_CONFIG_PATH "/dev/fd/5"

/* Each returns the exit status of its process. file is where config came from,
 * or NULL, for SIGHUP to read again. */
int master_run(struct config *config, const char *file);
int worker_run(struct config *config);
int janitor_run(struct config *config);
int mailer_run(struct config *config);

/* Nobody may read this process's memory: no core file, no debugger. */
void proc_protect(const struct config *config);

/*
 * proc_child - the caller's place among the master's children, or -1: alone
 *
 * Of a child it also closes what it has read by now (PROC_CONFIG_FD).
 */
int proc_child(void);

/* A readable descriptor for SIGTERM, SIGINT, SIGHUP and SIGCHLD, which are
 * blocked from here on; SIGPIPE is ignored. */
int proc_signals(void);

#endif
