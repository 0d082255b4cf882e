/*
 * The sockets that clients connect to: passed in by a service manager and verified, or made here
 * (contract, sections 1 and 7).
 *
 * A refusal is GK_E_BAD_REQUEST if the command line or its surroundings have to change (exit
 * status 2), else GK_E_INTERNAL (exit status 1); the sentence in *problem names the socket, what
 * is wrong with it and what to do.
 */
#ifndef GHOSTKEYD_HTTP_LISTENER_H
#define GHOSTKEYD_HTTP_LISTENER_H

#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "model/problem.h"

struct listener {
    int fd;
    char label[sizeof(struct sockaddr_un) + 8]; /* "unix:PATH", "tcp:ADDRESS:PORT": readiness */
    uint16_t tcp_port;                          /* 0: a Unix socket */
    bool is_credential;                         /* systemd reads credentials there, not HTTP */

    /* Of a socket that was made here; directory_fd is -1 for one that was passed in. */
    int directory_fd;
    char name[NAME_MAX + 1]; /* in that directory */
    dev_t device;
    ino_t inode;
};

#define LISTENER_NULL ((struct listener){.fd = -1, .directory_fd = -1})

/*
 * Takes over a socket that was passed in: a Unix one, or TCP bound to loopback; a Unix one if it is
 * for credentials. On a refusal the fd is closed.
 */
int listener_adopt(
        int fd, bool is_credential, struct listener *ret_listener, struct problem *problem);

/* Whether listener_make() could make the socket now; with the same refusals. Nothing is made. */
int listener_check(const char *path, struct problem *problem);

/*
 * Makes the socket at path; NULL: the default one below $XDG_RUNTIME_DIR. A stale socket is
 * replaced; one that a process listens on is not, and nothing but a socket is ever removed. A
 * missing directory is made, for its owner alone.
 */
int listener_make(const char *path, struct listener *ret_listener, struct problem *problem);

/*
 * Binds a port of a loopback address (port 0 picks one). Clients can connect after
 * listener_start_tcp(), which fails if another process was faster with that port.
 */
int listener_take_tcp(const struct sockaddr_storage *address, struct listener *ret_listener,
        struct problem *problem);
int listener_start_tcp(struct listener *listener, struct problem *problem);

/*
 * Closes the listener. A socket that was made here is removed, unless another took its place; one
 * that was passed in stays.
 */
void listener_deinit(struct listener *listener);

#endif
