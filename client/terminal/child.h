/*
 * A command as ghostctl's child, in a process group of its own, as a shell runs a job. If ghostctl
 * has the foreground of the terminal, it lends it to that group: the terminal's keys reach the
 * group, and it is stopped and continued together with ghostctl. The whole group can be ended.
 *
 * ghostctl is the subreaper of the command's processes, so that it learns when the last process of
 * the group has ended. If ghostctl dies, the command gets SIGTERM.
 */
#ifndef GHOSTCTL_CHILD_H
#define GHOSTCTL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "terminal/foreground.h"

#define CHILD_NOT_FOUND 127 /* the exit statuses of a shell for a command that cannot be run */
#define CHILD_NOT_EXECUTABLE 126

struct child {
    pid_t group;       /* the command's pid and its process group; 0: none was started */
    bool is_running;   /* the command itself; others of its group may still run when it has ended */
    int status;        /* once it has ended: the exit status, as a shell counts it */
    int key;           /* the signal of a terminal's key that ended it, such as SIGINT; 0: none */
    bool had_terminal; /* it was in the foreground, so only its group got the key's signal */
    bool was_asked_to_end;
    struct foreground foreground;
};

/* Call it before signals_open_passed(). */
void child_init(struct child *child);
void child_deinit(struct child *child);

/* 0, or the exit status if fork() fails, after a message. A command that does not exist ends at
 * once with CHILD_NOT_FOUND. */
int child_start(struct child *child, char *const *arguments, char *const *environment);

/* Sends the signal to the whole group. */
void child_signal(const struct child *child, int number);

/* Sends the signal to the whole group, and continues the processes that are stopped. */
void child_end(struct child *child, int number);

/*
 * After SIGCHLD: reads what happened to ghostctl's children. If the command was stopped, ghostctl
 * stops as well. Returns true if it did and was continued.
 */
bool child_look(struct child *child);

/* Whether a key of the terminal ended the command: by its signal, or by an exit status for it. */
bool child_says_key(const struct child *child);

/* Whether any process of its group still exists. */
bool child_has_processes(const struct child *child);

/* Does with a signal that ghostctl itself got what concerns the command: as a rule it gets it, too.
 */
void child_pass_on(struct child *child, int number);

/* After poll() on the descriptor of signals_open_passed(): does what child_pass_on() and
 * child_look() say for all that is pending. */
void child_take_signals(struct child *child, int signal_fd);

#define CHILD_NEWS_FDS 2

/* What child_run() waits for besides the command: it calls take() when one of the descriptors is
 * readable. take() may change them; -1: none. */
struct child_news {
    int fds[CHILD_NEWS_FDS];
    void (*take)(struct child_news *news);
    void *userdata;
};

/*
 * Runs the command to its end. `news` may be NULL. Returns the exit status; `child` tells whether
 * a key of the terminal ended it: child_die_alike().
 */
int child_run(struct child *child, char *const *arguments, char *const *environment,
        struct child_news *news);

/* If a key of the terminal ended the command, ends ghostctl alike: a shell ends its script, too, if
 * its command died of the signal of a key. */
void child_die_alike(const struct child *child);

/* Replaces ghostctl by the command. If that fails: the exit status, after a message. */
int child_become(char *const *arguments, char *const *environment);

#endif
