/*
 * A process of a drill, in a process group of its own: the app, a probe, a command of the plan. Its
 * output goes to ghostctl's standard error, since standard output has the report. If ghostctl dies,
 * it gets SIGTERM.
 */
#ifndef GHOSTCTL_DRILL_PROCESS_H
#define GHOSTCTL_DRILL_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct drill_process {
    pid_t pid;  /* and its process group; 0: none was started */
    int pidfd;  /* readable once it has ended; -1: it does not run */
    int status; /* once it has ended: the exit status, as a shell counts it */
};

#define DRILL_PROCESS_NULL ((struct drill_process){.pidfd = -1})

/* `quiet`: its output is dropped. An exit status, after a message. */
int drill_process_start(struct drill_process *process, char *const *arguments,
        char *const *environment, bool quiet);

/* The same for a command of the shell. */
int drill_process_start_shell(
        struct drill_process *process, const char *command, char *const *environment, bool quiet);

/* Whether it still runs; takes its status if it does not. */
bool drill_process_runs(struct drill_process *process);

/* Ends its whole group: by SIGTERM, and by SIGKILL if the process runs on after `patience_ms`. */
void drill_process_end(struct drill_process *process, int patience_ms);

#endif
