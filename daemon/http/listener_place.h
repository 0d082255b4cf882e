/*
 * Where listener.c makes a socket: parses the path, makes or checks the directory, removes the
 * socket of a dead daemon. Outcomes are as in listener.h.
 */
#ifndef GHOSTKEYD_HTTP_LISTENER_PLACE_H
#define GHOSTKEYD_HTTP_LISTENER_PLACE_H

#include <limits.h>
#include <sys/un.h>

#include "model/problem.h"

struct listener_place {
    struct sockaddr_un address;
    char directory[PATH_MAX];
    char name[NAME_MAX + 1];
    bool is_default;
};

/* path NULL: the default one. */
int listener_place_find(const char *path, struct listener_place *place, struct problem *problem);

/* Whether a socket could be made there now. Nothing is made or removed. */
int listener_place_check(const struct listener_place *place, struct problem *problem);

/* Makes the directory if it is missing, and opens it. On 0 the caller owns *ret_fd. */
int listener_place_open(const struct listener_place *place, int *ret_fd, struct problem *problem);

/*
 * Locks the directory against other daemons of this user while a socket is made or removed there.
 * Closing the returned file descriptor unlocks. -1: it cannot be locked; the caller goes on, since
 * another user can hold the lock's name and must not keep a daemon from starting.
 */
int listener_place_lock(int directory_fd);

/* Removes a socket that nobody listens on; refuses anything else that is there. */
int listener_place_clear(
        const struct listener_place *place, int directory_fd, struct problem *problem);

#endif
