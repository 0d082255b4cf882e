/*
 * A ghostkeyd that ghostctl starts for itself, on sockets that listen already, and that ends with
 * ghostctl. Clients that connect while it starts, or while it is started again, just wait.
 */
#ifndef GHOSTCTL_BROKER_PROCESS_H
#define GHOSTCTL_BROKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sandbox/guardian.h"

#define BROKER_SOCKETS_MAX 2

struct broker_process {
    pid_t pid; /* 0: none was started, or it was ended here */
    int pidfd; /* readable once it has ended; -1: none */
    int out;   /* its standard output, and its log, until broker_process_await(); then -1 */
    int err;
};

#define BROKER_PROCESS_NULL ((struct broker_process){.pidfd = -1, .out = -1, .err = -1})

/*
 * Executes the ghostkeyd beside ghostctl, else the one in PATH, with these arguments, and does not
 * wait for it. `arguments` begins with the program's name and ends with NULL. 0, or GK_EXIT_FAILED
 * after a message. The caller ends it by broker_process_end(), or has the guardian end it and calls
 * broker_process_deinit().
 */
int broker_process_start(const struct guardian *guardian, char *const *arguments,
        const int *sockets, size_t socket_count, struct broker_process *ret_broker);

/*
 * Waits until it serves, or has ended instead: then its log is shown, and the exit status is
 * returned: GK_EXIT_USAGE for an option that it refuses. Another call returns 0 at once.
 */
int broker_process_await(struct broker_process *broker);

/* Sends it that signal, and SIGKILL if it has not ended in 5 s; returns when it has ended. */
void broker_process_end(struct broker_process *broker, int number);

/* Closes what it has open, and leaves the process alone. */
void broker_process_deinit(struct broker_process *broker);

#endif
