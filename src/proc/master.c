/*
 * The master: opens the socket, starts the rest and replaces what ends, later
 * and later what ends early. SIGHUP has it read the configuration again and
 * replace the workers one by one. It asks no database and reads no request.
 */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/clock.h"
#include "base/log.h"
#include "config.h"
#include "guard/shared.h"
#include "proc/socket.h"

#define TICK_MS 20			/* while something is on its way */
#define REST_MS 1000
#define EARLY_DEATH_MS 1000
#define THROTTLE_FIRST_MS 250
#define THROTTLE_MOST_MS 30000
#define STOP_SECONDS 30

/* The children after the workers, one of each. */
static const struct helper {
	const char *command;
	enum metric_process process;
} helpers[] = {
	{ "janitor", PROCESS_JANITOR },
	{ "mailer", PROCESS_MAILER },
};
#define CHILDREN (SHARED_WORKERS +					\
	(int)(sizeof(helpers) / sizeof(helpers[0])))

struct child {
	pid_t pid;		/* 0: none */
	int64_t born;		/* ms */
	int64_t generation;
	bool leaving;		/* was told to */
};

struct master {
	const struct config *config;	/* in force */
	struct config *reloaded;	/* the same after SIGHUP; ours */
	const char *file;		/* of the configuration, or NULL */
	struct shared *shared;
	int listen_fd, shared_fd, config_fd, signals;
	int alive[2];		/* children see its end when we die */
	struct child child[CHILDREN];
	int64_t generation;	/* grows with each SIGHUP */
	int64_t not_before;	/* throttle: no birth until then, ms */
	int64_t throttle_ms;
	int64_t stop_at;	/* 0: not stopping */
	bool ready;
};

static const char *const needed[] = { "server_url", "server_secret", "db_url",
	NULL };
/* It touches no database and signs nothing. */
static const char *const no_secrets[] = { NULL };

static int64_t
now_ms(void)
{
	return clock_monotonic_us() / 1000;
}

static void
notify(const char *state)
{
#ifdef HAVE_SYSTEMD
	(void)sd_notify(0, state);
#else
	(void)state;
#endif
}

/* NULL: this child is a worker. */
static const struct helper *
helper_of(int index)
{
	return index < SHARED_WORKERS ? NULL : &helpers[index -
	    SHARED_WORKERS];
}

static enum metric_process
process_of(int index)
{
	const struct helper *helper = helper_of(index);

	return helper != NULL ? helper->process : PROCESS_WORKER;
}

/* ---- births ------------------------------------------------------------ */

