/*
 * A ghostkeyd that ghostctl starts for itself, on sockets that listen already, and that ends with
 * ghostctl. Clients that connect while it starts, or while it is started again, just wait.
 */
#ifndef GHOSTCTL_BROKER_PROCESS_H
#define GHOSTCTL_BROKER_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/buffer.h"
#include "sandbox/guardian.h"

#define BROKER_SOCKETS_MAX 2

enum broker_state {
    BROKER_STARTING,
    BROKER_SERVING,
    BROKER_ENDED,  /* by itself, after it had served */
    BROKER_FAILED, /* it has ended and never served */
};

struct broker_process {
    pid_t pid;  /* 0: none was started, or it was ended here */
    int pidfd;  /* readable once it has ended; -1: none */
    int log_fd; /* what it writes, until it serves; then -1 */
    enum broker_state state;
    struct buffer log; /* the end of what it has written until it served */
};

#define BROKER_PROCESS_NULL ((struct broker_process){.pidfd = -1, .log_fd = -1})

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
 * returned: GK_EXIT_USAGE for an option that it refuses.
 */
int broker_process_await(struct broker_process *broker);

/*
 * Looks what has happened, without waiting: to be called when log_fd or pidfd is readable, so that
 * no writer to the log waits. Shows the log once it has failed.
 */
enum broker_state broker_process_look(struct broker_process *broker);

/* Sends it that signal, and SIGKILL if it has not ended in 5 s; returns when it has ended. */
void broker_process_end(struct broker_process *broker, int number);

/* Closes what it has open, and leaves the process alone. */
void broker_process_deinit(struct broker_process *broker);

#endif
