/*
 * Which process group is in the foreground of the terminal: ghostctl's own, or that of the command
 * that ghostctl runs, to which it lends the terminal. The terminal is the controlling one, whatever
 * the standard streams are.
 *
 * The caller has blocked SIGTTOU (signals_open_passed()), which stops a process that changes the
 * terminal from the background.
 */
#ifndef GHOSTCTL_FOREGROUND_H
#define GHOSTCTL_FOREGROUND_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct foreground {
    int fd;          /* the terminal; -1: there is none */
    pid_t own_group; /* ghostctl's */
    bool is_lent;
    bool has_own_modes;
    bool has_command_modes;
    struct termios own_modes;     /* the terminal's when it was lent */
    struct termios command_modes; /* the terminal's when the command was suspended */
};

void foreground_init(struct foreground *foreground);
void foreground_deinit(struct foreground *foreground);

/* Whether ghostctl's own group is in the foreground, so that ghostctl can lend the terminal. */
bool foreground_is_own(const struct foreground *foreground);
bool foreground_is_of(const struct foreground *foreground, pid_t group);

/*
 * Lends the terminal to a command that is being started: the parent calls _begin before fork(); if
 * that is true, the child calls _take.
 */
bool foreground_lend_begin(struct foreground *foreground);
void foreground_lend_take(const struct foreground *foreground);

/* Lends the terminal to a running command, with the modes that the command had set before. */
void foreground_lend(struct foreground *foreground, pid_t group);

/*
 * Takes the terminal back, also from another group to which the command has passed it.
 * `with_modes`: restores the modes that the terminal had before.
 */
void foreground_take_back(struct foreground *foreground, bool with_modes);

/* The same for a command that was stopped: its modes come back with the next foreground_lend(). */
void foreground_suspend(struct foreground *foreground);

/*
 * After ghostctl was stopped and continued: the shell may have taken the terminal meanwhile. Lends
 * it to the command again if the shell gave it back.
 */
void foreground_check(struct foreground *foreground, pid_t group);

/* Whether the terminal has hung up: its window was closed, or its line was lost. */
bool foreground_has_hung_up(const struct foreground *foreground);

#endif
