#include "proc/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/log.h"
#include "config.h"

#define BACKLOG 1024

static bool
is_listening(int fd)
{
	socklen_t size = sizeof(int);
	int listening = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening,
	    &size) == 0 && listening != 0;
}

static int
inherited(void)
{
#ifdef HAVE_SYSTEMD
	int count = sd_listen_fds(1);

	if (count > 1)
		log_warn("socket", "%d sockets inherited; only the first "
		    "is served", count);
	if (count >= 1)
		return SD_LISTEN_FDS_START;
#endif
	return is_listening(STDIN_FILENO) ? fcntl(STDIN_FILENO,
	    F_DUPFD_CLOEXEC, 3) : -1;
}

/* Does somebody answer there? Then it is not ours to remove. */
static bool
is_served(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool served = fd >= 0 && connect(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0;

	if (fd >= 0)
		(void)close(fd);
	return served;
}

/* Nothing is there, or a socket that may be stale. */
static bool
is_free(const char *path)
{
	struct stat about;

	return lstat(path, &about) != 0 || S_ISSOCK(about.st_mode);
}

/* "660" as an operator writes it; the bounds leave octal digits to us. */
static mode_t
octal(int64_t digits)
{
	return (mode_t)((digits / 100 % 10 & 7) << 6 |
	    (digits / 10 % 10 & 7) << 3 | (digits % 10 & 7));
}

static bool
set_owner(const struct config *config)
{
	const char *path = config->server_socket;
	const struct group *group;

	if (chmod(path, octal(config->server_socket_mode)) != 0) {
		log_error("socket", "chmod %s: %s", path, strerror(errno));
		return false;
	}
	if (config->server_socket_group[0] == '\0')
		return true;
	group = getgrnam(config->server_socket_group);
	if (group == NULL || chown(path, (uid_t)-1, group->gr_gid) != 0) {
		log_error("socket", "cannot give %s to group %s", path,
		    config->server_socket_group);
		return false;
	}
	return true;
}

/* Nobody may connect before set_owner has said who may. */
static bool
listen_at(int fd, const struct sockaddr_un *address)
{
	const mode_t before = umask(0177);
	const bool bound = bind(fd, (const struct sockaddr *)address,
	    sizeof(*address)) == 0;

	(void)umask(before);
	return bound && listen(fd, BACKLOG) == 0;
}

static int
bind_own(const struct config *config)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = config->server_socket;
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		log_error("socket", "%s is longer than %zu characters", path,
		    sizeof(address.sun_path) - 1);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (is_served(&address)) {
		log_error("socket", "another process already serves %s", path);
		return -1;
	}
	if (!is_free(path)) {
		log_error("socket", "%s is there and no socket", path);
		return -1;
	}
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !listen_at(fd, &address))
		log_error("socket", "cannot listen on %s: %s", path,
		    strerror(errno));
	else if (set_owner(config))
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int
socket_open(const struct config *config)
{
	int fd = inherited();

	if (fd < 0)
		return bind_own(config);
	/* Shared by all that hold it: set once, here. */
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}
