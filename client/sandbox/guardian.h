/*
 * A process of ghostctl's own that takes a sandbox away once ghostctl has ended, however it has:
 * also by SIGKILL. It is forked before anything else is made, and makes the folder by itself, so
 * that there is no moment at which a kill of ghostctl leaves something behind.
 *
 * ghostctl has one end of a socket and the guardian the other. Each process that is about to become
 * ghostkeyd has a copy of ghostctl's end and announces itself before it does. So once the guardian
 * reads the end of the stream, ghostctl is gone and the last ghostkeyd is known.
 */
#ifndef GHOSTCTL_GUARDIAN_H
#define GHOSTCTL_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#define GUARDIAN_SOCKET "/s" /* the name of the socket in the folder */

struct guardian {
    pid_t pid;
    int fd;                                                   /* -1: there is no guardian */
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* the socket's path fits as well */
};

#define GUARDIAN_NULL ((struct guardian){.fd = -1})

/*
 * Forks the guardian, which makes the folder, mode 0700: below XDG_RUNTIME_DIR, TMPDIR or /tmp, the
 * first that can be written and leaves room for the path of a socket. 0, or GK_EXIT_FAILED after a
 * message.
 */
int guardian_start(struct guardian *ret_guardian);

/* In a process that is about to execute ghostkeyd. False: the guardian is gone. */
bool guardian_announce(const struct guardian *guardian);

/* Ends that ghostkeyd and removes the folder, and waits until both is done. */
void guardian_end(struct guardian *guardian, pid_t broker);

#endif
