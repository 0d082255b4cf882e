/*
 * Who listens at the other end: one's own daemon, or root's. Anybody may listen at a path in a
 * shared directory, or on a TCP port before the daemon does, and would be told values, and the
 * token.
 */
#ifndef GHOSTCTL_PEER_H
#define GHOSTCTL_PEER_H

#include <sys/socket.h>

/*
 * Connects, waiting while the daemon's queue is full: the descriptor, or a negative errno, as
 * -EKEYREJECTED if another user listens at that address. Root may speak to anybody, and where it
 * cannot be told who listens, nobody is refused.
 */
int peer_connect(const struct sockaddr_storage *address, socklen_t address_length);

#endif
