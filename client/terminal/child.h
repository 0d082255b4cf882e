/*
 * A command as ghostctl's child, in a process group of its own that has the terminal if ghostctl
 * has it, as a shell runs a job: the terminal's keys reach the command's group, it is stopped and
 * continued together with ghostctl, and all of the group can be ended.
 *
 * ghostctl adopts the processes that the command leaves behind and reaps them, so that it learns
 * when the last one of the group has ended. The command is told to end (SIGTERM) if ghostctl dies.
 */
#ifndef GHOSTCTL_CHILD_H
#define GHOSTCTL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "terminal/foreground.h"

#define CHILD_NOT_FOUND 127 /* exit statuses of what cannot be run, as shells have them */
#define CHILD_NOT_EXECUTABLE 126

struct child {
    pid_t group;       /* the command's pid and its process group; 0: none was started */
    bool is_running;   /* the command itself, whatever is left of its group */
    int status;        /* once it has ended: what a shell would say of it */
    int key;           /* the signal of a key of the terminal that ended it, as SIGINT; 0: none */
    bool had_terminal; /* so that the key reached nobody else */
    bool is_told_to_end;
    struct foreground foreground;
};

/* Before signals_open_passed(). */
void child_init(struct child *child);
void child_deinit(struct child *child);

/* 0, or the exit status if there can be no child, said. A command that does not exist ends at once
 * with CHILD_NOT_FOUND. */
int child_start(struct child *child, char *const *arguments, char *const *environment);

/* To the whole group. */
void child_signal(const struct child *child, int number);

/* Tells the whole group to end, also what is stopped and would not hear it. */
void child_end(struct child *child, int number);

/*
 * Takes what ghostctl's children have become, after SIGCHLD. A command that was stopped stops
 * ghostctl as well, until that is continued: true if that happened.
 */
bool child_look(struct child *child);

/* Whether a key of the terminal ended the command, by its signal or as the exit status tells it. */
bool child_says_key(const struct child *child);

/* Whether a process of its group is there, be it the command or one that it has started. */
bool child_has_processes(const struct child *child);

/* ghostctl itself got SIGTTIN or SIGTTOU: whether that was for another program of its own group,
 * as a pager behind a pipe, which has the terminal from now on. */
bool child_leave_terminal(struct child *child);

/* Replaces ghostctl; returns only if that fails, with the exit status, said. */
int child_become(char *const *arguments, char *const *environment);

#endif
