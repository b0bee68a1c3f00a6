/*
 * socket.h - the socket the web server connects to
 */
#ifndef PROC_SOCKET_H
#define PROC_SOCKET_H

struct config;

/*
 * socket_open - inherited (systemd's, or descriptor 0) or our own
 *
 * Our own is made at server.socket with server.socket_mode and socket_group.
 * A stale socket is removed before bind and never on exit, when it might belong
 * to a successor already; a live one is refused. Returns the descriptor,
 * non-blocking and close-on-exec, or -1 after logging why.
 */
int socket_open(const struct config *config);

#endif