_Noreturn static void
become(struct master *master, int index)
{
	const struct helper *helper = helper_of(index);
	const char *const argv[] = { "tollgate",
		helper != NULL ? helper->command : "worker",
		"--config", PROC_CONFIG_PATH, NULL };
	const int fds[][2] = {
		{ master->listen_fd, PROC_LISTEN_FD },
		{ master->shared_fd, PROC_SHARED_FD },
		{ master->alive[0], PROC_MASTER_FD },
		{ master->config_fd, PROC_CONFIG_FD },
	};
	int moved[4];
	char number[16];
	sigset_t none;

	/* Out of each other's way first, then into place. */
	for (int i = 0; i < 4; i++)
		moved[i] = fcntl(fds[i][0], F_DUPFD, 16);
	for (int i = 0; i < 4; i++)
		if (moved[i] < 0 || dup2(moved[i], fds[i][1]) < 0)
			_exit(127);
	(void)close_range(PROC_CONFIG_FD + 1, ~0U, 0);
	(void)snprintf(number, sizeof(number), "%d", index);
	(void)setenv(PROC_CHILD_VARIABLE, number, 1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	(void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
spawn(struct master *master, int index)
{
	struct child *child = &master->child[index];
	pid_t pid;

	if (helper_of(index) == NULL) {
		atomic_store(&master->shared->worker[index].pid, 0);
		atomic_store(&master->shared->worker[index].served, 0);
		atomic_store(&master->shared->worker[index].state,
		    WORKER_STARTING);
	}
	pid = fork();
	if (pid == 0)
		become(master, index);
	if (pid < 0) {
		log_error("master", "fork: %s", strerror(errno));
		master->not_before = now_ms() + THROTTLE_FIRST_MS;
		return;
	}
	*child = (struct child){ .pid = pid, .born = now_ms(),
		.generation = master->generation };
	metric_birth(master->shared, process_of(index));
}

/* ---- deaths ------------------------------------------------------------ */

/* A child that dies before its first job is a sign of structural trouble:
 * trying at once again would only burn processor time and logs. */
static void
throttle(struct master *master, const struct child *child, bool served)
{
	if (child->leaving || served ||
	    now_ms() - child->born >= EARLY_DEATH_MS) {
		master->throttle_ms = 0;
		return;
	}
	/* Brothers of one birth, dying of the same cause, count once. */
	if (now_ms() < master->not_before)
		return;
	master->throttle_ms = master->throttle_ms == 0 ? THROTTLE_FIRST_MS :
	    master->throttle_ms * 2;
	if (master->throttle_ms > THROTTLE_MOST_MS)
		master->throttle_ms = THROTTLE_MOST_MS;
	master->not_before = now_ms() + master->throttle_ms;
	log_error("master", "a child dies as soon as it is born; next try in "
	    "%lld ms", (long long)master->throttle_ms);
}

static void
bury(struct master *master, pid_t pid, int wait_status)
{
	for (int i = 0; i < CHILDREN; i++) {
		struct child *child = &master->child[i];
		bool served;

		if (child->pid != pid)
			continue;
		served = helper_of(i) != NULL || atomic_load(
		    &master->shared->worker[i].served) > 0;
		if (wait_status != 0)
			metric_failure(master->shared, process_of(i));
		if (WIFSIGNALED(wait_status))
			log_error("master", "child %ld was ended by signal %d",
			    (long)pid, WTERMSIG(wait_status));
		else if (WEXITSTATUS(wait_status) != 0)
			log_error("master", "child %ld ended with status %d",
			    (long)pid, WEXITSTATUS(wait_status));
		throttle(master, child, served);
		shared_reap(master->shared, pid);
		if (helper_of(i) == NULL)
			atomic_store(&master->shared->worker[i].state,
			    WORKER_NONE);
		*child = (struct child){ 0 };
	}
}

static void
reap(struct master *master)
{
	int wait_status;
	pid_t pid;

	while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
		bury(master, pid, wait_status);
}

static void
dismiss(struct child *child)
{
	child->leaving = true;
	(void)kill(child->pid, SIGTERM);
}

/* ---- what should be there ---------------------------------------------- */

struct census {
	int current, current_ready, old;
	int free;		/* an index without child, or -1 */
	int oldest;		/* index of a child of an old generation */
};

static struct census
count_workers(const struct master *master)
{
	struct census census = { .free = -1, .oldest = -1 };

	for (int i = 0; i < SHARED_WORKERS; i++) {
		const struct child *child = &master->child[i];
		int state = atomic_load(&master->shared->worker[i].state);

		if (child->pid == 0) {
			if (census.free < 0)
				census.free = i;
		} else if (child->leaving) {
			continue;
		} else if (child->generation != master->generation) {
			census.old++;
			census.oldest = i;
		} else {
			census.current++;
			census.current_ready += state > WORKER_STARTING;
		}
	}
	return census;
}

/* After SIGHUP one worker more than usual is kept: an old one leaves when a
 * new one is ready, so that no request finds fewer workers than before. */
static void
tend_workers(struct master *master)
{
	int wanted = (int)master->config->worker_count;
	struct census census = count_workers(master);

	while (census.current + census.old < wanted + (census.old > 0) &&
	    census.free >= 0 && now_ms() >= master->not_before) {
		spawn(master, census.free);
		census = count_workers(master);
	}
	if (census.old > 0 && census.current_ready + census.old > wanted)
		dismiss(&master->child[census.oldest]);
	if (census.current_ready > 0 && !master->ready) {
		master->ready = true;
		log_info("master", "ready with %d workers", wanted);
		notify("READY=1");
	}
}

static void
tend_helper(struct master *master, int index)
{
	struct child *child = &master->child[index];

	if (child->pid == 0 && now_ms() >= master->not_before)
		spawn(master, index);
	else if (child->pid != 0 && !child->leaving &&
	    child->generation != master->generation)
		dismiss(child);
}

static void
tend(struct master *master)
{
	if (master->stop_at != 0)
		return;
	tend_workers(master);
	for (int i = SHARED_WORKERS; i < CHILDREN; i++)
		tend_helper(master, i);
}

static bool
is_settled(const struct master *master)
{
	struct census census = count_workers(master);

	for (int i = SHARED_WORKERS; i < CHILDREN; i++)
		if (master->child[i].pid == 0)
			return false;
	return census.old == 0 &&
	    census.current_ready == (int)master->config->worker_count;
}

static bool
is_alone(const struct master *master)
{
	for (int i = 0; i < CHILDREN; i++)
		if (master->child[i].pid != 0)
			return false;
	return true;
}

/* ---- signals ----------------------------------------------------------- */

static void
reload(struct master *master)
{
	struct config *config = config_load(master->file);
	int fd = config != NULL ? config_text_fd(config) : -1;

	if (fd < 0 || !config_need(config, needed)) {
		log_error("master", "the configuration has an error; going on "
		    "with the old one");
		config_free(config);
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	config_keep_secrets(config, no_secrets);
	config_free(master->reloaded);
	(void)close(master->config_fd);
	master->config_fd = fd;
	master->config = master->reloaded = config;
	master->shared->workers = (int32_t)config->worker_count;
	master->generation++;
	master->not_before = 0;
	master->throttle_ms = 0;
	log_info("master", "replacing all workers");
}

static void
stop(struct master *master)
{
	if (master->stop_at != 0)
		return;
	notify("STOPPING=1");
	log_info("master", "stopping: requests in flight are finished");
	master->stop_at = now_ms() + STOP_SECONDS * 1000;
	for (int i = 0; i < CHILDREN; i++)
		if (master->child[i].pid != 0)
			dismiss(&master->child[i]);
}

static void
kill_rest(struct master *master)
{
	for (int i = 0; i < CHILDREN; i++)
		if (master->child[i].pid != 0)
			(void)kill(master->child[i].pid, SIGKILL);
}

static void
take_signals(struct master *master)
{
	struct signalfd_siginfo info;

	while (read(master->signals, &info, sizeof(info)) ==
	    (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			stop(master);
		else if (info.ssi_signo == SIGHUP && master->stop_at == 0)
			reload(master);
	}
	reap(master);
}

static int
loop(struct master *master)
{
	struct pollfd watched = { .fd = master->signals, .events = POLLIN };

	for (;;) {
		tend(master);
		(void)poll(&watched, 1, master->stop_at == 0 &&
		    is_settled(master) ? REST_MS : TICK_MS);
		take_signals(master);
		notify("WATCHDOG=1");
		if (master->stop_at == 0)
			continue;
		if (is_alone(master))
			return 0;
		if (now_ms() > master->stop_at)
			kill_rest(master);
	}
}

int
master_run(struct config *config, const char *file)
{
	struct master master = { .config = config, .file = file };
	int32_t slots = (int32_t)config->worker_hash_slots;
	int rc;

	if (!config_need(config, needed))
		return 2;
	config_keep_secrets(config, no_secrets);
	if (slots == 0)
		slots = (int32_t)sysconf(_SC_NPROCESSORS_ONLN);
	master.signals = proc_signals();
	master.config_fd = config_text_fd(config);
	master.listen_fd = socket_open(config);
	master.shared_fd = shared_create((int32_t)config->worker_count, slots);
	/* These two have logged why. */
	if (master.listen_fd < 0 || master.shared_fd < 0)
		return 1;
	master.shared = shared_map(master.shared_fd);
	if (master.signals < 0 || master.config_fd < 0 ||
	    master.shared == NULL || pipe2(master.alive, O_CLOEXEC) != 0) {
		log_error("master", "cannot start: %s", strerror(errno));
		return 1;
	}
	rc = loop(&master);
	config_free(master.reloaded);
	return rc;
}
