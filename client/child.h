/*
 * A command as our child, in a process group of its own that holds the terminal if we held it, as a
 * shell runs a job: what is typed and the signals of the terminal's keys go to it alone, it can be
 * stopped and continued together with us, and all of it can be ended.
 *
 * It is told to end (SIGTERM) if we die.
 */
#ifndef GHOSTCTL_CHILD_H
#define GHOSTCTL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#define CHILD_NOT_FOUND 127 /* exit statuses of what cannot be run, as shells have them */
#define CHILD_NOT_EXECUTABLE 126

struct child {
    pid_t pid;       /* and process group; 0: none runs */
    pid_t own_group; /* ours */
    int terminal_fd; /* -1: we do not hold the terminal */
};

/* Before signals_open(). */
void child_init(struct child *child);
void child_deinit(struct child *child);

/* 0, or the exit status for a command that cannot be run, said. */
int child_start(struct child *child, char *const *arguments, char *const *environment);

/* To the whole group. */
void child_signal(const struct child *child, int number);

/*
 * Looks after SIGCHLD. True if the child has ended: `pid` is then 0, and *ret_status what a shell
 * would say of it. If it was stopped, so are we, until we are continued.
 */
bool child_look(struct child *child, int *ret_status);

/* Replaces ourselves; returns only if that fails, as child_start(). */
int child_become(char *const *arguments, char *const *environment);

#endif
