/*
 * The user who listens at an address must be the user of ghostctl, or root. Another user could
 * listen at a path in a shared directory, or on a TCP port before the daemon does, and would then
 * get the values and the token.
 */
#ifndef GHOSTCTL_PEER_H
#define GHOSTCTL_PEER_H

#include <sys/socket.h>

/*
 * Connects, and waits while the daemon's queue of connections is full. Returns the descriptor or a
 * negative errno: -EKEYREJECTED if another user listens there. Root may connect to every user's
 * daemon. If the kernel does not say who listens, the connection is allowed.
 */
int peer_connect(const struct sockaddr_storage *address, socklen_t address_length);

#endif
