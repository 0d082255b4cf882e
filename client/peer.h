/*
 * Who listens at the other end: one's own daemon, or root's. Anybody may listen at a path in a
 * shared directory, or on a TCP port before the daemon does, and would be told values, and the
 * token.
 */
#ifndef GHOSTCTL_PEER_H
#define GHOSTCTL_PEER_H

#include <sys/socket.h>

/*
 * Of a socket that is connected to that address: 0, or -EKEYREJECTED if another user listens there.
 * Root may speak to anybody, and where it cannot be told who listens, nobody is refused.
 */
int peer_check(int fd, const struct sockaddr_storage *address);

#endif
