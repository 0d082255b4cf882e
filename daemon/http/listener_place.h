/*
 * Where a socket is to be made: its path taken apart, its directory made or checked, the place
 * cleared of what a dead daemon left. Part of listener.c, whose outcomes these are.
 */
#ifndef GHOSTKEYD_HTTP_LISTENER_PLACE_H
#define GHOSTKEYD_HTTP_LISTENER_PLACE_H

#include "model/problem.h"
#include <limits.h>
#include <sys/un.h>

struct listener_place {
    struct sockaddr_un address;
    char directory[PATH_MAX];
    char name[NAME_MAX + 1];
    bool is_default;
};

/* path NULL: the default one. */
int listener_place_find(const char *path, struct listener_place *place, struct problem *problem);

/* Makes the directory if it is missing, opens and locks it. On 0 the caller owns *ret_fd. */
int listener_place_open(const struct listener_place *place, int *ret_fd, struct problem *problem);

/* Locks a socket's directory; not for ever, since anybody who can open it can hold the lock. */
int listener_place_lock(int directory_fd);

/* Removes a socket that nobody listens on; refuses anything else that is there. */
int listener_place_clear(
        const struct listener_place *place, int directory_fd, struct problem *problem);

#endif
