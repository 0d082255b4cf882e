/*
 * Signals that a loop reads from a descriptor, so that they do not interrupt it. At most one such
 * descriptor is open at a time.
 */
#ifndef GHOSTCTL_SIGNALS_H
#define GHOSTCTL_SIGNALS_H

#include <spawn.h>
#include <stdbool.h>

/*
 * A descriptor that is readable while one of `numbers` (ended by 0) is pending. The signals are
 * blocked from now on. A signal that ghostctl was started with ignored stays ignored. -1 on
 * failure, after a message.
 */
int signals_open(const int *numbers);

/*
 * The same for SIGCHLD and for each signal that ghostctl passes on to the command it runs: all but
 * those of its own faults and limits. SIGTTOU is among them, so ghostctl can write to the terminal,
 * and hand it to another process group, from the background.
 */
int signals_open_passed(void);

/* The next signal that is pending; 0: none. */
int signals_read(int fd);

/* Whether ghostctl was started with the signal ignored, as nohup(1) does. */
bool signals_is_ignored(int number);

/* Restores the mask of before signals_open(), and so delivers pending signals. For a child. */
void signals_release(void);

/*
 * While `fd` is readable, ghostctl is interrupted: an exchange with the daemon that has no answer
 * yet is given up (http.h). There is one such descriptor in the process; -1: none.
 */
void signals_set_interrupt_fd(int fd);
int signals_interrupt_fd(void);
bool signals_is_interrupted(void);

/*
 * Ends ghostctl by that signal, alone or with its whole process group. Returns where the signal is
 * ignored, as in the first process of a container.
 */
void signals_die(int number, bool with_group);

/*
 * ghostctl ignores SIGPIPE, so that write() returns an error, and has the default action for
 * SIGCHLD, so that it learns of the end of a child. A command that it runs gets both signals as
 * ghostctl was started with them.
 */
void signals_set_actions(void);
void signals_restore_actions(void);

/* The same for a child of posix_spawn(), with the mask before signals_open(). 0 or an errno. */
int signals_init_spawn(posix_spawnattr_t *ret_attributes);

#endif
